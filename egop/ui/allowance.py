"""The rule on computing: what one visitor of a server gets within a minute, for all work together.

Whatever a `Background` does counts: scenes, maps, dials, comparisons, samples, formulas. Work that
yields results is interrupted when the allowance is used up, and goes on when some of it is back.
Work that does not come to its next result is ended with a sentence. A notebook has no limit.
"""

import math
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any
from weakref import WeakKeyDictionary

from egop.cancellation import Cancellation
from egop.limits import MINUTE, limits
from egop.ui.document import Page

BACK = 0.25
"""Share of the allowance that must be there again before interrupted work goes on."""
GRACE = 0.25
"""Share of the allowance beyond which work that yields no result is ended."""
SHORTEST, LONGEST = 0.02, 5.0
"""Seconds between two looks at how much a work has taken."""
INTERRUPTED = (
    "Your computations have taken {allowed:.0f} seconds of the server's time within a minute, "
    "which is all that one visitor gets; this one goes on in {seconds:.0f} s."
)
TOO_LONG = (
    "This has taken more than the {allowed:.0f} seconds of the server's time that one visitor gets "
    "within a minute; choose fewer steps, methods or variables, and try again in a moment."
)


SPENT = (
    "Your computations have taken {allowed:.0f} seconds of the server's time within a minute, "
    "which is all that one visitor gets; try again in {seconds:.0f} s."
)


def allowed() -> float:
    """Returns the seconds of computing that a visitor gets within a minute; ∞: no limit."""
    return limits().computing_seconds or math.inf


def interrupted(seconds: float) -> str:
    """Returns the sentence that work is interrupted for so many seconds."""
    return INTERRUPTED.format(allowed=allowed(), seconds=math.ceil(seconds))


class Allowance:
    """Seconds of computing that one visitor has left, of those within any minute."""

    def __init__(self):
        self._spent: deque[tuple[float, float]] = deque()
        """Times, to the second, each with the seconds of computing that were spent then."""
        self._lock = Lock()

    def left(self) -> float:
        """Seconds that may be spent now."""
        with self._lock:
            self._forget()
            return allowed() - sum(seconds for _, seconds in self._spent)

    def spend(self, seconds: float) -> None:
        """Notes what was spent until now."""
        now = time.monotonic()
        with self._lock:
            self._forget()
            if self._spent and now - self._spent[-1][0] < 1:
                now, before = self._spent.pop()
                seconds += before
            self._spent.append((now, seconds))

    def wait(self) -> float:
        """Seconds until interrupted work may go on."""
        with self._lock:
            self._forget()
            now = back = time.monotonic()
            too_much = sum(seconds for _, seconds in self._spent) - (1 - BACK) * allowed()
            for when, seconds in self._spent:
                if too_much > 0:
                    too_much, back = too_much - seconds, when + MINUTE
            return max(0.0, back - now)

    def _forget(self) -> None:
        before = time.monotonic() - MINUTE
        while self._spent and self._spent[0][0] <= before:
            self._spent.popleft()


_OF_DOCUMENTS: WeakKeyDictionary[Any, Allowance] = WeakKeyDictionary()


def allowance_of(page: Page) -> Allowance | None:
    """Returns what the visitor of a page has left; None where there is no limit."""
    return _OF_DOCUMENTS.setdefault(page.document, Allowance()) if page.served else None


@contextmanager
def counted_for(page: Page) -> Iterator[None]:
    """Counts what this thread computes inside for a page's visitor.

    Raises:
        ValueError: the visitor has used up what there is.
    """
    allowance = allowance_of(page)
    if allowance is None:
        yield
        return
    if allowance.left() <= 0:
        seconds = math.ceil(allowance.wait())
        raise ValueError(SPENT.format(allowed=allowed(), seconds=seconds))
    begun = time.thread_time()
    try:
        yield
    finally:
        allowance.spend(time.thread_time() - begun)


class Meter:
    """A context in which the computing of one work counts for its visitor.

    Args:
        allowance: None: nothing is counted.
        cancellation: of the work.
    """

    def __init__(self, allowance: Allowance | None, cancellation: Cancellation):
        self._allowance, self._cancellation = allowance, cancellation
        self._lock = Lock()
        self._noted, self._most = cancellation.seconds, math.inf
        self._timer: Timer | None = None

    def __enter__(self) -> "Meter":
        if self._allowance is not None:
            self._most = self._noted + max(self._allowance.left(), 0) + GRACE * allowed()
            self._look_later()
        return self

    def __exit__(self, *_: object) -> None:
        self._most = math.inf
        if self._timer is not None:
            self._timer.cancel()
        self.is_over()

    def is_over(self) -> bool:
        """Notes what was computed until now; returns True if nothing is left of the allowance."""
        if self._allowance is None:
            return False
        with self._lock:
            seconds = self._cancellation.seconds
            self._allowance.spend(seconds - self._noted)
            self._noted = seconds
        return self._allowance.left() <= 0

    def _look_later(self) -> None:
        """Ends the work once it has taken too much, and looks again until then."""
        self.is_over()
        left = self._most - self._noted
        if left <= 0:
            self._cancellation.cancel(TOO_LONG.format(allowed=allowed()))
        elif left < math.inf:
            self._timer = Timer(min(max(left / 2, SHORTEST), LONGEST), self._look_later)
            self._timer.daemon = True
            self._timer.start()
