"""The whole start of more than two variables, of which a scene holds two coordinates."""

from typing import Any

import numpy as np

from egop.explorer.scene import AnyScene
from egop.objectives import Objective
from egop.theme import number

MOST_COORDINATES = 4
"""The most coordinates of a point that are written in a sentence."""


class WholeStart:
    """x_0 of one objective: the scene's coordinates where the left figure shows them, its own else.

    Args:
        start: (d,) x_0.
        axes: the coordinates that the left figure shows, counted from 0.
    """

    def __init__(self, start: np.ndarray, axes: tuple[int, int] = (0, 1)):
        self._start, self._axes = start.copy(), list(axes)

    def copy(self) -> "WholeStart":
        """One that changes apart from this one."""
        return WholeStart(self._start, (self._axes[0], self._axes[1]))

    def point(self, scene: AnyScene) -> np.ndarray:
        """(d,) x_0."""
        point = self._start.copy()
        point[self._axes] = scene.start
        return point

    def follow(self, scene: AnyScene) -> dict[str, Any]:
        """The scene's start that keeps x_0 when the left figure shows other coordinates."""
        axes = list(axes_of(scene))
        if axes == self._axes or max(axes) >= len(self._start):
            return {}
        self._start[self._axes] = scene.start
        self._axes = axes
        return {"start": tuple(self._start[axes].tolist())}


def axes_of(scene: AnyScene) -> tuple[int, int]:
    """The coordinates that the left figure shows, counted from 0."""
    return scene.first_axis - 1, scene.second_axis - 1


def check_start(objective: Objective, start: np.ndarray) -> None:
    """ValueError in one sentence where no run can begin."""
    if not np.isfinite(objective.value(start)):
        at = ", ".join(number(each, 3) for each in start[:MOST_COORDINATES])
        more = ", …" if len(start) > MOST_COORDINATES else ""
        raise ValueError(
            f"f is not defined at the start ({at}{more}); click where it is, or type another point"
        )
