"""Makes the basis of the right figure from the scene's plain values."""

import numpy as np

from egop import theory
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.objectives import Objective


def make_basis(
    kind: str,
    objective: Objective,
    distribution: Distribution,
    estimate: Eigenbasis,
    angle: float,
    seed: int,
) -> Eigenbasis:
    """The basis of the right figure.

    Args:
        kind: one of `egop.explorer.catalog.BASES`.
        objective: f.
        distribution: ρ, for the exact EGOP.
        estimate: the estimated eigenbasis.
        angle: of the dial, in degrees.
        seed: of the random rotation.

    Raises:
        ValueError: the basis does not exist for this objective.
    """
    match kind:
        case "exact":
            return _exact_basis(objective, distribution)
        case "random":
            return Eigenbasis.random(objective.dim, seed).oriented()  # turned, never mirrored
        case "dial":
            if objective.dim != 2:
                raise ValueError(f"the dial turns two variables, {objective.name} has more")
            return Eigenbasis.rotation(np.radians(angle))
        case "hessian":
            return _hessian_basis(objective)
    return estimate


def _exact_basis(objective: Objective, distribution: Distribution) -> Eigenbasis:
    if objective.quadratic is None:
        raise ValueError(
            "only a quadratic has an exact EGOP; choose the estimated one, which holds for any f"
        )
    finite = np.isfinite(distribution.covariance).all()
    if not finite and np.isnan(distribution.tail_index):
        raise ValueError(
            "the exact EGOP of a quadratic takes a ρ whose mean and covariance are known; "
            "choose the estimated one, which holds for any ρ"
        )
    if not finite:
        raise ValueError(
            "under a ρ without a finite covariance the EGOP of a quadratic is infinite; "
            "choose another ρ"
        )
    return theory.exact_eigenbasis(objective, distribution)


def _hessian_basis(objective: Objective) -> Eigenbasis:
    if objective.minimizer is None:
        raise ValueError(f"{objective.name} has no known minimum whose Hessian could be taken")
    hessian = objective.hessian(objective.minimizer[0])
    if not np.isfinite(hessian).all():
        raise ValueError(f"{objective.name} has no Hessian at its minimum")
    return Eigenbasis.from_hessian(hessian)
