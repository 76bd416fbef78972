"""The linear associative memory, on which Muon and Adam are told apart."""

from functools import partial
from math import exp, log, log1p

import numpy as np
from numba.extending import register_jitable

from egop.arrays import frozen, shown
from egop.bounds import Bounds
from egop.compilation import FunctionKernel
from egop.objectives.convex import planted_matrix, power_law
from egop.objectives.objective import Objective, check_dim

EXPONENTS = Bounds(0.0, 10.0)
EMBEDDINGS = ("orthonormal", "standard", "unit")


@register_jitable
def _scores(data, n, k, point, scores):
    """Writes ⟨u_c − u_k, W e_k⟩ of every output c; the largest."""
    inputs, outputs = 1 + n, 1 + n + n * n
    for c in range(n):
        scores[c] = 0.0
    for i in range(n):
        recalled = 0.0
        for j in range(n):
            recalled += point[i * n + j] * data[inputs + k * n + j]
        for c in range(n):
            scores[c] += recalled * (data[outputs + c * n + i] - data[outputs + k * n + i])
    largest = 0.0
    for c in range(n):
        largest = max(largest, scores[c])
    return largest


def _associative_memory(data, dim, point, gradient):
    """Σ p_k log Σ_c exp⟨u_c − u_k, W e_k⟩; data: n, p (n), rows e (n, n), rows u (n, n); point: W.

    Written so that values near 0 keep their digits.
    """
    n = int(data[0])
    inputs, outputs = 1 + n, 1 + n + n * n
    scores = np.empty(n)
    value = 0.0
    for i in range(dim):
        gradient[i] = 0.0
    for k in range(n):
        largest = _scores(data, n, k, point, scores)
        others = 0.0
        for c in range(n):
            scores[c] = exp(scores[c] - largest)
            others += 0.0 if c == k else scores[c]
        total = others + scores[k]
        value += data[1 + k] * (log1p(others) if largest == 0.0 else largest + log(total))
        scores[k] = -others
        for i in range(n):
            slope = 0.0
            for c in range(n):
                slope += scores[c] * data[outputs + c * n + i]
            slope *= data[1 + k] / total
            for j in range(n):
                gradient[i * n + j] += slope * data[inputs + k * n + j]
    return value


ASSOCIATIVE_MEMORY = FunctionKernel(_associative_memory)


def associative_memory(
    size: int = 8, exponent: float = 1.0, embeddings: str = "orthonormal", seed=0
) -> Objective:
    """f(W) = −Σ_k p_k log softmax(U W e_k)_k: a linear memory that recalls pair k from e_k.

    The model of Wang et al., "Muon Outperforms Adam in Tail-End Associative Memory Learning"
    (arXiv 2509.26030), with Zipf's frequencies p_k ∝ k^−exponent. The variables are W, row by row.
    f comes as near to 0 as one likes and never reaches it: `minimum` is this bound, and there is
    no minimizer.

    Args:
        size: n, the number of pairs and of rows and columns of W.
        exponent: 0 makes all pairs equally frequent.
        embeddings: of inputs e_k and outputs u_k (the rows of U): "orthonormal" at random,
            "standard" for the unit vectors of the coordinates, "unit" for random directions that
            are not orthogonal.
        seed: for the embeddings.

    Raises:
        ValueError: a size that is no positive integer, an exponent that is not from 0 to 10, or
            other embeddings.
    """
    check_dim(size, "size")
    frequencies = power_law(size, EXPONENTS.read("exponent", exponent))
    frequencies /= frequencies.sum()
    rng = np.random.default_rng(seed)
    inputs, outputs = (_embeddings(size, embeddings, rng) for _ in range(2))
    return Objective(
        name="associative memory",
        dim=size**2,
        kernel=ASSOCIATIVE_MEMORY,
        data=np.concatenate([[size], frequencies, inputs.ravel(), outputs.ravel()]),
        hessian_function=partial(_memory_hessian, frequencies, inputs, outputs),
        formula=r"-\sum_k p_k \log \mathrm{softmax}(U W e_k)_k",
        domain=frozen(np.tile([-3.0, 3.0], (size**2, 1))),
        minimum=0.0,
    )


def _embeddings(size: int, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors as rows, (size, size)."""
    if kind == "standard":
        return np.eye(size)
    if kind == "orthonormal":
        return planted_matrix(size, np.ones(size), rng)
    if kind == "unit":
        directions = rng.standard_normal((size, size))
        return directions / np.linalg.norm(directions, axis=1, keepdims=True)
    raise ValueError(f"embeddings takes one of {', '.join(EMBEDDINGS)}, got {shown(kind)}")


def _memory_hessian(frequencies, inputs, outputs, x: np.ndarray) -> np.ndarray:
    """Σ_k p_k Uᵀ(diag q_k − q_k q_kᵀ)U ⊗ e_k e_kᵀ, q_k the softmax of pair k."""
    n = len(frequencies)
    scores = np.einsum("ci,...ij,kj->...kc", outputs, x.reshape(*x.shape[:-1], n, n), inputs)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    mean = shares @ outputs
    spread = np.einsum("...kc,ci,ca->...kia", shares, outputs, outputs)
    spread -= mean[..., :, None] * mean[..., None, :]
    weighted = frequencies[:, None] * inputs
    hessian = np.einsum("...kia,kj,kb->...ijab", spread, weighted, inputs)
    return hessian.reshape(*x.shape, x.shape[-1])
