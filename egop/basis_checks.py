"""Checks of what an eigenbasis is made of."""

from typing import Any

import numpy as np

from egop.arrays import is_integer, shown

ROUND_OFF = 1e-10
"""Relative size up to which a negative eigenvalue or a missing orthogonality is round-off."""


def check_leading(k: Any, dim: int, optional: bool = True) -> None:
    """ValueError unless k is a number of leading eigenvectors of d, or None where it may be."""
    if not (optional and k is None) and not (is_integer(k, 1) and k <= dim):
        raise ValueError(
            f"leading takes a number of eigenvectors from 1 to {dim}, one for each variable at "
            f"most, got {shown(k)}"
        )


def check_decomposition(eigenvalues: np.ndarray, eigenvectors: np.ndarray) -> None:
    """ValueError unless eigenvalues (d,) descend and eigenvectors (d, d) are orthonormal."""
    dim = eigenvalues.size
    if eigenvalues.ndim != 1 or dim == 0 or eigenvectors.shape != (dim, dim):
        raise ValueError(
            "an eigenbasis takes eigenvalues (d,) and eigenvectors (d, d), got "
            f"{eigenvalues.shape} and {eigenvectors.shape}"
        )
    if not (np.isfinite(eigenvalues).all() and np.isfinite(eigenvectors).all()):
        raise ValueError("an eigenbasis takes finite numbers, got NaN or infinity among them")
    error = np.abs(eigenvectors.T @ eigenvectors - np.eye(dim)).max()
    if error > ROUND_OFF:
        raise ValueError(
            f"an eigenbasis takes orthonormal columns, got VᵀV off the identity by {error:.2g}"
        )
    magnitudes = np.abs(eigenvalues)
    if (np.diff(magnitudes) > ROUND_OFF * magnitudes.max()).any():
        raise ValueError(
            "an eigenbasis takes eigenvalues in descending order; reverse what numpy.linalg.eigh "
            "gives, or use Eigenbasis.from_matrix"
        )
