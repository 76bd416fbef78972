"""The convex problems of the paper (Eq. 7, App. D.5) and quadratics."""

from dataclasses import replace
from math import exp, log, log1p

import numpy as np
from numba import njit

from egop.arrays import frozen, read_symmetric
from egop.compilation import Kernel
from egop.exponential import SMALLEST, exponential
from egop.objectives.objective import Objective, check_dim

_SUMS = {"reassoc", "contract", "nsz"}
_NEGLIGIBLE = 45.0
"""exp(−45) is below the round-off of a float64 sum of up to a thousand ones."""


def _quadratic(data, dim, point, gradient):
    """½(x−c)ᵀH(x−c); data: H (d, d), c (d)."""
    value = 0.0
    center = dim * dim
    for i in range(dim):
        total = 0.0
        for j in range(dim):
            total += data[i * dim + j] * (point[j] - data[center + j])
        gradient[i] = total
        value += total * (point[i] - data[center + i])
    return value / 2


def _log_sum_exp(data, dim, point, gradient):
    """log Σ exp(r_i²), r = Aθ − y; data: n, A (n, d), y (n). Each loop is one that vectorizes."""
    n = int(data[0])
    residuals = np.empty(n)
    if dim == 2:
        largest = _residuals_2d(data, n, point, residuals)
    else:
        largest = _residuals(data, n, dim, point, residuals)
    total = 0.0
    for i in range(n):
        above = residuals[i] * residuals[i] - largest
        weight = exponential(max(above, SMALLEST))
        total += weight
        residuals[i] *= weight if above > -_NEGLIGIBLE else 0.0
    if dim == 2:
        _weigh_rows_2d(data, n, residuals, 2 / total, gradient)
    else:
        _weigh_rows(data, n, dim, residuals, 2 / total, gradient)
    return largest + log(total)


@njit(error_model="numpy", fastmath=_SUMS)
def _residuals(data, n, dim, point, residuals):
    """Writes Aθ − y; the largest square."""
    largest = 0.0
    for i in range(n):
        row = 1 + i * dim
        residual = -data[1 + n * dim + i]
        for j in range(dim):
            residual += data[row + j] * point[j]
        residuals[i] = residual
        largest = max(largest, residual * residual)
    return largest


@njit(error_model="numpy", fastmath=_SUMS)
def _residuals_2d(data, n, point, residuals):
    largest = 0.0
    x, y = point[0], point[1]
    for i in range(n):
        residual = data[1 + 2 * i] * x + data[2 + 2 * i] * y - data[1 + 2 * n + i]
        residuals[i] = residual
        largest = max(largest, residual * residual)
    return largest


@njit(error_model="numpy", fastmath=_SUMS)
def _weigh_rows(data, n, dim, weights, factor, gradient):
    """Writes factor · Aᵀ weights."""
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        if weights[i] != 0.0:
            weight, row = factor * weights[i], 1 + i * dim
            for j in range(dim):
                gradient[j] += weight * data[row + j]


@njit(error_model="numpy", fastmath=_SUMS)
def _weigh_rows_2d(data, n, weights, factor, gradient):
    x = 0.0
    y = 0.0
    for i in range(n):
        x += weights[i] * data[1 + 2 * i]
        y += weights[i] * data[2 + 2 * i]
    gradient[0], gradient[1] = factor * x, factor * y


def _logistic(data, dim, point, gradient):
    """Σ log(1 + exp(t_i)) − y_i t_i, t = Aθ; data: n, A (n, d), labels (n)."""
    n = int(data[0])
    labels = 1 + n * dim
    value = 0.0
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        row = 1 + i * dim
        t = 0.0
        for j in range(dim):
            t += data[row + j] * point[j]
        decay = exp(-abs(t))
        value += max(t, 0.0) + log1p(decay) - data[labels + i] * t
        probability = (1.0 if t >= 0 else decay) / (1 + decay)
        slope = probability - data[labels + i]
        for j in range(dim):
            gradient[j] += slope * data[row + j]
    return value


def _least_squares(data, dim, point, gradient):
    """½‖Aθ − y‖²; data: n, A (n, d), y (n)."""
    n = int(data[0])
    targets = 1 + n * dim
    value = 0.0
    for j in range(dim):
        gradient[j] = 0.0
    for i in range(n):
        row = 1 + i * dim
        residual = -data[targets + i]
        for j in range(dim):
            residual += data[row + j] * point[j]
        value += residual * residual
        for j in range(dim):
            gradient[j] += residual * data[row + j]
    return value / 2


