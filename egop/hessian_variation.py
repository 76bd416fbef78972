"""Lipschitz constants of Hessians, assumption A2 of Theorem 5, and how far samples fill them.

‖∇²f(x) − ∇²f(y)‖₂ ≤ H ‖x − y‖₂. A quadratic has H = 0.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from egop.objectives.objective import Objective

LOGISTIC_THIRD = 3**0.5 / 18
"""The largest |s''| of s(t) = 1/(1 + exp(−t)): 1/(6√3)."""


def logistic_hessian_lipschitz(matrix) -> float:
    """H of the logistic loss, a sum over the rows a_i of A: ‖A‖₂² max_i ‖a_i‖/(6√3).

    The third derivative along a unit u is Σ s''(t_i)⟨a_i, u⟩³.

    Args:
        matrix: A (n, d).
    """
    matrix = np.asarray(matrix, dtype=float)
    rows = np.linalg.norm(matrix, axis=1).max()
    return float(LOGISTIC_THIRD * np.linalg.norm(matrix, 2) ** 2 * rows)


def factorization_hessian_lipschitz(operator, radius: float) -> float:
    """H of ½‖𝒜(LRᵀ) − b‖² (Eq. 18) where ‖(L, R)‖ ≤ radius: 3 ‖𝒜‖² radius.

    Along a unit (L', R') the third derivative is 6⟨𝒜(LR'ᵀ + L'Rᵀ), 𝒜(L'R'ᵀ)⟩. It grows with the
    radius, so that A2 holds on bounded sets only.

    Args:
        operator: 𝒜 as a matrix (n, rows · columns), or its measurements (n, rows, columns).
        radius: of a ball about the origin.
    """
    operator = np.asarray(operator, dtype=float)
    return float(3 * np.linalg.norm(operator.reshape(len(operator), -1), 2) ** 2 * radius)


def measured_hessian_lipschitz(objective: "Objective", points) -> float:
    """The largest ‖∇²f(x) − ∇²f(y)‖₂/‖x − y‖₂ over consecutive points (n, d): at most H."""
    points = np.asarray(points, dtype=float)
    distances = np.linalg.norm(np.diff(points, axis=0), axis=1)
    changes = np.linalg.norm(np.diff(objective.hessian(points), axis=0), 2, axis=(1, 2))
    return float((changes / distances).max())
