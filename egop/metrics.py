"""Numbers read off spectra, matrices and trajectories.

Angles are in radians, as in numpy; names that end in `_degrees` say otherwise.
"""

import numpy as np

NEGLIGIBLE = 1e-10
"""Relative size up to which a negative eigenvalue is round-off."""


UNIT = 1e-3
"""Largest error of a unit column's length, for columns of float32 and less."""


def stable_rank(eigenvalues) -> np.ndarray:
    """Stable rank Σ_i √(λ_i/λ_1) of an EGOP, between 1 and d (Eq. 3); not tr(EGOP)/λ_1.

    A spectrum of zeros (a flat function) counts as perfectly flat: d.

    Args:
        eigenvalues: (..., d) λ ≥ 0 in any order.

    Returns:
        (...), one number per spectrum.

    Raises:
        ValueError: an eigenvalue that is negative beyond round-off, or none at all.
        TypeError: an eigenbasis.
    """
    _refuse_basis(eigenvalues, "stable_rank", "eigenvalues")
    eigenvalues = _spectrum(eigenvalues, "stable_rank")
    largest = eigenvalues.max(axis=-1, keepdims=True)
    flat = largest == 0
    return np.sqrt(np.where(flat, 1.0, eigenvalues / np.where(flat, 1.0, largest))).sum(axis=-1)


def density(eigenvectors) -> np.ndarray:
    """Density β_k = ‖v_k‖₁²/d of each eigenvector, from 1/d (one coordinate) to 1 (all equal) (§2).

    A random direction gives about 2/π.

    Args:
        eigenvectors: (d, d) or (d, k) unit columns, or one vector (d,).

    Returns:
        (k,), or () for one vector.

    Raises:
        ValueError: columns that are not of length one.
        TypeError: an eigenbasis.
    """
    _refuse_basis(eigenvectors, "density", "eigenvectors")
    eigenvectors = np.asarray(eigenvectors, dtype=float)
    if eigenvectors.ndim not in {1, 2} or eigenvectors.size == 0:
        raise ValueError(
            f"density takes eigenvectors (d, k) or (d,), got shape {eigenvectors.shape}"
        )
    lengths = np.linalg.norm(eigenvectors, axis=0)
    if not (np.abs(lengths - 1) < UNIT).all():
        furthest = lengths.flat[np.abs(lengths - 1).argmax()]
        raise ValueError(
            f"density takes columns of length 1, got one of length {furthest:.3g}; "
            "divide each by its length"
        )
    return np.abs(eigenvectors).sum(axis=0) ** 2 / len(eigenvectors)


def spectral_gap(eigenvalues, k: int = 1) -> float:
    """Gap λ_k/λ_{k+1} ≥ 1: near 1, v_k and v_{k+1} are arbitrary in their plane.

    Infinite when λ_{k+1} = 0 < λ_k, 1 when both are zero.

    Args:
        eigenvalues: (d,) descending.
        k: counted from 1, below d.

    Raises:
        ValueError: k outside 1 … d − 1, or negative eigenvalues.
    """
    eigenvalues = _spectrum(eigenvalues, "spectral_gap")
    if not 1 <= k < len(eigenvalues):
        raise ValueError(f"spectral_gap takes k from 1 to {len(eigenvalues) - 1}, got {k}")
    larger, smaller = eigenvalues[k - 1 : k + 1]
    if smaller == 0:
        return 1.0 if larger == 0 else np.inf
    return float(larger / smaller)


def subspace_angle(first, second) -> float:
    """Largest principal angle between two subspaces, in radians, from 0 to π/2.

    Blind to signs, order and rotation of the columns within each subspace, and accurate for tiny
    angles, where the arc cosine of an inner product is not.

    Args:
        first: (d, k) orthonormal columns, or one unit vector (d,).
        second: the same shape.

    Raises:
        ValueError: shapes that differ.
    """
    first, second = (np.asarray(columns, dtype=float) for columns in (first, second))
    if first.shape != second.shape or first.ndim not in {1, 2}:
        raise ValueError(
            f"subspace_angle takes two arrays (d, k) of one shape, got {first.shape} and "
            f"{second.shape}"
        )
    first, second = first.reshape(len(first), -1), second.reshape(len(second), -1)
    cosines = first.T @ second
    sine = np.linalg.norm(second - first @ cosines, 2)
    cosine = np.linalg.norm(cosines, -2)
    return float(np.arctan2(sine, cosine))


