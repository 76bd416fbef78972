"""Heavy work off the event loop: the newest request wins, partial results show as they come."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock, Timer
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from egop.cancellation import Cancellation, Cancelled, cancellable
from egop.ui.allowance import Meter, allowance_of, interrupted
from egop.ui.document import current_page, hold
from egop.ui.fair_pool import FairPool
from egop.ui.work_request import WorkRequest

Result = TypeVar("Result")

PAUSE = 0.1
"""Seconds between two partial results, so that drawing them leaves room for drags."""

SETTLE = 0.8
"""Seconds after which the browser has built the figures of a tab that was just opened."""

THREADS = max(1, (os.cpu_count() or 1) - 1)
"""The threads of a sweep: one core is left to the drags of other visitors."""

GIVEN_UP = "This could not be computed; the log of the program says what went wrong."
"""The sentence of an error that nobody foresaw."""
STOPPED = ("interpreter shutdown", "Event loop is closed")
"""Parts of the errors that are raised when the server stops in the middle of work."""

SCENES = FairPool("egop-scene", threads=8, per_visitor=2)
"""Threads for what belongs to the picture of a scene: tuned rates, further samples, remarks."""
SWEEPS = FairPool("egop-sweep", threads=4)
"""Threads for maps, dials and comparisons, which take seconds."""

STARTED: "WeakSet[Background[Any]]" = WeakSet()
"""Whatever has done work of a page in a thread."""

_LOG = logging.getLogger(__name__)


def cancel_all() -> None:
    """Ends the work of all pages, as for a process that is to end: it waits for its threads."""
    for each in list(STARTED):
        each.cancel()


class Background(Generic[Result]):
    """One kind of work of one visitor, such as its map; it holds one thread at most.

    A request that waits for a thread is replaced by the next one, so that it never fills the pool.
    On a server it is interrupted between two results, and its thread set free, while its visitor
    has computed as much as is allowed (`egop.ui.allowance`).

    Args:
        draw: called on the event loop with each result that is still wanted; of results that
            arrive faster than they are drawn only the last one is.
        fail: called there with the sentence of a ValueError, or `GIVEN_UP`.
        pool: whose threads do it.
        wait: called there with the sentence that it is interrupted, and until when.
    """

    def __init__(
        self,
        draw: Callable[[Result], Any],
        fail: Callable[[str], Any],
        pool: FairPool = SCENES,
        wait: Callable[[str], Any] = lambda sentence: None,
    ):
        self._draw, self._fail, self._pool, self._wait = draw, fail, pool, wait
        self._ticket = 0
        self._cancellation = Cancellation()
        self._next: WorkRequest | None = None
        self._interrupted: WorkRequest | None = None
        self._running = False
        self._document: Any = None
        self._waiting: tuple[int, Result] | None = None
        self._lock = Lock()
        self._ready = time.monotonic() + SETTLE

    def start(self, work: Callable[[], Iterator[Result]]) -> None:
        """Abandons what runs and iterates over `work()` in a thread, or here without a page.

        For a page whose browser has gone nothing is begun.
        """
        self.cancel()
        page = current_page()
        if page.was_left:
            return
        if page.document is None or not page.waits:
            self._iterate(WorkRequest(work, self._ticket, None, Cancellation()), pause=0.0)
            return
        if page.document is not self._document:
            self._document = page.document
            page.on_close(self.cancel)
            STARTED.add(self)
            page.on_leave(self.cancel)
        with self._lock:
            self._cancellation = Cancellation()
            request = self._next = WorkRequest(
                work, self._ticket, page, self._cancellation, allowance_of(page)
            )
            idle, self._running = not self._running, True
        if idle:
            self._submit(request)

    @property
    def is_running(self) -> bool:
        """True while something is computed, or waits for that."""
        return self._running

    def cancel(self) -> None:
        """Nothing of what was started so far will be drawn any more, and it soon stops."""
        with self._lock:
            self._ticket += 1
            self._cancellation.cancel()
            self._next = self._waiting = None
        self._wake()

    def _serve(self) -> None:
        """Does what was asked for last; what is asked for meanwhile waits for its next turn."""
        with self._lock:
            interrupted, self._interrupted = self._interrupted, None
            request, self._next = self._next, None
        if interrupted is not None and interrupted.ticket == self._ticket and request is None:
            request = interrupted
        elif interrupted is not None:
            interrupted.close()
        if request is not None:
            try:
                self._do(request)
            except Exception as error:
                if not any(reason in str(error) for reason in STOPPED):
                    _LOG.exception("The work was given up.")
                    self._tell(request, self._fail, GIVEN_UP)
        with self._lock:
            request = self._next
            self._running = request is not None or self._interrupted is not None
        if request is not None:
            self._submit(request)

    def _submit(self, request: WorkRequest) -> None:
        """Lets a thread take up what was asked for, or says that too much of the visitor waits."""
        assert request.page is not None
        try:
            self._pool.submit(request.page.visitor, self._serve)
        except ValueError as error:
            with self._lock:
                self._running, self._next, self._interrupted = False, None, None
            request.close()
            self._tell(request, self._fail, str(error))

    def _do(self, request: WorkRequest) -> None:
        """Iterates over a work, to its end or until its visitor's allowance is used up."""
        over = False
        try:
            over = self._iterate(request, PAUSE) and self._interrupt(request)
        finally:
            if not over:
                request.close()

    def _iterate(self, request: WorkRequest, pause: float) -> bool:
        """Offers the results of a work; returns True if its visitor's allowance is used up."""
        held: list[Result] = []
        offered = -pause
        try:
            with (
                cancellable(request.cancellation),
                Meter(request.allowance, request.cancellation) as meter,
            ):
                over = meter.is_over()
                for result in () if over else request.begun():
                    if request.ticket != self._ticket:
                        return False
                    held = [result]
                    if time.monotonic() - offered >= pause:
                        self._offer(held.pop(), request)
                        offered = time.monotonic()
                    if over := meter.is_over():
                        break
            if held:
                self._offer(held.pop(), request)
        except Cancelled:
            return False
        except ValueError as error:
            self._tell(request, self._fail, str(error))
            return False
        return over

    def _interrupt(self, request: WorkRequest) -> bool:
        """Lets a work go on when its visitor may compute again; False if it is wanted no more."""
        assert request.allowance is not None
        seconds = request.allowance.wait()
        with self._lock:
            if request.ticket != self._ticket:
                return False
            self._interrupted = request
            request.timer = Timer(seconds, self._wake)
            request.timer.daemon = True
            request.timer.start()
        self._tell(request, self._wait, interrupted(seconds))
        return True

    def _wake(self) -> None:
        """Takes up what is interrupted, or ends it where it is wanted no more."""
        with self._lock:
            request = self._interrupted
            if request is None or request.timer is None or request.page is None:
                return
            request.timer.cancel()
            request.timer = None
        with suppress(RuntimeError):  # the server is ending
            self._submit(request)

    def _tell(self, request: WorkRequest, told: Callable[[str], Any], sentence: str) -> None:
        """Tells a sentence on the event loop, if the work is still wanted then."""
        self._post(request, lambda: told(sentence) if request.ticket == self._ticket else None)

    def _offer(self, result: Result, request: WorkRequest) -> None:
        if request.page is not None:
            time.sleep(max(0.0, self._ready - time.monotonic()))
        with self._lock:
            if request.ticket != self._ticket:
                return
            idle = self._waiting is None
            self._waiting = (request.ticket, result)
        if idle:
            self._post(request, self._draw_latest)

    @staticmethod
    def _post(request: WorkRequest, action: Callable[[], Any]) -> None:
        """Calls an action on the event loop, which nothing that ends this work ends as well.

        An event loop calls with the context variables of whoever asked for the call.
        """
        with cancellable(Cancellation()):
            action() if request.page is None else request.page.call(action)

    def _draw_latest(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting[0] == self._ticket:
            with hold():
                self._draw(waiting[1])
