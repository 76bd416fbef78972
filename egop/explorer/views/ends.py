"""Final values as a log axis or a color shows them: gaps above the minimum, never below a floor."""

from typing import NamedTuple

import numpy as np

from egop.analysis.stopping_target import StoppingTarget, choose_target, finest_tolerance
from egop.explorer.compute import smallest_gap
from egop.theme import number


class Gaps(NamedTuple):
    """Gaps of final values.

    Attributes:
        gaps: (...) f − level, at least the floor; NaN and +∞ stay.
        floor: smallest gap that is told apart.
        target: whose level the gaps are measured from.
    """

    gaps: np.ndarray
    floor: float
    target: StoppingTarget

    def lowest(self, axis: int | None = None) -> np.ndarray:
        """(...) True where runs end lowest up to round-off; nowhere where all diverge."""
        same = max(self.floor, finest_tolerance(self.target.level))
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
    target = choose_target(known.level, minimum, [seen] if seen.size else [], known.tolerance)
    floor = smallest_gap(target.level)
    return Gaps(np.maximum(target.gap(values), floor), floor, target)


def gap_words(gap: float) -> str:
    """A gap in words; that of a run that is not made is pending."""
    return "pending" if np.isnan(gap) else number(gap) if np.isfinite(gap) else "diverges"
