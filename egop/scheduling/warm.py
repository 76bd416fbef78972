"""Makes a new worker ready: what the first piece would have to wait for is done before it comes."""

from contextlib import suppress
from typing import Any


def dask_setup(worker: Any) -> None:
    """Called by a worker of Dask that preloads this module: trains a tiny network once."""
    with suppress(Exception):  # what is wrong here will be said of a run
        ready()


def ready() -> None:
    """Imports what network experiments need, loads the digits and takes every step once."""
    from egop.experiments import digits, run

    tiny = digits.Config(
        methods=("adam",), trials=1, epochs=1, hidden=(2,), n_samples=20, rates=(("adam", (0.01,)),)
    )
    run("digits", config=tiny, out=None)
