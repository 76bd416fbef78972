"""Oracles of methods in turned coordinates by their papers' formulas."""

import numpy as np

from benchmarks.oracles.closed_forms import descending_basis, discounted
from benchmarks.oracles.comparison import Path


def kl_soap(rate: float, beta1: float, beta2: float, eps: float, refresh: int, roots: float = 10):
    """Adam in the bases of factors that are means of G R⁻¹ Gᵀ/n and Gᵀ L⁻¹ G/m, λ^{-1/2} ≤ roots.

    The factors are sums over all gradients, with the inverse of the other factor at its time.
    """

    def path(x: np.ndarray) -> Path:
        m, n = x.shape
        g = yield x
        terms = [[g @ g.T / n], [g.T @ g / m]]
        bases = [descending_basis(side[0]) for side in terms]
        values = [np.full(m, 0.1), np.full(n, 0.1)]
        gradients, squares = [], []
        while True:
            g = yield x
            gradients.append(g)
            squares.append((bases[0].T @ g @ bases[1]) ** 2)
            mean = bases[0].T @ discounted(gradients, beta1) @ bases[1]
            step = mean / (np.sqrt(discounted(squares, beta2)) + eps)
            x = x - rate * bases[0] @ step @ bases[1].T

            left, right = (q @ np.diag(1 / v) @ q.T for q, v in zip(bases, values, strict=True))
            new = g @ right @ g.T / n, g.T @ left @ g / m
            for k, each in enumerate(new):
                terms[k].append(each)
                seen = np.diag(bases[k].T @ each @ bases[k])
                values[k] = np.maximum(beta2 * values[k] + (1 - beta2) * seen, roots**-2)
            if len(gradients) % refresh == 0:
                factors = [discounted(side, beta2) for side in terms]
                bases = [np.linalg.qr(a @ q)[0] for a, q in zip(factors, bases, strict=True)]

    return path


def aro(rate: float, beta: float, f):
    """Steps R f(RᵀM) with a root mean square of 0.2, R the Q of M f(RᵀM)ᵀ; rows ≤ columns.

    Columns of M f(RᵀM)ᵀ that depend on those before are replaced by those of R.
    """

    def path(x: np.ndarray) -> Path:
        tall = len(x) > x.shape[1]
        gradients, rotation = [], np.eye(min(x.shape))
        while True:
            g = yield x
            gradients.append(g.T if tall else g)
            mean = discounted(gradients, beta)
            a = mean @ f(rotation.T @ mean).T
            for k in range(len(a)):
                if np.linalg.matrix_rank(a[:, : k + 1], tol=1e-12 * np.linalg.norm(a)) <= k:
                    a[:, k] = rotation[:, k]
            rotation = np.linalg.qr(a)[0]
            step = rotation @ f(rotation.T @ mean)
            step = 0.2 * step / np.sqrt(np.mean(step**2))
            x = x - rate * (step.T if tall else step)

    return path


def sinkhorn(a: np.ndarray) -> np.ndarray:
    """Rows, then columns, divided by their root mean squares, five times."""
    for _ in range(5):
        a = a / np.sqrt(np.mean(a**2, axis=1, keepdims=True))
        a = a / np.sqrt(np.mean(a**2, axis=0, keepdims=True))
    return a


def cosmos(rate: float, beta1: float, beta2: float, eps: float):
    """Adam along one quarter of the eigenvectors, and a fifth of the rest's polar factor."""

    def path(x: np.ndarray) -> Path:
        rank = -(-min(x.shape) // 4)
        gradients, squares, moment = [], [], None
        while True:
            g = yield x
            gradients.append(g)
            if moment is None:
                basis = np.linalg.eigh(g.T @ g)[1][:, : -rank - 1 : -1]
                moment = (1 - beta2) * g.T @ g
            else:
                moment = beta2 * basis @ (basis.T @ moment @ basis) @ basis.T
                moment = moment + (1 - beta2) * g.T @ g
                basis = np.linalg.qr(moment @ basis)[0]
            squares.append((g @ basis) ** 2)
            t = len(gradients)
            weights = beta1 ** np.arange(t)[::-1]
            total = np.tensordot(weights, np.stack(gradients), 1)
            ahead = (g + beta1 * total) / (1 + beta1 * weights.sum())
            root = np.sqrt(discounted(squares, beta2) / (1 - beta2**t)) + eps
            step = (ahead @ basis / root) @ basis.T
            rest = ahead - ahead @ basis @ basis.T
            if np.linalg.norm(rest) > 1e-13 * np.linalg.norm(ahead):
                rest = newton_schulz(rest)
                step = step + 0.2 * rest / np.sqrt(np.mean(rest**2))
            x = x - rate * 0.1 * step / np.sqrt(np.mean(step**2))

    return path


def newton_schulz(a: np.ndarray) -> np.ndarray:
    """Five quintic steps of Jordan et al. on the singular values of a, from ‖a‖ = 1 on."""
    left, values, right = np.linalg.svd(a / np.linalg.norm(a), full_matrices=False)
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left * values @ right
