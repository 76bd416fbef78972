"""Ends long computations from another thread: they look now and then whether they are wanted.

Who starts a computation says by `cancellable` what ends it; loops over steps and runs, far below,
look at it without knowing who that is. Each thread has its own, none of which is the rule. It also
counts the seconds of all threads that compute for it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

WORK, REST = 0.002, 1e-4
"""Seconds after which a computation in Python rests, and for how long.

Python asks a thread to give up its lock after 5 ms, but not while that thread gives it up and
takes it again by itself, as with each product of small matrices: the event loop, which computes
nothing but releases the lock with each message it sends, waited for seconds.
"""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """A computation was ended: nobody waits for its result any more, or a run is to end.

    What a run had finished is kept, and it can be continued.
    """


class Cancellation:
    """A flag that a computation looks at, and that any thread sets to end it.

    Attributes:
        flag: (1,) uint8, 1 from then on: compiled loops look at it.
    """

    def __init__(self):
        self.flag = np.zeros(1, dtype=np.uint8)
        self._reason = ""
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._running: dict[int, float] = {}
        """The time on the clock of each thread that computes for it, when that began."""

    @property
    def seconds(self) -> float:
        """Seconds of processors that its computations have taken until now, in all threads.

        Where the system does not let a thread read another one's clock, a thread counts when it
        has ended.
        """
        with self._lock:
            clocks = self._running.items() if _CLOCK_OF is not None else ()
            return self._seconds + sum(_clock(thread) - begun for thread, begun in clocks)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts what this thread computes inside; within another such context it counts there."""
        thread = threading.get_ident()
        with self._lock:
            is_counted = thread in self._running
            self._running.setdefault(thread, time.thread_time())
        try:
            yield
        finally:
            if not is_counted:
                with self._lock:
                    self._seconds += time.thread_time() - self._running.pop(thread)

    def cancel(self, reason: str = "") -> None:
        """Ends the computation: silently, or with a sentence for whoever waits for its result."""
        if not self.flag[0]:
            self._reason = reason
            self.flag[0] = 1

    def raise_if_cancelled(self) -> None:
        """Ends the computation that calls this, if that was asked for; lets other threads go first.

        Raises:
            Cancelled: without a reason.
            ValueError: the reason.
        """
        if self.flag[0]:
            raise ValueError(self._reason) if self._reason else Cancelled
        if self is not _NEVER and time.perf_counter() - getattr(_thread, "rested", 0.0) > WORK:
            time.sleep(REST)
            _thread.rested = time.perf_counter()


_CLOCK_OF = getattr(time, "pthread_getcpuclockid", None)


def _clock(thread: int) -> float:
    """Seconds of a processor that a living thread has taken."""
    assert _CLOCK_OF is not None
    return time.clock_gettime(_CLOCK_OF(thread))


_current: ContextVar[Cancellation | None] = ContextVar("egop-cancellation", default=None)
_NEVER = Cancellation()
_thread = threading.local()
"""Holds for each thread, as `rested`, the time of its last rest."""


@contextmanager
def cancellable(by: Cancellation) -> Iterator[None]:
    """Lets a cancellation end, and count, what is computed inside, in this thread."""
    token = _current.set(by)
    try:
        with by.counted():
            yield
    finally:
        _current.reset(token)


def current_cancellation() -> Cancellation:
    """The cancellation of what this thread computes, or one that nobody sets."""
    return _current.get() or _NEVER
