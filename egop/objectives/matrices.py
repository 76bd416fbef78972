"""A quadratic in a matrix, and a linear network of two weight matrices."""

from dataclasses import replace
from functools import partial

import numpy as np
from numba.extending import register_jitable

from egop.arrays import frozen, shown
from egop.bounds import Bounds
from egop.compilation import FunctionKernel
from egop.objectives.convex import planted_matrix, power_law, quadratic
from egop.objectives.objective import Objective, check_dim

DECAYS = Bounds(0.0, 10.0)
CONDITION_NUMBERS = Bounds(1.0, 1e12)


@register_jitable
def _hidden(data, point, n, k, b):
    """Unit k at the input that is column b of A."""
    total = 0.0
    for j in range(n):
        total += point[k * n + j] * data[3 + j * n + b]
    return total


@register_jitable
def _add_outer(data, gradient, n, b, pulled):
    """Adds what column b of A contributes to the gradient in W₁, `pulled` times its transpose."""
    for k in range(len(pulled)):
        for j in range(n):
            gradient[k * n + j] += pulled[k] * data[3 + j * n + b]


def _two_layer_linear(data, dim, point, gradient):
    """½‖(W₂W₁ − M)A‖²_F; data: n, h, m, A (n, n), MA (m, n); point: W₁ (h, n), W₂ (m, h)."""
    n, h, m = int(data[0]), int(data[1]), int(data[2])
    targets, outer = 3 + n * n, h * n
    hidden, pulled = np.empty(h), np.empty(h)
    value = 0.0
    for i in range(dim):
        gradient[i] = 0.0
    for b in range(n):
        for k in range(h):
            hidden[k], pulled[k] = _hidden(data, point, n, k, b), 0.0
        for i in range(m):
            row = outer + i * h
            residual = -data[targets + i * n + b]
            for k in range(h):
                residual += point[row + k] * hidden[k]
            value += residual * residual
            for k in range(h):
                gradient[row + k] += residual * hidden[k]
                pulled[k] += residual * point[row + k]
        _add_outer(data, gradient, n, b, pulled)
    return value / 2


TWO_LAYER_LINEAR = FunctionKernel(_two_layer_linear)


def matrix_quadratic(
    rows: int = 8, columns: int = 8, condition_numbers=(100.0, 10.0), rotated: bool = True, seed=0
) -> Objective:
    """f(W) = ½⟨W − W*, L(W − W*)R⟩ with eigenvalues of L and R from 1 down to 1/κ, evenly in log.

    With R = I it has the smoothness that ASGO assumes (arXiv 2503.20762), with equality. The
    Hessian L ⊗ R has Kronecker eigenvectors, and so has the EGOP where ρ is isotropic about W*.
    The variables are W, row by row.

    Args:
        rows: of W.
        columns: of W.
        condition_numbers: κ of L and of R.
        rotated: False makes L and R diagonal, so that coordinates are eigenvectors.
        seed: for the eigenvectors, and W* with entries iid N(0, 1).

    Raises:
        ValueError: sizes that are no positive integers, or condition numbers that are not two
            from 1 to 1e12.
    """
    for name, size in (("rows", rows), ("columns", columns)):
        check_dim(size, name)
    try:
        kappas = [CONDITION_NUMBERS.read("each of them", kappa) for kappa in condition_numbers]
        _, _ = kappas
    except (TypeError, ValueError):
        raise ValueError(
            "condition_numbers takes that of the rows and that of the columns, each "
            f"{CONDITION_NUMBERS}, got {shown(condition_numbers)}"
        ) from None
    rng = np.random.default_rng(seed)
    left, right = (
        _with_condition_number(size, kappa, rotated, rng)
        for size, kappa in zip((rows, columns), kappas, strict=True)
    )
    return replace(
        quadratic(np.kron(left, right), rng.standard_normal(rows * columns)),
        name="matrix quadratic",
        formula=r"\tfrac12 \langle W - W^*, L\,(W - W^*)\,R \rangle",
        shapes=((rows, columns),),
    )


def _with_condition_number(size: int, kappa: float, rotated: bool, rng) -> np.ndarray:
    """A symmetric matrix with eigenvalues from 1 to 1/κ; of one row it is 1."""
    eigenvalues = np.geomspace(1.0, 1 / kappa, size)
    if not rotated:
        return np.diag(eigenvalues)
    axes = planted_matrix(size, np.ones(size), rng)
    matrix = (axes * eigenvalues) @ axes.T
    return (matrix + matrix.T) / 2


