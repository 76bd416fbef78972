"""The tails of a gradient sample: effective size, tail index, growth far away."""

import numpy as np

from egop.objectives import Objective

FAR, FARTHER = 1e2, 1e4
"""Distances, in widths of the sample, between which the growth of the gradient is measured."""
PROBES = 64
"""Directions in which it is."""
FASTEST = 20.0
"""A gradient that grows faster than this power of the distance does not grow like a power."""
QUANTILE = 1.645
"""Of the normal distribution, at 5 %."""


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


def measure_growth(objective: Objective, points: np.ndarray) -> float:
    """The power p of ‖∇f‖ ~ r^p far from the sample; infinite where it is none or unknown.

    Args:
        objective: f.
        points: (M, d) the sample's points; the gradient is measured in the directions of the first
            64, seen from their median.
    """
    if objective.quadratic is not None:
        return 1.0
    center, distances, width = distances_from_middle(points)
    arms = points[:PROBES] - center
    lengths = distances[:PROBES, None]
    arms = np.divide(arms, lengths, out=np.zeros_like(arms), where=lengths > 0)
    radii = width * np.array([FAR, FARTHER])
    try:
        gradients = objective.gradient(center + radii[:, None, None] * arms)
    except (ArithmeticError, ValueError):
        return np.inf
    far, farther = np.abs(gradients).max(axis=(1, 2))
    if not np.isfinite([far, farther]).all():
        return np.inf
    if far == 0 or farther == 0:
        return 0.0
    power = float(np.log(farther / far) / np.log(FARTHER / FAR))
    return np.inf if power > FASTEST else max(0.0, power)


def distances_from_middle(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The median (d,) of points (M, d), their distances (M,) from it, and the median of those.

    Medians exist whatever the moments of ρ.
    """
    center = np.median(points, axis=0)
    distances = np.linalg.norm(points - center, axis=1)
    return center, distances, float(np.median(distances)) or 1.0
