"""The linear associative memory, on which Muon and Adam are told apart."""

from functools import partial
from math import exp, log, log1p

import numpy as np
from numba.extending import register_jitable
from scipy.special import entr

from egop.arrays import frozen, shown
from egop.bounds import Bounds
from egop.compilation import FunctionKernel
from egop.objectives.convex import planted_matrix, power_law
from egop.objectives.objective import Objective, check_dim

EXPONENTS = Bounds(0.0, 10.0)
NOISES = Bounds(0.0, 1.0)
EMBEDDINGS = ("orthonormal", "standard", "unit")


@register_jitable
def _scores(data, n, k, point, scores):
    """Writes ⟨u_c − u_k, W e_k⟩ of every output c; the largest."""
    inputs, outputs = 2 + n, 2 + n + n * n
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


@register_jitable
def _loss(n, k, noise, largest, scores):
    """The cross-entropy of pair k, whose derivatives take the place of the scores.

    Values near 0 keep their digits.
    """
    others, mean = 0.0, 0.0
    for c in range(n):
        mean += noise * scores[c]
        scores[c] = exp(scores[c] - largest)
        others += 0.0 if c == k else scores[c]
    total = others + scores[k]
    for c in range(n):
        scores[c] = scores[c] / total - noise
    scores[k] = (n - 1) * noise - others / total
    return (log1p(others) if largest == 0.0 else largest + log(total)) - mean


def _associative_memory(data, dim, point, gradient):
    """Σ p_k (log Σ_c exp s_c − (ε/n) Σ_c s_c), s_c = ⟨u_c − u_k, W e_k⟩; point: W.

    data: n, ε, p (n), e_k as rows (n, n), u_c as rows (n, n).
    """
    n = int(data[0])
    inputs, outputs, noise = 2 + n, 2 + n + n * n, data[1] / n
    scores = np.empty(n)
    value = 0.0
    for i in range(dim):
        gradient[i] = 0.0
    for k in range(n):
        weight = data[2 + k]
        largest = _scores(data, n, k, point, scores)
        value += weight * _loss(n, k, noise, largest, scores)
        for i in range(n):
            slope = 0.0
            for c in range(n):
                slope += scores[c] * data[outputs + c * n + i]
            for j in range(n):
                gradient[i * n + j] += weight * slope * data[inputs + k * n + j]
    return value


ASSOCIATIVE_MEMORY = FunctionKernel(_associative_memory)


def associative_memory(
    size: int = 8, exponent: float = 2.0, noise: float = 0.1, embeddings="orthonormal", seed=0
) -> Objective:
    """f(W) = −Σ_k p_k Σ_c t_kc log softmax(U W e_k)_c: a linear memory that recalls u_k from e_k.

    The model of Wang et al., "Muon Outperforms Adam in Tail-End Associative Memory Learning"
    (arXiv 2509.26030), with Zipf's frequencies p_k ∝ k^−exponent. It is theirs without noise: f
    then comes as near to its bound 0 as one likes for large W, and has no minimizer. The variables
    are W, row by row.

    Args:
        size: n, the number of pairs and of rows and columns of W.
        exponent: 0 makes all pairs equally frequent.
        noise: ε, the share of outputs that are any of the n at random: t_k = (1 − ε)δ_k + ε/n.
        embeddings: of inputs e_k and outputs u_k (the rows of U): "orthonormal" at random,
            "standard" for the unit vectors of the coordinates, "unit" for random directions that
            are not orthogonal.
        seed: for the embeddings.

    Raises:
        ValueError: a size that is no positive integer, an exponent that is not from 0 to 10, noise
            that is not from 0 to 1, or other embeddings.
    """
    check_dim(size, "size")
    frequencies = power_law(size, EXPONENTS.read("exponent", exponent))
    frequencies /= frequencies.sum()
    noise = NOISES.read("noise", noise)
    rng = np.random.default_rng(seed)
    inputs, outputs = (_embeddings(size, embeddings, rng) for _ in range(2))
    targets = np.array([1 - noise + noise / size, noise / size])
    minimizer = None
    if noise > 0:
        logits = np.log(targets[0] / targets[1]) * np.eye(size)
        minimizer = np.linalg.solve(outputs, np.linalg.solve(inputs, logits.T).T)
    return Objective(
        name="associative memory",
        dim=size**2,
        kernel=ASSOCIATIVE_MEMORY,
        data=np.concatenate([[size, noise], frequencies, inputs.ravel(), outputs.ravel()]),
        hessian_function=partial(_memory_hessian, frequencies, inputs, outputs),
        formula=r"-\sum_k p_k \sum_c t_{kc} \log \mathrm{softmax}(U W e_k)_c",
        domain=frozen(np.tile([-3.0, 3.0], (size**2, 1))),
        minimizer=None if minimizer is None else frozen(minimizer.reshape(1, -1)),
        minimum=float(entr(targets) @ [1, size - 1]),
        shapes=((size, size),),
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
