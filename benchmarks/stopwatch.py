"""Seconds that a call takes, and rows of a table made of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, over repetitions.

    Attributes:
        best: the fastest, which other work on the machine disturbs least.
        median: the usual one.
        repetitions: how many were measured.
    """

    best: float
    median: float
    repetitions: int


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, what was promised, and a peer doing the same work.

    Attributes:
        question: what was measured, in words.
        egop: seconds taken by egop.
        budget: seconds it may take; None when only the ratio to the peer counts.
        peer: who else did the same work; empty when there is none.
        peer_timing: how long that took.
        allowed: the largest allowed ratio of egop's best seconds to the peer's.
    """

    question: str
    egop: Timing
    budget: float | None = None
    peer: str = ""
    peer_timing: Timing | None = None
    allowed: float | None = None

    @property
    def ratio(self) -> float | None:
        """Seconds of egop over seconds of the peer, best against best; None without a peer."""
        return None if self.peer_timing is None else self.egop.best / self.peer_timing.best

    @property
    def holds(self) -> bool:
        """Whether egop stayed within its budget and the allowed ratio."""
        in_budget = self.budget is None or self.egop.median <= self.budget
        in_ratio = self.allowed is None or (self.ratio is not None and self.ratio <= self.allowed)
        return in_budget and in_ratio


def measure(call: Callable[[], object], seconds: float = 1.0, at_most: int = 1000) -> Timing:
    """The timing of a call: one to warm up, then repetitions for about so many seconds.

    Args:
        call: what to time; at least one repetition is measured, however long it takes.
        seconds: when to stop repeating.
        at_most: repetitions that are enough.
    """
    call()
    durations: list[float] = []
    while len(durations) < at_most and sum(durations) < seconds:
        begin = time.perf_counter()
        call()
        durations.append(time.perf_counter() - begin)
    return timing(durations)


def timing(durations: list[float]) -> Timing:
    """The timing of repetitions measured elsewhere, from the seconds each took."""
    return Timing(min(durations), median(durations), len(durations))
