"""Makes a new worker ready: what the first piece would have to wait for is done before it comes."""

import os
import signal
from contextlib import suppress
from typing import Any

from egop.execution.dask_patches import send_at_once
from egop.memory_limits import worker_memory

NICENESS = 10
"""The lead of pages over computing in the system's scheduling."""


def dask_setup(worker: Any) -> None:
    """Called by a worker of Dask that preloads this module: trains a tiny network once.

    Ctrl-C in the terminal is left to the process that made the worker, which ends it. On the same
    machine the worker takes what the pages of visitors leave of the cores.
    """
    send_at_once()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        os.nice(NICENESS)
    with suppress(Exception):  # what is wrong here will be said of a run
        ready()
    limit_memory()


def limit_memory() -> None:
    """Lets this process take as much memory as a worker may; what asks for more is a MemoryError.

    Not beside a GPU, whose driver maps more than it uses. Nobody else is harmed by what is left
    out: the nanny ends a worker that occupies more.
    """
    from egop.experiments.devices import read_device

    limit = worker_memory()
    if limit is None or read_device("auto", network=True) != "cpu":
        return
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def ready() -> None:
    """Imports what network experiments need, loads the digits and trains once in both bases."""
    from egop.cancellation import Cancelled
    from egop.experiments import begin, digits
    from egop.experiments.devices import available_threads
    from egop.experiments.execution import Execution

    sizes = {"trials": 1, "epochs": 1, "hidden": (2,), "n_samples": 20}
    tiny = digits.Config(methods=("adam",), rates=(("adam", (0.01,)),), **sizes)
    run = begin("digits", config=tiny, out=None)
    run.record_once("threads", available_threads)
    with suppress(Cancelled):
        Execution(run).compute(lambda: "stage-0-group-1" in run)  # before the loss plane
