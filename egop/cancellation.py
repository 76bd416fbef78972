"""Ends long computations from another thread: they look now and then whether they are wanted.

Who starts a computation says by `cancellable` what ends it; loops over steps and runs, far below,
look at it without knowing who that is. Each thread has its own, none of which is the rule.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """A computation was ended, since nobody waits for its result any more."""


class Cancellation:
    """A flag that a computation looks at, and that any thread sets to end it.

    Attributes:
        flag: (1,) uint8, 1 from then on: compiled loops look at it.
    """

    def __init__(self):
        self.flag = np.zeros(1, dtype=np.uint8)
        self._reason = ""

    def cancel(self, reason: str = "") -> None:
        """Ends the computation: silently, or with a sentence for whoever waits for its result."""
        if not self.flag[0]:
            self._reason = reason
            self.flag[0] = 1

    def raise_if_cancelled(self) -> None:
        """Ends the computation that calls this, if that was asked for.

        Raises:
            Cancelled: without a reason.
            ValueError: the reason.
        """
        if self.flag[0]:
            raise ValueError(self._reason) if self._reason else Cancelled


_current: ContextVar[Cancellation | None] = ContextVar("egop-cancellation", default=None)
_NEVER = Cancellation()


@contextmanager
def cancellable(by: Cancellation) -> Iterator[None]:
    """Lets a cancellation end what is computed inside, in this thread."""
    token = _current.set(by)
    try:
        yield
    finally:
        _current.reset(token)


def current_cancellation() -> Cancellation:
    """The cancellation of what this thread computes, or one that nobody sets."""
    return _current.get() or _NEVER
