"""SPlus: signs of the momentum in the eigenbases of Shampoo's two factors."""

from typing import NamedTuple

import numpy as np

from egop.methods.descent import sign_momentum
from egop.methods.eigenbases import first_eigenbasis, if_spanned, into, out_of
from egop.methods.elementwise import sign
from egop.methods.matrices import without_round_off
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.refreshing import is_due
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.state_shapes import mean_and_sides


class SPlus(NamedTuple):
    """Hyperparameters of SPlus."""

    beta1: float = 0.9
    beta2: float = 0.999
    refresh: int = 100
    skipped: int = 0
    weight_decay: float = 0.0
    vector_rate: float = 0.001


def splus_update(gradient, state, point, step, h):
    """M ← β₁M + (1−β₁)G; W ← W − η·2/(m+n)·Q_L sign(Q_LᵀMQ_R) Q_Rᵀ; then L, R, and their bases.

    L ← β₂L + (1−β₂)GGᵀ, R ← β₂R + (1−β₂)GᵀG. The first step is in the coordinates as they are.
    """
    mean, left, right, *bases = state
    mean = h.beta1 * mean + (1 - h.beta1) * gradient
    direction = sign(mean)
    if step > 1:
        direction = out_of(sign(without_round_off(into(mean, *bases))), *bases)
    left = h.beta2 * left + (1 - h.beta2) * gradient @ gradient.mT
    right = h.beta2 * right + (1 - h.beta2) * gradient.mT @ gradient
    if is_due(step, h.refresh) or step == h.skipped:
        bases = [first_eigenbasis(left), first_eigenbasis(right)]
    length = 2 / sum(gradient.shape[-2:]) if step > h.skipped else 0.0
    return (direction + h.weight_decay * point) * length, 1.0, (mean, left, right, *bases)


def iterate_average(points: np.ndarray, decay: float = 0.999) -> np.ndarray:
    """The decaying mean of a path's points (T+1, ...) after each step (T, ...), without the first.

    SPlus is judged there: at Σ decay^{t−s} x_s/Σ decay^{t−s}, s = 1, …, t.

    Args:
        points: of a run, such as `path.points`.
        decay: in [0, 1).

    Raises:
        ValueError: a decay outside its range.
    """
    check_hyperparameters("iterate_average", decay=decay)
    mean, means = np.zeros_like(points[0]), np.empty_like(points[1:])
    for t, point in enumerate(points[1:], start=1):
        mean = decay * mean + (1 - decay) * point
        means[t - 1] = mean / (1 - decay**t)
    return means


def sign_momentum_for_vectors(h):
    """Signs of the mean of gradients, at a factor of the rate of the matrices."""
    return sign_momentum(h.vector_rate, h.beta1, weight_decay=h.weight_decay)


def splus_can_hold(gradients, h):
    """True for each of L and R whose eigenbasis the gradients before step 1 can determine."""
    rows, columns = gradients.shape
    return gradients.determines(rows, h.skipped), gradients.determines(columns, h.skipped)


def splus_conditions(h):
    """The conditions under which a rotation changes no path: none where step 1 has no bases."""
    return if_spanned("the gradients before the first step span") if h.skipped else {}


SPLUS = MatrixRule(
    splus_update,
    state=("mean", "left", "right", "left_basis", "right_basis"),
    unchanged_if=splus_conditions,
    can_hold=splus_can_hold,
    reference="Frans, Levine, Abbeel, arXiv 2506.07254; github.com/kvfrans/splus",
    shapes=mean_and_sides,
    vectors=sign_momentum_for_vectors,
    counts={"refresh": 1, "skipped": 0},
)


@explains_arguments
def splus(
    learning_rate=0.1,
    beta1: float = 0.9,
    beta2: float = 0.999,
    refresh: int = 100,
    skipped: int = 0,
    weight_decay: float = 0.0,
    vector_rate: float = 0.001,
) -> Method:
    """SPlus: signs of the mean of gradients in the eigenbases of the means of GGᵀ and GᵀG.

    Each step is 2/(m+n) times as long, as in the paper; the authors' torch/splus.py, with
    1/(2(m+n)), takes a quarter of it. The point at which a run is meant to be judged is the mean
    of its iterates, `iterate_average(path.points)`; what measures runs here, experiments too, does
    so at the iterates (`docs/methods.md` says how to do the other). The paper's models take
    weight_decay=0.01.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the means of outer products, in [0, 1).
        refresh: steps from one computation of the eigenbases to the next.
        skipped: gradients that only begin the means and the bases. With 0 the first step is in the
            coordinates as they are, before there are bases.
        weight_decay: of the weights, apart from the gradient.
        vector_rate: factor of η for parameters that are no matrices, which signs step.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "splus", beta1=beta1, beta2=beta2, weight_decay=weight_decay, vector_rate=vector_rate
    )
    check_options("splus", SPLUS, refresh=refresh, skipped=skipped)
    h = SPlus(
        float(beta1), float(beta2), int(refresh), int(skipped), float(weight_decay),
        float(vector_rate),
    )  # fmt: skip
    return Method("splus", learning_rate, h, SPLUS)
