"""Carries out a run on a cluster: what is missing becomes tasks, which are watched and stopped.

The driver goes the way of the experiment, as a run in this process does, but each missing piece is
computed by a worker that sees the same folder. What a worker that died had not kept, the next one
computes again.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from egop.execution import cluster
from egop.execution.tasks import EVERYTHING, software, work_on
from egop.experiments.shipped_methods import pack_methods
from egop.runs.cancelled import Cancelled
from egop.runs.run import Arrays, Compute, Run

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client, Future

POLL = 0.05
"""Seconds between two looks at the tasks."""

TELL = 0.25
"""Seconds between two looks at their progress."""

STOPPING = 1.5
"""Seconds that workers have to keep what is unfinished before the one on this machine is ended."""

SILENCE = 2.0
"""Seconds without news after which it is asked whether there are workers."""

ATTEMPTS = 2
"""How often a piece is given out again after the scheduler gave it up: its workers had died."""


def execute(
    run: Run,
    client: "Client",
    tell: Callable[[float, str], None] | None = None,
    stop: threading.Event | None = None,
) -> "xr.Dataset":
    """The result of a run, computed by the workers of a cluster; written into its folder.

    Args:
        run: in a folder that every worker sees.
        client: of `egop.execution.cluster.connect`; several runs may use one at the same time.
        tell: called with the share that is done, from 0 to 1, and what is done now.
        stop: set by another thread to end it within two seconds.

    Raises:
        Cancelled: `stop` was set; what was finished is kept, and the run can be continued.
        ValueError, MemoryError, OSError: as `egop.experiments.run`, also where a worker raised it.
    """
    from egop.experiments.execution import experiment_of, finish

    if run.folder is None:
        raise ValueError("a run on a cluster takes a folder that its workers see, got out=None")
    stop = threading.Event() if stop is None else stop
    try:
        errands = DaskTaskSet(run, client, stop, split=experiment_of(run).network)
        run.tell = _rising(tell)
        run.stopping = stop.is_set
        run.make = errands.make
        run.side_by_side = max(1, cluster.n_workers(client))
        run.settle("threads", lambda: cluster.threads(client))
        if experiment_of(run).network and run.manifest.get("memory_budget") is None:
            run.manifest["memory_budget"] = cluster.memory_budget(client, run.device)
        return finish(run)
    finally:
        run.close()


class DaskTaskSet:
    """The tasks of a run.

    Args:
        run: whose missing pieces are made.
        client: of the cluster.
        stop: ends them.
        split: whether each piece is a task; otherwise all of the run is one.
    """

    def __init__(self, run: Run, client: "Client", stop: threading.Event, split: bool):
        self.run, self.client, self.stop, self.split = run, client, stop, split
        self._address = client.scheduler_info()["address"]
        self._methods = pack_methods(run.manifest["config"])
        self._futures: dict[str, Future] = {}
        self._given_up: dict[str, int] = {}
        self._news = -1.0, time.monotonic()
        """The worker's clock at its last news, which may be wrong, and ours when they came."""

    def make(self, missing: Mapping[str, Compute]) -> dict[str, Arrays]:
        """Missing pieces, computed by workers side by side."""
        try:
            for name in missing if self.split else (EVERYTHING,):
                self._give_out(name)
            self._wait()
        except BaseException:
            self._end()
            raise
        return {name: self._made(name) for name in missing}

    def _give_out(self, name: str) -> None:
        self.run.showing.left(name)
        self._futures[name] = self.client.submit(
            work_on,
            str(self.run.folder),
            name,
            software(),
            self._methods,
            pure=False,
            fifo_timeout="0 s",  # first come, first served: the first piece is soonest to be seen
        )

    def _wait(self) -> None:
        """Until every piece is there."""
        told = 0.0
        while self._futures:
            if self.stop.wait(POLL):
                raise Cancelled
            if time.monotonic() - told > TELL:
                self._tell()
                told = time.monotonic()
            for name, future in list(self._futures.items()):
                if future.status != "pending":
                    self._ended(name, future)

    def _ended(self, name: str, future: "Future") -> None:
        del self._futures[name]
        if future.status == "finished":
            return
        if future.status == "error":
            error: Any = future.exception()
            if type(error).__name__ != "KilledWorker":
                raise error
            self._given_up[name] = self._given_up.get(name, 0) + 1
            if self._given_up[name] > ATTEMPTS:
                raise MemoryError(
                    f"every worker that computed {name} died, so it may need more memory than "
                    "there is; take fewer trials or a smaller memory budget"
                )
        elif self.client.status != "running":
            raise OSError(
                f"the scheduler at {self._address} is gone; start it again and continue the run"
            )
        self._give_out(name)

    def _tell(self) -> None:
        """Passes on how far the piece is that is farthest along."""
        notes = filter(None, map(self.run.showing.read_progress, self._futures))
        none = {"share": 0.0, "words": "begins", "at": 0.0}
        farthest = max(notes, key=lambda note: note["share"], default=none)
        if farthest["at"] != self._news[0]:
            self._news = farthest["at"], time.monotonic()
        silent = time.monotonic() - self._news[1] > SILENCE
        lost = silent and cluster.n_workers(self.client) == 0
        self.run.tell(farthest["share"], "waits for a worker" if lost else farthest["words"])

    def _made(self, name: str) -> Arrays:
        """A piece that a worker has kept."""
        arrays = self.run.read(name)
        if arrays is None:
            raise OSError(
                f"{name} was computed, but is not in {self.run.folder}: every worker needs the "
                "folder of runs under the same path"
            )
        return arrays

    def _end(self) -> None:
        """Ends the tasks; workers keep what is unfinished, unless they take too long."""
        futures, self._futures = self._futures, {}
        self.client.cancel(list(futures.values()))
        until = time.monotonic() + STOPPING
        while (at_work := self._at_work(futures)) and time.monotonic() < until:
            time.sleep(POLL)
        cluster.end_workers(self.client, at_work.values())
        for name in at_work:
            self.run.showing.left(name)

    def _at_work(self, names: Iterable[str]) -> dict[str, int]:
        """By piece the process that computes it."""
        found = {name: self.run.showing.worker(name) for name in names}
        return {name: process for name, process in found.items() if process is not None}


def _rising(tell: Callable[[float, str], None] | None) -> Callable[[float, str], None]:
    """Tells shares that never fall, also when a worker died and its work is done again."""
    highest = 0.0

    def told(share: float, words: str) -> None:
        nonlocal highest
        highest = max(highest, share)
        if tell is not None:
            tell(highest, words)

    return told
