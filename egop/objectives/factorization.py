"""Small problems that are not convex: matrix factorization and tiny networks (App. E)."""

from math import tanh

import numpy as np
from numba.extending import register_jitable

from egop.arrays import frozen
from egop.compilation import FunctionKernel
from egop.objectives.objective import Objective, check_dim

LARGEST_NETWORK = 60
"""Variables of a tiny network at most; larger ones belong to `egop.networks`."""


def _matrix_factorization(data, dim, point, gradient):
    """½‖LRᵀ − M‖²_F; data: m, n, r, M (m, n); point: L (m, r), R (n, r)."""
    m, n, r = int(data[0]), int(data[1]), int(data[2])
    right = m * r
    value = 0.0
    for k in range(dim):
        gradient[k] = 0.0
    for i in range(m):
        for j in range(n):
            residual = -data[3 + i * n + j]
            for k in range(r):
                residual += point[i * r + k] * point[right + j * r + k]
            value += residual * residual
            for k in range(r):
                gradient[i * r + k] += residual * point[right + j * r + k]
                gradient[right + j * r + k] += residual * point[i * r + k]
    return value / 2


@register_jitable
def _measurement(data, point, row, m, n, r):
    """⟨A_q, LRᵀ⟩ for the A_q that starts at `row`."""
    total = 0.0
    for i in range(m):
        for j in range(n):
            for k in range(r):
                total += data[row + i * n + j] * point[i * r + k] * point[m * r + j * r + k]
    return total


def _matrix_sensing(data, dim, point, gradient):
    """½‖𝒜(LRᵀ) − b‖²; data: m, n, r, K, 𝒜 (K, m, n), b (K); point: L (m, r), R (n, r)."""
    m, n, r, count = int(data[0]), int(data[1]), int(data[2]), int(data[3])
    right, targets = m * r, 4 + count * m * n
    value = 0.0
    for k in range(dim):
        gradient[k] = 0.0
    for q in range(count):
        row = 4 + q * m * n
        residual = _measurement(data, point, row, m, n, r) - data[targets + q]
        value += residual * residual
        for i in range(m):
            for j in range(n):
                weight = residual * data[row + i * n + j]
                for k in range(r):
                    gradient[i * r + k] += weight * point[right + j * r + k]
                    gradient[right + j * r + k] += weight * point[i * r + k]
    return value / 2


@register_jitable
def _activation(data, point, row, k, inputs):
    """tanh of hidden unit k at the example that starts at `row`."""
    total = 0.0
    for j in range(inputs):
        total += point[k * inputs + j] * data[row + j]
    return tanh(total)


def _tiny_network(data, dim, point, gradient):
    """(1/2n) Σ (w₂ᵀ tanh(W₁x) − y)²; data: n, inputs, hidden, X, y; point: W₁, w₂."""
    n, inputs, hidden = int(data[0]), int(data[1]), int(data[2])
    targets, outer = 3 + n * inputs, hidden * inputs
    value = 0.0
    for k in range(dim):
        gradient[k] = 0.0
    for i in range(n):
        row = 3 + i * inputs
        residual = -data[targets + i]
        for k in range(hidden):
            residual += point[outer + k] * _activation(data, point, row, k, inputs)
        value += residual * residual
        for k in range(hidden):
            activation = _activation(data, point, row, k, inputs)
            gradient[outer + k] += residual * activation / n
            slope = residual * point[outer + k] * (1 - activation * activation) / n
            for j in range(inputs):
                gradient[k * inputs + j] += slope * data[row + j]
    return value / (2 * n)


MATRIX_FACTORIZATION = FunctionKernel(_matrix_factorization)
MATRIX_SENSING = FunctionKernel(_matrix_sensing)
TINY_NETWORK = FunctionKernel(_tiny_network)


def matrix_factorization(rows: int = 3, columns: int = 3, rank: int = 1, seed=0) -> Objective:
    """f(L, R) = ½‖LRᵀ − M‖²_F with M of that rank: Eq. (18) of the paper with 𝒜 = identity.

    The variables are L (rows, rank), then R (columns, rank), row by row. Rescaling L against R
    changes nothing, so minimizers are no isolated points; one is given.

    Args:
        rows: of M.
        columns: of M.
        rank: of M and of the factors, at most the smaller side.
        seed: for M = L*R*ᵀ, entries of L* and R* iid N(0, 1).

    Raises:
        ValueError: sizes that are no positive integers, or a rank above the smaller side.
    """
    for size in (rows, columns, rank):
        check_dim(size)
    if rank > min(rows, columns):
        raise ValueError(
            f"rank takes at most the smaller side of the matrix ({min(rows, columns)}), got {rank}"
        )
    truth = np.random.default_rng(seed).standard_normal((rows + columns, rank))
    matrix = truth[:rows] @ truth[rows:].T
    return Objective(
        name="matrix factorization",
        degree=4,
        dim=truth.size,
        kernel=MATRIX_FACTORIZATION,
        data=np.concatenate([[rows, columns, rank], matrix.ravel()]),
        formula=r"\tfrac12 \lVert L R^\top - M \rVert_F^2",
        domain=frozen(np.tile([-3.0, 3.0], (truth.size, 1))),
        minimizer=frozen(truth.reshape(1, -1)),
        minimum=0.0,
        shapes=((rows, rank), (columns, rank)),
    )


