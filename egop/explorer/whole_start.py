"""The whole start of more than two variables, of which a scene holds two coordinates."""

from typing import NamedTuple

import numpy as np

from egop.explorer.scene import AnyScene
from egop.objectives import Objective
from egop.theme import number

MOST_COORDINATES = 4
"""The most coordinates of a point that are written in a sentence."""


class WholeStart(NamedTuple):
    """x_0 of one objective: the scene's coordinates where the left figure shows them, its own else.

    Attributes:
        start: (d,) x_0.
        axes: the coordinates that the left figure shows, counted from 0.
    """

    start: np.ndarray
    axes: tuple[int, int]

    def point(self, scene: AnyScene) -> np.ndarray:
        """(d,) x_0."""
        point = self.start.copy()
        point[[*self.axes]] = scene.start
        return point

    def follow(self, scene: AnyScene) -> "WholeStart":
        """The same x_0 as the left figure shows it."""
        axes = axes_of(scene)
        if axes == self.axes or max(axes) >= len(self.start):
            return self
        return WholeStart(self.point(scene), axes)

    @property
    def shown(self) -> tuple[float, ...]:
        """The scene's start, as the left figure shows it."""
        return tuple(self.start[[*self.axes]].tolist())


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
