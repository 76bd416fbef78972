"""The type of every objective f: R^d → R."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from egop import theme
from egop.arrays import frozen, is_integer, restore_read_only, shown
from egop.compilation import Kernel, evaluate

Function = Callable[[np.ndarray], np.ndarray]

DIFFERENCE_STEP = float(np.cbrt(np.finfo(float).eps))
"""Step of a central difference, relative to max(1, |x_i|): 6e-6."""


@dataclass(frozen=True, eq=False, repr=False)
class Objective:
    """A function f: R^d → R with its gradient and what is known about it.

    Exactly one of `kernel` and `functions` says how f is computed. `rotation` holds V of a
    reparameterized objective z ↦ f(Vz): everything else then still describes f itself, except
    `minimizer`, `domain` and `quadratic`, which are in the coordinates z.

    Attributes:
        name: what to call it, for instance "rosenbrock".
        dim: number of variables d.
        kernel: native value and gradient.
        data: flat float64 numbers that the kernel reads, read-only.
        functions: value (n, d) → (n) and gradient (n, d) → (n, d) in numpy; each is called with an
            array of its own.
        both: value and gradient of `functions` in one call, where that is quicker.
        hessian_function: (..., d) → (..., d, d); None: central differences of the gradient.
        formula: f as LaTeX.
        domain: (d, 2) box that is sensible for pictures.
        minimizer: (k, d) all known global minimizers; None: unknown, or there is none.
        minimum: f there; None: unknown, or f has no lower bound.
        quadratic: (H, c) when f = ½(x−c)ᵀH(x−c) + constant exactly.
        degree: a bound of it where f is a polynomial; None: it is none, or that is unknown.
        rotation: (d, d) orthonormal V, or None.
        shapes: of the matrices and vectors that the variables are made of, one after the other and
            each row by row; (): one vector. Matrix methods step each matrix.
    """

    name: str
    dim: int
    kernel: Kernel | None = None
    data: np.ndarray = field(default_factory=lambda: np.zeros(1), repr=False)
    functions: tuple[Function, Function] | None = None
    both: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None
    hessian_function: Function | None = None
    formula: str = ""
    domain: np.ndarray | None = None
    minimizer: np.ndarray | None = None
    minimum: float | None = None
    quadratic: tuple[np.ndarray, np.ndarray] | None = None
    rotation: np.ndarray | None = None
    shapes: tuple[tuple[int, ...], ...] = ()
    degree: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "data", frozen(self.data))
        if self.quadratic is not None:
            object.__setattr__(self, "degree", 2)

    __setstate__ = restore_read_only

    def __repr__(self):
        known = "" if self.minimum is None else f", minimum {theme.number(self.minimum, 4)}"
        variables = "1 variable" if self.dim == 1 else f"{self.dim} variables"
        return f"<Objective {self.name!r}: {variables}{known}>"

    def value(self, x) -> np.ndarray:
        """f at x, (..., d) → (...); NaN or ±inf where f is not finite."""
        if self.functions is None:
            return self.value_and_gradient(x)[0]
        points, shape = self._base_points(x)
        return self.functions[0](points).reshape(shape[:-1])

    def gradient(self, x) -> np.ndarray:
        """∇f at x, (..., d) → (..., d); for a rotated objective Vᵀ∇f(Vz) (§2 of the paper)."""
        if self.functions is None:
            return self.value_and_gradient(x)[1]
        points, shape = self._base_points(x)
        return self._rotated(self.functions[1](points).reshape(shape))

    def value_and_gradient(self, x) -> tuple[np.ndarray, np.ndarray]:
        """f (...) and ∇f (..., d) at x (..., d), in one evaluation.

        Raises:
            ValueError: the last axis of x is not `dim`.
        """
        points, shape = self._base_points(x)
        values, gradients = self._evaluate(points)
        return values.reshape(shape[:-1]), self._rotated(gradients.reshape(shape))

    def _evaluate(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.kernel is not None:
            return evaluate(self.kernel, self.data, points)
        if self.both is not None:
            return self.both(points)
        assert self.functions is not None
        value, gradient = self.functions
        return value(points.copy()), gradient(points)

    def _base_points(self, x) -> tuple[np.ndarray, tuple[int, ...]]:
        """The points x (..., d) before a rotation as a new array (n, d), and the shape of x."""
        x = self.check_points(x)
        base = x if self.rotation is None else x @ self.rotation.T
        return np.array(base, order="C").reshape(-1, self.dim), x.shape

    def _rotated(self, gradients: np.ndarray) -> np.ndarray:
        return gradients if self.rotation is None else gradients @ self.rotation

    def hessian(self, x) -> np.ndarray:
        """∇²f at x, (..., d) → (..., d, d): exact where known, else by central differences."""
        x = self.check_points(x)
        if self.hessian_function is None:
            return symmetric(central_differences(self.gradient, x, DIFFERENCE_STEP))
        if self.rotation is None:
            return np.asarray(self.hessian_function(x), dtype=float)
        return self.rotation.T @ self.hessian_function(x @ self.rotation.T) @ self.rotation

    def check_points(self, x) -> np.ndarray:
        """x as float64 (..., d); ValueError in one sentence when its last axis is not d."""
        try:
            x = np.asarray(x, dtype=float)
        except (TypeError, ValueError):
            raise ValueError(
                f"{self.name} takes points as an array (..., {self.dim}) of numbers, got {shown(x)}"
            ) from None
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(
                f"{self.name} takes points whose last axis has {self.dim} coordinates, "
                f"got shape {x.shape}; pass an array (..., {self.dim})"
            )
        return x


def central_differences(function: Function, x: np.ndarray, step: float) -> np.ndarray:
    """Partial derivatives of function (..., d) → (..., *out) at x (..., d), (..., d, *out).

    Args:
        function: f or its gradient.
        x: where.
        step: relative to max(1, |x_i|).
    """
    steps = step * np.maximum(1.0, np.abs(x))
    slopes = []
    for axis in range(x.shape[-1]):
        ends = np.stack([x, x])
        ends[0, ..., axis] += steps[..., axis]
        ends[1, ..., axis] -= steps[..., axis]
        width = ends[0, ..., axis] - ends[1, ..., axis]
        above, below = function(ends)
        slopes.append(
            (above - below) / width.reshape(width.shape + (1,) * (above.ndim - x.ndim + 1))
        )
    return np.stack(slopes, axis=x.ndim - 1)


def constant_hessian(hessian: np.ndarray, x: np.ndarray) -> np.ndarray:
    """H at every point of x (..., d), (..., d, d)."""
    return np.broadcast_to(hessian, (*x.shape, x.shape[-1]))


def symmetric(matrices: np.ndarray) -> np.ndarray:
    """The mean of (..., d, d) and its transpose."""
    return (matrices + np.swapaxes(matrices, -1, -2)) / 2


def check_objective(objective: Any, who: str) -> None:
    """TypeError in one sentence unless `who` is given an objective."""
    if not isinstance(objective, Objective):
        kind = "a function" if callable(objective) else type(objective).__name__
        raise TypeError(
            f"{who} takes an objective such as egop.objectives.landscape('rosenbrock'), "
            f"got {kind}; make one with egop.objectives.from_functions(value, dim=...)"
        )


def check_dim(dim: Any, name: str = "dim") -> int:
    """The size; ValueError unless it is an integer of at least 1."""
    if not is_integer(dim, 1):
        hint = "; give the number of variables" if dim is None else ""
        raise ValueError(f"{name} takes an integer of at least 1, got {shown(dim)}{hint}")
    return int(dim)


def read_domain(domain: Any, dim: int) -> np.ndarray:
    """A box for pictures as (d, 2), from (low, high) or one pair for each variable.

    Raises:
        ValueError: another shape, or low ≥ high.
    """
    try:
        box = np.broadcast_to(np.asarray(domain, float), (dim, 2))
    except (TypeError, ValueError):
        box = np.full((dim, 2), np.nan)
    if not (np.isfinite(box).all() and (box[:, 0] < box[:, 1]).all()):
        raise ValueError(
            f"domain takes (low, high) or {dim} of them with low < high, got {domain!r}"
        )
    return frozen(box)


def read_shapes(shapes: Any, dim: int) -> tuple[tuple[int, ...], ...]:
    """The shapes of tensors that make up d variables, from one shape or several.

    Raises:
        ValueError: no shapes, or their sizes do not add up to d.
    """
    try:
        several = [shapes] if np.ndim(shapes[0]) == 0 else list(shapes)
        read = tuple(tuple(map(operator.index, shape)) for shape in several)
    except (TypeError, IndexError, KeyError):
        read = ()
    sizes = [math.prod(shape) for shape in read if shape and min(shape) > 0]
    if len(sizes) != len(read) or sum(sizes) != dim:
        raise ValueError(
            f"shapes takes one shape such as (rows, columns), or several, whose sizes add up to "
            f"the {dim} variables, got {shown(shapes)}"
        )
    return read


def read_minimizers(minimizer: Any, dim: int) -> np.ndarray:
    """Known minimizers as (k, d), from one point or several.

    Raises:
        ValueError: another shape, or numbers that are not finite.
    """
    points = np.atleast_2d(np.asarray(minimizer, dtype=float))
    if points.ndim != 2 or points.shape[1] != dim or not np.isfinite(points).all():
        raise ValueError(f"minimizer takes finite points ({dim},) or (k, {dim}), got {minimizer!r}")
    return frozen(points)
