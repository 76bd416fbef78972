"""The convex problems of the paper (Eq. 7, App. D.5) and quadratics."""

from dataclasses import replace

import numpy as np

from egop.arrays import frozen, read_symmetric
from egop.objectives.kernels import LEAST_SQUARES, LOG_SUM_EXP, LOGISTIC, QUADRATIC
from egop.objectives.objective import Objective, check_dim


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
