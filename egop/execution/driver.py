"""Carries out a run on a cluster: its tasks are submitted to workers, watched and cancelled.

States of a task: missing, submitted (its future is in `DaskTaskSet`), finished (its artifact is in
the folder, which every worker sees). All of this is done by the thread that calls `execute`, which
holds the lock of the run; another thread may set `stop`. Guarantees: what a worker that died had
not kept, the next one computes again; a run that is stopped ends within two seconds, and its
workers keep what is unfinished.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from egop.cancellation import Cancelled
from egop.execution import cluster
from egop.execution.shipped_code import pack_own
from egop.execution.tasks import compute_task, software
from egop.experiments.execution import WHOLE, Execution
from egop.experiments.experiment import OnProgress
from egop.runs.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client, Future

POLL = 0.05
"""Seconds between two looks at the tasks."""

REPORT = 0.25
"""Seconds between two looks at their progress."""

STOPPING = 1.5
"""Seconds that workers have to keep what is unfinished before the one on this machine is ended."""

SILENCE = 2.0
"""Seconds without news after which it is asked whether there are workers."""

ATTEMPTS = 2
"""Times that a task is submitted again after the scheduler gave it up: its workers had died."""

AHEAD = 2
"""Tasks that are submitted for each worker: one is computed and the next one is there."""


def execute(
    run: Run,
    client: "Client",
    on_progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> "xr.Dataset":
    """The result of a run, computed by the workers of a cluster; written into its folder.

    Args:
        run: in a folder that every worker sees.
        client: of `egop.execution.cluster.connect`; several runs may use one at the same time.
        on_progress: called with the share that is done, from 0 to 1, and what is done now.
        stop: set by another thread to end it within two seconds.

    Raises:
        Cancelled: `stop` was set; what was finished is kept, and the run can be continued.
        ValueError, MemoryError, OSError: as `egop.experiments.run`, also where a worker raised it.
    """
    if run.folder is None:
        raise ValueError("a run on a cluster takes a folder that its workers see, got out=None")
    try:
        execution = Execution(run, on_progress)
        run.n_workers = max(1, cluster.n_workers(client))
        run.record_once("threads", lambda: cluster.threads(client))
        if execution.experiment.network and run.memory_budget is None:
            run.manifest["memory_budget"] = cluster.memory_budget(client, run.device)
        execution.note_data()
        DaskTaskSet(execution, client, threading.Event() if stop is None else stop).compute()
        return execution.finish()
    finally:
        run.close()


class DaskTaskSet:
    """The tasks of a run on a cluster.

    Args:
        execution: of the run.
        client: of the cluster.
        stop: cancels them.
    """

    def __init__(self, execution: Execution, client: "Client", stop: threading.Event):
        self.execution, self.client, self.stop = execution, client, stop
        self.run = execution.run
        self._address = client.scheduler_info()["address"]
        self._own = pack_own(self.run.manifest)
        self._futures: dict[str, Future] = {}
        self._given_up: dict[str, int] = {}
        self._reported_at = 0.0
        self._news = -1.0, time.monotonic()
        """The worker's clock at its last news, which may be wrong, and ours when they came."""

    def compute(self) -> None:
        """Computes the tasks side by side until none is missing.

        Raises:
            Cancelled: `stop` was set.
        """
        try:
            while missing := self._missing():
                for key in missing[: AHEAD * self.run.n_workers]:
                    if key not in self._futures:
                        self._submit(key)
                self._wait()
        except BaseException:
            self._cancel()
            raise

    def _missing(self) -> list[str]:
        """The keys of missing tasks; those of a small experiment are computed as one."""
        missing = [task.key for task in self.execution.missing()]
        return missing if self.execution.experiment.network or not missing else [WHOLE]

    def _submit(self, key: str) -> None:
        self.run.live.left(key)
        self._futures[key] = self.client.submit(
            compute_task,
            str(self.run.folder),
            key,
            software(),
            self._own,
            pure=False,
            fifo_timeout="0 s",  # first come, first served: the first task is soonest to be seen
        )

    def _wait(self) -> None:
        """Until some tasks have ended."""
        while self._futures:
            if self.stop.wait(POLL):
                raise Cancelled
            if time.monotonic() - self._reported_at > REPORT:
                self._report()
                self._reported_at = time.monotonic()
            ended = {key: each for key, each in self._futures.items() if each.status != "pending"}
            for key, future in ended.items():
                self._ended(key, future)
            if ended:
                return

    def _ended(self, key: str, future: "Future") -> None:
        """A task that is finished is kept; one whose worker died is submitted again."""
        del self._futures[key]
        if future.status == "finished":
            if key != WHOLE and key not in self.run:
                raise OSError(
                    f"{key} was computed, but is not in {self.run.folder}: every worker needs the "
                    "folder of runs under the same path"
                )
            return
        if future.status == "error":
            error: Any = future.exception()
            if type(error).__name__ != "KilledWorker":
                raise error
            self._given_up[key] = self._given_up.get(key, 0) + 1
            if self._given_up[key] > ATTEMPTS:
                raise MemoryError(
                    f"every worker that computed {key} died, so it may need more memory than "
                    "there is; take fewer trials or a smaller memory budget"
                )
        elif self.client.status != "running":
            raise OSError(
                f"the scheduler at {self._address} is gone; start it again and continue the run"
            )
        self._submit(key)

    def _report(self) -> None:
        """Reports how far the tasks are, and what is done in the one with the latest news."""
        known = {key: self.run.live.read_progress(key) for key in self._futures}
        notes = {key: note for key, note in known.items() if note is not None}
        newest = max((note["at"] for note in notes.values()), default=0.0)
        if newest != self._news[0]:
            self._news = newest, time.monotonic()
        silent = time.monotonic() - self._news[1] > SILENCE
        lost = silent and cluster.n_workers(self.client) == 0
        message = "waits for a worker" if lost else progress_words([*notes.values()])
        self.execution.report({key: note["share"] for key, note in notes.items()}, message)

    def _cancel(self) -> None:
        """Cancels the tasks; workers keep what is unfinished, unless they take too long."""
        futures, self._futures = self._futures, {}
        self.client.cancel(list(futures.values()))
        until = time.monotonic() + STOPPING
        while (at_work := self._at_work(futures)) and time.monotonic() < until:
            time.sleep(POLL)
        cluster.end_workers(self.client, at_work.values())
        for key in at_work:
            self.run.live.left(key)

    def _at_work(self, keys: Iterable[str]) -> dict[str, int]:
        """Returns the process that computes each key, for those that are being computed."""
        found = {key: self.run.live.worker(key) for key in keys}
        return {key: process for key, process in found.items() if process is not None}


def progress_words(notes: Sequence[Mapping[str, Any]]) -> str:
    """The words of the task with the latest news, and the number of those at work if several are.

    Args:
        notes: of the tasks at work, as `LiveOutput.read_progress` gives them.
    """
    if not notes:
        return "begins"
    words = str(max(notes, key=lambda note: note["at"])["words"])
    return f"{words}, one of {len(notes)} tasks at once" if len(notes) > 1 else words
