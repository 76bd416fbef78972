"""The face that every sampling distribution ρ shows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from egop import theme
from egop.arrays import frozen, is_integer, restore_read_only, shown

Parameters = ParamSpec("Parameters")
Kind = TypeVar("Kind")


class Distribution(ABC):
    """A distribution ρ over R^d, from which the points of gradient samples are drawn.

    Attributes:
        dim: number of variables d.
        mean: (d,) E[θ]; NaN where it does not exist.
        covariance: (d, d) true covariance of ρ, not a parameter of it; infinite or NaN where it
            does not exist.
    """

    dim: int
    mean: np.ndarray
    covariance: np.ndarray

    def sample(self, n: int, rng=None) -> np.ndarray:
        """n independent points, (n, d).

        Args:
            n: number of points, at least 0.
            rng: a numpy generator or an integer seed, which must be given. With equal seeds a
                larger n begins with the same points.

        Raises:
            ValueError: n is not a count, or there is no seed.
        """
        if not is_integer(n, 0):
            raise ValueError(f"sample takes a number of points of at least 0, got {n!r}")
        if rng is None:
            raise ValueError("sample takes a numpy generator or a seed, got None; for example 0")
        return self._draw(int(n), np.random.default_rng(rng))

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> np.ndarray: ...

    @property
    def tail_index(self) -> float:
        """E‖θ‖^k is finite for every k below this.

        By default infinite where the covariance is finite, 2 elsewhere; a distribution with heavy
        tails says its own. NaN: not known.
        """
        return np.inf if np.isfinite(self.covariance).all() else 2.0

    @property
    def decay_order(self) -> float:
        """The p of P(‖θ‖ > r) ~ exp(−c rᵖ), c > 0: 2 for Gaussians, infinite where ρ is bounded.

        0: its tails are heavier. NaN, by default: not known.
        """
        return np.nan

    @property
    def rotation_invariant(self) -> bool:
        """True if Qθ is distributed as θ for every orthonormal Q, as the proof of Lemma 14 needs.

        A rotation here is about the origin, so the mean must be zero.
        """
        return self._spherical and not self.mean.any()

    @property
    def _spherical(self) -> bool:
        """True if ρ is invariant to rotations about its mean."""
        return self.dim == 1

    @abstractmethod
    def describe(self) -> str:
        """The distribution in one line, for instance "N(0, 2² I) in 3 variables"."""

    __setstate__ = restore_read_only

    def __repr__(self):
        return f"<{type(self).__name__}: {self.describe()}>"

    def _set(self, **values) -> None:
        """Sets fields of a frozen instance: arrays read-only, everything else as it is."""
        for name, value in values.items():
            array = isinstance(value, np.ndarray)
            object.__setattr__(self, name, frozen(value) if array else value)


def parameters_by_name(init: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """`__init__` that says in one sentence which parameters it takes, and which by name only."""
    parameters = list(signature(init).parameters.values())[1:]
    names = [each.name for each in parameters if each.kind is Parameter.KEYWORD_ONLY]
    positions = [each.name for each in parameters if each.name not in names]
    needed = {each.name for each in parameters if each.default is Parameter.empty}

    @wraps(init)
    def checked(*arguments: Parameters.args, **named: Parameters.kwargs) -> None:
        instance, *given = arguments
        if len(given) > len(positions):
            value: Any = given[len(positions)]
            shown = f"{value}" if np.ndim(value) == 0 else "…"
            choices = [f"{name}={shown}" for name in names]
            takes = f"all by name, got {shown}"
            if positions:
                takes = f"{' and '.join(positions)} by position and the rest by name, got {shown} "
                takes += "as well"
            raise TypeError(
                f"{type(instance).__name__} takes {takes}; say what it is: {' or '.join(choices)}"
            )
        for name in named:
            if name not in (*positions, *names):
                raise TypeError(
                    f"{type(instance).__name__} takes {', '.join((*positions, *names))}, got {name}"
                )
        if missing := needed.difference(positions[: len(given)], named):
            raise TypeError(
                f"{type(instance).__name__} takes {', '.join((*positions, *names))}, got no "
                f"{' and no '.join(sorted(missing))}"
            )
        init(*arguments, **named)

    return checked


def by_name_only(kind: type[Kind]) -> type[Kind]:
    """The dataclass, whose fields by name only are checked as `parameters_by_name` does."""
    kind.__init__ = parameters_by_name(kind.__init__)
    return kind


def read_dim(name: str, dim: Any, *parameters) -> int:
    """d: as given, else the length of the first parameter that is no single number, else 2.

    Raises:
        ValueError: not a positive integer, or a square parameter of another size.
    """
    shapes = [np.shape(parameter) for parameter in parameters if parameter is not None]
    if dim is None:
        dim = next((shape[0] for shape in shapes if shape), 2)
    if not is_integer(dim, 1):
        hint = "; say what it is, such as mean=…" if np.ndim(dim) else ""
        raise ValueError(f"{name} takes dim, an integer of at least 1, got {shown(dim)}{hint}")
    for shape in shapes:
        if len(shape) == 2 and shape != (dim, dim):
            raise ValueError(f"{name} in {dim} variables takes a matrix {dim, dim}, got {shape}")
    return int(dim)


def independent_streams(rng: np.random.Generator, count: int) -> list[np.random.Generator]:
    """Generators of their own for the parts of one sample.

    With one generator for all parts, a larger sample would shift what every later part draws.
    """
    return [np.random.default_rng(seed) for seed in rng.integers(2**63, size=count)]


def is_isotropic(covariance: np.ndarray) -> bool:
    """Returns True if a covariance is c²I up to round-off."""
    variance = covariance.trace() / len(covariance)
    return bool(np.allclose(covariance, variance * np.eye(len(covariance)), rtol=1e-9, atol=0))


def number(value: float) -> str:
    """A number in at most four digits."""
    return theme.number(value, 4)


def numbers(vector: np.ndarray) -> str:
    """One number when all are equal, else the first few in brackets."""
    if np.ptp(vector) == 0:
        return number(vector[0])
    shown = ", ".join(number(value) for value in vector[:4])
    return f"({shown}, …)" if len(vector) > 4 else f"({shown})"
