"""SOAP: Adam in the eigenbases of Shampoo's two factors, which are refreshed now and then."""

from math import ceil
from typing import NamedTuple

from egop.methods.eigenbases import (
    SIDES,
    adam_alike,
    adam_step,
    first_eigenbasis,
    if_spanned,
    into,
    moments,
    out_of,
    power_iteration,
    reordered,
    turned_sides,
)
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments

BASES = ("refreshed", "frozen")
FACTORS = ("recent", "all")


class Soap(NamedTuple):
    """Hyperparameters of SOAP."""

    beta1: float = 0.95
    beta2: float = 0.95
    eps: float = 1e-8
    refresh: int = 10
    warm_up: int = 1
    basis: str = "refreshed"
    factors: str = "recent"
    sides: str = "both"
    vector_rate: float = 1.0


def soap_update(gradient, state, point, step, h):
    """W ← W − η Q_L N Q_Rᵀ, N Adam's step of Q_LᵀGQ_R, whose mean of G is in W's coordinates.

    Then L ← β₂L + (1−β₂)GGᵀ and R ← β₂R + (1−β₂)GᵀG, and after every f steps Q ← QR(LQ). The first
    gradients only make the factors, and their eigenbases.
    """
    first, second, left, right, *bases = state
    start = first_steps(gradient.shape, h)
    direction, count = 0 * gradient, step - start
    if count > 0:
        first, second = moments(first, second, gradient, into(gradient, *bases), h)
        direction = out_of(adam_step(into(first, *bases), second, h, count), *bases)
    if count <= 0 or h.basis == "refreshed":
        weight = 1 - h.beta2 if h.factors == "recent" else 1 / step
        left = mean_product(left, gradient, weight)
        right = mean_product(right, gradient.mT, weight)
    if count == 0:
        bases = [first_eigenbasis(a) if a.shape[-1] else a for a in (left, right)]
    elif count > 0 and h.basis == "refreshed" and count % h.refresh == 0:
        full_rank = step * min(gradient.shape[-2:]) >= max(gradient.shape[-2:])
        bases, second = refreshed((left, right), bases, second, full_rank)
    return direction, 1.0, (first, second, left, right, *bases)


def mean_product(mean, gradient, weight):
    """A mean of GGᵀ in which the newest has a weight; as it is where its side is not turned."""
    if not mean.shape[-1]:
        return mean
    return mean + weight * (gradient @ gradient.mT - mean)


def refreshed(factors, bases, second, full_rank):
    """The bases of both sides after a power iteration, and the second moments that follow them."""
    made = list(bases)
    for side, axis in enumerate((-2, -1)):
        if bases[side].shape[-1]:
            made[side], order = power_iteration(factors[side], bases[side], full_rank)
            second = reordered(second, order, axis)
    return made, second


def first_steps(shape, h):
    """The number of gradients that make the first bases: what `warm_up` of `soap` says."""
    rows, columns = shape[-2:]
    return h.warm_up or ceil(max(rows, columns) / min(rows, columns))


def soap_shapes(shape, h):
    """The shapes of both moments, of L, R, and of their eigenbases."""
    rows, columns = turned_sides(shape, h.sides)
    return shape, shape, *(2 * ((rows, rows), (columns, columns)))


def soap_can_hold(gradients, h):
    """True for each of L and R whose eigenbasis the first gradients can determine."""
    count = first_steps(gradients.shape, h)
    left, right = turned_sides(gradients.shape, h.sides)
    return (
        left > 0 and gradients.determines(left, count),
        right > 0 and gradients.determines(right, count),
    )


def soap_conditions(h):
    """The conditions under which a rotation changes no path, by its kind."""
    spanned = if_spanned("the gradients before the first eigenbases span")
    if h.sides == "both":
        return spanned
    compared = {"left": "≤", "right": "≥", "kronecker": "="}
    return {kind: f"where rows {compared[kind]} columns, {each}" for kind, each in spanned.items()}


SOAP = MatrixRule(
    soap_update,
    state=(
        "first_moment", "second_moment_in_eigenbasis", "left", "right", "left_basis", "right_basis",
    ),
    unchanged_if=soap_conditions,
    can_hold=soap_can_hold,
    reference="Vyas et al., arXiv 2409.11321",
    shapes=soap_shapes,
    vectors=adam_alike,
    choices={"basis": BASES, "factors": FACTORS, "sides": SIDES},
    counts={"refresh": 1, "warm_up": 0},
)  # fmt: skip


@explains_arguments
def soap(
    learning_rate=0.003,
    beta1: float = 0.95,
    beta2: float = 0.95,
    eps: float = 1e-8,
    refresh: int = 10,
    warm_up: int = 1,
    basis: str = "refreshed",
    factors: str = "recent",
    sides: str = "both",
    vector_rate: float = 1.0,
) -> Method:
    """SOAP: Adam in the eigenbases Q_L, Q_R of the means L of GGᵀ and R of GᵀG.

    While L or R has not full rank, a part of its eigenbasis is arbitrary: of m×n matrices with
    m ≠ n it has none after one gradient, so that by default paths differ between coordinates W and
    UᵀWV. With `warm_up=0` they are the same where each gradient has full rank. Adam in a Kronecker
    basis of the EGOP is SOAP in a frozen basis whose factors are means over ρ.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of their squares, and of L and R, in [0, 1).
        eps: ε, outside the root.
        refresh: f, the number of steps after which the bases follow L and R by a power iteration
            and a QR decomposition.
        warm_up: gradients that only make L and R; 0: as many as may give them full rank,
            ⌈max(m/n, n/m)⌉.
        basis: "refreshed", or "frozen": as it is after the warm-up.
        factors: "recent": means that decay by β₂; "all": over all gradients so far, whose points
            the run itself has drawn, as the EGOP averages over those drawn from ρ.
        sides: "both", or "shorter": the longer side keeps its coordinates.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("soap", beta1=beta1, beta2=beta2, eps=eps, vector_rate=vector_rate)
    check_options(
        "soap", SOAP,
        refresh=refresh, warm_up=warm_up, basis=basis, factors=factors, sides=sides,
    )  # fmt: skip
    h = Soap(
        float(beta1), float(beta2), float(eps), int(refresh), int(warm_up), basis, factors, sides,
        float(vector_rate),
    )  # fmt: skip
    return Method("soap", learning_rate, h, SOAP)
