"""Gradients of matrices → singular vectors of their shorter side, and a basis of all entries.

GaLore (Zhao et al., arXiv 2403.03507) projects a matrix W onto the leading singular vectors of its
gradient, of the shorter side. As a basis that is I ⊗ V or U ⊗ I.
"""

import numpy as np

from egop.decomposition import decompose, triangular_factor
from egop.eigenbasis import Eigenbasis


def singular_vectors(gradients, seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (s,), descending, and eigenvectors (s, s) of E[GᵀG], or of E[GGᵀ], s = min(m, n).

    Those of one gradient are its squared singular values, and its right singular vectors, of a
    matrix with fewer rows than columns the left ones.

    Args:
        gradients: (M, m, n), or (m, n) of one.
        seed: completes the vectors where the gradients have less rank.

    Raises:
        ValueError: another number of axes, none, or numbers that are not finite.
    """
    matrices = np.asarray(gradients, dtype=float)
    matrices = matrices[None] if matrices.ndim == 2 else matrices
    if matrices.ndim != 3 or matrices.size == 0 or not np.isfinite(matrices).all():
        raise ValueError(
            "singular vectors take finite gradients (M, m, n) of matrices, or (m, n) of one, got "
            f"shape {np.shape(gradients)}"
        )
    if matrices.shape[1] < matrices.shape[2]:
        matrices = matrices.mT
    rows = matrices.reshape(-1, matrices.shape[2])
    return decompose(triangular_factor(rows), len(matrices), seed)


def singular_basis(gradients, seed=0) -> Eigenbasis:
    """The basis of all entries of W, row by row, that turns its shorter side by singular vectors.

    Adam in `basis.leading(r * max(m, n))` of one gradient is GaLore of rank r until that renews its
    directions. λ is the mean of E⟨G, v⟩² over the coordinates of one singular vector.

    >>> basis = singular_basis([[3.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> [round(float(x), 3) for x in basis.eigenvalues]
    [3.0, 3.0, 3.0, 0.333, 0.333, 0.333]

    Args:
        gradients: (M, m, n) of an objective's matrix, at points drawn from ρ or along a run, or
            (m, n) of one gradient, as GaLore takes it.
        seed: completes the vectors where the gradients have less rank.

    Raises:
        ValueError: as of `singular_vectors`.
    """
    values, vectors = singular_vectors(gradients, seed)
    rows, columns = np.shape(gradients)[-2:]
    longer = max(rows, columns)
    each, kept = np.eye(longer), len(values)
    by = "ai,bk->abki" if rows >= columns else "bi,ak->abki"
    made = np.einsum(by, each, vectors).reshape(rows * columns, kept * longer)
    n_samples = len(gradients) if np.ndim(gradients) == 3 else 1
    return Eigenbasis(np.repeat(values / longer, longer), made, n_samples)