QUADRATIC = Kernel(_quadratic, fastmath=_SUMS)
LOG_SUM_EXP = Kernel(_log_sum_exp, fastmath=_SUMS)
LOGISTIC = Kernel(_logistic, fastmath=_SUMS)
LEAST_SQUARES = Kernel(_least_squares, fastmath=_SUMS)


def power_law(dim: int, exponent: float, scale: float = 1.0) -> np.ndarray:
    """Singular values σ_k = scale·k^(−exponent), k = 1 … dim (§6 of the paper)."""
    return scale * np.arange(1, dim + 1, dtype=float) ** -exponent


def planted_matrix(n: int, singular_values, rng: np.random.Generator) -> np.ndarray:
    """A = U diag(σ) Wᵀ, (n, d), with Haar-random orthonormal U (n, d) and W (d, d).

    With fewer rows than variables A has the first n singular values.

    Raises:
        ValueError: n < 1, or a singular value is negative or not finite.
    """
    sigma = np.atleast_1d(np.asarray(singular_values, dtype=float))
    if sigma.ndim != 1 or not np.all(np.isfinite(sigma)) or np.any(sigma < 0):
        raise ValueError(
            f"singular_values takes finite numbers of at least 0, got {singular_values!r}"
        )
    check_dim(n, "n")
    dim = len(sigma)
    rank = min(n, dim)
    left = _haar(rng.standard_normal((n, rank)))
    right = _haar(rng.standard_normal((dim, dim)))
    return (left * sigma[:rank]) @ right[:, :rank].T


def _haar(normal: np.ndarray) -> np.ndarray:
    orthonormal, triangle = np.linalg.qr(normal)
    return orthonormal * np.sign(np.diag(triangle))


def quadratic(
    hessian=None, center=None, condition_number: float = 100.0, angle: float = 0.6
) -> Objective:
    """f(x) = ½(x−c)ᵀH(x−c).

    Args:
        hessian: symmetric H (d, d); None: the 2-D one whose eigenvalue `condition_number` belongs
            to the direction at `angle` and whose other eigenvalue is 1.
        center: c (d); None: the origin.
        condition_number: κ > 0, used without `hessian`.
        angle: in radians, counter-clockwise from x₁, used without `hessian`.

    Raises:
        ValueError: H is not square, symmetric and finite, or c has another size.
    """
    if hessian is None:
        if not condition_number > 0 or not np.isfinite([condition_number, angle]).all():
            raise ValueError(
                f"condition_number takes a positive number and angle a finite one, "
                f"got {condition_number!r} and {angle!r}"
            )
        axis = np.array([np.cos(angle), np.sin(angle)])
        hessian = np.eye(2) + (condition_number - 1) * np.outer(axis, axis)
    hessian = read_symmetric(hessian, "hessian")
    dim = len(hessian)
    center = np.zeros(dim) if center is None else np.asarray(center, dtype=float)
    if center.shape != (dim,):
        raise ValueError(f"center takes {dim} coordinates, got shape {center.shape}")
    convex = np.linalg.eigvalsh(hessian)[0] >= 0
    return Objective(
        name="quadratic",
        dim=dim,
        kernel=QUADRATIC,
        data=frozen(np.concatenate([hessian.ravel(), center])),
        hessian_function=lambda x: np.broadcast_to(hessian, (*x.shape, dim)),
        formula=r"\tfrac12 (x-c)^\top H (x-c)",
        domain=frozen(center[:, None] + [-3.0, 3.0]),
        minimizer=frozen(center[None]) if convex else None,
        minimum=0.0 if convex else None,
        quadratic=(frozen(hessian), frozen(center)),
    )


