"""The target of a comparison: the minimum, or the best value seen, and a tolerance."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from egop.sentences import fill

RELATIVE_TOLERANCE = 1e-4
"""The share of f(x_0) − f* that counts as arrived, unless a scene sets its own tolerance."""

ROUND_OFF = 1e-12
"""Relative to 1 + |f*|: no tolerance is finer, and no value this little below f* is below it."""


@dataclass(frozen=True)
class StoppingTarget:
    """A level and how near to it counts as arrived.

    Attributes:
        level: f*, or the lowest value any run has seen.
        tolerance: the gap f − level that counts as arrived.
        known: level is the minimum; else it is the best value seen, and sentences say so.
    """

    level: float
    tolerance: float
    known: bool

    @property
    def value(self) -> float:
        """The value of f that counts as arrived."""
        return self.level + self.tolerance

    @property
    def axis_label(self) -> str:
        """The axis label of a gap: "f − f*" or "f − best seen", short for narrow figures."""
        return gap_label(self.known)

    @property
    def level_name(self) -> str:
        """The level's name in a sentence: "the minimum" or "the best value"."""
        return fill("the minimum" if self.known else "the best value")

    @property
    def sentence(self) -> str:
        """The rule in one sentence."""
        rule = fill("arrived", within=self.within)
        return rule if self.known else " ".join([rule, fill("no minimum")])

    @property
    def within(self) -> str:
        """The rule in a phrase: "within 10⁻⁴ of the minimum"."""
        return fill("within", tolerance=self.tolerance, level=self.level_name)

    def gap(self, values) -> np.ndarray:
        """f − level of values (...), at least 0; NaN stays NaN."""
        return np.maximum(np.asarray(values, dtype=float) - self.level, 0.0)


def gap_label(known: bool) -> str:
    """The label of an axis of gaps from f*, or from the best value seen where f* is not known."""
    return fill("gap to the minimum" if known else "gap to the best value")


def finest_tolerance(level: float) -> float:
    """The smallest gap from a level that is more than round-off."""
    return ROUND_OFF * (1 + abs(level))


def choose_target(
    start_value: float,
    minimum: float | None = None,
    seen: Iterable[np.ndarray] = (),
    tolerance: float | None = None,
) -> StoppingTarget:
    """Returns the stopping target of a scene.

    Without a minimum, or where a run went below the one that was given, the level is the best value
    seen. The tolerance is 1e-4·(f(x_0) − level) unless one is given.

    Args:
        start_value: f(x_0).
        minimum: f*; None: unknown, or there is none.
        seen: values of f along the runs, arrays of any shape; NaN is ignored.
        tolerance: absolute; None: the rule above.

    Raises:
        ValueError: neither a minimum nor one finite value is known.
    """
    values = [minimum if minimum is not None else np.inf, start_value]
    values += [np.nanmin(array) for array in seen if np.isfinite(array).any()]
    best = float(np.nanmin(values)) if np.isfinite(values).any() else np.inf
    if not np.isfinite(best):
        raise ValueError(
            "f is not finite at the start and along every run, so there is nothing to compare; "
            "start where the objective is defined"
        )
    known = minimum is not None and best >= minimum - finest_tolerance(minimum)
    level = float(minimum) if known and minimum is not None else best
    if tolerance is None:
        drop = start_value - level if np.isfinite(start_value) else 0.0
        tolerance = RELATIVE_TOLERANCE * drop
    return StoppingTarget(level, float(max(tolerance, finest_tolerance(level))), known)
