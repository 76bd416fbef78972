"""The scene's values that make a distribution which was made elsewhere, where there are some."""

from typing import Any

import numpy as np

from egop import distributions
from egop.distributions import Distribution
from egop.explorer import catalog
from egop.explorer.scene import Scene

SHAPED = {
    distributions.Gaussian: "gaussian",
    distributions.UniformBox: "uniform_box",
    distributions.UniformBall: "uniform_ball",
    distributions.Sphere: "sphere",
    distributions.Laplace: "laplace",
    distributions.StudentT: "student_t",
}
"""Distributions that the controls can make again, and their names there."""


def shape_of(distribution: Distribution) -> dict[str, Any]:
    """The scene's values that make an equal distribution; empty where there are none."""
    kind = SHAPED.get(type(distribution))
    covariance, dim = distribution.covariance, distribution.dim
    if kind is None or distribution.mean[2:].any() or dim < 2:
        return {}
    values: dict[str, Any] = {"mean": tuple(distribution.mean[:2].tolist())}
    if isinstance(distribution, distributions.StudentT):
        values |= {
            "mean": tuple(distribution.center[:2].tolist()),
            "scale": float(distribution.scale),
            "degrees_of_freedom": float(distribution.degrees_of_freedom),
        }
    elif isinstance(distribution, distributions.Gaussian) and dim == 2:
        values |= axes_of(covariance)
    else:
        values["scale"] = float(np.sqrt(covariance.trace() / dim))
    for name, value in values.items():
        low, high = getattr(Scene.param[name], "bounds", None) or (-np.inf, np.inf)
        if not low <= np.min(value) <= np.max(value) <= high:
            return {}
    scene = Scene(**values)
    mean = np.zeros(dim)
    mean[:2] = scene.mean
    made = catalog.make_distribution(
        kind, mean, scene.scale, (scene.elongation, scene.tilt), scene.degrees_of_freedom
    )
    points = [each.sample(8, 0) for each in (made, distribution)]
    return {**values, "distribution": kind} if np.allclose(*points, rtol=1e-6) else {}


def axes_of(covariance: np.ndarray) -> dict[str, float]:
    """Width, elongation and tilt of a Gaussian in two variables."""
    (low, high), vectors = np.linalg.eigh(covariance)
    if not low > 0:
        return {"scale": 0.0}
    if np.isclose(low, high, rtol=1e-12):
        return {"scale": float(np.sqrt(high)), "elongation": 1.0, "tilt": 0.0}
    x, y = vectors[:, 1]
    tilt = float(np.degrees(np.arctan2(y, x)))
    tilt = tilt - 180 if tilt > 90 else tilt + 180 if tilt < -90 else tilt
    return {
        "scale": float((low * high) ** 0.25),
        "elongation": float(np.sqrt(high / low)),
        "tilt": tilt,
    }
