"""Gradients of an objective at points drawn from ρ: the (M, d) sample that EGOP is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egop.arrays import is_integer
from egop.distributions.sampler import read_distribution
from egop.objectives.objective import check_objective

if TYPE_CHECKING:
    from egop.distributions import Distribution
    from egop.objectives.objective import Objective

LARGEST = 1e150
"""A gradient with a larger entry is left out: its outer product would overflow."""


@dataclass(frozen=True, eq=False, repr=False)
class GradientSample:
    """Gradients at M points, without those at which f or its gradient is not finite.

    Attributes:
        points: (M, d) points drawn from ρ.
        gradients: (M, d) gradients there, in rows.
        n_excluded: points left out, since f or its gradient is not finite there, or the gradient
            exceeds 1e150.
    """

    points: np.ndarray
    gradients: np.ndarray
    n_excluded: int = 0

    def __repr__(self):
        left_out = f", n_excluded={self.n_excluded}" if self.n_excluded else ""
        shape = f"n_samples={self.n_samples}, dim={self.gradients.shape[1]}"
        return f"<GradientSample: {shape}{left_out}>"

    @property
    def n_samples(self) -> int:
        """M, the number of gradients kept."""
        return len(self.gradients)


def usable(gradients: np.ndarray) -> np.ndarray:
    """Marks the rows of (M, d) that are finite and small enough to be squared, (M,) of bool."""
    return np.abs(gradients).max(axis=1, initial=0.0) <= LARGEST  # False for NaN


def sample_gradients(
    objective: "Objective", distribution: "Distribution", n_samples: int = 2000, seed=0
) -> GradientSample:
    """Gradients of the objective at `n_samples` points of the distribution (Algorithm 1).

    Args:
        objective: f with d variables.
        distribution: ρ over the same d variables.
        n_samples: M ≥ 1.
        seed: an integer or a numpy generator. The same seed with a larger `n_samples` begins with
            the same points.

    Raises:
        ValueError: M < 1, dimensions that differ, or no point at which f and its gradient are
            finite.
        TypeError: objective or distribution is something else, such as a function.
    """
    check_objective(objective, "an EGOP")
    distribution = read_distribution(distribution)
    points = _draw(objective, distribution, n_samples, seed)
    sample = _evaluate(objective, points)
    if sample.n_samples == 0:
        raise ValueError(
            f"{objective.name} or its gradient is not finite at any of the {n_samples} points of "
            f"{distribution.describe()}; sample where the function is defined"
        )
    return sample


def gradient_chunks(
    objective: "Objective",
    distribution: "Distribution",
    n_samples: int = 2000,
    seed=0,
    chunk_sizes: tuple[int, ...] = (100, 400, 1500, 4000),
) -> Iterator[GradientSample]:
    """The sample of `sample_gradients`, evaluated piece by piece for a live estimate.

    A chunk may be empty when none of its gradients is finite; it then only counts them.

    Args:
        objective: f with d variables.
        distribution: ρ over the same d variables.
        n_samples: M ≥ 1, over all chunks.
        seed: as in `sample_gradients`.
        chunk_sizes: points per chunk; the last size repeats until M is reached.

    Raises:
        ValueError: as `sample_gradients`, except that all gradients may be non-finite.
    """
    check_objective(objective, "an EGOP")
    distribution = read_distribution(distribution)
    points = _draw(objective, distribution, n_samples, seed)
    start = 0
    while start < n_samples:
        size = chunk_sizes[0]
        chunk_sizes = chunk_sizes[1:] or chunk_sizes
        yield _evaluate(objective, points[start : start + size])
        start += size


def _draw(objective, distribution, n_samples, seed) -> np.ndarray:
    if not is_integer(n_samples, 1):
        raise ValueError(f"n_samples takes an integer of at least 1, got {n_samples!r}")
    if objective.dim != distribution.dim:
        raise ValueError(
            f"{objective.name} has {objective.dim} variables, but the distribution has "
            f"{distribution.dim}; give it dim={objective.dim}"
        )
    return distribution.sample(n_samples, np.random.default_rng(seed))


def _evaluate(objective, points) -> GradientSample:
    values, gradients = objective.value_and_gradient(points)
    keep = usable(gradients) & np.isfinite(values)  # log(x) has a gradient where it has no value
    n_excluded = int(len(keep) - keep.sum())
    if n_excluded:
        points, gradients = points[keep], gradients[keep]
    return GradientSample(points, gradients, n_excluded)
