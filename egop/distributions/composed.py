"""Distributions made of others or of data: a mixture, and the points along a path."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from egop.arrays import frozen
from egop.distributions.distribution import Distribution, independent_streams, number
from egop.distributions.sampler import read_distribution


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Mixture(Distribution):
    """A point of component k with probability w_k.

    Mean Σ w_k μ_k, covariance Σ w_k (Σ_k + μ_k μ_kᵀ) − μμᵀ.

    Args:
        components: distributions over the same variables.
        weights: w_k ≥ 0, scaled to sum to one; by default all equal.

    Raises:
        ValueError: no component, dimensions that differ, weights that do not fit or sum to zero.
        TypeError: a component that is no distribution.
    """

    components: tuple[Distribution, ...]
    weights: np.ndarray
    dim: int = field(init=False)
    mean: np.ndarray = field(init=False)
    covariance: np.ndarray = field(init=False)

    def __init__(self, components: Sequence[Distribution], weights: ArrayLike | None = None):
        if not isinstance(components, Iterable):
            raise TypeError(
                f"a Mixture takes several distributions, got {type(components).__name__}; "
                "give them in a list"
            )
        components = tuple(read_distribution(component) for component in components)
        dims = sorted({component.dim for component in components})
        if len(dims) != 1:
            raise ValueError(f"a Mixture takes components over the same variables, got dims {dims}")
        weights = _read_weights(weights, len(components))
        drawn = [(c, w) for c, w in zip(components, weights, strict=True) if w]  # 0·∞ is no number
        means = np.stack([component.mean for component, _ in drawn])
        shares = np.array([weight for _, weight in drawn])
        mean = shares @ means
        moments = np.stack([component.covariance for component, _ in drawn])
        second = np.tensordot(shares, moments + means[:, :, None] * means[:, None], 1)
        self._set(components=components, weights=weights, dim=dims[0], mean=mean)
        self._set(covariance=second - np.outer(mean, mean))

    def _draw(self, n, rng):
        choice_stream, *streams = independent_streams(rng, 1 + len(self.components))
        edges = np.cumsum(self.weights)[:-1]
        chosen = np.searchsorted(edges, choice_stream.random(n), side="right")
        points = np.empty((n, self.dim))
        for k, (component, stream) in enumerate(zip(self.components, streams, strict=True)):
            rows = chosen == k
            points[rows] = component.sample(int(rows.sum()), stream)
        return points

    @property
    def tail_index(self) -> float:
        """The least of the components with weight; NaN where one is not known."""
        return self._least("tail_index")

    @property
    def decay_order(self) -> float:
        """The least of the components with weight; NaN where one is not known."""
        return self._least("decay_order")

    def _least(self, order: str) -> float:
        weighted = zip(self.components, self.weights, strict=True)
        return float(np.min([getattr(component, order) for component, w in weighted if w]))

    @property
    def rotation_invariant(self) -> bool:
        """True if every component with weight is rotation-invariant (Lemma 14)."""
        weighted = zip(self.components, self.weights, strict=True)
        return all(component.rotation_invariant for component, weight in weighted if weight)

    def describe(self) -> str:
        """Returns a text such as "0.5 · N(0, I) in 2 variables + 0.5 · …"."""
        weighted = zip(self.weights, self.components, strict=True)
        return " + ".join(f"{number(weight)} · {part.describe()}" for weight, part in weighted)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Empirical(Distribution):
    """One's own points, each equally likely, drawn with replacement.

    Mean and covariance are those of the points.

    Args:
        points: (n, d), one in each row.

    Raises:
        ValueError: another shape, no point, or numbers that are not finite.
    """

    points: np.ndarray
    dim: int = field(init=False)
    mean: np.ndarray = field(init=False)
    covariance: np.ndarray = field(init=False)

    def __init__(self, points: ArrayLike):
        try:
            points = np.asarray(points, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(
                f"empirical takes points (n, d), an array of numbers, got {type(points).__name__}"
            ) from None
        if points.ndim != 2 or points.size == 0:
            raise ValueError(
                f"empirical takes points (n, d), one in each row, got shape {points.shape}"
            )
        if not np.isfinite(points).all():
            raise ValueError(
                f"empirical takes finite points, got NaN or infinity in "
                f"{(~np.isfinite(points)).any(axis=1).sum()} of {len(points)} rows; leave them out"
            )
        mean, covariance = _moments(points)
        self._set(points=points, dim=points.shape[1], mean=mean, covariance=covariance)

    def _draw(self, n, rng):
        return self.points[rng.integers(len(self.points), size=n)]

    @property
    def rotation_invariant(self) -> bool:
        """True if all points are the origin (Lemma 14): no other points look the same turned."""
        return not self.points.any()

    @property
    def decay_order(self) -> float:
        """Infinite: it is bounded."""
        return np.inf

    def describe(self) -> str:
        """Returns a text such as "100 points of data in 2 variables"."""
        return f"{len(self.points)} points of data in {self.dim} variables"


def empirical(points: ArrayLike) -> Empirical:
    """The distribution of one's own points (n, d), each equally likely.

    Raises:
        ValueError: another shape, no point, or numbers that are not finite.
    """
    return Empirical(points)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class AlongPath(Distribution):
    """Points of a path, each equally likely, plus Gaussian jitter: ρ where a method really goes.

    Mean and covariance are those of the path's points, with jitter² I added to the covariance.

    Args:
        points: (T, d) or (T, ..., d) points, as in `Trajectory.points`; points that are not finite
            (a diverged run) are left out.
        jitter: standard deviation of the noise per coordinate, ≥ 0.

    Raises:
        ValueError: no finite point, or a negative jitter.
    """

    points: np.ndarray = field(repr=False)
    jitter: float
    dim: int = field(init=False)
    mean: np.ndarray = field(init=False)
    covariance: np.ndarray = field(init=False)

    def __init__(self, points: ArrayLike, jitter: float = 0.0):
        points = np.asarray(points, dtype=float)
        if points.ndim < 2 or points.shape[-1] == 0:
            raise ValueError(f"AlongPath takes points (T, d), got shape {points.shape}")
        points = points.reshape(-1, points.shape[-1])
        points = frozen(points[np.isfinite(points).all(axis=1)])
        if len(points) == 0:
            raise ValueError("AlongPath takes a path with finite points, got none")
        if not (np.isfinite(jitter) and jitter >= 0):
            raise ValueError(f"the jitter of AlongPath takes a number of at least 0, got {jitter}")
        dim = points.shape[1]
        mean, covariance = _moments(points)
        covariance += jitter**2 * np.eye(dim)
        self._set(points=points, jitter=float(jitter), dim=dim, mean=mean, covariance=covariance)

    def _draw(self, n, rng):
        choices, noise = independent_streams(rng, 2)
        points = self.points[choices.integers(len(self.points), size=n)]
        if self.jitter:
            points += self.jitter * noise.standard_normal(points.shape)
        return points

    @property
    def rotation_invariant(self) -> bool:
        """True if all points are the origin (Lemma 14): no other path looks the same turned."""
        return not self.points.any()

    @property
    def decay_order(self) -> float:
        """Two with jitter, else infinite: it is bounded."""
        return 2.0 if self.jitter else np.inf

    def describe(self) -> str:
        """Returns a text such as "1001 points of a path in 2 variables, jitter 0.1"."""
        jitter = f", jitter {number(self.jitter)}" if self.jitter else ""
        return f"{len(self.points)} points of a path in {self.dim} variables{jitter}"


def _moments(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d) of points (n, d), each equally likely."""
    mean = points.mean(axis=0)
    centered = points - mean
    return mean, centered.T @ centered / len(points)


def _read_weights(weights, count: int) -> np.ndarray:
    weights = np.ones(count) if weights is None else np.asarray(weights, dtype=float)
    if weights.shape != (count,):
        raise ValueError(
            f"a Mixture of {count} components takes {count} weights, got shape {weights.shape}"
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.sum() <= 0:
        raise ValueError(
            f"a Mixture takes weights of at least 0 that do not all vanish, got {weights.tolist()}"
        )
    return weights / weights.sum()
