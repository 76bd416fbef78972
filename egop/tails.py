"""The tails of a gradient sample: effective size, tail index, growth far away, a finite EGOP."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from egop.poles import has_pole
from egop.sentences import fill

if TYPE_CHECKING:
    from egop.distributions import Distribution
    from egop.gradients import GradientSample
    from egop.objectives import Objective

FAR, FARTHER = 1e2, 1e4
"""Distances, in widths of the sample, between which the growth of the gradient is measured."""
PROBES = 64
"""Directions in which it is."""
FASTEST = 20.0
"""A gradient that grows faster than this power of the distance does not grow like a power."""
QUANTILE = 1.645
"""The quantile of the normal distribution, at 5 %."""
ORDER_STEPS, ORDER_ERROR = 16, 0.25
"""Distances at which the order of a growth is looked for, each about twice the one before, and by
how much the order may be wrong."""
FEWEST = 30
"""Effective samples below which they say nothing of the others."""
ROUNDED = 0.1
"""Twice a measured power may exceed an integer by this before the next one is taken."""


class MissingMoments(NamedTuple):
    """Moments that ρ lacks.

    Attributes:
        kind: "infinite EGOP" or "infinite variance".
        order: of the moment of ρ that is needed; infinite: of every order.
        index: below which ρ has moments.
    """

    kind: str
    order: float
    index: float

    @property
    def sentence(self) -> str:
        """A sentence that says what is infinite, and why."""
        order = self.order if np.isfinite(self.order) else fill("unbounded order")
        return fill(self.kind, order=order, index=self.index)


def effective_sample_size(weights: np.ndarray) -> float:
    """(Σw)²/Σw² of weights (M,): M where all are equal, 1 where one outweighs the others (Kish)."""
    largest = weights.max(initial=0.0)
    if largest == 0:
        return 0.0
    shares = weights / largest
    return float(shares.sum() ** 2 / (shares**2).sum())


def estimate_tail_index(values: np.ndarray) -> np.ndarray:
    """Hill's estimate of α in P(value > t) ~ t^−α, from the √M largest of M values ≥ 0.

    Moments of order below α are finite. Infinite where the largest values are equal, and where
    fewer than √M values are positive.

    Args:
        values: (M, ...) columns.

    Returns:
        (...) one α for each column.
    """
    values = np.asarray(values, dtype=float)
    n_values, k = len(values), int(np.sqrt(len(values)))
    if k == n_values:
        return np.full(values.shape[1:], np.inf)
    largest = np.partition(values, n_values - k - 1, axis=0)[n_values - k - 1 :]
    threshold = np.where(largest[0] > 0, largest[0], 1.0)
    logs = np.log(np.where(largest[0] > 0, largest[1:], 1.0) / threshold)
    excess = logs.mean(axis=0)
    return np.divide(1.0, excess, out=np.full_like(excess, np.inf), where=excess > 0)


def range_of_estimates(n_values: int) -> tuple[float, float]:
    """Between which Hill's estimate is in 90 % of samples where the tail index is 1.

    The mean log excess of k values is then Gamma(k)/k; by Wilson and Hilferty's quantiles.
    """
    k = int(np.sqrt(n_values))
    middle, spread = 1 - 1 / (9 * k), QUANTILE / (3 * np.sqrt(k))
    low, high = (middle + spread) ** -3, max(middle - spread, 0.1) ** -3
    return float(low), float(high)


def measure_growth(objective: "Objective", points: np.ndarray) -> float:
    """The power p of ‖∇f‖ ~ r^p far from the sample; infinite where it is none or unknown.

    Args:
        objective: f.
        points: (M, d) the sample's points; the gradient is measured in the directions of the first
            64, seen from their median.
    """
    if objective.quadratic is not None:
        return 1.0
    try:
        gradients = _gradients_around(objective, points, np.array([FAR, FARTHER]))
    except (ArithmeticError, ValueError):
        return np.inf
    far, farther = np.abs(gradients).max(axis=(1, 2))
    if not np.isfinite([far, farther]).all():
        return np.inf
    if far == 0 or farther == 0:
        return 0.0
    power = float(np.log(farther / far) / np.log(FARTHER / FAR))
    return np.inf if power > FASTEST else max(0.0, power)


def _gradients_around(objective, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """∇f (K, 64, d) at K distances, in widths, from the median of points in their directions."""
    center, distances, width = distances_from_middle(points)
    arms = points[:PROBES] - center
    lengths = distances[:PROBES, None]
    arms = np.divide(arms, lengths, out=np.zeros_like(arms), where=lengths > 0)
    return objective.gradient(center + width * radii[:, None, None] * arms)


def outgrows(objective: "Objective", distribution: "Distribution", points: np.ndarray) -> bool:
    """True if ‖∇f‖ grows faster than any power far away, at least about as fast as ρ decays.

    Args:
        objective: f.
        distribution: ρ.
        points: (M, d) the sample's points.
    """
    decay = getattr(distribution, "decay_order", np.nan)
    if np.isposinf(decay) or np.isfinite(measure_growth(objective, points)):
        return False
    return not measure_growth_order(objective, points) < decay - ORDER_ERROR


def measure_growth_order(objective: "Objective", points: np.ndarray) -> float:
    """The order s of ‖∇f‖ ~ exp(c rˢ) as far away as it is finite: 1 for exp(x); ∞ where unknown.

    It follows from the logarithms at three distances, each twice the one before.

    Args:
        objective: f.
        points: (M, d) the sample's points, as in `measure_growth`.
    """
    radii = np.geomspace(1 / 4, FARTHER, ORDER_STEPS)
    try:
        gradients = np.abs(_gradients_around(objective, points, radii))
    except (ArithmeticError, ValueError):
        return np.inf
    sizes = np.nanmax(gradients, axis=(1, 2), initial=0.0)
    usable = np.isfinite(sizes) & (sizes > 0)
    count = len(usable) if usable.all() else int(usable.argmin())
    if count < 3:
        return np.inf
    first, second = np.diff(np.log(sizes[count - 3 : count]))
    return float(np.log(second / first) / np.log(radii[1] / radii[0])) if first > 0 else np.inf


def distances_from_middle(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The median (d,) of points (M, d), their distances (M,) from it, and the median of those.

    Medians exist whatever the moments of ρ.
    """
    center = np.median(points, axis=0)
    distances = np.linalg.norm(points - center, axis=1)
    return center, distances, float(np.median(distances)) or 1.0


