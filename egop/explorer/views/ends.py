"""Final values as a log axis or a color shows them: gaps above the minimum, never below a floor."""

from typing import NamedTuple

import numpy as np

from egop.analysis.stopping_target import StoppingTarget, choose_yardstick, finest_tolerance
from egop.explorer.compute import smallest_gap
from egop.theme import number


class Gaps(NamedTuple):
    """Gaps of final values.

    Attributes:
        gaps: (...) f − level, at least the floor; NaN and +∞ stay.
        floor: smallest gap that is told apart.
        yardstick: whose level the gaps are measured from.
    """

    gaps: np.ndarray
    floor: float
    yardstick: StoppingTarget

    def lowest(self, axis: int | None = None) -> np.ndarray:
        """(...) True where runs end lowest up to round-off; nowhere where all diverge."""
        same = max(self.floor, finest_tolerance(self.yardstick.level))
        known = np.where(np.isfinite(self.gaps), self.gaps, np.inf)
        return np.isfinite(known) & (known <= known.min(axis=axis, keepdims=True) + same)


def measure(values, known: StoppingTarget) -> Gaps:
    """Gaps of final values, +∞ where a run diverged.

    Args:
        values: (...) f at the end of runs.
        known: of the scene; where it has no minimum, a lower value among these moves the level.
    """
    values = np.asarray(values, dtype=float)
    seen = values[np.isfinite(values)]
    minimum = known.level if known.known else None
    yardstick = choose_yardstick(known.level, minimum, [seen] if seen.size else [], known.tolerance)
    floor = smallest_gap(yardstick.level)
    return Gaps(np.maximum(yardstick.gap(values), floor), floor, yardstick)


def gap_words(gap: float) -> str:
    """A gap in words; that of a run that is not made is pending."""
    return "pending" if np.isnan(gap) else number(gap) if np.isfinite(gap) else "diverges"
