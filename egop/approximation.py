"""Bases that are cheaper than the exact one: how far from it they are, and what a basis costs."""

from typing import NamedTuple

import numpy as np


def subspace_angle_bound(eigenvalues, error: float, k: int = 1) -> float:
    """The largest angle between the leading k eigenvectors of an EGOP and of one near it, radians.

    sin θ ≤ 2‖Ê − E‖₂/(λ_k − λ_{k+1}): Davis and Kahan's theorem as Yu, Wang and Samworth
    (arXiv 1405.0680) state it, which needs the eigenvalues of one of both alone. π/2 where it says
    nothing.

    Args:
        eigenvalues: (d,) of the exact EGOP, descending.
        error: ‖Ê − E‖₂.
        k: how many, below d.

    Raises:
        ValueError: k outside 1 … d − 1.
    """
    eigenvalues = np.asarray(eigenvalues, dtype=float)
    if not 1 <= k < len(eigenvalues):
        raise ValueError(f"subspace_angle_bound takes k from 1 to {len(eigenvalues) - 1}, got {k}")
    gap = eigenvalues[k - 1] - eigenvalues[k]
    return float(np.arcsin(min(1.0, 2 * error / gap))) if gap > 0 else np.pi / 2


def kronecker_distance(basis, rows: int) -> float:
    """The distance of a basis from Kronecker products V_out ⊗ V_in, from 0 (it is one) to 1.

    The share of its Frobenius norm that the nearest product of two matrices leaves, by Van Loan and
    Pitsianis' rearrangement. Kronecker bases are a strict subset of all bases (Lemma 20).

    Args:
        basis: V (mn, mn) for weights (m, n), row by row.
        rows: m.

    Raises:
        ValueError: another shape.
    """
    basis = np.asarray(basis, dtype=float)
    if basis.ndim != 2 or basis.shape[0] != basis.shape[1] or basis.shape[0] % rows:
        raise ValueError(
            f"kronecker_distance takes a square matrix whose side is a multiple of {rows}, got "
            f"shape {basis.shape}"
        )
    columns = len(basis) // rows
    blocks = basis.reshape(rows, columns, rows, columns).transpose(0, 2, 1, 3)
    values = np.linalg.svd(blocks.reshape(rows**2, columns**2), compute_uv=False)
    return float(np.sqrt((values[1:] ** 2).sum() / (values**2).sum()))


class BasisCost(NamedTuple):
    """The up-front cost of a basis.

    Attributes:
        epochs: of training that take as many gradients.
        decomposition: side lengths cubed, added up: operations of the eigendecompositions, up to a
            constant of about ten.
        numbers: that are stored.
    """

    epochs: float
    decomposition: int
    numbers: int


def basis_cost(
    shapes, n_samples: int, batch_size: int, n_examples: int, structure: str = "dense"
) -> BasisCost:
    """The cost of block bases of weights, from M gradients of minibatches.

    Args:
        shapes: (m, n) of each weight matrix.
        n_samples: M.
        batch_size: examples in each gradient.
        n_examples: in an epoch.
        structure: "dense", one basis (mn, mn) for each matrix; "kronecker", (m, m) and (n, n); or
            "rows", (n, n).

    Raises:
        ValueError: another structure.
    """
    sides = {
        "dense": [m * n for m, n in shapes],
        "kronecker": [side for shape in shapes for side in shape],
        "rows": [n for _, n in shapes],
    }
    if structure not in sides:
        raise ValueError(f"structure takes {', '.join(sides)}, got {structure!r}")
    return BasisCost(
        n_samples * batch_size / n_examples,
        sum(side**3 for side in sides[structure]),
        sum(side**2 for side in sides[structure]),
    )
