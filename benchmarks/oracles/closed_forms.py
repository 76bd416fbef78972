"""Oracles by the formulas of papers, written without anything of `egop.methods`."""

import numpy as np

from benchmarks.oracles.comparison import Path


def adagrad_norm(rate: float):
    """x ← x − η g/√(Σ‖g‖²)."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            x = x - rate * gradients[-1] / np.sqrt(np.sum(np.square(gradients)))

    return path


def normalized_momentum(rate: float, beta: float):
    """x ← x − η m/‖m‖ with m = (1−β) Σ β^{t−s} g_s."""

    def path(x: np.ndarray) -> Path:
        gradients = []
        while True:
            gradients.append((yield x))
            mean = discounted(gradients, beta)
            x = x - rate * mean / np.linalg.norm(mean)

    return path


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


def discounted(terms: list[np.ndarray], beta: float) -> np.ndarray:
    """(1−β) Σ β^{t−s} terms_s, a mean that begins at 0."""
    weights = beta ** np.arange(len(terms))[::-1]
    return (1 - beta) * np.tensordot(weights, np.stack(terms), 1)