def matrix_sensing(operator, columns: int = 3, rank: int = 1, seed=0) -> Objective:
    """f(L, R) = ½‖𝒜(LRᵀ) − b‖², Eq. (18) of the paper, for any linear 𝒜; b = 𝒜(L*R*ᵀ).

    The variables are L (rows, rank), then R (columns, rank), row by row.

    Args:
        operator: 𝒜 as its measurements (n, rows, columns), 𝒜(X)_q = ⟨A_q, X⟩; or as a matrix
            (n, rows · columns) that takes X row by row, with `columns`.
        columns: of X, where 𝒜 is given as a matrix.
        rank: of the factors, at most the smaller side of X.
        seed: for L* and R*, entries iid N(0, 1).

    Raises:
        ValueError: an operator of another shape or not finite, or a rank above the smaller side.
    """
    operator = np.asarray(operator, dtype=float)
    if operator.ndim == 2 and columns > 0 and operator.shape[1] % columns == 0:
        operator = operator.reshape(len(operator), -1, columns)
    if operator.ndim != 3 or not operator.size or not np.isfinite(operator).all():
        raise ValueError(
            "matrix_sensing takes an operator of finite numbers (n, rows, columns) or "
            f"(n, rows · {columns}), got shape {operator.shape}"
        )
    count, m, n = operator.shape
    check_dim(rank)
    if rank > min(m, n):
        raise ValueError(
            f"rank takes at most the smaller side of the matrix ({min(m, n)}), got {rank}"
        )
    truth = np.random.default_rng(seed).standard_normal((m + n, rank))
    measured = np.tensordot(operator, truth[:m] @ truth[m:].T, 2)
    return Objective(
        name="matrix sensing",
        degree=4,
        dim=truth.size,
        kernel=MATRIX_SENSING,
        data=np.concatenate([[m, n, rank, count], operator.ravel(), measured]),
        formula=r"\tfrac12 \lVert \mathcal{A}(L R^\top) - b \rVert^2",
        domain=frozen(np.tile([-3.0, 3.0], (truth.size, 1))),
        minimizer=frozen(truth.reshape(1, -1)),
        minimum=0.0,
        shapes=((m, rank), (n, rank)),
    )


def tiny_network(inputs: int = 3, hidden: int = 4, n: int = 64, seed=0) -> Objective:
    """f(W₁, w₂) = (1/2n) Σ (w₂ᵀ tanh(W₁x) − y)² of a two-layer network that a teacher labels.

    The variables are W₁ (hidden, inputs), row by row, then w₂ (hidden). The teacher, of the same
    size, is one minimizer; permuting hidden units or flipping their signs gives others.

    Args:
        inputs: coordinates of x ~ N(0, I).
        hidden: units.
        n: examples.
        seed: for the examples and the teacher, weights N(0, 1).

    Raises:
        ValueError: sizes that are no positive integers, or more than 60 variables.
    """
    for size in (inputs, hidden, n):
        check_dim(size)
    dim = hidden * (inputs + 1)
    if dim > LARGEST_NETWORK:
        raise ValueError(
            f"tiny_network takes at most {LARGEST_NETWORK} variables, got {dim} "
            "(hidden · (inputs + 1)); take fewer hidden units"
        )
    rng = np.random.default_rng(seed)
    examples = rng.standard_normal((n, inputs))
    teacher = rng.standard_normal(dim)
    weights = teacher[: hidden * inputs].reshape(hidden, inputs)
    targets = np.tanh(examples @ weights.T) @ teacher[hidden * inputs :]
    return Objective(
        name="tiny network",
        dim=dim,
        kernel=TINY_NETWORK,
        data=np.concatenate([[n, inputs, hidden], examples.ravel(), targets]),
        formula=r"\tfrac1{2n} \sum_i \left(w_2^\top \tanh(W_1 x_i) - y_i\right)^2",
        domain=frozen(np.tile([-3.0, 3.0], (dim, 1))),
        minimizer=frozen(teacher[None]),
        minimum=0.0,
        shapes=((hidden, inputs), (hidden,)),
    )
