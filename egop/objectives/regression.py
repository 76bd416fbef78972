"""Logistic regression and least squares, with planted problems (App. D.5) or one's own data."""

from dataclasses import replace
from functools import partial
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from egop.arrays import frozen, shown
from egop.objectives.convex import planted_problem, power_law
from egop.objectives.kernels import LEAST_SQUARES, LOGISTIC
from egop.objectives.objective import Objective, constant_hessian

NEWTON_STEPS = 50
HALVINGS = 30
REACH = 4.0
"""Least half-width of the domain of own data around its minimizer."""


@overload
def logistic(X: ArrayLike, y: ArrayLike, /) -> Objective: ...
@overload
def logistic(*, X: ArrayLike, y: ArrayLike) -> Objective: ...
@overload
def logistic(
    dim: int = 20, n: int = 200, singular_values: Any = None, seed: Any = 0
) -> Objective: ...
def logistic(dim: Any = 20, n: Any = 200, singular_values=None, seed=0, *, X=None, y=None):
    """f(θ) = −Σ[y log s(⟨a,θ⟩) + (1−y) log(1−s(⟨a,θ⟩))], a the rows of X, s the sigmoid.

    `logistic(X, y)` takes one's own data, without an intercept (append a column of ones for one).
    `logistic(dim, n, …)` plants a problem with labels drawn from s(Aθ*) (App. D.5).

    Args:
        dim: number of variables d; or X (n, d), one example in each row.
        n: number of examples; or y (n), labels 0 and 1, or −1 and 1.
        singular_values: d singular values of A; None: 1/k.
        seed: for A, θ* ~ N(0, I) and the labels.
        X: the examples by name.
        y: the labels by name.

    Raises:
        ValueError: sizes that do not fit together, numbers that are not finite, other labels.
        TypeError: data together with sizes, or X without y.
    """
    data = _own_data("logistic", (dim, n, singular_values), X, y)
    if data is not None:
        matrix, labels = data
        labels = _labels(labels)
    else:
        if singular_values is None:
            singular_values = power_law(dim, 1.0)
        matrix, truth, rng = planted_problem(dim, n, singular_values, seed)
        labels = (rng.random(n) < 1 / (1 + np.exp(-matrix @ truth))).astype(float)
    variables = matrix.shape[1]
    objective = Objective(
        name="logistic regression",
        dim=variables,
        kernel=LOGISTIC,
        data=np.concatenate([[len(matrix)], matrix.ravel(), labels]),
        hessian_function=partial(_logistic_hessian, matrix),
        formula=r"-\sum_i y_i \log s(\langle a_i,\theta\rangle)"
        r" + (1-y_i) \log(1-s(\langle a_i,\theta\rangle))",
        domain=frozen(np.tile([-10.0, 10.0], (variables, 1))),
    )
    objective = _with_newton_minimizer(objective, matrix)
    if data is None or objective.minimizer is None:
        return objective
    return replace(objective, domain=_domain_around(objective.minimizer[0]))


@overload
def least_squares(A: ArrayLike, y: ArrayLike, /) -> Objective: ...
@overload
def least_squares(*, A: ArrayLike, y: ArrayLike) -> Objective: ...
@overload
def least_squares(
    dim: int = 100, n: int = 1000, singular_values: Any = None, seed: Any = 0
) -> Objective: ...
def least_squares(dim: Any = 100, n: Any = 1000, singular_values=None, seed=0, *, A=None, y=None):
    """f(θ) = ½‖Aθ − y‖².

    `least_squares(A, y)` takes one's own data; its minimizer is the one of least norm.
    `least_squares(dim, n, …)` plants a problem with y = Aθ*, θ* ~ N(0, I) (App. D.5).

    Args:
        dim: number of variables d; or A (n, d), one equation in each row.
        n: number of rows; or y (n).
        singular_values: d singular values of A; None: k⁻².
        seed: for A and θ*.
        A: the matrix by name.
        y: the targets by name.

    Raises:
        ValueError: sizes that do not fit together, or numbers that are not finite.
        TypeError: data together with sizes, or A without y.
    """
    data = _own_data("least_squares", (dim, n, singular_values), A, y, matrix_name="A")
    if data is not None:
        matrix, targets = data
        center = np.linalg.lstsq(matrix, targets)[0]
        domain = _domain_around(center)
        minimum = float(((matrix @ center - targets) ** 2).sum() / 2)
    else:
        if singular_values is None:
            singular_values = power_law(dim, 2.0)
        matrix, center, _ = planted_problem(dim, n, singular_values, seed)
        targets, minimum = matrix @ center, 0.0
        domain = frozen(center[:, None] + [-REACH, REACH])
    gram = matrix.T @ matrix
    return Objective(
        name="least squares",
        dim=matrix.shape[1],
        kernel=LEAST_SQUARES,
        data=np.concatenate([[len(matrix)], matrix.ravel(), targets]),
        hessian_function=partial(constant_hessian, gram),
        formula=r"\tfrac12 \lVert A\theta - y \rVert^2",
        domain=domain,
        minimizer=frozen(center[None]),
        minimum=minimum,
        quadratic=(frozen(gram), frozen(center)),
    )


