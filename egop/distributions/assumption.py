"""Assumption A1 of the paper: where its smoothness bounds may be drawn."""

from typing import NamedTuple

import numpy as np

from egop.distributions.distribution import Distribution, is_isotropic, number
from egop.sentences import fill

ROUND_OFF = 1e-9


class Assumption(NamedTuple):
    """Result of the check of Assumption A1.

    Attributes:
        holds: mean zero, E[θθᵀ] = c²I and c ≥ ‖θ*‖, all of them.
        radius: c, the standard deviation per coordinate √(tr Σ/d); infinite or NaN without one.
        sentence: what holds, or everything that fails.
    """

    holds: bool
    radius: float
    sentence: str


def check_assumption_a1(distribution: Distribution, minimizer=None) -> Assumption:
    """Checks whether ρ has mean zero, E[θθᵀ] = c²I and c ≥ ‖θ*‖ (A1, §2 of the paper).

    Args:
        distribution: ρ.
        minimizer: θ* (d,) or several (k, d), of which the nearest to the origin counts; None when
            it is not known, so that c ≥ ‖θ*‖ cannot be said to hold.
    """
    covariance = distribution.covariance
    radius = float(np.sqrt(covariance.trace() / distribution.dim))
    if not np.isfinite(covariance).all():
        unknown = np.isnan(distribution.tail_index)
        failure = fill("unknown covariance" if unknown else "no covariance")
        return Assumption(False, radius, fill("A1 fails", failures=failure))
    failures = [
        *_mean_failures(distribution.mean, radius),
        *_shape_failures(covariance),
        *_width_failures(radius, minimizer),
    ]
    if failures:
        return Assumption(False, radius, fill("A1 fails", failures="; ".join(failures)))
    return Assumption(True, radius, fill("A1 holds", width=number(radius)))


def _mean_failures(mean: np.ndarray, radius: float) -> list[str]:
    offset = float(np.linalg.norm(mean))
    if offset <= ROUND_OFF * radius:
        return []
    return [fill("mean away from zero", offset=number(offset))]


def _shape_failures(covariance: np.ndarray) -> list[str]:
    if is_isotropic(covariance):
        return []
    variances = np.linalg.eigvalsh(covariance)
    low, high = np.sqrt(np.maximum(variances[[0, -1]], 0.0))
    return [fill("not isotropic", low=number(low), high=number(high))]


def _width_failures(radius: float, minimizer) -> list[str]:
    if minimizer is None:
        return [fill("no minimizer")]
    distance = float(np.linalg.norm(np.atleast_2d(minimizer), axis=-1).min())
    if radius >= distance * (1 - ROUND_OFF):
        return []
    return [fill("too narrow", width=number(radius), distance=number(distance))]
