"""What a worker does: it goes the way of an experiment to one piece, computes and keeps it.

The driver holds the lock of the run's folder and writes config.json; workers write pieces. A piece
that the wanted one needs and that is not there is computed on the way.
"""

import importlib.metadata
import platform
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from egop.limits import variable
from egop.memory_limits import worker_memory
from egop.runs.manifest import VERSION, read_manifest
from egop.runs.run import Arrays, Compute, Run

EVERYTHING = "run"
"""In place of the name of a piece: all of them."""

COMPARED = ("dask", "distributed", "torch", "numpy")
"""Packages whose versions must be the same everywhere, besides egop and Python."""

_ALONE = threading.Lock()


class TaskDone(Exception):  # noqa: N818
    """The wanted piece is there."""


class WorkerRun(Run):
    """A run on its way to one piece.

    Args:
        folder: of the run.
        wanted: the name of the piece, or `EVERYTHING`.

    Raises:
        OSError: this machine does not see the folder.
    """

    def __init__(self, folder: Path, wanted: str):
        try:
            manifest = read_manifest(folder)
        except FileNotFoundError:
            raise OSError(
                f"the worker on {platform.node()} does not see {folder}: every worker needs the "
                "folder of runs under the same path"
            ) from None
        super().__init__(folder, manifest, locked=False)
        self.wanted = wanted
        self.stopping = _cancelled()
        self.tell = lambda share, words: self.showing.progress(wanted, share, words)

    def pieces(self, table: Mapping[str, Compute]) -> dict[str, Arrays]:
        """The arrays of several pieces; where the wanted one is among them, it alone.

        Raises:
            TaskDone: it was, and is kept now.
        """
        if self.wanted not in table:
            return super().pieces(table)
        super().pieces({self.wanted: table[self.wanted]})
        raise TaskDone

    def settle(self, key: str, decide: Callable[[], Any]) -> Any:
        """What the driver wrote down under this key; nothing is written down here."""
        return self.manifest[key] if key in self.manifest else decide()

    def discard_bulky(self) -> None:
        """Leaves the bulky pieces to the driver: others may need them."""


def work_on(folder: str, wanted: str, versions: Mapping[str, str], methods: bytes = b"") -> None:
    """Computes a piece of a run and keeps it.

    Args:
        folder: of the run.
        wanted: the name of the piece, or `EVERYTHING`.
        versions: `software()` of the driver.
        methods: of one's own that the run compares, from `pack_methods`.

    Raises:
        Cancelled: the task was canceled, or the driver is gone; what is unfinished is kept.
        ValueError: this worker has other versions, or not the run's device.
        OSError: this machine does not see the folder, or cannot write to it.
    """
    from egop.experiments.execution import compute, limited_threads, prepare
    from egop.experiments.shipped_methods import unpack_methods

    with _ALONE:  # a worker may have several threads, but a run takes all of the process
        check_software(versions, software(), f"the worker on {platform.node()}")
        unpack_methods(methods)
        run = WorkerRun(Path(folder), wanted)
        with run.showing.at_work(wanted):
            run.heed()
            prepare(run)
            with limited_threads(run.manifest["threads"]), suppress(TaskDone):
                try:
                    compute(run)
                except (MemoryError, RuntimeError) as error:
                    raise too_large(error) from None


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
    from egop.experiments.execution import read_device
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
    """Whether the task of this thread is no longer wanted."""
    from dask.context import thread_state
    from distributed import get_worker

    tasks, key = get_worker().state.tasks, thread_state.key
    return lambda: (task := tasks.get(key)) is None or task.state == "cancelled"