def two_layer_linear(
    inputs: int = 6, hidden: int = 6, outputs: int = 6, decay=1.0, input_decay=0.0, seed=0
) -> Objective:
    """f(W₁, W₂) = ½‖(W₂W₁ − M)A‖²_F: a two-layer linear network that learns M from inputs A.

    Two layers of Eq. (6) of the paper, with σ_k = k^−decay of M and k^−input_decay of A. The
    variables are W₁ (hidden, inputs), then W₂ (outputs, hidden), row by row. Units can be mixed
    by any invertible matrix, so minimizers are no isolated points; a balanced one is given.

    Args:
        inputs: n.
        hidden: h; with fewer than the smaller of n and m, the minimum is above 0.
        outputs: m.
        decay: of the singular values of M, whose orthonormal factors are random.
        input_decay: of the singular values of A; 0 makes A orthogonal, as whitened inputs do.
        seed: for M and A.

    Raises:
        ValueError: sizes that are no positive integers, or decays that are not from 0 to 10.
    """
    for name, size in (("inputs", inputs), ("hidden", hidden), ("outputs", outputs)):
        check_dim(size, name)
    decay, input_decay = DECAYS.read("decay", decay), DECAYS.read("input_decay", input_decay)
    rng = np.random.default_rng(seed)
    matrix = planted_matrix(outputs, power_law(inputs, decay), rng)
    examples = planted_matrix(inputs, power_law(inputs, input_decay), rng)
    minimizer, minimum = _best_layers(matrix @ examples, examples, hidden)
    return Objective(
        name="two-layer linear network",
        degree=4,
        dim=minimizer.size,
        kernel=TWO_LAYER_LINEAR,
        data=np.concatenate(
            [[inputs, hidden, outputs], examples.ravel(), (matrix @ examples).ravel()]
        ),
        hessian_function=partial(_two_layer_hessian, matrix, examples, hidden),
        formula=r"\tfrac12 \lVert (W_2 W_1 - M) A \rVert_F^2",
        domain=frozen(np.tile([-2.0, 2.0], (minimizer.size, 1))),
        minimizer=frozen(minimizer[None]),
        minimum=minimum,
        shapes=((hidden, inputs), (outputs, hidden)),
    )


def _best_layers(targets: np.ndarray, examples: np.ndarray, hidden: int):
    """W₁ and W₂ in one vector, with W₂W₁A the nearest to the targets of rank `hidden`; f there."""
    left, sigma, right = np.linalg.svd(targets, full_matrices=False)
    kept = min(hidden, len(sigma))
    first, second = np.zeros((hidden, len(examples))), np.zeros((len(targets), hidden))
    first[:kept] = np.sqrt(sigma[:kept, None]) * right[:kept]
    second[:, :kept] = left[:, :kept] * np.sqrt(sigma[:kept])
    first = np.linalg.solve(examples.T, first.T).T
    return np.concatenate([first.ravel(), second.ravel()]), float((sigma[kept:] ** 2).sum() / 2)


def _two_layer_hessian(matrix, examples, hidden: int, x: np.ndarray) -> np.ndarray:
    """JᵀJ of the outputs, plus the residuals times the second derivatives of W₂W₁A."""
    m, n = matrix.shape
    split, leading = hidden * n, x.shape[:-1]
    first = x[..., :split].reshape(*leading, hidden, n)
    second = x[..., split:].reshape(*leading, m, hidden)
    jacobian = np.zeros((*leading, m, n, x.shape[-1]))
    by_first = np.einsum("...ik,jb->...ibkj", second, examples)
    jacobian[..., :split] = by_first.reshape(*leading, m, n, split)
    by_second = np.einsum("il,...kb->...iblk", np.eye(m), first @ examples)
    jacobian[..., split:] = by_second.reshape(*leading, m, n, m * hidden)
    jacobian = jacobian.reshape(*leading, m * n, x.shape[-1])
    hessian = np.swapaxes(jacobian, -1, -2) @ jacobian
    pulled = examples @ np.swapaxes((second @ first - matrix) @ examples, -1, -2)
    mixed = np.einsum("kl,...ji->...kjil", np.eye(hidden), pulled)
    mixed = mixed.reshape(*leading, split, m * hidden)
    hessian[..., :split, split:] += mixed
    hessian[..., split:, :split] += np.swapaxes(mixed, -1, -2)
    return hessian
