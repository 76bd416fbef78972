"""Poles of a gradient beside its largest samples."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from egop.gradients import GradientSample
    from egop.objectives import Objective

CLIMBS, CLIMB_STEPS, SHORT, TENFOLD = 8, 40, 0.05, 10.0
"""Largest gradients beside which a pole is looked for, the steps of each way, its length in widths
of the sample, and the growth of the gradient that counts as one."""


def has_pole(objective: "Objective", sample: "GradientSample", width: float) -> bool:
    """True if ‖∇f‖ grows tenfold on a short way from one of the largest sampled gradients.

    It is followed up and down the gradient, which is normal to a set of poles close by, over at
    most 5 % of the sample's width, on a grid that is refined twice where it is largest.

    Args:
        objective: f.
        sample: of gradients.
        width: of the sample.
    """
    norms = np.linalg.norm(sample.gradients, axis=1)
    largest = np.argsort(-norms)[:CLIMBS]
    largest = largest[norms[largest] > 0]
    directions = sample.gradients[largest] / norms[largest, None]
    starts, ways = (
        np.tile(sample.points[largest], (2, 1)),
        np.concatenate([directions, -directions]),
    )
    low, high = np.full((2, len(starts)), width) * np.array([[1e-6], [SHORT]])
    growth = 0.0
    for _ in range(3):
        lengths = np.geomspace(low, high, CLIMB_STEPS)
        found = _norms(objective, starts + lengths[..., None] * ways)
        best, columns = found.argmax(axis=0), np.arange(len(starts))
        grown = found[best, columns] / np.tile(norms[largest], 2)
        passed = best < CLIMB_STEPS - 1  # what still grows at the end may be an exponential
        growth = max(growth, float(grown[passed].max(initial=0.0)))
        low = lengths[np.maximum(best - 1, 0), columns]
        high = lengths[np.minimum(best + 1, CLIMB_STEPS - 1), columns]
    return growth >= TENFOLD


def _norms(objective: "Objective", points: np.ndarray) -> np.ndarray:
    """‖∇f‖ (...) at points (..., d), 0 where f is not defined."""
    try:
        values, gradients = objective.value_and_gradient(points)
    except (ArithmeticError, ValueError):
        return np.zeros(points.shape[:-1])
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(gradients, axis=-1)
    return np.where(np.isfinite(values) & ~np.isnan(norms), norms, 0.0)
