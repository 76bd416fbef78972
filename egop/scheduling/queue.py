"""The queue of runs that visitors asked for: it carries them out and knows how each stands.

Who comes next is decided in `egop/scheduling/line.py`. A run that has had its turn while others
wait keeps a checkpoint and goes to the end of the line. The line is kept in the runs' folders
(job.json): after the process was restarted it is the same. A run's folder is locked from the moment
the run is in line, so that no other process takes it.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from egop.experiments.archive import Archive
from egop.experiments.jobs import (
    CANCELLED,
    FAILED,
    FINISHED,
    INTERRUPTED,
    PAUSED,
    QUEUED,
    UNFINISHED,
    Job,
    read_job,
    write_job,
)
from egop.experiments.stopping import Stopped
from egop.experiments.store import RESULT, Run
from egop.scheduling import line
from egop.scheduling.carried import Carried, sentence_of
from egop.scheduling.connection import Connection

RETRY = 5.0
"""Seconds after which a job.json that could not be written is written again."""

_QUEUES: dict[Path, "Queue"] = {}
_MAKING = threading.Lock()
_LOG = logging.getLogger(__name__)


def queue_of(folder: str | Path) -> "Queue":
    """The queue of this process for a folder of runs; what it had in line is taken up again."""
    with _MAKING:
        key = Path(folder).resolve()
        if key not in _QUEUES:
            _QUEUES[key] = Queue(key)
            _QUEUES[key].restore()
        return _QUEUES[key]


class Queue:
    """Carries out the runs of a folder, some at a time, each in a thread of its own.

    Args:
        folder: that holds the runs.
        connect: gives the Dask client; None: `egop.scheduling.cluster.connect`.
        turn: seconds after which a run makes room while others wait.
        per_visitor: how many queued or running ones a visitor may have.
        side_by_side: how many are carried out at once; None: as many as there are workers.
        execute: carries out a run; None: `egop.scheduling.driver.execute`.
    """

    def __init__(
        self,
        folder: str | Path,
        connect: Callable[[], Any] | None = None,
        turn: float = 60.0,
        per_visitor: int = 2,
        side_by_side: int | None = None,
        *,
        execute: Callable[..., Any] | None = None,
    ):
        self.archive = Archive(folder)
        self.connection = Connection(connect)
        self.turn, self.per_visitor, self.side_by_side = turn, per_visitor, side_by_side
        self._execute = execute or _execute
        self._n_workers = 1
        self._line: dict[str, Carried] = {}
        self._changed = threading.Condition()
        self._watchers: list[Callable[[Job], Any]] = []
        self._last_place = 0.0
        self._server: threading.Thread | None = None
        self._closed = False

    def check(self, visitor: str) -> None:
        """Nothing if a visitor may have one more run; to be asked before one is made.

        Raises:
            ValueError: the visitor has as many as allowed.
        """
        with self._changed:
            found = sum(x.unfinished and x.job.visitor == visitor for x in self._line.values())
        if found >= self.per_visitor:
            raise ValueError(
                f"a visitor may have {self.per_visitor} unfinished runs at a time and you have "
                f"{found}; wait for one of them, or pause or cancel it"
            )

    def submit(self, run: Run, visitor: str) -> str:
        """Puts a run at the end of the line, and returns its name.

        Raises:
            ValueError: the visitor has as many as allowed, or the run is not in the folder.
        """
        if run.folder is None or run.folder.resolve().parent != self.archive.folder.resolve():
            raise ValueError(f"the queue takes runs in {self.archive.folder}, got {run.folder}")
        self._join(Job(run.folder.name, QUEUED, visitor, submitted=time.time()), run)
        return run.folder.name

    def pause(self, name: str) -> None:
        """Takes a run out of the line; what it has done is kept, until `go_on`.

        Raises:
            ValueError: the name is none of a folder directly in the archive.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out.
        """
        self._leave(name, PAUSED)

    def cancel(self, name: str) -> None:
        """Ends a run for now, within two seconds; what it has done is kept, for `go_on`.

        Raises:
            ValueError, FileNotFoundError, OSError: as `pause`.
        """
        self._leave(name, CANCELLED)

    def go_on(self, name: str, visitor: str | None = None) -> None:
        """Puts a run that is not finished at the end of the line again.

        Args:
            name: of its folder.
            visitor: whose it is from now on; None: whose it was.

        Raises:
            ValueError: the visitor has as many as allowed; the name is none of a folder directly
                in the archive; the run is damaged, finished, or of another version.
            FileNotFoundError: there is no such run any more.
            OSError: another process carries it out.
        """
        with self._changed:
            carried = self._line.get(name)
            if carried is not None and carried.unfinished:
                carried.then = QUEUED
                return
        folder = self.archive.existing(name)
        if (folder / RESULT).exists():
            raise ValueError(f"{name} is finished, so there is nothing to continue")
        job = read_job(folder) or Job(name, QUEUED, submitted=time.time())
        run = Run.open(folder)
        try:
            self._join(replace(job, visitor=job.visitor if visitor is None else visitor), run)
        except ValueError:
            run.close()
            raise

    def position(self, name: str) -> int | None:
        """1 for the run that comes next, 2 for the one after it; None when it does not wait."""
        with self._changed:
            names = [each.job.name for each in line.waiting(self._line.values())]
        return names.index(name) + 1 if name in names else None

    def jobs(self) -> list[Job]:
        """Those that are carried out, then those that wait, the next one first.

        Before them those that have ended, as long as the disk does not take the news.
        """
        with self._changed:
            others = [each for each in self._line.values() if not each.waits]
            others.sort(key=lambda each: each.unfinished)
            return [each.job for each in (*others, *line.waiting(self._line.values()))]

    def watch(self, callback: Callable[[Job], Any]) -> Callable[[], None]:
        """Calls back from a thread with every job that changes, until what it returns is called."""
        self._watchers.append(callback)

        def stop() -> None:
            with suppress(ValueError):
                self._watchers.remove(callback)

        return stop

    def restore(self) -> None:
        """Puts what was in line when the process ended into the line again, in the old order."""
        found = [read_job(folder) for folder in self.archive.folders()]
        asked = [job for job in found if job is not None and job.state in UNFINISHED]
        for job in sorted(asked, key=lambda job: job.place):
            self._restore(job, self.archive.path(job.name))

    def close(self, patience: float = 3.0) -> None:
        """Stops what is carried out; it stays in line for the next process."""
        with self._changed:
            self._closed = True
            for each in self._line.values():
                each.then = QUEUED
                each.stop.set()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not any(x.runs for x in self._line.values()), patience)
            left, self._line = list(self._line.values()), {}
        for each in left:
            each.save()
            each.run.close()

    def _join(self, job: Job, run: Run, place: float | None = None) -> None:
        """Puts a run into the line, at its end unless its place is given."""
        with self._changed:
            if place is None:
                self.check(job.visitor)
            job = replace(job, place=place or self._end_of_line(), error="")
            carried = self._line.get(job.name) or Carried(job, run, self.turn)
            carried.job, carried.run = job, run
            carried.change(state=QUEUED, words="waits")
            self._line[job.name] = carried
            if self._server is None:
                self._server = threading.Thread(target=self._serve, name="egop-queue", daemon=True)
                self._server.start()
        self._settle(carried)

    def _restore(self, job: Job, folder: Path) -> None:
        if (folder / RESULT).exists():
            return
        try:
            run = Run.open(folder)
        except OSError:  # it is in the line of another process
            return
        except ValueError as error:
            with suppress(OSError):
                write_job(replace(job, state=FAILED, error=str(error)), folder)
            return
        self._last_place = max(self._last_place, job.place)
        self._join(job, run, job.place)

    def _leave(self, name: str, state: str) -> None:
        """A run takes the state as soon as it can."""
        with self._changed:
            carried = self._line.get(name)
            if carried is not None and carried.runs:
                carried.then = state
                carried.stop.set()
                carried.told(carried.job.share, "stops")
            elif carried is not None and carried.waits:
                carried.run.close()
                carried.end(state)
        if carried is not None:
            self._settle(carried)
            return
        entry = self.archive.entry(name)
        if entry.state in UNFINISHED:
            raise OSError(f"{name} is carried out by another process; end it there")
        if entry.state in {PAUSED, INTERRUPTED}:
            folder = self.archive.path(name)
            write_job(replace(read_job(folder) or Job(name, state), state=state), folder)

    def _serve(self) -> None:
        """Starts who comes next and ends turns, until the queue is closed."""
        while not self._closed:
            with self._changed:
                room = self.side_by_side or self._n_workers
                started = line.starting(self._line.values(), room)
                for each in started:
                    each.begin()
                for each in line.ending(self._line.values(), room):
                    each.stop.set()
                unsaved = [each for each in self._line.values() if not each.unfinished]
                if not started:
                    patience = line.patience(self._line.values())
                    self._changed.wait(min(patience or RETRY, RETRY) if unsaved else patience)
            for each in started:
                threading.Thread(target=self._carry_out, args=(each,), daemon=True).start()
            for each in unsaved:
                self._save(each)

    def _carry_out(self, carried: Carried) -> None:
        """One turn of a run, in a thread of its own."""
        self._settle(carried)

        def tell(share: float, words: str) -> None:
            with self._changed:
                carried.told(share, words)
            carried.save(soon=False)
            self._tell(carried.job)

        error = None
        try:
            client = self.connection.client()
            self._n_workers = self.connection.n_workers()
            self._execute(carried.run, client, tell=tell, stop=carried.stop)
        except Exception as raised:
            error = raised
        carried.run.close()
        with self._changed:
            carried.end(*self._outcome(carried, error))
        self._settle(carried)

    def _outcome(self, carried: Carried, error: Exception | None) -> tuple[str, str]:
        """The state a run takes after its turn, and what went wrong; the lock is held."""
        if error is None:
            return FINISHED, ""
        if not isinstance(error, Stopped):
            return FAILED, sentence_of(error)
        if carried.then == QUEUED and not self._closed:
            try:
                carried.run = Run.open(carried.folder)
            except (OSError, ValueError) as lost:
                return FAILED, sentence_of(lost)
            carried.change(place=self._end_of_line())
        return carried.then, ""

    def _end_of_line(self) -> float:
        """A place behind all others, whatever the clock does."""
        self._last_place = max(self._last_place + 1e-3, time.time())
        return self._last_place

    def _settle(self, carried: Carried) -> None:
        """Writes down and tells that a run changed its state; the lock is not held."""
        self._save(carried)
        with self._changed:
            self._changed.notify_all()
        self._tell(carried.job)

    def _save(self, carried: Carried) -> None:
        carried.save()
        with self._changed:
            kept = self._line.get(carried.job.name) is carried
            if kept and carried.saved and not carried.unfinished:
                del self._line[carried.job.name]

    def _tell(self, job: Job) -> None:
        for callback in tuple(self._watchers):
            try:
                callback(job)
            except Exception:
                _LOG.exception("A watcher of the queue failed.")


def _execute(run: Run, client: Any, **options: Any) -> Any:
    from egop.scheduling import driver

    return driver.execute(run, client, **options)
