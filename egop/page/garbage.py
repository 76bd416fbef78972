"""Frees what closed pages leave in memory, at moments of our own choice.

A page is 20,000 Python objects that refer to each other. Python searches all objects whenever their
number has grown by a quarter: with fifty visitors that stops the process for half a second and
more, in the middle of somebody's drag. Here it is searched after pages were closed, and what was
imported at the start is never searched.
"""

import gc
import time
from collections.abc import Callable

from tornado.ioloop import PeriodicCallback

NEVER = 1_000_000
"""Searches of young objects after which Python would search all by itself: weeks of work."""
EVERY = 1.0
"""Seconds between two looks at how many pages were closed."""
FEWEST = 10
"""Closed pages that are worth a search."""
LONGEST = 600.0
"""Seconds after which there is a search in any case: not only pages leave something behind."""


def keep_imports() -> None:
    """Takes all there is now for what stays: modules, classes, compiled loops."""
    gc.collect()
    gc.freeze()


class Garbage:
    """Counts pages, and searches for garbage after enough of them were closed.

    Args:
        collect: the search.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        collect: Callable[[], object] = gc.collect,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._collect, self._clock = collect, clock
        self._open = self._closed = 0
        self._searched = clock()

    def start(self) -> None:
        """Lets Python search by itself only among young objects from now on; on the event loop."""
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        PeriodicCallback(self.look, 1000 * EVERY).start()

    def enter(self) -> None:
        """A page was opened."""
        self._open += 1

    def leave(self) -> None:
        """A page was closed."""
        self._open -= 1
        self._closed += 1

    def look(self) -> None:
        """Searches if enough pages were closed since the last time, or if that was long ago."""
        enough = self._closed >= max(FEWEST, self._open / 2)
        if enough or self._clock() - self._searched >= LONGEST:
            self._closed = 0
            self._collect()
            self._searched = self._clock()


GARBAGE = Garbage()
"""The search for garbage of this process."""
