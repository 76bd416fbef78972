"""Makes the basis of the right figure from the scene's plain values."""

import numpy as np

from egop import theory
from egop.distributions import Distribution
from egop.eigenbasis import Eigenbasis
from egop.explorer.scene import AnyScene
from egop.method_run import run
from egop.methods import gradient_descent
from egop.objectives import Objective
from egop.refreshed import Refreshed
from egop.theme import count_words

MOST_NUMBERS = 10_000_000
"""Numbers in all bases of a comparison: 80 MB."""


def make_basis(
    scene: AnyScene, objective: Objective, distribution: Distribution, estimate: Eigenbasis
) -> Eigenbasis:
    """The basis of the right figure.

    Args:
        scene: whose basis is one of `egop.explorer.catalog.BASES`.
        objective: f.
        distribution: ρ, for the exact EGOP.
        estimate: the estimated eigenbasis.

    Raises:
        ValueError: the basis does not exist for this objective.
    """
    match scene.basis:
        case "leading":
            return estimate.leading(scene.leading)
        case "exact":
            return _exact_basis(objective, distribution)
        case "random":
            return Eigenbasis.random(objective.dim, scene.seed).oriented()  # turned, never mirrored
        case "dial":
            if objective.dim != 2:
                raise ValueError(f"the dial turns two variables, {objective.name} has more")
            return Eigenbasis.rotation(np.radians(scene.dial_angle))
        case "hessian":
            return _hessian_basis(objective)
    return estimate


def make_refreshed(scene: AnyScene, distribution: Distribution) -> Refreshed | None:
    """Returns how the basis of a scene is estimated anew; None where it stays.

    Raises:
        ValueError: the mean of ρ is not known, or the bases would take too much memory.
    """
    if scene.basis != "refreshed":
        return None
    count = -(-scene.n_steps // scene.every) * len(scene.methods)
    if count * distribution.dim**2 > MOST_NUMBERS:
        least = -(-scene.n_steps * len(scene.methods) * distribution.dim**2 // MOST_NUMBERS)
        raise ValueError(
            f"{count:,} bases of {count_words(distribution.dim, 'variable')} are more than are "
            f"kept; choose at least {count_words(least, 'step')} per refresh, or fewer in all"
        )
    return Refreshed(
        every=scene.every,
        distribution=distribution,
        n_samples=scene.n_samples,
        moments=scene.moments,
        seed=scene.seed,
    )


def first_basis(refreshed: Refreshed, objective: Objective, start: np.ndarray) -> Eigenbasis:
    """The basis around the start, in which every run begins."""
    bases = run(objective, gradient_descent(), start, 0, basis=refreshed).bases
    assert bases is not None
    return bases.at(0)


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
