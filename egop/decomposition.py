"""Gradients (M, d) → eigenvalues and eigenvectors of their outer product; their signs.

The only place where the EGOP is decomposed and where eigenvectors get their signs.
"""

from typing import Any

import numpy as np

TIE = 1e-6
"""Entries of an eigenvector this close to its largest count as tied: the first of them decides."""


def triangular_factor(rows: np.ndarray) -> np.ndarray:
    """R (min(M, d), d) with RᵀR = GᵀG for rows G (M, d).

    It replaces G at no loss: its singular values are those of G, so tiny eigenvalues of GᵀG stay
    right down to 1e-32 of the largest, where `eigh` of GᵀG turns negative at 1e-16. Factors of
    several chunks, stacked, have a factor again.
    """
    if len(rows) <= rows.shape[1]:
        return rows
    return np.asarray(np.linalg.qr(rows, mode="r"))


def decompose(factor: np.ndarray, n_samples: int, seed) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues (d,), descending, and eigenvectors (d, d) as columns of RᵀR / n_samples.

    Directions beyond the factor's rows (M < d) get eigenvalue 0 and eigenvectors completed to a
    full orthonormal basis (§5, App. B) at random from `seed`. A factor of zeros, the EGOP of a
    function that is flat on ρ, gives the identity.

    Args:
        factor: R (r, d), r ≤ d.
        n_samples: M.
        seed: for the completion.
    """
    dim = factor.shape[1]
    if not factor.any():
        return np.zeros(dim), np.eye(dim)
    _, singular_values, rows = np.linalg.svd(factor, full_matrices=False)
    eigenvalues = np.zeros(dim)
    eigenvalues[: len(singular_values)] = singular_values**2 / n_samples
    return eigenvalues, fix_signs(complete(rows.T, seed))


def complete(columns: np.ndarray, seed) -> np.ndarray:
    """A full orthonormal basis (d, d) that begins with orthonormal columns (d, k).

    The complement is random. An integer seed gives it a stream of its own, apart from the one that
    draws points with the same seed.
    """
    dim, known = columns.shape
    if known == dim:
        return columns
    if not isinstance(seed, np.random.Generator):
        seed = np.random.SeedSequence(seed, spawn_key=(1,))
    complement = np.random.default_rng(seed).standard_normal((dim, dim - known))
    for _ in range(2):  # once leaves round-off of the span when the complement is nearly in it
        complement -= columns @ (columns.T @ complement)
        complement, _ = np.linalg.qr(complement)
    return np.concatenate([columns, complement], axis=1)


def fix_signs(eigenvectors: Any) -> Any:
    """Columns with the signs that make the entry of largest magnitude positive.

    The sign rule of tables and files, for numpy arrays and for tensors; pictures use
    `nearest_frame`.
    """
    columns = list(range(eigenvectors.shape[1]))
    magnitudes = abs(eigenvectors)
    tied = magnitudes >= (1 - TIE) * magnitudes[magnitudes.argmax(0), columns]
    largest = eigenvectors[(tied * 1).argmax(0), columns]
    return eigenvectors * ((largest >= 0) * 2 - 1)


def nearest_frame(eigenvectors: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """The same columns with signs that make the determinant +1, for pictures.

    Columns keep their order, since v_1 belongs to λ_1. The signs are those nearest the previous
    frame, so that a picture does not mirror while its basis turns; without one they follow
    `fix_signs`. Where the determinant asks for one more change, the column that the previous frame
    says least about changes, or the last one.

    Args:
        eigenvectors: orthonormal columns (d, d).
        previous: orthonormal columns (d, d).
    """
    if previous is None:
        frame, weakest = fix_signs(eigenvectors), len(eigenvectors) - 1
    else:
        overlaps = (previous * eigenvectors).sum(axis=0)
        frame = eigenvectors * np.where(overlaps < 0, -1.0, 1.0)
        weakest = int(np.abs(overlaps).argmin())
    if np.linalg.det(frame) < 0:
        frame[:, weakest] *= -1
    return frame
