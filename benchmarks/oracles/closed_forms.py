"""Oracles by the formulas of papers, written without anything of `egop.methods`."""

import numpy as np
from scipy.linalg import null_space, polar, sqrtm

from benchmarks.oracles.comparison import Oracle, Path


def adagrad_norm(rate: float):
    """x ← x − η g/√(Σ‖g‖²)."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            x = x - rate * gradients[-1] / np.sqrt(np.sum(np.square(gradients)))

    return path


def agd(rate: float, beta1: float, beta2: float, delta: float, weight_decay: float):
    """x ← (1 − ηλ)x − η m̂/max(√b̂, δ) with b̂ the weighted mean of (m̂_s − m̂_{s−1})²."""

    def path(x: np.ndarray) -> Path:
        gradients, means, squares = [], [np.zeros_like(x)], []
        while True:
            gradients.append((yield x))
            means.append(discounted(gradients, beta1) / (1 - beta1 ** len(gradients)))
            squares.append((means[-1] - means[-2]) ** 2)
            change = discounted(squares, beta2) / (1 - beta2 ** len(squares))
            step = means[-1] / np.maximum(np.sqrt(change), delta)
            x = (1 - rate * weight_decay) * x - rate * step

    return path


def pisa(rate: float, share: float, beta2: float, eps: float):
    """ADMM of one worker, which has a copy y of x and a multiplier π, with σ = s/η, ρ = (1−s)/η."""

    def path(x: np.ndarray) -> Path:
        sigma, rho = share / rate, (1 - share) / rate
        multiplier, squares = np.zeros_like(x), []
        while True:
            slope = (yield x) + multiplier
            squares.append(slope**2)
            second = discounted(squares, beta2) / (1 - beta2 ** len(squares))
            copy = x - slope / (sigma + rho * (np.sqrt(second) + eps))
            multiplier = multiplier + sigma * (copy - x)
            x = copy + multiplier / sigma

    return path


def normalized_momentum(rate: float, beta: float, weight_decay: float):
    """x ← (1 − ηλ)x − η m/‖m‖ with m = (1−β) Σ β^{t−s} g_s."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            mean = discounted(gradients, beta)
            x = (1 - rate * weight_decay) * x - rate * mean / np.linalg.norm(mean)

    return path


def spectral_momentum(rate, beta, weight_decay=0.0, orthogonalize_first=False):
    """W ← (1 − ηλ)W − η UVᵀ of the mean of gradients, or the mean of their UVᵀ."""

    def path(x: np.ndarray) -> Path:
        gradients, factors = [], []
        while True:
            gradients.append((yield x))
            factors.append(polar_factor(gradients[-1]))
            direction = polar_factor(discounted(gradients, beta))
            if orthogonalize_first:
                direction = discounted(factors, beta)
            x = (1 - rate * weight_decay) * x - rate * direction

    return path


def polar_factor(a: np.ndarray) -> np.ndarray:
    """The factor UVᵀ of a = U diag(σ) Vᵀ."""
    return polar(a)[0]


def vector_adam(rate: float, beta1: float, beta2: float, eps: float):
    """Adam with the mean of a row's squared norms in place of those of its entries' squares."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            t = len(gradients)
            norms = [np.linalg.norm(g, axis=1, keepdims=True) ** 2 for g in gradients]
            mean = discounted(gradients, beta1) / (1 - beta1**t)
            square = discounted(norms, beta2) / (1 - beta2**t)
            x = x - rate * mean / (np.sqrt(square) + eps)

    return path


def shampoo(rate: float, momentum: float, eps: float):
    """Steps (L+εI)^{-1/4} M (R+εI)^{-1/4}, of one row or column with one root of power −1/2."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            mean = discounted(gradients, momentum) / (1 - momentum ** len(gradients))
            stacked = np.concatenate(gradients, axis=1), np.concatenate(gradients)
            sides = [stacked[0] @ stacked[0].T, stacked[1].T @ stacked[1]]
            order = sum(size > 1 for size in x.shape)
            for axis, side in enumerate(sides):
                if len(side) > 1:
                    values, vectors = np.linalg.eigh(side + eps * np.eye(len(side)))
                    root = vectors @ np.diag(values ** (-0.5 / order)) @ vectors.T
                    mean = root @ mean if axis == 0 else mean @ root
            x = x - rate * mean

    return path


