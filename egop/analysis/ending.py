"""The ending of one run, also in the ways that a count of steps hides."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from egop.analysis.stopping_target import ROUND_OFF, StoppingTarget
from egop.metrics import steps_to_tolerance

SAME_STEPS = 0.01
"""Step counts that differ by less than this share, or by one step, are the same."""

SAME_GAP = 0.05
"""Final gaps that differ by less than this share are the same."""

LAST = 0.1
"""The last share of a run, over which one that still falls is told from one that has settled."""

CYCLE = 10
"""Steps at the end of a run that must jump between two points for a two-cycle."""

RETURNS = 1e-4
"""A two-cycle comes back to within this share of its jump."""

Outcome = Literal["gain", "none", "unclear", "loss", "diverged"]
Rank = tuple[int, float]


@dataclass(frozen=True)
class Ending:
    """The ending of one run.

    Attributes:
        rate: learning rate.
        n_steps: T.
        reached_at: first step within the tolerance; −1: never.
        final_gap: f − level after the last step; NaN where it diverged.
        diverged_at: step; −1: never.
        safe_rate: a lower rate that does not diverge (`find_safe_rate`); None: not looked for.
        leaves_again: it came within the tolerance, but is not there at the end.
        final_value: the last finite f.
        sees_lowest: its lowest f is the target's level.
        falling: f was still falling at the end, by more than the tolerance in the last tenth.
        still: it never moved from its start.
        cycles: it ends in jumps between two points.
        nearby: `rank` of runs with small changes of rate and start; empty: not run.
    """

    rate: float
    n_steps: int
    reached_at: int
    final_gap: float
    diverged_at: int = -1
    safe_rate: float | None = None
    leaves_again: bool = False
    final_value: float = np.nan
    sees_lowest: bool = False
    falling: bool = False
    still: bool = False
    cycles: bool = False
    nearby: tuple[Rank, ...] = ()

    @classmethod
    def of_run(
        cls,
        values,
        target: StoppingTarget,
        rate: float,
        diverged_at: int = -1,
        safe_rate: float | None = None,
        points=None,
    ) -> "Ending":
        """The ending of one run.

        Args:
            values: (T+1,) f by step.
            target: what it is measured with.
            rate: learning rate.
            diverged_at: step; −1: never.
            safe_rate: a rate that does not diverge.
            points: (T+1, d), for what f alone does not tell; None: not looked at.
        """
        values = np.asarray(values, dtype=float)
        reached_at = int(steps_to_tolerance(values, target.level, target.tolerance))
        final_gap = float(target.gap(values[-1]))
        finite = values[np.isfinite(values)]
        lowest = float(finite.min()) if len(finite) else np.inf
        return cls(
            rate,
            len(values) - 1,
            reached_at,
            final_gap,
            int(diverged_at),
            safe_rate,
            leaves_again=reached_at >= 0 and final_gap > target.tolerance,
            final_value=float(finite[-1]) if len(finite) else np.nan,
            sees_lowest=lowest <= target.level,
            falling=falls_at_the_end(finite, target.tolerance),
            still=points is not None and stands_still(points),
            cycles=points is not None and jumps_between_two(points),
        )

    @property
    def diverged(self) -> bool:
        """True if the run diverged."""
        return self.diverged_at >= 0

    @property
    def reached(self) -> bool:
        """True if the run came within the tolerance and ended there."""
        return self.reached_at >= 0 and not self.diverged and not self.leaves_again

    @property
    def rank(self) -> Rank:
        """The order of runs: those that arrive by their steps, then others by their gaps."""
        if self.diverged:
            return 2, 0.0
        return (0, float(self.reached_at)) if self.reached else (1, self.final_gap)

    @property
    def range(self) -> tuple[Rank, Rank]:
        """The best and the worst rank of the run and its neighbors."""
        ranks = [self.rank, *self.nearby]
        return min(ranks), max(ranks)


def compare(original: Ending, rotated: Ending) -> Outcome:
    """The outcome of rotating: a better rank wins if it is better by more than small changes make.

    Ranks that differ by a step, 1 % of the steps or 5 % of the final gap are the same ("none").
    Where runs at slightly changed rates and starts are known, the worst of the winner's must still
    be better than the best of the other's; else the outcome is "unclear".
    """
    before, after = original.rank, rotated.rank
    if before[0] == after[0] == 2:
        return "diverged"
    if before[0] == after[0] and _same(before, after):
        return "none"
    gains = after < before
    better, worse = (rotated, original) if gains else (original, rotated)
    if better.range[1] >= worse.range[0]:
        return "unclear"
    return "gain" if gains else "loss"


def _same(before: Rank, after: Rank) -> bool:
    """Returns True if step counts differ by at most 1 %, or final gaps by at most 5 %."""
    low, high = sorted((before[1], after[1]))
    if before[0] == 0:
        return high - low <= max(1, SAME_STEPS * low)
    return high <= low * (1 + SAME_GAP)


def falls_at_the_end(values: np.ndarray, tolerance: float) -> bool:
    """Returns True if f (t,) is lowest at its end, by more than the tolerance since its last tenth.

    A run that jumps about, and is lowest at its end by luck, was as low before.
    """
    if len(values) < 2:
        return False
    before = values[: min(int((1 - LAST) * len(values)) + 1, len(values) - 1)].min()
    return bool(values[-1] == values.min() and before - values[-1] > tolerance)


def stands_still(points) -> bool:
    """Returns True if a path (T+1, d) never leaves its start, up to round-off."""
    points = np.asarray(points, dtype=float)
    size = 1 + np.abs(points[0]).max()
    return bool(np.abs(points - points[0]).max() <= ROUND_OFF * size)


def jumps_between_two(points) -> bool:
    """Returns True if the last ten steps of a path (T+1, d) jump between two points."""
    end = np.asarray(points, dtype=float)[-CYCLE:]
    if len(end) < CYCLE or not np.isfinite(end).all():
        return False
    jumps = np.abs(np.diff(end, axis=0)).max(axis=1)
    returns = np.abs(end[2:] - end[:-2]).max(axis=1)
    size = 1 + np.abs(end[-1]).max()
    return bool(jumps.min() > 1e-6 * size and returns.max() <= RETURNS * jumps.min())
