"""The work of a worker: it plans a run again, takes its task by the key, computes and keeps it.

The driver holds the lock of the run's folder and writes config.json; workers write artifacts. An
artifact that a task needs and that is not there is computed on the way.
"""

import importlib.metadata
import platform
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from egop.limits import variable
from egop.memory_limits import worker_memory
from egop.runs.manifest import VERSION, read_manifest
from egop.runs.run import Run

if TYPE_CHECKING:
    from egop.experiments.execution import Execution

COMPARED = ("dask", "distributed", "torch", "numpy")
"""Packages whose versions must be the same everywhere, besides egop and Python."""

_ALONE = threading.Lock()


def compute_task(folder: str, key: str, versions: Mapping[str, str], own: bytes = b"") -> None:
    """Computes a task of a run and keeps its artifact.

    Args:
        folder: of the run.
        key: of the task, or `WHOLE` for all tasks one after another.
        versions: `software()` of the driver.
        own: methods and the experiment of one's own that the run takes, from `pack_own`.

    Raises:
        Cancelled: the task was canceled, or the driver is gone; what is unfinished is kept.
        ValueError: this worker has other versions, or not the run's device.
        OSError: this machine does not see the folder, or cannot write to it.
    """
    from egop.execution.shipped_code import unpack_own
    from egop.experiments.devices import limited_threads
    from egop.experiments.execution import Execution

    with _ALONE:  # a worker may have several threads, but a run takes all of the process
        check_software(versions, software(), f"the worker on {platform.node()}")
        unpack_own(own)
        run = opened(Path(folder))
        with run.live.at_work(key):
            execution = Execution(run)
            execution.prepare()
            with limited_threads(run.threads):
                try:
                    _compute(execution, key, _cancelled())
                except (MemoryError, RuntimeError) as error:
                    raise too_large(error) from None


def opened(folder: Path) -> Run:
    """The run in a folder of which the driver has the lock.

    Raises:
        OSError: this machine does not see the folder.
    """
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        raise OSError(
            f"the worker on {platform.node()} does not see {folder}: every worker needs the "
            "folder of runs under the same path"
        ) from None
    return Run(folder, manifest, locked=False)


def _compute(execution: "Execution", key: str, cancelled: Callable[[], bool]) -> None:
    from egop.experiments.execution import WHOLE, compute_task

    if key == WHOLE:
        execution.compute(cancelled)
        return
    run = execution.run
    for task in execution.tasks():
        if task.key == key:
            tell = partial(run.live.progress, key, message=task.message)
            compute_task(run, task, tell, cancelled)


def too_large(error: MemoryError | RuntimeError) -> Exception:
    """A MemoryError that says what to do, in place of numpy's and PyTorch's; others as they are."""
    if isinstance(error, RuntimeError) and "allocate memory" not in str(error):
        return error
    if type(error) is MemoryError and "budget" in str(error):  # of ours
        return error
    limit = worker_memory()
    allowed = "" if limit is None else f" than the {limit / 1e9:.3g} GB that it may take"
    return MemoryError(
        f"a worker needed more memory{allowed}; choose smaller sizes, or allow more by "
        f"{variable('worker_megabytes')}"
    )


def memory_budget(device: str) -> int | None:
    """Bytes that a training may take on this machine; None where the system does not say.

    Raises:
        ValueError: the device is not there.
    """
    from egop.experiments.devices import read_device
    from egop.networks.memory import usual_budget

    return usual_budget(read_device(device, network=True))


def software() -> dict[str, str]:
    """Versions that must be the same on all machines of a cluster."""
    found = {"egop": VERSION, "python": ".".join(platform.python_version_tuple()[:2])}
    for package in COMPARED:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def check_software(here: Mapping[str, str], there: Mapping[str, str], who: str) -> None:
    """ValueError unless two processes have the same versions."""
    for package in {**here, **there}:
        ours, theirs = here.get(package, "nothing"), there.get(package, "nothing")
        if ours != theirs:
            raise ValueError(
                f"{who} has another version of {package}: {theirs} there, {ours} here; install "
                "the same on all machines of the cluster"
            )


def _cancelled() -> Callable[[], bool]:
    """A function that is True once the task of this thread is no longer wanted."""
    from dask.context import thread_state
    from distributed import get_worker

    tasks, key = get_worker().state.tasks, thread_state.key
    return lambda: (task := tasks.get(key)) is None or task.state == "cancelled"
