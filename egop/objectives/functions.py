"""Objectives from anybody's Python functions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from egop.objectives.objective import (
    DIFFERENCE_STEP,
    Function,
    Objective,
    central_differences,
    check_dim,
    read_domain,
    read_minimizers,
    read_shapes,
    symmetric,
)

SECOND_STEP = float(np.finfo(float).eps ** 0.25)
"""Step of each of the two differences that make a Hessian of values: 1e-4."""

SINGLE_STEP, SINGLE_SECOND_STEP = np.finfo(np.float32).eps ** (1 / np.array([3.0, 4.0]))
"""Both steps for values in float32: 5e-3 and 2e-2."""

AGREEMENT = 1e-3
"""Largest relative difference between points evaluated together and one by one."""

UNNAMED = "function"
"""Name of an own function that has none."""

FIELDS = ("domain", "minimizer", "minimum", "formula", "quadratic", "shapes")
"""Further facts that may be given about an own function."""


def from_functions(
    value: Callable,
    gradient: Callable | None = None,
    dim: int | None = None,
    hessian: Callable | None = None,
    name: str = UNNAMED,
    *,
    vectorized: bool = True,
    **known: Any,
) -> Objective:
    """An objective from anybody's functions of numpy arrays, run by the general (slower) loop.

    Each function gets an array of its own, which it may write into. Without a gradient, central
    differences with steps 6e-6·max(1, |x_i|) are taken: 2d more values for each gradient, whose
    error is about 1e-10 times |f| + |∂³f|; for values in float32 5e-3 and 2e-5. At a point where f
    is not defined it may be NaN.

    Args:
        value: (n, d) → (n); with `vectorized=False` (d) → a number.
        gradient: (n, d) → (n, d), or (d) → (d); None: central differences.
        dim: number of variables d ≥ 1.
        hessian: (n, d) → (n, d, d), or (d) → (d, d); None: central differences.
        name: what to call it.
        vectorized: whether the functions take many points at once. Those that take one point are
            called in a loop; where one raises an ArithmeticError or ValueError, as math.log(-1)
            does, f counts as not defined.
        **known: any of `domain`, (low, high) or (d, 2), `minimizer`, (d,) or (k, d), `minimum`,
            `formula` in LaTeX, `quadratic`, and `shapes`, (m, n) or several, of the matrices in
            the variables, as in `Objective`.

    Raises:
        ValueError: dim is not a positive integer, or a function fails or returns another shape or,
            given many points at once, other numbers than for each alone.
        TypeError: value or gradient cannot be called, or an unknown keyword.
    """
    _check_arguments(value, gradient, hessian, known)
    dim = check_dim(dim)
    calls = [
        None if function is None else PointFunction(function, what, name, output, vectorized)
        for function, what, output in (
            (value, "value", ()),
            (gradient, "gradient", (dim,)),
            (hessian, "Hessian", (dim, dim)),
        )
    ]
    for call in filter(None, calls):
        call.probe(dim)
    f, slope, curvature = calls
    assert f is not None
    if slope is None:
        first, second = DIFFERENCE_STEP, SECOND_STEP
        if f.is_single(dim):
            first, second = float(SINGLE_STEP), float(SINGLE_SECOND_STEP)
        slope, curvature = DifferenceGradient(f, first), curvature or DifferenceHessian(f, second)
    return with_known(Objective(name, dim, functions=(f, slope), hessian_function=curvature), known)


def with_known(objective: Objective, known: dict[str, Any]) -> Objective:
    """The objective with what is told about it, checked; f at a minimizer is its minimum."""
    known = dict(known)
    if known.get("domain") is not None:
        known["domain"] = read_domain(known["domain"], objective.dim)
    if known.get("shapes"):
        known["shapes"] = read_shapes(known["shapes"], objective.dim)
    if known.get("minimizer") is not None:
        known["minimizer"] = read_minimizers(known["minimizer"], objective.dim)
        if known.get("minimum") is None:
            known["minimum"] = float(objective.value(known["minimizer"][0]))
    return replace(objective, **known)


def check_known(who: str, known: dict[str, Any]) -> None:
    """TypeError in one sentence for a keyword that is none of `FIELDS`."""
    for name in known:
        if name not in FIELDS:
            raise TypeError(f"{who} takes {', '.join(FIELDS)} as further keywords, got {name!r}")


def _check_arguments(value, gradient, hessian, known) -> None:
    for what, function in (("value", value), ("gradient", gradient), ("hessian", hessian)):
        if not callable(function) and (what == "value" or function is not None):
            hint = "; give the number of variables as dim=" if isinstance(function, int) else ""
            raise TypeError(f"from_functions takes a function as {what}, got {function!r}{hint}")
    check_known("from_functions", known)


@dataclass(frozen=True)
class PointFunction:
    """A function of numpy points (..., d) → (..., *output), checked at every call.

    Attributes:
        function: takes (n, d), or one point (d,) where not `vectorized`.
        what: "value", "gradient" or "Hessian", for messages.
        name: of the objective, for messages.
        output: shape for one point.
        vectorized: whether it takes many points at once.
    """

    function: Callable
    what: str
    name: str
    output: tuple[int, ...]
    vectorized: bool

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Returns the results at points (..., d), each call with an array of its own."""
        points = np.array(x, dtype=float).reshape(-1, x.shape[-1])
        if self.vectorized:
            results = self._call(points, (len(points), *self.output))
        else:
            results = np.array([self._at(point) for point in points])
        return results.reshape(*x.shape[:-1], *self.output)

    def _call(self, x: np.ndarray, expected: tuple[int, ...]) -> np.ndarray:
        shape = x.shape
        try:
            with np.errstate(all="ignore"):
                result = self.function(x)
            if np.iscomplexobj(result):
                raise TypeError("it gave complex numbers")
            result = np.array(result, dtype=float)
        except Exception as error:
            raise ValueError(
                f"{self._title} failed at {self._points(shape)} with "
                f"{type(error).__name__}: {error}; {self._advice(shape[-1])}"
            ) from error
        if result.shape != expected:
            raise ValueError(
                f"{self._title} must map {self._points(shape)} to "
                f"{_shape(expected)}, it gave {_shape(result.shape)}; {self._advice(shape[-1])}"
            )
        return result

    def _at(self, point: np.ndarray) -> np.ndarray:
        """Returns the result at one point; NaN where the function is not defined and raises so."""
        try:
            return self._call(point, self.output)
        except ValueError as error:
            if not isinstance(error.__cause__, ArithmeticError | ValueError):
                raise
            return np.full(self.output, np.nan)

    def probe(self, dim: int) -> None:
        """ValueError in one sentence where the function does not take points as it must."""
        rng = np.random.default_rng(0)
        points = rng.standard_normal((3 if dim == 2 else 2, dim))  # never d points, see below
        points[0] = np.abs(points[0])
        if not self.vectorized:
            self._probe_each(points)
            return
        # a function of one point that is given n ≠ d points takes coordinates for points
        together, again = self(points), self(points)
        alone = np.concatenate([self(point[None]) for point in points])
        noisy = not np.array_equal(together, again, equal_nan=True)
        finite = np.abs(together[np.isfinite(together)])
        scale = AGREEMENT * finite.max(initial=1e-300)
        if not noisy and not np.allclose(together, alone, rtol=0, atol=scale, equal_nan=True):
            raise ValueError(
                f"{self._title} mixes up points: for "
                f"{self._points(points.shape)} it gives other numbers than for each of them alone; "
                f"{self._advice(dim)}"
            )

    def is_single(self, dim: int) -> bool:
        """Returns True if the function gives numbers in float32 or less."""
        points = np.ones((2 if self.vectorized else 1, dim))
        try:
            with np.errstate(all="ignore"):
                result = self.function(points if self.vectorized else points[0])
        except Exception:  # it is not defined at this point
            return False
        kind = str(getattr(result, "dtype", ""))
        return kind.removeprefix("torch.") in {"float32", "float16", "bfloat16"}

    def _probe_each(self, points: np.ndarray) -> None:
        failure = None
        for point in points:
            try:
                self._call(point.copy(), self.output)
            except ValueError as error:
                failure = error
            else:
                return
        assert failure is not None
        raise failure

    @property
    def _title(self) -> str:
        return f"the {self.what} function" + (f" of {self.name}" if self.name != UNNAMED else "")

    def _points(self, shape: tuple[int, ...]) -> str:
        return f"points {_shape(shape)}" if self.vectorized else f"a point {_shape(shape)}"

    def _advice(self, dim: int) -> str:
        if not self.vectorized:
            return f"with vectorized=False it takes one point, {dim} numbers"
        return (
            f"write it for arrays with any leading axes, as (n, {dim}), or give vectorized=False "
            "if it takes one point"
        )


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "a number"


@dataclass(frozen=True)
class DifferenceGradient:
    """∇f by central differences of a value function (..., d) → (...)."""

    value: Function
    step: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Returns the gradients at points (..., d), (..., d)."""
        return central_differences(self.value, x, self.step)


@dataclass(frozen=True)
class DifferenceHessian:
    """∇²f by central differences of central differences of a value function (..., d) → (...)."""

    value: Function
    step: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Returns the Hessians at points (..., d), (..., d, d)."""
        return symmetric(central_differences(self._slope, x, self.step))

    def _slope(self, x: np.ndarray) -> np.ndarray:
        return central_differences(self.value, x, self.step)
