"""Muon: momentum whose matrix is replaced by its polar factor."""

from typing import NamedTuple

from egop.methods.adaptive import adam
from egop.methods.matrices import norm, polar
from egop.methods.method import Method, check_choice, check_count, check_hyperparameters
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments

ORTHOGONALIZATIONS = ("newton_schulz", "exact")

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Coefficients of Jordan et al.: σ ← aσ + bσ³ + cσ⁵ brings σ from (0, 1] to about [0.7, 1.2]."""


class Muon(NamedTuple):
    """Hyperparameters of Muon."""

    momentum: float = 0.95
    nesterov: float = 1.0
    orthogonalization: str = "newton_schulz"
    iterations: int = 5
    eps: float = 1e-7
    vector_rate: float = 1.0


def muon_update(gradient, state, point, step, h):
    """m ← μm + (1−μ)G; W ← W − η √max(1, m/n) · orthogonalized((1−μ)G + μm)."""
    (mean,) = state
    mean = h.momentum * mean + (1 - h.momentum) * gradient
    ahead = (1 - h.momentum) * gradient + h.momentum * mean if h.nesterov else mean
    rows, columns = gradient.shape[-2:]
    direction = polar(ahead) if h.orthogonalization == "exact" else newton_schulz(ahead, h)
    return direction * max(1.0, rows / columns) ** 0.5, 1.0, (mean,)


def newton_schulz(a, h):
    """About the polar factor, by quintic Newton–Schulz steps on the shorter side."""
    x = a.mT if a.shape[-2] > a.shape[-1] else a
    x = x / (norm(x) + h.eps)
    for _ in range(int(h.iterations)):
        gram = x @ x.mT
        x = QUINTIC[0] * x + (QUINTIC[1] * gram + QUINTIC[2] * gram @ gram) @ x
    return x.mT if a.shape[-2] > a.shape[-1] else x


def adam_for_vectors(h):
    """Adam at a factor of the rate of the matrices."""
    return adam(h.vector_rate)


MUON = MatrixRule(
    muon_update,
    state=("mean",),
    unchanged_by=("left", "right", "kronecker"),
    reference="Jordan et al. 2024; torch.optim.Muon",
    vectors=adam_for_vectors,
    choices={"orthogonalization": ORTHOGONALIZATIONS},
)


@explains_arguments
def muon(
    learning_rate=0.02,
    momentum: float = 0.95,
    nesterov: float = 1.0,
    orthogonalization: str = "newton_schulz",
    iterations: int = 5,
    eps: float = 1e-7,
    vector_rate: float = 1.0,
) -> Method:
    """Muon: steps along the polar factor UVᵀ of the momentum, times √max(1, m/n).

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ in [0, 1).
        nesterov: 1: the gradient is blended with the new mean once more; 0: it is not.
        orthogonalization: "newton_schulz" or "exact", by a singular value decomposition.
        iterations: Newton–Schulz steps.
        eps: added to the norm by which these begin.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "muon", momentum=momentum, nesterov=nesterov, eps=eps, vector_rate=vector_rate
    )
    check_choice("muon", "orthogonalization", orthogonalization, ORTHOGONALIZATIONS)
    check_count("muon", "iterations", iterations)
    h = Muon(
        float(momentum), float(nesterov), orthogonalization, iterations, float(eps),
        float(vector_rate),
    )  # fmt: skip
    return Method("muon", learning_rate, h, MUON)
