"""Muon, and trust regions in the spectral norm: steps along the polar factor of the momentum."""

from typing import NamedTuple

from egop.methods.method import Method, check_choice, check_hyperparameters
from egop.methods.orthogonalization import (
    ORTHOGONALIZATIONS,
    check_orthogonalization,
    orthogonalized,
)
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.vector_steps import adam_for_vectors

SCALES = ("original", "match_rms", "spectral", "none")
ORDERS = ("momentum_first", "orthogonalize_first")


class Muon(NamedTuple):
    """Hyperparameters of Muon."""

    momentum: float = 0.95
    nesterov: float = 1.0
    weight_decay: float = 0.0
    orthogonalization: str = "newton_schulz"
    iterations: int = 5
    scale: str = "original"
    eps: float = 1e-7
    vector_rate: float = 1.0


class SpectralMomentum(NamedTuple):
    """Hyperparameters of momentum in a trust region of the spectral norm."""

    beta1: float = 0.9
    weight_decay: float = 0.0
    order: str = "momentum_first"
    orthogonalization: str = "exact"
    iterations: int = 5
    eps: float = 1e-7


def muon_update(gradient, state, point, step, h):
    """m ← μm + (1−μ)G; W ← W − η (s · orthogonalized((1−μ)G + μm) + weight_decay W)."""
    (mean,) = state
    mean = h.momentum * mean + (1 - h.momentum) * gradient
    ahead = (1 - h.momentum) * gradient + h.momentum * mean if h.nesterov else mean
    direction = orthogonalized(ahead, h.orthogonalization, h.iterations, h.eps)
    scale = scale_of(gradient.shape, h.scale)
    return decayed(direction if scale == 1 else scale * direction, point, h), 1.0, (mean,)


def spectral_momentum_update(gradient, state, point, step, h):
    """m ← β₁m + (1−β₁)G; W ← (1 − η weight_decay)W − η UVᵀ of m; or m of UVᵀ of G."""
    (mean,) = state
    settings = h.orthogonalization, h.iterations, h.eps
    if h.order == "orthogonalize_first":
        gradient = orthogonalized(gradient, *settings)
    mean = h.beta1 * mean + (1 - h.beta1) * gradient
    direction = mean if h.order == "orthogonalize_first" else orthogonalized(mean, *settings)
    return decayed(direction, point, h), 1.0, (mean,)


def scale_of(shape, scale):
    """The factor of a polar factor (..., m, n)."""
    rows, columns = shape[-2:]
    return {
        "original": max(1.0, rows / columns) ** 0.5,
        "match_rms": 0.2 * max(rows, columns) ** 0.5,
        "spectral": (rows / columns) ** 0.5,
        "none": 1.0,
    }[scale]


def decayed(direction, point, h):
    """The direction with weight decay apart from the gradient, as in AdamW."""
    return direction + h.weight_decay * point if h.weight_decay else direction


MUON = MatrixRule(
    muon_update,
    state=("mean",),
    unchanged_by=("left", "right", "kronecker"),
    reference="Jordan et al. 2024; torch.optim.Muon",
    vectors=adam_for_vectors,
    choices={"orthogonalization": ORTHOGONALIZATIONS, "scale": SCALES},
    counts={"iterations": 1},
)
SPECTRAL_MOMENTUM = MatrixRule(
    spectral_momentum_update,
    state=("mean",),
    unchanged_by=("left", "right", "kronecker"),
    reference="Kovalev, arXiv 2503.12645, the trust region in the spectral norm; the other order, "
    "Tuddenham, Prügel-Bennett, Hare, arXiv 2202.07052",
    choices={"orthogonalization": ORTHOGONALIZATIONS, "order": ORDERS},
    counts={"iterations": 1},
)


@explains_arguments
def muon(
    learning_rate=0.02,
    momentum: float = 0.95,
    nesterov: float = 1.0,
    weight_decay: float = 0.0,
    orthogonalization: str = "newton_schulz",
    iterations: int = 5,
    scale: str = "original",
    eps: float = 1e-7,
    vector_rate: float = 1.0,
) -> Method:
    """Muon: steps along the polar factor UVᵀ of the momentum, times a scale of the shape (m, n).

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ in [0, 1).
        nesterov: 1: the gradient is blended with the new mean once more; 0: it is not.
        weight_decay: decay per unit of learning rate, apart from the gradient.
        orthogonalization: by which polynomials: "newton_schulz", of Jordan et al.,
            "modded_nanogpt", "polar_express" or "cans", which takes about twice the iterations;
            or "exact", by a singular value decomposition.
        iterations: steps of these; the last coefficients of a schedule are repeated.
        scale: "original" √max(1, m/n), "match_rms" 0.2√max(m, n), "spectral" √(m/n), or "none".
        eps: the least norm that a matrix is divided by before the first of these.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "muon", momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, eps=eps,
        vector_rate=vector_rate,
    )  # fmt: skip
    check_orthogonalization("muon", orthogonalization, iterations)
    check_choice("muon", "scale", scale, SCALES)
    h = Muon(
        float(momentum), float(nesterov), float(weight_decay), orthogonalization, iterations,
        scale, float(eps), float(vector_rate),
    )  # fmt: skip
    return Method("muon", learning_rate, h, MUON)


@explains_arguments
def spectral_momentum(
    learning_rate=0.01,
    beta1: float = 0.9,
    weight_decay: float = 0.0,
    order: str = "momentum_first",
    orthogonalization: str = "exact",
    iterations: int = 5,
    eps: float = 1e-7,
) -> Method:
    """Trust region in the spectral norm: m ← β₁m + (1−β₁)G, W ← W − η UVᵀ with m = U diag(σ) Vᵀ.

    A vector is a matrix of one column, and steps along its normalized momentum.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean, in [0, 1).
        weight_decay: decay per unit of learning rate, W ← (1 − η·weight_decay)W before the step.
        order: "momentum_first", the polar factor of the mean of gradients, or
            "orthogonalize_first", the mean of the polar factors of gradients, whose sum with
            factors β₁ᵏ, the momentum of Tuddenham et al., is 1/(1−β₁) times that.
        orthogonalization: "exact", or a name of polynomials that `muon` knows.
        iterations: steps of these.
        eps: the least norm that a matrix is divided by before the first of these.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("spectral_momentum", beta1=beta1, weight_decay=weight_decay, eps=eps)
    check_choice("spectral_momentum", "order", order, ORDERS)
    check_orthogonalization("spectral_momentum", orthogonalization, iterations)
    h = SpectralMomentum(
        float(beta1), float(weight_decay), order, orthogonalization, iterations, float(eps)
    )
    return Method("spectral_momentum", learning_rate, h, SPECTRAL_MOMENTUM)
