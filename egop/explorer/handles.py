"""The handles of a figure: the start, the mean of ρ, and the ends of its ellipse's axes."""

from collections.abc import Callable

import numpy as np

from egop.distributions import Distribution, StudentT
from egop.explorer.compute import DEVIATIONS
from egop.explorer.pointer import Handle, stretch, tilt_of
from egop.explorer.scene import OWN, Scene
from egop.explorer.tabs import ComparisonResult

WITHOUT_HANDLES = ("xavier_normal", "along_path", OWN)
"""Distributions whose mean and width are not set by hand."""


def handles_of(shown: ComparisonResult, side: int) -> list[Handle]:
    """The handles of a figure where they are drawn, the start first.

    Beyond two variables only the start moves, along the original coordinates of the left figure.

    Args:
        shown: the comparison on the page.
        side: 0 for the left figure, 1 for the right one.
    """
    scene, plane = shown.scene, shown.planes[side]
    if len(plane.axes) > 2:
        start = Handle(plane.project(shown.start), lambda point: set_point(scene, "start", point))
        return [start] if side == 0 else []
    moves: list[tuple[np.ndarray, Callable[[np.ndarray], None]]] = [
        (shown.start, lambda point: set_point(scene, "start", point))
    ]
    if scene.distribution not in WITHOUT_HANDLES:
        center = center_of(shown.distribution)
        moves.append((center, lambda point: set_point(scene, "mean", point)))
        moves += ends_of(shown.distribution, scene)
    return [
        Handle(plane.project(at), lambda point, move=move: move(plane.lift(point)))
        for at, move in moves
    ]


def set_point(scene: Scene, name: str, point: np.ndarray) -> None:
    """Sets a point of the scene, to six digits."""
    setattr(scene, name, tuple(float(f"{c:.6g}") for c in point))


def center_of(distribution: Distribution) -> np.ndarray:
    """The mean (d,) of ρ, or the point around which it lies where a heavy tail leaves no mean."""
    return distribution.center if isinstance(distribution, StudentT) else distribution.mean


def ends_of(
    distribution: Distribution, scene: Scene
) -> list[tuple[np.ndarray, Callable[[np.ndarray], None]]]:
    """All four ends (2,) of the axes of ρ's ellipse, and what pulling each of them does.

    Both ends of an axis are there, so that an end stays under the hand when its axis becomes the
    shorter one. There are none where ρ has no finite covariance and so no ellipse.
    """
    if not np.isfinite(distribution.covariance).all():
        return []
    variances, axes = np.linalg.eigh(distribution.covariance)
    lengths = DEVIATIONS * np.sqrt(variances[::-1])
    longer, shorter = float(lengths[0]), float(lengths[1])
    width = scene.scale

    def pull(pulled: int, point: np.ndarray) -> None:
        arm = point - distribution.mean
        if not np.linalg.norm(arm) > 0:
            return
        changes: dict[str, float] = {}
        if scene.distribution == "gaussian":
            scale, ratio, tilt = stretch((longer, shorter), pulled, arm)
            changes["elongation"] = round(min(ratio, scene.param.elongation.bounds[1]), 4)
        else:
            scale = width * float(np.linalg.norm(arm)) / lengths[pulled]
            tilt = tilt_of(arm, pulled)
        if scene.distribution in {"gaussian", "mixture"}:
            changes["tilt"] = round(tilt, 2)
        low, high = scene.param.scale.bounds
        scene.param.update(scale=float(np.clip(float(f"{scale:.4g}"), low, high)), **changes)

    return [
        (
            distribution.mean + sign * lengths[axis] * axes[:, 1 - axis],
            lambda point, axis=axis: pull(axis, point),
        )
        for axis in (0, 1)
        for sign in (1, -1)
    ]
