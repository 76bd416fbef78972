"""The pace at which pages are made for one network address: a burst, then a quarter of the time.

A page takes the event loop for a quarter of a second in one piece, and so does freeing it later on.
Whoever asks for one after the other would leave no time to those who have theirs.
"""

import asyncio
import math
import time
from collections.abc import Callable

from egop.limits import limits

SHARE = 0.25
"""The share of the event loop's time that an address gets for its pages after the burst."""
MOST_KEPT = 10_000
"""Addresses that are remembered."""


class Pace:
    """Seconds of the event loop that one address may still take for pages; more come with time.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._left, self._at = burst(), clock()
        self._line = asyncio.Lock()

    def left(self) -> float:
        """Seconds that may be taken now; below 0: a page has just taken more."""
        now = self._clock()
        self._left = min(burst(), self._left + SHARE * (now - self._at))
        self._at = now
        return self._left

    def spend(self, seconds: float) -> None:
        """Notes what a page has taken."""
        self._left = self.left() - seconds

    async def wait(self) -> None:
        """Returns when another page may be made: one after the other, in the order of asking."""
        async with self._line:
            while (left := self.left()) <= 0:
                await asyncio.sleep(-left / SHARE + 0.01)


class Paces:
    """The pace of each address; those that have asked for nothing lately are forgotten."""

    def __init__(self):
        self._paces: dict[str, Pace] = {}

    def of(self, address: str) -> Pace:
        """Returns the pace of an address."""
        if len(self._paces) >= MOST_KEPT:
            self._paces = {a: pace for a, pace in self._paces.items() if pace.left() < burst()}
        return self._paces.setdefault(address, Pace())


def burst() -> float:
    """Returns the seconds that an address may take at once; ∞: no limit."""
    return limits().opening_seconds or math.inf
