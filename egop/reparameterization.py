"""f → f(V·): an objective in the coordinates of a basis."""

from dataclasses import replace

import numpy as np

from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.objectives.objective import Objective
from egop.run_arguments import check_basis, check_objective


def reparameterize(objective: Objective, basis: Eigenbasis) -> Objective:
    """The objective f̃(z) = f(Vz) with ∇f̃(z) = Vᵀ∇f(Vz) and ∇²f̃(z) = Vᵀ∇²f(Vz)V (§2).

    Its minimizers are Vᵀθ*, its domain is the smallest box around the rotated one. An objective
    that is rotated already is rotated again: z ↦ f(U(Vz)).

    Args:
        objective: f with d variables.
        basis: V of the same dimension.

    Raises:
        ValueError: dimensions that differ, a basis of leading coordinates.
        TypeError: not an `Objective`, or not an `Eigenbasis`.
    """
    check_objective(objective, "reparameterize")
    check_basis(basis, objective, "reparameterize")
    if basis.n_active is not None:
        raise ValueError(
            f"reparameterize takes a basis of all coordinates, got the leading {basis.n_active}; "
            "egop.run takes these as its basis"
        )
    V = basis.eigenvectors
    rotation = V if objective.rotation is None else objective.rotation @ V
    minimizer, domain, quadratic = objective.minimizer, objective.domain, objective.quadratic
    if quadratic is not None:
        hessian, center = quadratic
        quadratic = frozen(V.T @ hessian @ V), frozen(center @ V)
    return replace(
        objective,
        name=f"rotated {objective.name.removeprefix('rotated ')}",
        rotation=frozen(rotation),
        minimizer=None if minimizer is None else frozen(minimizer @ V),
        domain=None if domain is None else frozen(_box_around(domain, V)),
        quadratic=quadratic,
    )


def _box_around(domain: np.ndarray, V: np.ndarray) -> np.ndarray:
    """The smallest box (d, 2) that holds z = Vᵀx for every x in a box (d, 2)."""
    middle = domain.mean(axis=1) @ V
    reach = np.ptp(domain, axis=1) / 2 @ np.abs(V)
    return np.stack([middle - reach, middle + reach], axis=1)
