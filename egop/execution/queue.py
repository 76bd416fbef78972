"""The queue of runs that visitors asked for: how each stands, and what may be done with it.

Who comes next is decided in `egop/execution/queue_order.py`. A run that has had its turn while
others wait keeps a checkpoint and goes to the end of the line. The line is kept in the runs'
folders (job.json): after the process was restarted it is the same. A run's folder is locked from
the moment the run is in line, so that no other process takes it.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from egop.admission import ADDRESS, ADMISSION, ALL, OWN, refusal, refused
from egop.execution import queue_order
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
            _QUEUES[key].archive.empty(older_than=KEPT)
        return _QUEUES[key]


class Queue:
    """Carries out the runs of a folder, visitors in turn.

    Args:
        folder: that holds the runs.
        connect: gives the Dask client; None: `egop.execution.cluster.connect`.
        turn: seconds after which a run makes room while others wait.
        side_by_side: how many are carried out at once; None: as many as there are workers.
        execute: carries out a run; None: `egop.execution.driver.execute`.

    Attributes:
        archive: the runs in the folder.
        connection: to the cluster, with `prepare()` to begin it and `ready`.
    """

    def __init__(
        self,
        folder: str | Path,
        connect: Callable[[], Any] | None = None,
        turn: float = 60.0,
        side_by_side: int | None = None,
        *,
        execute: Callable[..., Any] | None = None,
    ):
        self.archive = Archive(folder)
        self.connection = Connection(connect)
        self._service = Scheduler(self.connection, execute or _execute, turn, side_by_side)

    def check(self, session: str) -> None:
        """Nothing if one more run may be asked for; to be asked before one is made.

        Args:
            session: of who asks for it, as the server knows it; what is no session of a server,
                such as a notebook, has no limits.

        Raises:
            LimitError: there are as many unfinished ones as allowed, or the disk is nearly full.
        """
        if (address := ADMISSION.address(session)) is None:
            return
        with self._service.changed:
            found = [x for x in self._service.line.values() if x.unfinished]
        limit = ADMISSION.limits.unfinished_runs
        for whose, count, most in (
            (OWN, sum(each.session == session for each in found), limit.session),
            (ADDRESS, sum(each.address == address for each in found), limit.address),
            (ALL, len(found), limit.total),
        ):
            if count >= most:
                raise refused(refusal("unfinished_runs", whose, most), address)
        make_space(self.archive)

    def submit(self, run: Run, visitor: str, session: str = "") -> str:
        """Puts a new run at the end of the line, and returns its name.

        Args:
            run: new.
            visitor: whose it is shown to be.
            session: as in `check`.

        Raises:
            ValueError: there are as many as allowed, so that the run is deleted again; or it is not
                in the folder.
        """
        if run.folder is None or run.folder.resolve().parent != self.archive.folder.resolve():
            raise ValueError(f"the queue takes runs in {self.archive.folder}, got {run.folder}")
        name = run.folder.name
        try:
            self._join(Job(name, jobs.QUEUED, visitor, submitted=time.time()), run, session)
        except ValueError:
            run.close()
            with suppress(OSError):
                self.archive.delete(name)
            raise
        return name

    def pause(self, name: str) -> None:
        """Takes a run out of the line; what it has done is kept, until `go_on`.

        Raises:
            ValueError: the name is none of a folder directly in the archive.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out.
        """
        self._leave(name, jobs.PAUSED)

    def cancel(self, name: str) -> None:
        """Ends a run for now, within two seconds; what it has done is kept, for `go_on`.

        Raises:
            ValueError, FileNotFoundError, OSError: as `pause`.
        """
        self._leave(name, jobs.CANCELLED)

    def go_on(self, name: str, visitor: str | None = None, session: str = "") -> None:
        """Puts a run that is not finished at the end of the line again.

        Args:
            name: of its folder.
            visitor: whose it is from now on; None: whose it was.
            session: as in `check`.

        Raises:
            ValueError: there are as many as allowed; the name is none of a folder directly
                in the archive; the run is damaged, finished, or of another version.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out.
        """
        with self._service.changed:
            carried = self._service.line.get(name)
            if carried is not None and carried.unfinished:
                carried.then = jobs.QUEUED
                return
        folder = self.archive.existing(name)
        if (folder / RESULT).exists():
            raise ValueError(f"{name} is finished, so there is nothing to continue")
        job = read_job(folder) or Job(name, jobs.QUEUED, submitted=time.time())
        owner = job.visitor if visitor is None else visitor
        run = Run.open(folder)
        try:
            self._join(replace(job, visitor=owner, error=""), run, session)
        except ValueError:
            run.close()
            raise

    def position(self, name: str) -> int | None:
        """1 for the run that comes next, 2 for the one after it; None when it does not wait."""
        with self._service.changed:
            names = [each.job.name for each in queue_order.waiting(self._service.line.values())]
        return names.index(name) + 1 if name in names else None

    def jobs(self) -> list[Job]:
        """Those that are carried out, then those that wait, the next one first.

        Before them those that have ended, as long as the disk does not take the news.
        """
        with self._service.changed:
            known = list(self._service.line.values())
            others = sorted((x for x in known if not x.waits), key=lambda each: each.unfinished)
            return [each.job for each in (*others, *queue_order.waiting(known))]

    def watch(self, callback: Callable[[Job], Any]) -> Callable[[], None]:
        """Calls back from a thread with every job that changes, until what it returns is called."""
        return self._service.watch(callback)

    def restore(self) -> None:
        """Puts what was in line when the process ended into the line again, in the old order."""
        found = [read_job(folder) for folder in self.archive.folders()]
        asked = [job for job in found if job is not None and job.state in jobs.UNFINISHED]
        for job in sorted(asked, key=lambda job: (job.round, job.place)):
            self._restore(job, self.archive.path(job.name))

    def close(self, patience: float = 3.0) -> None:
        """Stops what is carried out; it stays in line for the next process."""
        self._service.close(patience)

    def _join(self, job: Job, run: Run, session: str) -> None:
        with self._service.changed:
            self.check(session)
            carried = self._service.join(job, run, session=session)
        self._service.settle(carried)

    def _restore(self, job: Job, folder: Path) -> None:
        if (folder / RESULT).exists():
            return
        try:
            run = Run.open(folder)
        except OSError:  # it is in the line of another process
            return
        except ValueError as error:
            with suppress(OSError):
                write_job(replace(job, state=jobs.FAILED, error=str(error)), folder)
            return
        self._service.settle(self._service.join(job, run, again=True))

    def _leave(self, name: str, state: str) -> None:
        """A run takes the state, whether it is in line or not."""
        if self._service.leave(name, state):
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
