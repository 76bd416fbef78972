"""The rules by which claims are decided, as numbers: two kinds of runs compared trial by trial.

The paper shows curves; what "gains" or "alike" shall mean is chosen here, before any result.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from egop import theme
from egop.experiments.claims.summaries import Trials

ENOUGH_TRIALS = 5
"""Trials below which no comparison of runs is decided."""
GAIN = 1.1
"""A median lower by less than this factor is no gain."""
CONSISTENT = 0.75
"""Share of the trials in which a gain must be seen."""
ALIKE = 2.0
"""Medians of losses within this factor of one another are alike."""


class Finding(NamedTuple):
    """A measurement for a claim.

    Attributes:
        words: a sentence, with the number of trials.
        effect: its size, such as a ratio of medians; NaN where nothing was measured.
        holds: None where it cannot be decided.
        applies: whether what the claim assumes is true of what was run.
    """

    words: str
    effect: float = math.nan
    holds: bool | None = None
    applies: bool = True


class UndecidedError(Exception):
    """A reason for which a claim cannot be decided."""


class NotApplicableError(UndecidedError):
    """Raised where an assumption of a claim is not true of what was run."""


class PairedValues(NamedTuple):
    """The same number measured in two kinds of runs; smaller is better.

    Attributes:
        before: such as in original coordinates.
        after: such as in EGOP coordinates.
    """

    before: Trials
    after: Trials

    @property
    def n(self) -> int:
        """Trials in which at least one of both was run."""
        return int(np.any([each.finished | each.diverged for each in self], axis=0).sum())

    @property
    def diverged(self) -> int:
        """Runs that diverged."""
        return sum(int(each.diverged.sum()) for each in self)

    @property
    def ratio(self) -> float:
        """Median before over median after: above 1 where it got better, NaN if both diverged."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self.before.median / self.after.median)

    @property
    def lower(self) -> int:
        """Trials in which `after` ends lower; a run that diverged is above all others."""
        ends = [np.where(t.finished | t.diverged, t.values.astype(float), np.nan) for t in self]
        return int((ends[1] < ends[0]).sum())

    @property
    def largest_difference(self) -> float:
        """Over the trials in which both finished, relative."""
        both = self.before.finished & self.after.finished
        if not both.any():
            return math.nan
        before, after = (each.values[both].astype(float) for each in self)
        return float(np.max(abs(before - after) / np.maximum(abs(before), 1e-300)))

    @property
    def gains(self) -> bool:
        """True if `after` is lower, by the rules of this file."""
        return self.ratio >= GAIN and self.lower >= CONSISTENT * self.n

    def decidable(self) -> "PairedValues":
        """Itself.

        Raises:
            UndecidedError: there are too few trials, or no median is finite.
        """
        if self.n < ENOUGH_TRIALS:
            were = theme.count_words(self.n, "trial") + (" was" if self.n == 1 else " were")
            raise UndecidedError(f"{were} run, of at least {ENOUGH_TRIALS}")
        if not any(each.count for each in self):
            raise UndecidedError("every run diverged")
        if not any(np.isfinite(each.median).all() for each in self):
            raise UndecidedError(f"{self.diverged} of the runs diverged, half or more of each kind")
        return self

    def words(self) -> str:
        """`0.02 → 0.01, 2 times lower, lower in 9 of 10 trials (exact 95 %: 55–100 %)`."""
        values = " → ".join(theme.number(float(each.median)) for each in self)
        wins = share_words(self.lower, self.n)
        how = compared(*(float(each.median) for each in self))
        return f"{values}, {how}, lower in {wins}{diverged_words(self.diverged)}"


def compared(before: float, after: float) -> str:
    """The second median beside the first; those that are not written alike are "about the same"."""
    how = times(before / after if after else math.nan)
    alike = theme.number(before) == theme.number(after)
    return "about the same" if how == "the same" and not alike else how


def times(ratio: float) -> str:
    """A ratio of medians in words."""
    if not math.isfinite(ratio) or ratio <= 0:
        return "no ratio"
    factor = theme.number(max(ratio, 1 / ratio))
    return "the same" if factor == "1" else f"{factor} times {'lower' if ratio > 1 else 'higher'}"


def share_words(wins: int, trials: int) -> str:
    """`9 of 10 trials (exact 95 %: 55–100 %)`: the share of all such trials, by Clopper–Pearson."""
    low, high = share_interval(wins, trials)
    counted = theme.count_words(trials, "trial")
    return f"{wins} of {counted} (exact 95 %: {100 * low:.0f}–{100 * high:.0f} %)"


def share_interval(wins: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval (Clopper and Pearson 1934) of a share; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    found = binomtest(wins, trials).proportion_ci(confidence, method="exact")
    return float(found.low), float(found.high)


def diverged_words(diverged: int) -> str:
    """The number of runs that diverged, in words, or nothing."""
    return f"; {diverged} diverged and count as ∞" if diverged else ""