def asgo(rate: float, beta1: float, beta2: float, weight_decay: float = 0.0):
    """Steps of size 0.2 along V^{-1/2} M of a wide M with V the mean of GGᵀ, or M V^{-1/2}."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            wide = x.shape[0] < x.shape[1]
            products = [g @ g.T if wide else g.T @ g for g in gradients]
            mean, gram = discounted(gradients, beta1), discounted(products, beta2)
            root = np.linalg.inv(np.real(sqrtm(gram)))
            step = root @ mean if wide else mean @ root
            x = (1 - rate * weight_decay) * x - rate * of_size(step, 0.2)

    return path


def accumulating_asgo(rate: float, eps: float):
    """Steps (V^{1/2} + εI)⁻¹ G with V the sum of GGᵀ."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            stacked = np.concatenate(gradients, axis=1)
            left, values, _ = np.linalg.svd(stacked)
            values = np.pad(values, (0, len(x) - len(values)))
            x = x - rate * left / (values + eps) @ left.T @ gradients[-1]

    return path


def dasgo(rate: float, beta1: float, beta2: float, eps: float, weight_decay: float = 0.0):
    """Steps of size 0.2 whose rows are those of M by the root of their mean squared norms."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            squares = [np.diag(g @ g.T)[:, None] for g in gradients]
            step = discounted(gradients, beta1) / np.sqrt(discounted(squares, beta2) + eps)
            x = (1 - rate * weight_decay) * x - rate * of_size(step, 0.2)

    return path


def transposed(oracle: Oracle) -> Oracle:
    """The path of an oracle that takes the columns of W for its rows."""

    def path(x: np.ndarray) -> Path:
        inner = oracle(x.T)
        point = next(inner)
        while True:
            point = inner.send((yield point.T).T)

    return path


def of_size(step: np.ndarray, size: float) -> np.ndarray:
    """The step whose entries have that root mean square."""
    return step * size / np.sqrt(np.mean(step**2))


def kl_shampoo(rate: float, beta1: float, beta2: float, eps: float, refresh: int):
    """Steps L^{-1/2} M R^{-1/2} with factors that are means of G R⁻¹ Gᵀ/n and Gᵀ L⁻¹ G/m."""

    def path(x: np.ndarray) -> Path:
        m, n = x.shape
        gradient, t, mean = (yield x), 0, np.zeros((m, n))
        left = (1 - beta2) / n * gradient @ gradient.T
        right = (1 - beta2) / m * gradient.T @ gradient
        q, p = descending_basis(left), descending_basis(right)
        a, b = np.full(m, 0.1), np.full(n, 0.1)
        while True:
            g, t = (yield x), t + 1
            mean = beta1 * mean + (1 - beta1) * g
            x = x - rate * q @ (q.T @ mean @ p / (np.sqrt(np.outer(a, b)) + eps)) @ p.T
            by_rows = g @ p @ np.diag(1 / b) @ p.T @ g.T / n
            by_columns = g.T @ q @ np.diag(1 / a) @ q.T @ g / m
            left, right = (
                beta2 * old + (1 - beta2) * new
                for old, new in ((left, by_rows), (right, by_columns))
            )
            a = beta2 * a + (1 - beta2) * np.diag(q.T @ by_rows @ q)
            b = beta2 * b + (1 - beta2) * np.diag(p.T @ by_columns @ p)
            if t % refresh == 0:
                q, p = np.linalg.qr(left @ q)[0], np.linalg.qr(right @ p)[0]

    return path


def descending_basis(a: np.ndarray) -> np.ndarray:
    """Eigenvectors of a, the largest first; of its null space those of diag(n, …, 1) within it."""
    _, vectors = np.linalg.eigh(a)
    rest = null_space(a)
    if rest.shape[1]:
        rest = rest @ np.linalg.eigh(rest.T @ np.diag(np.arange(len(a), 0, -1)) @ rest)[1]
    return np.concatenate([rest, vectors[:, rest.shape[1] :]], axis=1)[:, ::-1]


def discounted(terms: list[np.ndarray], beta: float) -> np.ndarray:
    """(1−β) Σ β^{t−s} terms_s, a mean that begins at 0."""
    weights = beta ** np.arange(len(terms))[::-1]
    return (1 - beta) * np.tensordot(weights, np.stack(terms), 1)
