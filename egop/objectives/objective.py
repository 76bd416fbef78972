"""The type of every objective f: R^d → R."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from egop.arrays import frozen
from egop.compilation import Kernel, evaluate

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
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
        functions: value (..., d) → (...) and gradient (..., d) → (..., d) in numpy.
        hessian_function: (..., d) → (..., d, d); None: central differences of the gradient.
        formula: f as LaTeX.
        domain: (d, 2) box that is sensible for pictures.
        minimizer: (k, d) all known global minimizers; None: unknown, or there is none.
        minimum: f there; None: unknown, or f has no lower bound.
        quadratic: (H, c) when f = ½(x−c)ᵀH(x−c) + constant exactly.
        rotation: (d, d) orthonormal V, or None.
    """

    name: str
    dim: int
    kernel: Kernel | None = None
    data: np.ndarray = field(default_factory=lambda: np.zeros(1), repr=False)
    functions: tuple[Function, Function] | None = None
    hessian_function: Function | None = None
    formula: str = ""
    domain: np.ndarray | None = None
    minimizer: np.ndarray | None = None
    minimum: float | None = None
    quadratic: tuple[np.ndarray, np.ndarray] | None = None
    rotation: np.ndarray | None = None

    def __post_init__(self):
        object.__setattr__(self, "data", frozen(self.data))

    def value(self, x) -> np.ndarray:
        """f at x, (..., d) → (...); NaN or ±inf where f is not finite."""
        return self.value_and_gradient(x)[0]

    def gradient(self, x) -> np.ndarray:
        """∇f at x, (..., d) → (..., d); for a rotated objective Vᵀ∇f(Vz) (§2 of the paper)."""
        return self.value_and_gradient(x)[1]

    def value_and_gradient(self, x) -> tuple[np.ndarray, np.ndarray]:
        """f (...) and ∇f (..., d) at x (..., d), in one evaluation.

        Raises:
            ValueError: the last axis of x is not `dim`.
        """
        x = self.check_points(x)
        base = x if self.rotation is None else x @ self.rotation.T
        if self.kernel is not None:
            flat = np.require(base, requirements=["C", "W"]).reshape(-1, self.dim)
            values, gradients = evaluate(self.kernel, self.data, flat)
            values, gradients = values.reshape(x.shape[:-1]), gradients.reshape(x.shape)
        else:
            values, gradients = self._call_functions(base)
        if self.rotation is not None:
            gradients = gradients @ self.rotation
        return values, gradients

    def hessian(self, x) -> np.ndarray:
        """∇²f at x, (..., d) → (..., d, d): exact where known, else by central differences."""
        x = self.check_points(x)
        if self.hessian_function is None:
            return self._difference_hessian(x)
        if self.rotation is None:
            return np.asarray(self.hessian_function(x), dtype=float)
        return self.rotation.T @ self.hessian_function(x @ self.rotation.T) @ self.rotation

    def check_points(self, x) -> np.ndarray:
        """x as float64 (..., d); ValueError in one sentence when its last axis is not d."""
        x = np.asarray(x, dtype=float)
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(
                f"{self.name} takes points whose last axis has {self.dim} coordinates, "
                f"got shape {x.shape}; pass an array (..., {self.dim})"
            )
        return x

    def _call_functions(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.functions is not None
        results = []
        for what, function, expected in zip(
            ("value", "gradient"), self.functions, (x.shape[:-1], x.shape), strict=True
        ):
            try:
                with np.errstate(all="ignore"):
                    got = np.asarray(function(x), dtype=float)
            except Exception as error:
                raise ValueError(
                    f"the {what} function of {self.name} failed at points {x.shape} with "
                    f"{type(error).__name__}: {error}; write it for arrays with any leading axes"
                ) from error
            if got.shape != expected:
                raise ValueError(
                    f"the {what} function of {self.name} must map points {x.shape} to {expected}, "
                    f"it gave {got.shape}; write it for arrays with any leading axes"
                )
            results.append(got)
        values, gradients = results
        return values, gradients

    def _difference_hessian(self, x: np.ndarray) -> np.ndarray:
        steps = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(x))
        rows = []
        for axis in range(self.dim):
            shift = np.zeros_like(x)
            shift[..., axis] = steps[..., axis]
            change = self.gradient(x + shift) - self.gradient(x - shift)
            rows.append(change / (2 * steps[..., axis, None]))
        hessian = np.stack(rows, axis=-2)
        return (hessian + np.swapaxes(hessian, -1, -2)) / 2


def from_functions(
    value: Function,
    gradient: Function,
    dim: int,
    hessian: Function | None = None,
    name: str = "function",
    **known,
) -> Objective:
    """An objective from anybody's numpy functions, run by the general (slower) loop.

    Args:
        value: (..., d) → (...).
        gradient: (..., d) → (..., d).
        dim: number of variables d ≥ 1.
        hessian: (..., d) → (..., d, d); None: central differences of the gradient.
        name: what to call it.
        **known: further fields of `Objective`, such as `minimizer`, `minimum`, `domain`, `formula`.

    Raises:
        ValueError: dim is not a positive integer, or a function fails or returns another shape
            (when it is called first, here at the origin).
        TypeError: value or gradient cannot be called.
    """
    check_dim(dim)
    for what, function in (("value", value), ("gradient", gradient)):
        if not callable(function):
            raise TypeError(f"from_functions takes a function as {what}, got {function!r}")
    objective = Objective(name, dim, functions=(value, gradient), hessian_function=hessian, **known)
    objective.value_and_gradient(np.zeros((3, dim)))
    return objective


def check_dim(dim: int, name: str = "dim") -> None:
    """ValueError unless a size is an integer of at least 1."""
    if not isinstance(dim, int | np.integer) or dim < 1:
        raise ValueError(f"{name} takes an integer of at least 1, got {dim!r}")
