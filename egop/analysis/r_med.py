"""R_med along a run: how uneven the diagonal of the Hessian is, in the coordinates of a method."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from egop import metrics
from egop.arrays import shown
from egop.eigenbasis import Eigenbasis
from egop.objectives.objective import Objective, check_objective
from egop.run_arguments import check_basis
from egop.trajectory import Trajectory

HESSIAN_NUMBERS = 4_000_000
"""Numbers in the Hessians that are held at a time: 32 MB."""


def r_med_along(
    objective: Objective,
    points: Trajectory | Any,
    basis: Eigenbasis | None = None,
    *,
    steps: Sequence[int] | np.ndarray | None = None,
    blocks: Sequence[slice] | None = None,
) -> np.ndarray:
    """R_med = max_i |H_ii|/median_i |H_ii| at the points of a run, of each block of variables.

    H is Vᵀ∇²f(x)V, exact where `Objective.hessian` is. R_med is 1 where the curvature along all
    coordinates is the same, and depends on the basis, which is its point: compare methods in the
    coordinates in which each works, and at points of the same value of f, since it changes as f
    falls (`egop.metrics.r_med` says where it comes from).

    Args:
        objective: f.
        points: a trajectory, or points (..., d) in original coordinates.
        basis: V; None: that of the trajectory, at each step the one it was in where the basis was
            refreshed, or original coordinates of points.
        steps: of the first axis, at which it is taken; None: at all.
        blocks: variables that belong together, such as those of a weight matrix; None: the tensors
            of `objective.shapes`, where it declares any. Coordinates of a basis that mixes
            variables of several blocks belong to none of them: all are then one block.

    Returns:
        (..., B) for B blocks, NaN where a run has diverged.

    Raises:
        TypeError: no objective, or no basis.
        ValueError: points, steps or blocks that do not fit.
    """
    check_objective(objective, "r_med_along")
    where = _points(objective, points)
    if basis is None and isinstance(points, Trajectory) and points.eigenvectors is not None:
        V = points.eigenvectors
    elif basis is not None:
        check_basis(basis, objective)
        V = basis.eigenvectors
    elif isinstance(points, Trajectory) and points.bases is not None:
        V = points.bases.by_step(len(where) - 1)
    else:
        V = None
    if steps is not None:
        chosen = _steps(steps, where)
        where, V = where[chosen], V if V is None or V.ndim == 2 else V[chosen]
    if V is not None and V.ndim > 2:
        V = V.reshape(-1, *V.shape[-2:])
    diagonal = _diagonals(objective, where.reshape(-1, objective.dim), V)
    found = [metrics.r_med(diagonal[:, block]) for block in _blocks(objective, blocks, V)]
    return np.stack(found, axis=-1).reshape(*where.shape[:-1], len(found))


def _points(objective: Objective, given: Any) -> np.ndarray:
    if isinstance(given, Trajectory):
        if given.points is None:
            raise ValueError('r_med_along takes the points of a run; run with keep="all"')
        given = given.points
    return objective.check_points(given)


def _steps(steps: Any, points: np.ndarray) -> np.ndarray:
    """The numbers of steps; ValueError unless each is one of the first axis."""
    try:
        chosen = np.asarray(steps)
    except ValueError:
        chosen = np.empty(0)
    most = len(points) - 1 if points.ndim > 1 else -1
    fits = chosen.ndim == 1 and chosen.size > 0 and chosen.dtype.kind in "iu"
    if not fits or chosen.min() < 0 or chosen.max() > most:
        known = f"steps from 0 to {most}" if most >= 0 else "no steps of a single point"
        raise ValueError(f"r_med_along takes {known}, got {shown(steps)}; None takes all")
    return chosen


def _blocks(objective: Objective, given: Any, V: np.ndarray | None) -> list[slice]:
    """The slices of the variables; a single one where V mixes those of several."""
    shapes = getattr(objective, "shapes", None)
    whole = [slice(0, objective.dim)]
    if given is not None:
        blocks = list(given)
        inside = [isinstance(b, slice) and range(*b.indices(objective.dim)) for b in blocks]
        if not blocks or not all(inside):
            raise ValueError(
                "blocks takes slices of the variables, each with at least one of the "
                f"{objective.dim} of {objective.name}, got {shown(given)}"
            )
    elif shapes:
        blocks = [slice(*ends) for ends in pairwise(accumulate(map(prod, shapes), initial=0))]
    else:
        return whole
    return whole if V is not None and any(_mixes(V, block) for block in blocks) else blocks


def _mixes(V: np.ndarray, block: slice) -> bool:
    """True if V takes coordinates of a block out of other variables, or the other way round."""
    outside = np.ones(V.shape[-1], dtype=bool)
    outside[block] = False
    inside = ~outside
    return bool(V[..., outside, :][..., inside].any() or V[..., inside, :][..., outside].any())


def _diagonals(objective: Objective, points: np.ndarray, V: np.ndarray | None) -> np.ndarray:
    """(n, d) the diagonals of VᵀHV at points (n, d), of one V or one for each point.

    NaN where a point or its Hessian is not finite.
    """
    found = np.empty_like(points)
    step = max(1, HESSIAN_NUMBERS // objective.dim**2)
    for first in range(0, len(points), step):
        some = slice(first, first + step)
        with np.errstate(all="ignore"):
            hessians = objective.hessian(points[some])
            if V is None:
                found[some] = np.diagonal(hessians, axis1=-2, axis2=-1)
            else:
                own = V if V.ndim == 2 else V[some]
                found[some] = ((hessians @ own) * own).sum(axis=-2)
    found[~np.isfinite(points).all(axis=-1)] = np.nan
    return found
