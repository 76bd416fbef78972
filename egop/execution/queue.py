"""The queue of runs that visitors asked for: first come, first served.

States, in each run's job.json: queued → running → finished or failed. `cancel` and `pause` take a
run out of the line and keep what it has done; `resume` puts it in again, a paused one at its place,
any other at the end. A run that has begun goes on to its end, whoever waits. A visitor who has as
many running as `running_runs` of the limits allows is passed over until one of them has ended.

Guarantees: nobody who comes later gets in front, unless by a place that was kept. A run's folder is
locked while it is in the line, so that no other process takes it. The line is kept in the folders
and is the same after a restart. An outcome that the disk does not take stays in the line until it
does. The threads are described in `egop/execution/scheduler.py`.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from egop.admission import ADMISSION, refused
from egop.execution.connection import Connection
from egop.execution.scheduler import Scheduler
from egop.runs import jobs
from egop.runs.added_space import make_space
from egop.runs.archive import Archive
from egop.runs.jobs import Job, read_job, write_job
from egop.runs.run import RESULT, Run

KEPT = 7 * 86400.0
"""Seconds after which deleted runs are removed for good, when a process begins."""
_QUEUES: dict[Path, "Queue"] = {}
_MAKING = threading.Lock()


def queue_of(folder: str | Path) -> "Queue":
    """The queue of this process for a folder of runs; what was in line is taken up again."""
    with _MAKING:
        key = Path(folder).resolve()
        if key not in _QUEUES:
            _QUEUES[key] = Queue(key)
            _QUEUES[key].restore()
            _QUEUES[key].archive.trash.empty(older_than=KEPT)
        return _QUEUES[key]


class Queue:
    """Carries out the runs of a folder.

    Args:
        folder: that holds the runs.
        connect: gives the Dask client; None: `egop.execution.cluster.connect`.
        side_by_side: how many are carried out at once; None: as many as there are workers.
        execute: carries out a run; None: `egop.execution.driver.execute`.

    Attributes:
        archive: the runs in the folder.
        connection: to the cluster, with `prepare()` to begin it and `ready`.
        watch, close: as those of `egop.execution.scheduler.Scheduler`.
    """

    def __init__(
        self,
        folder: str | Path,
        connect: Callable[[], Any] | None = None,
        side_by_side: int | None = None,
        *,
        execute: Callable[..., Any] | None = None,
    ):
        self.archive = Archive(folder)
        self.connection = Connection(connect)
        self._scheduler = Scheduler(self.connection, execute or _execute, side_by_side)
        self.watch, self.close = self._scheduler.watch, self._scheduler.close

    def check(self, session: str) -> None:
        """Raises an error unless one more run may be asked for; to be asked before one is made.

        Args:
            session: of who asks for it, as the server knows it; what is no session of a server,
                such as a notebook, has no limits.

        Raises:
            LimitError: there are as many unfinished ones as allowed, or the disk is nearly full.
        """
        if (address := ADMISSION.address(session)) is None:
            return
        with self._scheduler.changed:
            sentence = self._scheduler.objection(
                "unfinished_runs", session, address, *jobs.UNFINISHED
            )
        if sentence:
            raise refused(sentence, address)
        make_space(self.archive)

    def submit(self, run: Run, session: str = "") -> str:
        """Puts a new run at the end of the line, and returns its name.

        Args:
            run: new.
            session: as in `check`.

        Raises:
            ValueError: there are as many as allowed, so that the run is deleted again; or it is not
                in the folder.
            OSError: the disk cannot be asked how much of it is free; the run is deleted again.
        """
        if run.folder is None or run.folder.resolve().parent != self.archive.folder.resolve():
            raise ValueError(f"the queue takes runs in {self.archive.folder}, got {run.folder}")
        name = run.folder.name
        try:
            self._enter(Job(name, jobs.QUEUED), run, session)
        except (ValueError, OSError):
            with suppress(OSError):
                self.archive.delete(name)
            raise
        return name

    def pause(self, name: str) -> None:
        """Cancels a run that keeps its place in the line; raises what `cancel` does."""
        self._leave(name, jobs.PAUSED)

    def cancel(self, name: str) -> None:
        """Ends a run for now, within two seconds; what it has done is kept, for `resume`.

        Raises:
            ValueError: the name is none of a folder directly in the archive.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out.
        """
        self._leave(name, jobs.CANCELLED)

    def resume(self, name: str, session: str = "") -> None:
        """Puts a run that is not finished in the line again: at its place if it was paused.

        Args:
            name: of its folder.
            session: as in `check`.

        Raises:
            ValueError: there are as many as allowed; the name is none of a folder directly
                in the archive; the run is damaged, finished, or of another version.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out, or the disk cannot be asked how much is free.
        """
        with self._scheduler.changed:
            known = self._scheduler.line.get(name)
            if known is not None and known.unfinished:
                known.then = jobs.QUEUED
                return
        folder = self.archive.existing(name)
        if (folder / RESULT).exists():
            raise ValueError(f"{name} is finished, so there is nothing to continue")
        job = read_job(folder) or Job(name, jobs.QUEUED)
        if job.state in {jobs.CANCELLED, jobs.FAILED}:
            job = replace(job, place=0.0)
        self._enter(job, Run.open(folder), session)

    def jobs(self) -> list[Job]:
        """Returns the runs that are carried out, then those that wait, the next one first.

        Before them those that have ended, as long as the disk does not take the news.
        """
        with self._scheduler.changed:
            known = [*self._scheduler.line.values()]
        known.sort(
            key=lambda each: (each.unfinished, each.job.state == jobs.QUEUED, each.job.place)
        )
        return [each.job for each in known]

    def restore(self) -> None:
        """Puts what was in line when the process ended into the line again, in the old order."""
        found = [read_job(folder) for folder in self.archive.folders()]
        asked = [job for job in found if job is not None and job.state in jobs.UNFINISHED]
        for job in sorted(asked, key=lambda job: job.place):
            folder = self.archive.path(job.name)
            if (folder / RESULT).exists():
                continue
            try:
                self._enter(job, Run.open(folder))
            except BlockingIOError:  # it is in the line of another process
                continue
            except (OSError, ValueError):  # its thread tries again and says why
                self._enter(job, None)

    def _enter(self, job: Job, run: Run | None, session: str = "") -> None:
        with self._scheduler.changed:
            try:
                self.check(session)
            except (ValueError, OSError):
                if run is not None:
                    run.close()
                raise
            added = self._scheduler.add(job, self.archive.path(job.name), run, session)
        self._scheduler.settle(added)

    def _leave(self, name: str, state: str) -> None:
        """A run takes the state, in line or not."""
        if self._scheduler.leave(name, state):
            return
        entry = self.archive.entry(name)
        if entry.state in jobs.UNFINISHED:
            raise OSError(f"{name} is carried out by another process; end it there")
        if entry.state in {jobs.PAUSED, jobs.INTERRUPTED}:
            folder = self.archive.path(name)
            write_job(replace(read_job(folder) or Job(name, state), state=state), folder)


def _execute(run: Run, client: Any, **options: Any) -> Any:
    from egop.execution import driver

    return driver.execute(run, client, **options)
