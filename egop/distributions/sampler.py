"""Distributions from anybody's function that draws points."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from egop.distributions.distribution import Distribution

UNNAMED = "own points"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Sampler(Distribution):
    """A distribution from a sampling function; moments that are not told are NaN.

    Args:
        function: (n, rng) → (n, d), which draws from numpy's generator rng alone.
        dim: number of variables d.
        mean: (d,), None: not known.
        covariance: (d, d), None: not known.
        description: in one line.
        tail_index: E‖θ‖^k is finite below; None: infinite with a finite covariance, NaN (not
            known) without one.
    """

    function: Callable[[int, np.random.Generator], Any] = field(repr=False)
    dim: int
    mean: np.ndarray
    covariance: np.ndarray
    description: str
    told_tail_index: float | None = field(repr=False)

    def __init__(
        self,
        function: Callable[[int, np.random.Generator], Any],
        dim: int,
        *,
        description: str,
        mean: Any = None,
        covariance: Any = None,
        tail_index: float | None = None,
    ):
        mean = _moment(mean, (dim,), "mean")
        covariance = _moment(covariance, (dim, dim), "covariance")
        self._set(function=function, dim=dim, mean=mean, covariance=covariance)
        self._set(description=description, told_tail_index=tail_index)

    def _draw(self, n, rng):
        if n == 0:
            return np.empty((0, self.dim))
        return read_points(self.function(n, rng), (n, self.dim))

    @property
    def tail_index(self) -> float:
        """The given index; else ∞ where the covariance is finite, and NaN (not known) elsewhere."""
        if self.told_tail_index is not None:
            return float(self.told_tail_index)
        return np.inf if np.isfinite(self.covariance).all() else np.nan

    @property
    def rotation_invariant(self) -> bool:
        """False: nothing is known about it (Lemma 14)."""
        return False

    def describe(self) -> str:
        """Returns a text such as "own points in 2 variables"."""
        return self.description


def from_sampler(
    sampler: Callable[[int, np.random.Generator], Any],
    dim: int | None = None,
    *,
    mean: Any = None,
    covariance: Any = None,
    name: str | None = None,
) -> Sampler:
    """The distribution of the points that a function draws.

    Args:
        sampler: sampler(n, rng) gives n points (n, d), drawn from numpy's generator rng alone, so
            that equal seeds give equal points.
        dim: number of variables d; None: as the sampler gives them.
        mean: (d,), where it is known.
        covariance: (d, d), where it is known; what needs it says that it is missing.
        name: for descriptions; None: the function's.

    Raises:
        TypeError: sampler cannot be called.
        ValueError: it fails, gives points of another shape, or other points with the same seed.
    """
    if not callable(sampler):
        hint = "; for points give empirical(points)" if np.ndim(sampler) == 2 else ""
        raise TypeError(
            f"from_sampler takes a function sampler(n, rng), got {type(sampler).__name__}{hint}"
        )
    size = 3 if dim == 2 else 2  # never d points, which could be told for coordinates
    drawn = []
    for _ in range(2):
        try:
            drawn.append(np.asarray(sampler(size, np.random.default_rng(0)), dtype=float))
        except Exception as error:
            raise ValueError(
                f"the sampler failed when called as sampler({size}, rng) with "
                f"{type(error).__name__}: {error}; it takes a number of points and numpy's "
                "generator, and gives points (n, d)"
            ) from error
    first, again = drawn
    dim = int(read_points(first, (size, dim)).shape[1])
    if not np.array_equal(first, again, equal_nan=True):
        raise ValueError(
            "the sampler gave other points for the same seed; draw from the generator that it is "
            "given as its second argument alone"
        )
    if name is None:
        own = getattr(sampler, "__name__", "<lambda>")
        name = UNNAMED if own == "<lambda>" else own
    description = f"{name} in {dim} variables"
    return Sampler(sampler, dim, description=description, mean=mean, covariance=covariance)


def read_distribution(given: Any) -> Distribution:
    """A distribution: itself, or one of another class with `dim` and `sample(n, rng)`.

    Raises:
        TypeError: an object of another kind.
        ValueError: points of another shape than (n, dim).
    """
    if isinstance(given, Distribution):
        return given
    if (
        isinstance(given, type)
        or not callable(getattr(given, "sample", None))
        or not hasattr(given, "dim")
    ):
        raise TypeError(
            "distribution takes one such as egop.distributions.Gaussian(dim=2), or an object with "
            f"dim and sample(n, rng), got {_kind(given)}"
        )
    dim = int(given.dim)
    describe = getattr(given, "describe", None)
    sampler = Sampler(
        given.sample,
        dim,
        description=str(describe())
        if callable(describe)
        else f"{type(given).__name__} in {dim} variables",
        mean=getattr(given, "mean", None),
        covariance=getattr(given, "covariance", None),
        tail_index=getattr(given, "tail_index", None),
    )
    sampler.sample(2, 0)
    return sampler


def read_points(points: Any, shape: tuple[int, int | None]) -> np.ndarray:
    """Points (n, d) that a function drew; ValueError in one sentence where they are no such."""
    drawn = np.array(points, dtype=float)
    if drawn.ndim != 2 or drawn.shape[0] != shape[0] or shape[1] not in {None, drawn.shape[1]}:
        n, dim = shape
        raise ValueError(
            f"the sampler must give points ({n}, {dim or 'd'}) when asked for {n}, one in each "
            f"row, got shape {drawn.shape}"
        )
    return drawn


def _moment(given: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    moment = (
        np.full(shape, np.nan)
        if given is None or callable(given)
        else np.asarray(given, dtype=float)
    )
    if moment.shape != shape:
        raise ValueError(
            f"the {what} of a sampler in {shape[0]} variables takes shape {shape}, "
            f"got {moment.shape}"
        )
    return moment


def _kind(given: Any) -> str:
    """The type of what is no distribution, and the call that makes one of it."""
    if isinstance(given, type) and issubclass(given, Distribution):
        return f"the class {given.__name__}; make one, {given.__name__}(…)"
    if hasattr(given, "rvs"):
        return (
            f"{type(given).__name__}; make one with egop.distributions.from_sampler"
            "(lambda n, rng: frozen.rvs(n, random_state=rng))"
        )
    if callable(given):
        return "a function; make one with egop.distributions.from_sampler(function, dim=...)"
    if np.ndim(given) == 2:
        return "an array; make one with egop.distributions.empirical(points)"
    return repr(given) if isinstance(given, str) else type(given).__name__
