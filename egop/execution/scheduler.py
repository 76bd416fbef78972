"""The line behind a queue, and the threads that carry out whoever is next in it.

Threads: whoever asks for something changes the line while holding `changed`. Each run that is
carried out has a thread of its own, which alone ends it, and then starts whoever is next.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from egop.admission import ADMISSION
from egop.cancellation import Cancelled
from egop.execution.connection import Connection
from egop.execution.queued_run import QueuedRun
from egop.runs.error_sentence import sentence_of
from egop.runs.jobs import FAILED, FINISHED, QUEUED, RUNNING, Job
from egop.runs.run import Run

RETRY = 5.0
"""Seconds after which an outcome that could not be written is written again."""

_LOG = logging.getLogger(__name__)


class Scheduler:
    """Carries out the runs in its line, in the order of their places.

    Args:
        connection: to the cluster.
        execute: carries out a run.
        side_by_side: how many are carried out at once; None: as many as there are workers.

    Attributes:
        changed: to be held while `line` is read or changed.
        line: what waits or is carried out, by name; and what has ended, until that is written.
    """

    def __init__(
        self, connection: Connection, execute: Callable[..., Any], side_by_side: int | None
    ):
        self.connection = connection
        self.changed = threading.Condition()
        self.line: dict[str, QueuedRun] = {}
        self._execute, self._side_by_side = execute, side_by_side
        self._watchers: list[Callable[[Job], Any]] = []
        self._n_workers = 1
        self._last_place = 0.0
        self._closed = False

    def found(self, *states: str) -> list[QueuedRun]:
        """Returns the runs in these states, in the order of the line; `changed` is held."""
        found = [each for each in self.line.values() if each.job.state in states]
        return sorted(found, key=lambda each: each.job.place)

    def objection(self, kind: str, session: str, address: str, *states: str) -> str:
        """The sentence of a limit on runs in these states, if it is reached; `changed` is held."""
        found = self.found(*states)
        own = sum(each.session == session for each in found)
        alike = sum(each.address == address for each in found)
        return ADMISSION.objection(kind, (own, alike, len(found)))

    def add(self, job: Job, folder: Path, run: Run | None, session: str) -> QueuedRun:
        """A run that waits, at the place of its job or, where that is 0, at the end.

        Args:
            job: how it stood.
            folder: of the run.
            run: open; None where it could not be opened, which is said when it is carried out.
            session: of who asks for it.
        """
        with self.changed:
            each = self.line.setdefault(job.name, QueuedRun(job, folder))
            place = job.place or max(self._last_place + 1e-3, time.time())
            self._last_place = max(self._last_place, place)
            each.job, each.run, each.session = job, run, session
            owns_server = ADMISSION.owns_server(session)
            each.address = "" if owns_server else ADMISSION.address(session) or ""
            each.change(state=QUEUED, place=place, message="waits", error="")
            return each

    def settle(self, each: QueuedRun) -> None:
        """Writes down and tells the watchers how a run stands, then begins whoever is next."""
        self._report(each)
        self._begin_next()

    def leave(self, name: str, state: str) -> bool:
        """A run takes the state as soon as it can; False if it is not in the line."""
        with self.changed:
            each = self.line.get(name)
            if each is None:
                return False
            if each.job.state == RUNNING:
                each.then = state
                each.stop.set()
                each.advance(each.job.share, "stops")
            elif each.job.state == QUEUED:
                each.end(state)
        self._report(each)
        return True

    def watch(self, callback: Callable[[Job], Any]) -> Callable[[], None]:
        """Calls back from a thread with every job that changes, until what it returns is called."""
        self._watchers.append(callback)

        def stop() -> None:
            with suppress(ValueError):
                self._watchers.remove(callback)

        return stop

    def close(self, patience: float = 3.0) -> None:
        """Stops what is carried out; it stays in line for the next process."""
        with self.changed:
            self._closed = True
            for each in self.line.values():
                each.then = QUEUED
                each.stop.set()
            self.changed.wait_for(lambda: not self.found(RUNNING), patience)
            left, self.line = list(self.line.values()), {}
        for each in left:
            each.save()
            if each.run is not None:
                each.run.close()

    def _begin_next(self) -> None:
        """Carries out whoever there is room for, in the order of the line."""
        with self.changed:
            for each in [] if self._closed else self.found(QUEUED):
                if len(self.found(RUNNING)) >= (self._side_by_side or self._n_workers):
                    return
                visitor = each.session, each.address
                if each.address and self.objection("running_runs", *visitor, RUNNING):
                    continue
                each.begin()
                threading.Thread(target=self._carry_out, args=(each,), daemon=True).start()

    def _carry_out(self, each: QueuedRun) -> None:
        """The thread of a run, from its beginning to its end."""
        error = None
        self._report(each)
        try:
            each.run = each.run or Run.open(each.folder)
            client = self.connection.client(each.stop)
            self._n_workers = self.connection.n_workers()
            self._begin_next()
            self._execute(
                each.run, client, on_progress=partial(self._advance, each), stop=each.stop
            )
        except Exception as raised:
            error = raised
        with self.changed:
            if error is None:
                each.end(FINISHED)
            elif not isinstance(error, Cancelled):
                each.end(FAILED, sentence_of(error))
            else:
                each.end(each.then)
            if each.unfinished and not self._closed:  # somebody thought better of it
                with suppress(OSError, ValueError):  # what is wrong is said when it is carried out
                    each.run = Run.open(each.folder)
        self.settle(each)

    def _advance(self, each: QueuedRun, share: float, message: str) -> None:
        with self.changed:
            each.advance(share, message)
        each.save(soon=False)
        self._notify(each.job)

    def _report(self, each: QueuedRun) -> None:
        """Writes down and tells how a run stands; `changed` is not held."""
        each.save()
        with self.changed:
            if self.line.get(each.job.name) is each and not each.unfinished:
                if each.saved:
                    del self.line[each.job.name]
                else:
                    again = threading.Timer(RETRY, self._report, (each,))
                    again.daemon = True
                    again.start()
            self.changed.notify_all()
        self._notify(each.job)

    def _notify(self, job: Job) -> None:
        for callback in tuple(self._watchers):
            try:
                callback(job)
            except Exception:
                _LOG.exception("A watcher of the queue failed.")
