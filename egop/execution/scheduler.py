"""The thread behind a queue: it starts who comes next, ends turns, and notes what came of them."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from egop.admission import ADMISSION
from egop.execution import queue_order
from egop.execution.connection import Connection
from egop.execution.queued_run import QueuedRun, sentence_of
from egop.runs.cancelled import Cancelled
from egop.runs.jobs import FAILED, FINISHED, QUEUED, Job
from egop.runs.run import Run

RETRY = 5.0
"""Seconds after which a job.json that could not be written is written again."""

_LOG = logging.getLogger(__name__)


class Scheduler:
    """Carries out the runs that join it, each in a thread of its own.

    Args:
        connection: to the cluster.
        execute: carries out a run.
        turn: seconds after which a run makes room while others wait.
        side_by_side: how many are carried out at once; None: as many as there are workers.

    Attributes:
        changed: to be held while `line` is read or changed.
        line: what waits or is carried out, by name; and what has ended, until that is written.
    """

    def __init__(
        self,
        connection: Connection,
        execute: Callable[..., Any],
        turn: float,
        side_by_side: int | None,
    ):
        self.connection = connection
        self.execute = execute
        self.turn, self.side_by_side = turn, side_by_side
        self.changed = threading.Condition()
        self.line: dict[str, QueuedRun] = {}
        self._watchers: list[Callable[[Job], Any]] = []
        self._served: dict[str, int] = {}
        self._n_workers = 1
        self._last_place = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def join(self, job: Job, run: Run, again: bool = False, session: str = "") -> QueuedRun:
        """Puts a run into the line; it must be settled then.

        Args:
            job: how it stands.
            run: its folder, open.
            again: it was in line and keeps its place.
            session: of who asks for it, as the server knows it.
        """
        with self.changed:
            carried = self.line.get(job.name) or QueuedRun(job, run, self.turn)
            carried.job, carried.run, carried.session = job, run, session
            carried.address = ADMISSION.address(session) or ""
            if again:
                self._last_place = max(self._last_place, job.place)
            else:
                rounds = queue_order.next_round(self.line.values(), carried.owner, self._served)
                carried.change(round=rounds, place=self._new_place())
            carried.change(state=QUEUED, words="waits")
            self.line[job.name] = carried
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="egop-queue", daemon=True)
                self._thread.start()
            return carried

    def leave(self, name: str, state: str) -> bool:
        """A run takes the state as soon as it can; False when it is not in line."""
        with self.changed:
            carried = self.line.get(name)
            if carried is None:
                return False
            if carried.runs:
                carried.then = state
                carried.stop.set()
                carried.told(carried.job.share, "stops")
            elif carried.waits:
                carried.run.close()
                carried.end(state)
        self.settle(carried)
        return True

    def settle(self, carried: QueuedRun) -> None:
        """Writes down and tells how a run stands; `changed` is not held."""
        self._save(carried)
        with self.changed:
            self.changed.notify_all()
        self._tell(carried.job)

    def watch(self, callback: Callable[[Job], Any]) -> Callable[[], None]:
        """Calls back with every job that changes, until what it returns is called."""
        self._watchers.append(callback)

        def stop() -> None:
            with suppress(ValueError):
                self._watchers.remove(callback)

        return stop

    def close(self, patience: float) -> None:
        """Stops what is carried out, and empties the line; job.json keeps it."""
        with self.changed:
            self._closed = True
            for each in self.line.values():
                each.then = QUEUED
                each.stop.set()
            self.changed.notify_all()
            self.changed.wait_for(lambda: not any(x.runs for x in self.line.values()), patience)
            left, self.line = list(self.line.values()), {}
        for each in left:
            each.save()
            each.run.close()

    def _serve(self) -> None:
        """Starts who comes next and ends turns, until it is closed."""
        while not self._closed:
            with self.changed:
                room = self.side_by_side or self._n_workers
                started = queue_order.starting(self.line.values(), room)
                for each in started:
                    each.begin()
                    self._served = queue_order.serve(self._served, each)
                for each in queue_order.ending(self.line.values(), room):
                    each.stop.set()
                unsaved = [each for each in self.line.values() if not each.unfinished]
                if not started:
                    patience = queue_order.patience(self.line.values())
                    self.changed.wait(min(patience or RETRY, RETRY) if unsaved else patience)
            for each in started:
                threading.Thread(target=self._carry_out, args=(each,), daemon=True).start()
            for each in unsaved:
                self._save(each)

    def _carry_out(self, carried: QueuedRun) -> None:
        """One turn of a run."""
        self.settle(carried)
        error = None
        try:
            client = self.connection.client(carried.stop)
            self._n_workers = self.connection.n_workers()
            self.execute(carried.run, client, tell=self._teller(carried), stop=carried.stop)
        except Exception as raised:
            error = raised
        carried.run.close()
        with self.changed:
            carried.end(*self._outcome(carried, error))
        self.settle(carried)

    def _teller(self, carried: QueuedRun) -> Callable[[float, str], None]:
        def tell(share: float, words: str) -> None:
            with self.changed:
                carried.told(share, words)
            carried.save(soon=False)
            self._tell(carried.job)

        return tell

    def _outcome(self, carried: QueuedRun, error: Exception | None) -> tuple[str, str]:
        """The state a run takes after its turn, and what went wrong; `changed` is held."""
        if error is None:
            return FINISHED, ""
        if not isinstance(error, Cancelled):
            return FAILED, sentence_of(error)
        if carried.then == QUEUED and not self._closed:
            try:
                carried.run = Run.open(carried.folder)
            except (OSError, ValueError) as lost:
                return FAILED, sentence_of(lost)
            self._to_the_end(carried)
        return carried.then, ""

    def _to_the_end(self, carried: QueuedRun) -> None:
        """Behind everybody who waits."""
        others = self.line.values()
        rounds = [each.job.round for each in others if each.waits]
        rounds.append(queue_order.next_round(others, carried.owner, self._served))
        carried.change(round=max(rounds), place=self._new_place())

    def _new_place(self) -> float:
        """A place behind all others, whatever the clock does."""
        self._last_place = max(self._last_place + 1e-3, time.time())
        return self._last_place

    def _save(self, carried: QueuedRun) -> None:
        carried.save()
        with self.changed:
            kept = self.line.get(carried.job.name) is carried
            if kept and carried.saved and not carried.unfinished:
                del self.line[carried.job.name]

    def _tell(self, job: Job) -> None:
        for callback in tuple(self._watchers):
            try:
                callback(job)
            except Exception:
                _LOG.exception("A watcher of the queue failed.")
