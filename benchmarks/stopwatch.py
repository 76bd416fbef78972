"""Seconds that a call takes, and rows of a table made of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

LINE = "{:<58} {:>9} {:>9}  {:<30} {:>9} {:>8}  {}"


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
        """True if egop stayed within its budget and the allowed ratio."""
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
    (result,) = measure_in_turn(call, seconds=seconds, at_most=at_most)
    return result


def measure_in_turn(
    *calls: Callable[[], object], seconds: float = 1.0, at_most: int = 1000
) -> list[Timing]:
    """The timings of several calls, repeated in turn so that a busy moment hits all of them.

    Args:
        calls: what to time; each is called once to warm up.
        seconds: when to stop repeating, for each call.
        at_most: repetitions that are enough.
    """
    durations: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
    while len(durations[0]) < at_most and sum(map(sum, durations)) < seconds * len(calls):
        for call, taken in zip(calls, durations, strict=True):
            begin = time.perf_counter()
            call()
            taken.append(time.perf_counter() - begin)
    return [timing(taken) for taken in durations]


def timing(durations: Sequence[float]) -> Timing:
    """The timing of repetitions measured elsewhere, from the seconds each took."""
    return Timing(min(durations), median(durations), len(durations))


def line(row: Row) -> str:
    """One line of the table: medians, and the ratio of the fastest times."""
    ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
    return LINE.format(
        row.question,
        seconds(row.egop.median),
        seconds(row.budget),
        row.peer,
        seconds(row.peer_timing and row.peer_timing.median),
        ratio if row.allowed is None else f"{ratio} ≤ {row.allowed:g}",
        "" if row.holds else "← over",
    )


def seconds(number: float | None) -> str:
    """A time in the unit that reads best."""
    if number is None:
        return ""
    return f"{number:.3g} s" if number >= 1 else f"{number * 1e3:.3g} ms"
