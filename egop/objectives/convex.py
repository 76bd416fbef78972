"""Quadratics and the log-sum-exp problem of the paper (Eq. 7)."""

from functools import partial

import numpy as np

from egop.arrays import frozen, read_symmetric
from egop.objectives.kernels import LOG_SUM_EXP, QUADRATIC
from egop.objectives.objective import Objective, check_dim, constant_hessian


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
        TypeError: a number as H.
    """
    if hessian is None:
        if not condition_number > 0 or not np.isfinite([condition_number, angle]).all():
            raise ValueError(
                f"condition_number takes a positive number and angle a finite one, "
                f"got {condition_number!r} and {angle!r}"
            )
        axis = np.array([np.cos(angle), np.sin(angle)])
        hessian = np.eye(2) + (condition_number - 1) * np.outer(axis, axis)
    if np.ndim(hessian) == 0:
        raise TypeError(
            f"quadratic takes a matrix as hessian, got {hessian!r}; for a condition number give "
            f"condition_number={hessian!r}"
        )
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
        hessian_function=partial(constant_hessian, hessian),
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
    matrix, truth, _ = planted_problem(dim, n, singular_values, seed)
    targets = matrix @ truth
    return Objective(
        name="log-sum-exp",
        dim=dim,
        kernel=LOG_SUM_EXP,
        data=frozen(np.concatenate([[n], matrix.ravel(), targets])),
        hessian_function=partial(_log_sum_exp_hessian, matrix, targets),
        formula=r"\log \sum_i \exp\left((\langle a_i, \theta\rangle - y_i)^2\right)",
        domain=frozen(np.tile([-120.0, 120.0], (dim, 1))),
        minimizer=frozen(truth[None]),
        minimum=float(np.log(n)),
    )


def _log_sum_exp_hessian(matrix: np.ndarray, targets: np.ndarray, x: np.ndarray) -> np.ndarray:
    residuals = x @ matrix.T - targets
    squares = residuals**2
    weights = np.exp(squares - squares.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    slope = (2 * weights * residuals) @ matrix
    curvature = np.swapaxes(matrix.T * (weights * (2 + 4 * squares))[..., None, :], -1, -2)
    return matrix.T @ curvature - slope[..., :, None] * slope[..., None, :]


def planted_problem(dim, n, singular_values, seed):
    """A (n, d) with these singular values, θ* ~ N(0, I) and the generator that drew them.

    Raises:
        ValueError: sizes that do not fit together.
    """
    check_dim(dim)
    if np.size(singular_values) != dim:
        raise ValueError(
            f"singular_values takes {dim} numbers (one per variable), "
            f"got {np.size(singular_values)}; for example egop.objectives.power_law({dim}, 2)"
        )
    rng = np.random.default_rng(seed)
    return planted_matrix(n, singular_values, rng), rng.standard_normal(dim), rng