def normalized_squares(gradients: np.ndarray) -> np.ndarray:
    """‖∇f‖² and the squared partial derivatives (M, 1+d), over the largest of these.

    The tails of a partial derivative may hide in those of the norm.
    """
    largest = np.abs(gradients).max(initial=0.0)
    squares = (gradients / (largest or 1.0)) ** 2
    return np.column_stack([squares.sum(axis=1), squares])


def known_tail_index(distribution: "Distribution") -> float:
    """The order below which ρ has moments; NaN where it does not say."""
    return getattr(distribution, "tail_index", np.nan)


def missing_moments(
    objective: "Objective", distribution: "Distribution", points: np.ndarray
) -> MissingMoments | None:
    """Moments that ρ lacks: of a gradient ~ r^p the EGOP takes order 2p, its error 4p.

    Args:
        objective: f.
        distribution: ρ.
        points: (M, d) the sample's points.
    """
    index = known_tail_index(distribution)
    if not np.isfinite(index):
        return None
    growth = np.ceil(2 * measure_growth(objective, points) - ROUNDED) / 2
    if 4 * growth < index:
        return None
    infinite = 2 * growth >= index
    kind = "infinite EGOP" if infinite else "infinite variance"
    return MissingMoments(kind, (2 if infinite else 4) * growth, index)


def is_finite(objective: "Objective", distribution: "Distribution") -> bool:
    """True if f is a polynomial, and ρ has the moments that its EGOP and the error of it take."""
    if objective.degree is None:
        return False
    return 4 * max(objective.degree - 1, 0) < known_tail_index(distribution)  # False for NaN


def smallest_tail_index(
    objective: "Objective", distribution: "Distribution", sample: "GradientSample", limit: float
) -> float:
    """The smallest tail index of the squared gradient and its parts; infinite for few samples.

    The EGOP is infinite where the true one is 1 or less. Growth like a power is taken out first
    where the moments of ρ are known, as there they decide; this is done below the limit.

    Args:
        objective: f.
        distribution: ρ.
        sample: points and gradients.
        limit: above which the index need not be exact.
    """
    squares = normalized_squares(sample.gradients)
    if len(squares) < FEWEST:
        return np.inf
    index = float(estimate_tail_index(squares).min())
    if index >= limit or np.isnan(known_tail_index(distribution)):
        return index
    growth = measure_growth(objective, sample.points)
    if not np.isfinite(growth):
        return index
    _, distances, width = distances_from_middle(sample.points)
    scale = (1 + distances / width) ** (2 * growth)
    return float(estimate_tail_index(squares / scale[:, None]).min())


def why_infinite(
    objective: "Objective", distribution: "Distribution", sample: "GradientSample"
) -> str:
    """A sentence where the EGOP is infinite or the sample's tails look so; else "".

    Never of a polynomial where ρ has the moments. They look so where a tail index of 1 of its
    square cannot be excluded at 5 %, and the gradient has a pole beside the sample's largest ones
    or grows as fast as ρ decays; of a ρ whose moments are not known, where a tail index of 1 can
    be excluded from above.

    Args:
        objective: f.
        distribution: ρ.
        sample: of gradients.
    """
    if is_finite(objective, distribution):
        return ""
    missing = missing_moments(objective, distribution, sample.points)
    if missing is not None and missing.kind == "infinite EGOP":
        return missing.sentence
    low, limit = range_of_estimates(max(sample.n_samples, FEWEST))
    index = smallest_tail_index(objective, distribution, sample, limit)
    if index > limit:
        return ""
    width = distances_from_middle(sample.points)[2]
    heavy = index < low and np.isnan(known_tail_index(distribution))
    unbounded = heavy or outgrows(objective, distribution, sample.points)
    unbounded = unbounded or has_pole(objective, sample, width)
    return fill("heavy tails", index=index) if unbounded else ""
