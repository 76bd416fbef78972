"""Shampoo: preconditioners for the sides of a matrix, from sums of outer products of gradients."""

from typing import NamedTuple

from egop.methods.matrices import matrix_power
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.refreshing import is_due
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.state_shapes import mean_and_sides, rows_twice

ACCUMULATIONS = ("sum", "mean")


class Shampoo(NamedTuple):
    """Hyperparameters of Shampoo."""

    eps: float = 1e-6
    exponent: float = 0.5
    refresh: int = 1
    momentum: float = 0.0
    accumulation: str = "sum"
    beta2: float = 0.999


class OneSidedShampoo(NamedTuple):
    """Hyperparameters of one-sided Shampoo."""

    eps: float = 1e-6
    refresh: int = 1


def shampoo_update(gradient, state, point, step, h):
    """L ← L + GGᵀ, R ← R + GᵀG; W ← W − η (L+εI)^{-1/4} G (R+εI)^{-1/4}.

    Of a vector there is L alone, with the power −1/2. With means in place of sums,
    L ← β₂L + (1−β₂)GGᵀ, and G or its mean, divided by 1 − βᵗ.
    """
    mean, left, right, *roots = state
    mean = h.momentum * mean + (1 - h.momentum) * gradient
    kept, new = (1, 1) if h.accumulation == "sum" else (h.beta2, 1 - h.beta2)
    left = kept * left + new * gradient @ gradient.mT
    right = kept * right + new * gradient.mT @ gradient
    if is_due(step, h.refresh):
        total = 1 if h.accumulation == "sum" else 1 - h.beta2**step
        powers = side_powers(gradient.shape[-2:], h.exponent)
        roots = [
            matrix_power(side / total, power, ridge=h.eps)
            for side, power in zip((left, right), powers, strict=True)
        ]
    direction = roots[0] @ mean @ roots[1] / (1 - h.momentum**step)
    return direction, 1.0, (mean, left, right, *roots)


def side_powers(shape, exponent):
    """The powers of L and R: −exponent/k of a tensor of order k, where a side of 1 is none."""
    rows, columns = shape
    if columns == 1:
        return -exponent, 0.0
    return (0.0, -exponent) if rows == 1 else (-exponent / 2, -exponent / 2)


def one_sided_shampoo_update(gradient, state, point, step, h):
    """L ← L + GGᵀ; W ← W − η (L+εI)^{-1/2} G."""
    left, root = state
    left = left + gradient @ gradient.mT
    if is_due(step, h.refresh):
        root = matrix_power(left, -1 / 2, ridge=h.eps)
    return root @ gradient, 1.0, (left, root)


SHAMPOO = MatrixRule(
    shampoo_update,
    state=("mean", "left", "right", "left_root", "right_root"),
    unchanged_by=("left", "right", "kronecker"),
    reference="Gupta, Koren, Singer, arXiv 1802.09568; means: Shi et al., arXiv 2309.06497",
    shapes=mean_and_sides,
    choices={"accumulation": ACCUMULATIONS},
    counts={"refresh": 1},
)
ONE_SIDED_SHAMPOO = MatrixRule(
    one_sided_shampoo_update,
    state=("left", "left_root"),
    unchanged_by=("left", "right", "kronecker"),
    reference="Xie et al., arXiv 2503.10537, from the paper's formulas",
    shapes=rows_twice,
    counts={"refresh": 1},
)


@explains_arguments
def shampoo(
    learning_rate=0.1,
    eps: float = 1e-6,
    exponent: float = 0.5,
    refresh: int = 1,
    momentum: float = 0.0,
    accumulation: str = "sum",
    beta2: float = 0.999,
) -> Method:
    """Shampoo, L ← L + GGᵀ, R ← R + GᵀG, W ← W − η (L+εI)^{-1/4} G (R+εI)^{-1/4}.

    A vector has one side, and the power −1/2: full-matrix AdaGrad with ε under the root.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, what L and R begin with on their diagonals.
        exponent: the power of L ⊗ R, which its sides share; 1 of a matrix: L^{-1/2} G R^{-1/2}.
        refresh: steps from one computation of the roots to the next.
        momentum: decay of the mean of gradients that is preconditioned, in [0, 1); 0: G itself.
        accumulation: "sum", or "mean" for decaying means, both corrected as Adam's are.
        beta2: decay of the means of outer products, in [0, 1).

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("shampoo", eps=eps, exponent=exponent, momentum=momentum, beta2=beta2)
    check_options("shampoo", SHAMPOO, accumulation=accumulation, refresh=refresh)
    h = Shampoo(
        float(eps), float(exponent), int(refresh), float(momentum), accumulation, float(beta2)
    )
    return Method("shampoo", learning_rate, h, SHAMPOO)


@explains_arguments
def one_sided_shampoo(learning_rate=0.1, eps: float = 1e-6, refresh: int = 1) -> Method:
    """One-sided Shampoo, L ← L + GGᵀ, W ← W − η (L+εI)^{-1/2} G: the rows' side alone.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, what L begins with on its diagonal.
        refresh: steps from one computation of the root to the next.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("one_sided_shampoo", eps=eps)
    check_options("one_sided_shampoo", ONE_SIDED_SHAMPOO, refresh=refresh)
    h = OneSidedShampoo(float(eps), int(refresh))
    return Method("one_sided_shampoo", learning_rate, h, ONE_SIDED_SHAMPOO)
