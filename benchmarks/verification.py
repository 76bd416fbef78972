"""Checks of an objective's gradient and minimum."""

import numpy as np

from benchmarks.cases import Case
from egop import methods
from egop.method_run import run

N_STEPS = 1000
LARGEST_SEARCH = 2_000_000
"""Steps × variables² spent on looking for a value below the minimum."""


def gradient_error(case: Case, n_points: int = 20) -> float:
    """Largest error of ∇f beside central differences of f, relative to ‖∇f‖, at points of ρ."""
    points = case.distribution.sample(n_points, 7)
    gradients = case.objective.gradient(points)
    steps = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, np.abs(points))
    differences = np.empty_like(points)
    for axis in range(case.objective.dim):
        shift = np.zeros_like(points)
        shift[:, axis] = steps[:, axis]
        rise = case.objective.value(points + shift) - case.objective.value(points - shift)
        differences[:, axis] = rise / (2 * steps[:, axis])
    sizes = np.linalg.norm(gradients, axis=1)
    errors = np.linalg.norm(gradients - differences, axis=1)
    return float((errors / np.maximum(sizes, 1e-300)).max())


def check_minimum(
    case: Case,
) -> tuple[float | None, float | None, float | None, float | None]:
    """f*, |f(x*) − f*|, ‖∇f(x*)‖ and the lowest f − f* of runs from many points of ρ."""
    objective = case.objective
    if objective.minimum is None or objective.minimizer is None:
        return None, None, None, None
    values, slopes = objective.value_and_gradient(objective.minimizer)
    n_starts = max(4, LARGEST_SEARCH // (N_STEPS * objective.dim**2))
    starts = case.distribution.sample(n_starts, 11)
    width = float(np.sqrt(np.trace(case.distribution.covariance) / objective.dim))
    factors = np.linspace(1.0, 0.0, N_STEPS)
    path = run(objective, methods.adam(0.05 * width), starts, schedule=factors, keep="values")
    assert path.values is not None
    return (
        objective.minimum,
        float(np.abs(values - objective.minimum).max()),
        float(np.linalg.norm(slopes, axis=-1).max()),
        float(np.nanmin(path.values) - objective.minimum),
    )
