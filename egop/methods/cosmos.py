"""COSMOS: Adam in the leading eigenvectors of the columns' second moment, Muon in the rest."""

from typing import NamedTuple

from egop.methods.eigenbases import adam_alike, completed_qr, first_eigenbasis
from egop.methods.elementwise import divisor
from egop.methods.galore import checked_rank
from egop.methods.matrices import namespace, norm
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.orthogonalization import orthogonalized
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments

ROUND_OFF = 64
"""Units of round-off of the mean up to which its rest counts as 0."""


class Cosmos(NamedTuple):
    """Hyperparameters of COSMOS."""

    rank: int = 0
    beta1: float = 0.9
    beta2: float = 0.95
    rest: float = 0.2
    rms: float = 0.1
    iterations: int = 5
    eps: float = 1e-8
    vector_rate: float = 1.0


def cosmos_update(gradient, state, point, step, h):
    """W ← W − η N/‖N‖, N = D U/(√V + ε) Uᵀ + γ B/‖B‖, B about the polar factor of D − DUUᵀ.

    ‖·‖ is a root mean square, that of the step is `rms`.

    U follows the r leading eigenvectors of the mean of GᵀG by a power iteration and a QR
    decomposition at each step, S is that mean within U, V the mean of (GU)². D is the sum of
    gradients with the newest once more, as in Nesterov's momentum, over its sum of weights.
    """
    mean, second, basis, within = state
    mean = h.beta1 * mean + gradient
    if step == 1:
        old, within = first_eigenbasis(gradient.mT @ gradient)[..., : basis.shape[-1]], 0 * within
        basis = old
    else:
        old = basis
        seen = h.beta2 * old @ within + (1 - h.beta2) * gradient.mT @ (gradient @ old)
        basis = completed_qr(seen, old, full_rank=False)
    turn, along = old.mT @ basis, gradient @ basis
    within = h.beta2 * turn.mT @ within @ turn + (1 - h.beta2) * along.mT @ along
    second = h.beta2 * second + (1 - h.beta2) * along * along
    weights = (1 - h.beta1**step) / (1 - h.beta1)
    ahead = (gradient + h.beta1 * mean) / (1 + h.beta1 * weights)
    inside = ahead @ basis
    root = (second / (1 - h.beta2**step)) ** 0.5 + h.eps
    leading = inside / divisor(inside, root) @ basis.mT
    direction = leading + h.rest * of_unit_entries(orthogonalized_rest(ahead, inside, basis, h))
    return h.rms * of_unit_entries(direction), 1.0, (mean, second, basis, within)


def orthogonalized_rest(ahead, inside, basis, h):
    """About the polar factor of D − DUUᵀ, or 0 where that is round-off."""
    rest = ahead - inside @ basis.mT
    xp = namespace(rest)
    known = norm(rest) > ROUND_OFF * xp.finfo(rest.dtype).eps * norm(ahead)
    rest = xp.where(known, rest, 0.0)
    return orthogonalized(rest, "newton_schulz", h.iterations, 0.0)


def of_unit_entries(a):
    """Matrices with a root mean square of 1, or 0."""
    return a / divisor(a, norm(a) / (a.shape[-2] * a.shape[-1]) ** 0.5)


def cosmos_shapes(shape, h):
    """The shapes of the mean of gradients, V, U and S.

    Raises:
        ValueError: the rank is above the smaller side.
    """
    rows, columns = shape
    rank = checked_rank("cosmos", h.rank, shape)
    return shape, (rows, rank), (columns, rank), (rank, rank)


COSMOS = MatrixRule(
    cosmos_update,
    state=("buffer", "second_moment_along", "directions", "moment_along"),
    unchanged_by=("right",),
    reference="Liu et al., arXiv 2502.17410; github.com/lliu606/COSMOS",
    shapes=cosmos_shapes,
    vectors=adam_alike,
    counts={"rank": 0, "iterations": 1},
)


@explains_arguments
def cosmos(
    learning_rate=0.001,
    rank: int = 0,
    beta1: float = 0.9,
    beta2: float = 0.95,
    rest: float = 0.2,
    rms: float = 0.1,
    iterations: int = 5,
    eps: float = 1e-8,
    vector_rate: float = 1.0,
) -> Method:
    """COSMOS: Adam along r leading eigenvectors of the mean of GᵀG, Muon in what is left of G.

    As in the authors' code. A rotation of the columns changes nothing.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        rank: r, at most the smaller side of each matrix; 0: a quarter of it, rounded up.
        beta1: decay of the sum of gradients, in [0, 1).
        beta2: decay of the means of GᵀG and of squares along U, in [0, 1).
        rest: γ, the root mean square of Muon's part, where Adam's has entries of about 1.
        rms: the root mean square of the entries of a step, apart from η.
        iterations: Newton–Schulz steps.
        eps: ε, outside the root.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range; a rank above the smaller side of a
            matrix, at its first step.
    """
    check_hyperparameters(
        "cosmos", beta1=beta1, beta2=beta2, rest=rest, rms=rms, eps=eps, vector_rate=vector_rate
    )
    check_options("cosmos", COSMOS, rank=rank, iterations=iterations)
    h = Cosmos(
        int(rank), float(beta1), float(beta2), float(rest), float(rms), int(iterations),
        float(eps), float(vector_rate),
    )  # fmt: skip
    return Method("cosmos", learning_rate, h, COSMOS)
