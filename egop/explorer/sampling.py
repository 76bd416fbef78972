"""The sampling distribution ρ of a scene, and what is to be said of the sample drawn from it."""

from collections.abc import Mapping

import numpy as np

from egop.distributions import AlongPath, Distribution, XavierNormal, check_assumption_a1
from egop.explorer import catalog
from egop.explorer.scene import OWN, AnyScene
from egop.gradients import GradientSample
from egop.method_run import run
from egop.methods import Method
from egop.objectives import Objective

JITTER = 0.05
"""Noise around a path whose points are the sample, in units of ρ's width."""


def distribution_of(
    scene: AnyScene,
    objective: Objective,
    start: np.ndarray,
    methods: Mapping[str, Method],
) -> Distribution:
    """ρ as the scene's values say.

    Args:
        scene: the settings.
        objective: f.
        start: (d,) x_0, of the path along which ρ may lie.
        methods: at their rates; the first one's path it is.

    Raises:
        ValueError: one sentence.
    """
    if scene.distribution == "xavier_normal":
        return XavierNormal(catalog.blocks_of(objective))
    if scene.distribution == "along_path":
        if not methods:
            raise ValueError("a sample along a path takes a method; choose one")
        points = run(objective, next(iter(methods.values())), start, scene.n_steps).points
        assert points is not None
        return AlongPath(points[np.isfinite(points).all(axis=1)], jitter=JITTER * scene.scale)
    mean = np.zeros(objective.dim)
    mean[:2] = scene.mean
    shape = (scene.elongation, scene.tilt), scene.degrees_of_freedom, scene.separation
    return catalog.make_distribution(scene.distribution, mean, scene.scale, *shape)


def remark_on(
    scene: AnyScene, sample: GradientSample, objective: Objective, distribution: Distribution
) -> str:
    """A remark on how many points of the sample are left out, or on ρ; "" where there is none."""
    excluded = sample.n_excluded
    if excluded:
        return (
            f"{excluded:,} of {excluded + sample.n_samples:,} points of ρ are left out: f or its "
            "gradient is not finite there."
        )
    if scene.distribution == OWN:
        return f"ρ is yours, {distribution.describe()}: its width is not set here."
    assumption = check_assumption_a1(distribution, objective.minimizer)
    return "" if assumption.holds else assumption.sentence
