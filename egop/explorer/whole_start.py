"""The whole start of more than two variables, of which a scene holds two coordinates."""

import numpy as np

from egop.explorer.scene import Scene


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

    def point(self, scene: Scene) -> np.ndarray:
        """(d,) x_0."""
        point = self._start.copy()
        point[self._axes] = scene.start
        return point

    def follow(self, scene: Scene) -> None:
        """Keeps x_0 where it is when the left figure shows other coordinates."""
        axes = list(axes_of(scene))
        if axes != self._axes and max(axes) < len(self._start):
            self._start[self._axes] = scene.start
            self._axes = axes
            scene.start = tuple(self._start[axes].tolist())


def axes_of(scene: Scene) -> tuple[int, int]:
    """The coordinates that the left figure shows, counted from 0."""
    return scene.first_axis - 1, scene.second_axis - 1