def log_sum_exp(dim: int = 2, n: int = 100, singular_values=(1.0, 0.25), seed=0) -> Objective:
    """f(θ) = log Σ_i exp((⟨a_i,θ⟩ − y_i)²), y = Aθ*, θ* ~ N(0, I): Eq. (7) of the paper.

    The squared form makes θ* the minimizer and log n the minimum.

    Args:
        dim: number of variables d.
        n: number of rows a_i; with fewer than d the minimizer is not the only one.
        singular_values: d singular values of A; its orthonormal factors are random.
        seed: for A and θ*.

    Raises:
        ValueError: sizes that do not fit together.
    """
    matrix, truth, _ = _planted(dim, n, singular_values, seed)
    targets = matrix @ truth

    def hessian(x: np.ndarray) -> np.ndarray:
        residuals = x @ matrix.T - targets
        squares = residuals**2
        weights = np.exp(squares - squares.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        slope = (2 * weights * residuals) @ matrix
        curvature = np.swapaxes(matrix.T * (weights * (2 + 4 * squares))[..., None, :], -1, -2)
        return matrix.T @ curvature - slope[..., :, None] * slope[..., None, :]

    return Objective(
        name="log-sum-exp",
        dim=dim,
        kernel=LOG_SUM_EXP,
        data=frozen(np.concatenate([[n], matrix.ravel(), targets])),
        hessian_function=hessian,
        formula=r"\log \sum_i \exp\left((\langle a_i, \theta\rangle - y_i)^2\right)",
        domain=frozen(np.tile([-120.0, 120.0], (dim, 1))),
        minimizer=frozen(truth[None]),
        minimum=float(np.log(n)),
    )


def logistic(dim: int = 20, n: int = 200, singular_values=None, seed=0) -> Objective:
    """f(θ) = −Σ[y log s(⟨a,θ⟩) + (1−y) log(1−s(⟨a,θ⟩))], labels y drawn from s(Aθ*) (App. D.5).

    Args:
        dim: number of variables d.
        n: number of examples.
        singular_values: d singular values of A; None: 1/k.
        seed: for A, θ* ~ N(0, I) and the labels.

    Raises:
        ValueError: sizes that do not fit together.
    """
    if singular_values is None:
        singular_values = power_law(dim, 1.0)
    matrix, truth, rng = _planted(dim, n, singular_values, seed)
    labels = (rng.random(n) < 1 / (1 + np.exp(-matrix @ truth))).astype(float)

    def hessian(x: np.ndarray) -> np.ndarray:
        probability = 1 / (1 + np.exp(-(x @ matrix.T)))
        weights = probability * (1 - probability)
        return matrix.T @ (weights[..., :, None] * matrix)

    objective = Objective(
        name="logistic regression",
        dim=dim,
        kernel=LOGISTIC,
        data=frozen(np.concatenate([[n], matrix.ravel(), labels])),
        hessian_function=hessian,
        formula=r"-\sum_i y_i \log s(\langle a_i,\theta\rangle)"
        r" + (1-y_i) \log(1-s(\langle a_i,\theta\rangle))",
        domain=frozen(np.tile([-10.0, 10.0], (dim, 1))),
    )
    return _with_newton_minimizer(objective)


def least_squares(dim: int = 100, n: int = 1000, singular_values=None, seed=0) -> Objective:
    """f(θ) = ½‖Aθ − y‖², y = Aθ*, θ* ~ N(0, I) (App. D.5).

    Args:
        dim: number of variables d.
        n: number of rows.
        singular_values: d singular values of A; None: k⁻².
        seed: for A and θ*.

    Raises:
        ValueError: sizes that do not fit together.
    """
    if singular_values is None:
        singular_values = power_law(dim, 2.0)
    matrix, truth, _ = _planted(dim, n, singular_values, seed)
    gram = matrix.T @ matrix
    return Objective(
        name="least squares",
        dim=dim,
        kernel=LEAST_SQUARES,
        data=frozen(np.concatenate([[n], matrix.ravel(), matrix @ truth])),
        hessian_function=lambda x: np.broadcast_to(gram, (*x.shape, dim)),
        formula=r"\tfrac12 \lVert A\theta - y \rVert^2",
        domain=frozen(truth[:, None] + [-4.0, 4.0]),
        minimizer=frozen(truth[None]),
        minimum=0.0,
        quadratic=(frozen(gram), frozen(truth)),
    )


def _planted(dim, n, singular_values, seed):
    """A, θ* and the generator that drew them."""
    check_dim(dim)
    if np.size(singular_values) != dim:
        raise ValueError(
            f"singular_values takes {dim} numbers (one per variable), "
            f"got {np.size(singular_values)}; for example egop.objectives.power_law({dim}, 2)"
        )
    rng = np.random.default_rng(seed)
    return planted_matrix(n, singular_values, rng), rng.standard_normal(dim), rng


def _with_newton_minimizer(objective: Objective, n_steps: int = 50) -> Objective:
    """The same with its minimizer by Newton's method; unchanged where f has none.

    Separable labels have none: on the way to infinity the curvature vanishes.
    """
    point = np.zeros(objective.dim)
    curvature = np.linalg.eigvalsh(objective.hessian(point))[0]
    for _ in range(n_steps):
        gradient, hessian = objective.gradient(point), objective.hessian(point)
        if np.linalg.eigvalsh(hessian)[0] <= 1e-6 * curvature:
            return objective
        point = point - np.linalg.solve(hessian, gradient)
    if np.linalg.norm(objective.gradient(point)) > 1e-8:
        return objective
    return replace(objective, minimizer=frozen(point[None]), minimum=float(objective.value(point)))
