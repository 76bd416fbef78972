"""Shampoo: a preconditioner for each side of a matrix, from sums of outer products of gradients."""

from typing import NamedTuple

from egop.methods.matrices import identity, matrix_power
from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments


class Shampoo(NamedTuple):
    """Hyperparameters of Shampoo."""

    eps: float = 1e-6


def shampoo_update(gradient, state, point, step, h):
    """L ← L + GGᵀ, R ← R + GᵀG; W ← W − η (L+εI)^{-1/4} G (R+εI)^{-1/4}."""
    left, right = state
    left, right = left + gradient @ gradient.mT, right + gradient.mT @ gradient
    roots = [matrix_power(a + h.eps * identity(a), -1 / 4) for a in (left, right)]
    return roots[0] @ gradient @ roots[1], 1.0, (left, right)


def both_sides(shape, h):
    """The shapes (m, m) and (n, n) of GGᵀ and GᵀG."""
    return (shape[0], shape[0]), (shape[1], shape[1])


SHAMPOO = MatrixRule(
    shampoo_update,
    state=("left", "right"),
    unchanged_by=("left", "right", "kronecker"),
    reference="Gupta, Koren, Singer, arXiv 1802.09568",
    shapes=both_sides,
)


@explains_arguments
def shampoo(learning_rate=0.1, eps: float = 1e-6) -> Method:
    """Shampoo, L ← L + GGᵀ, R ← R + GᵀG, W ← W − η (L+εI)^{-1/4} G (R+εI)^{-1/4}.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, what L and R begin with on their diagonals.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("shampoo", eps=eps)
    return Method("shampoo", learning_rate, Shampoo(float(eps)), SHAMPOO)