def steps_to_tolerance(values, minimum, tolerance) -> np.ndarray:
    """First step t with f(x_t) − f* ≤ tolerance, −1 when there is none.

    Args:
        values: (T+1, ...) f along each run; NaN never counts.
        minimum: f*, a number or (...).
        tolerance: a number or (...).

    Returns:
        (...) integers.
    """
    reached = np.asarray(values, dtype=float) - minimum <= tolerance
    return np.where(reached.any(axis=0), reached.argmax(axis=0), -1)


def gradient_norm_1(gradients) -> np.ndarray:
    """‖∇f‖₁ of gradients (..., d), (...).

    The quantity of Theorem 3. It depends on the basis, so bases are compared by ‖∇f‖₂ or by f.
    """
    return np.abs(gradients).sum(axis=-1)


def r_med(hessian_diagonal) -> np.ndarray:
    """R_med = max_i |H_ii| / median_i |H_ii| at each iterate (Jiang, Malik, Li, arXiv 2211.02254).

    The paper's abstract calls it "analogous to the condition number of the loss Hessian evaluated
    at the iterates"; that it is this ratio of the diagonal's entries, of each layer by itself, is
    recalled and not looked up. It depends on the basis, as a condition number does not.

    Args:
        hessian_diagonal: (..., d) H_ii in the coordinates in question, of one layer.

    Returns:
        (...); infinite where only the median vanishes, 1 where all entries do.

    Raises:
        ValueError: no entries.
    """
    magnitudes = np.abs(np.asarray(hessian_diagonal, dtype=float))
    if magnitudes.ndim == 0 or magnitudes.shape[-1] == 0:
        raise ValueError(f"r_med takes diagonals (..., d), got shape {magnitudes.shape}")
    largest, median = magnitudes.max(axis=-1), np.median(magnitudes, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(largest == 0, 1.0, largest / median)


def off_diagonal_mass(matrix) -> np.ndarray:
    """Share of a matrix's squared Frobenius norm off its diagonal, from 0 (diagonal) to 1.

    Args:
        matrix: (..., d, d).

    Returns:
        (...); 0 for a matrix of zeros.
    """
    matrix = np.asarray(matrix, dtype=float)
    largest = np.abs(matrix).max(axis=(-2, -1), keepdims=True)
    squares = (matrix / np.where(largest == 0, 1.0, largest)) ** 2
    total = squares.sum(axis=(-2, -1))
    off = np.where(np.eye(matrix.shape[-1]) > 0, 0.0, squares).sum(axis=(-2, -1))
    return off / np.where(total == 0, 1.0, total)


def share_of_movement(points, plane) -> float:
    """Share of a path's length that its projection onto a plane shows, from 0 to 1.

    Σ_t ‖Πᵀ(x_{t+1} − x_t)‖ / Σ_t ‖x_{t+1} − x_t‖; 1 for a path that does not move. Points from
    divergence on (NaN) are left out.

    Args:
        points: (T+1, d) one path.
        plane: (d, k) orthonormal columns, usually k = 2.
    """
    points = np.asarray(points, dtype=float)
    steps = np.diff(points[np.isfinite(points).all(axis=1)], axis=0)
    length = np.linalg.norm(steps, axis=1).sum()
    if length == 0:
        return 1.0
    return float(np.linalg.norm(steps @ plane, axis=1).sum() / length)


def _refuse_basis(given, who: str, part: str) -> None:
    if hasattr(given, "eigenvectors"):
        raise TypeError(
            f"{who} takes {part} as an array, got {type(given).__name__}; "
            f"give its .{part} or read its .{who}"
        )


def _spectrum(eigenvalues, who: str) -> np.ndarray:
    """Eigenvalues with negative round-off set to zero."""
    eigenvalues = np.asarray(eigenvalues, dtype=float)
    if eigenvalues.ndim == 0 or eigenvalues.shape[-1] == 0:
        raise ValueError(f"{who} takes eigenvalues (..., d), got shape {eigenvalues.shape}")
    smallest = eigenvalues.min()
    if smallest < -NEGLIGIBLE * np.abs(eigenvalues).max():
        raise ValueError(
            f"{who} takes the eigenvalues of an EGOP, which are not negative, got {smallest:.3g}"
        )
    return np.maximum(eigenvalues, 0.0)