def _own_data(
    who: str, positional: tuple[Any, Any, Any], matrix: Any, targets: Any, matrix_name: str = "X"
) -> tuple[np.ndarray, np.ndarray] | None:
    """Own data, the matrix (n, d) and targets (n), checked; None where sizes were given."""
    *sizes, singular_values = positional
    named = (matrix, targets)
    pair = [size if each is None else each for size, each in zip(sizes, named, strict=True)]
    if matrix is None and targets is None and not any(np.ndim(each) for each in pair):
        return None
    if any(np.ndim(each) == 0 for each in pair) or singular_values is not None:
        raise TypeError(
            f"{who} takes data, {who}({matrix_name}, y), or sizes, {who}(dim, n, singular_values, "
            "seed), and got some of each"
        )
    matrix, targets = (_finite(each, who) for each in pair)
    if matrix.ndim != 2 or targets.shape != matrix.shape[:1] or matrix.size == 0:
        raise ValueError(
            f"{who} takes {matrix_name} (n, d) and y (n,), got shapes {matrix.shape} and "
            f"{targets.shape}"
        )
    return matrix, targets


def _finite(numbers: Any, who: str) -> np.ndarray:
    try:
        array = np.array(numbers, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"{who} takes arrays of numbers, got {shown(numbers)}; for labels in words "
            "give y == word"
        ) from None
    if not np.isfinite(array).all():
        raise ValueError(f"{who} takes finite numbers, got NaN or infinity; leave those rows out")
    return array


def _labels(labels: np.ndarray) -> np.ndarray:
    """Labels 0 and 1 from 0 and 1 or from −1 and 1."""
    found = np.unique(labels)
    if np.isin(found, [0, 1]).all():
        return labels
    if np.isin(found, [-1, 1]).all():
        return (labels + 1) / 2
    shown = ", ".join(f"{label:g}" for label in found[:4]) + (", …" if len(found) > 4 else "")
    raise ValueError(
        f"logistic takes labels y of two classes, 0 and 1 or −1 and 1, got {shown}; "
        "for one class against the others give y == label"
    )


def _domain_around(center: np.ndarray) -> np.ndarray:
    """A box (d, 2) around a minimizer, which holds the origin too."""
    reach = max(REACH, np.abs(center).max())
    return frozen(center[:, None] + [-reach, reach])


def _logistic_hessian(matrix: np.ndarray, x: np.ndarray) -> np.ndarray:
    probability = expit(x @ matrix.T)
    weights = probability * (1 - probability)
    return matrix.T @ (weights[..., :, None] * matrix)


def _with_newton_minimizer(objective: Objective, matrix: np.ndarray) -> Objective:
    """The same with its minimizer by Newton's method; unchanged where f has none.

    Separable labels have none: on the way to infinity the curvature vanishes. Where the columns of
    the matrix depend on each other, the minimizer is the one of least norm.
    """
    span = np.eye(objective.dim)
    rank = np.linalg.matrix_rank(matrix)
    if rank == 0:
        return objective
    if rank < objective.dim:
        span = np.linalg.svd(matrix, full_matrices=False)[2][:rank].T
    point = np.zeros(objective.dim)
    start = max(1.0, float(np.linalg.norm(objective.gradient(point))))
    curvature = np.linalg.eigvalsh(span.T @ objective.hessian(point) @ span)[0]
    for _ in range(NEWTON_STEPS):
        hessian = span.T @ objective.hessian(point) @ span
        if np.linalg.eigvalsh(hessian)[0] <= 1e-6 * curvature:
            return objective
        step = span @ np.linalg.solve(hessian, span.T @ objective.gradient(point))
        point = _descend(objective, point, step)
    if np.linalg.norm(objective.gradient(point)) > 1e-8 * start:
        return objective
    return replace(objective, minimizer=frozen(point[None]), minimum=float(objective.value(point)))


def _descend(objective: Objective, point: np.ndarray, step: np.ndarray) -> np.ndarray:
    """The point minus the step, halved until f does not grow beyond round-off."""
    value = float(objective.value(point))
    for _ in range(HALVINGS):
        if objective.value(point - step) <= value + 1e-12 * abs(value):
            break
        step = step / 2
    return point - step
