"""The windows of the two landscape figures, and the landscapes in them where they changed."""

from typing import NamedTuple

import numpy as np

from egop.analysis.planes import Plane
from egop.explorer import compute
from egop.explorer.landscape import LandscapeImage, landscape
from egop.objectives import Objective


class View(NamedTuple):
    """The figures as the page has them.

    Attributes:
        steady: whether the windows keep their size, as under the hand that drags in them.
        wide: ratio of the sides of the widest figure.
    """

    steady: bool = False
    wide: float = compute.WIDE


AT_REST = View()


class FigureWindows:
    """Windows and landscapes of the left and the right figure, of one objective at a time.

    Attributes:
        windows: of the figures, of one size.
        hatched: of each landscape, whether f is not defined somewhere in it.
    """

    def __init__(self):
        self.windows: list[compute.Window] = []
        self.hatched: list[bool] = []
        self._planes: list[Plane] = []
        self._drawn: tuple = ()

    def show(
        self, objective: Objective, planes: list[Plane], start: np.ndarray, view: View
    ) -> list[LandscapeImage]:
        """Takes another scene, and returns the landscapes that changed; in two variables one.

        Args:
            objective: f.
            planes: of the figures.
            start: (d,) x_0, which the windows hold.
            view: of the page.
        """
        self._planes = planes
        self.windows = self._windows(objective, start, view)
        in_two = objective.dim == 2
        turned = (
            []
            if in_two
            else [array.tobytes() for plane in planes for array in (plane.axes, plane.anchor)]
        )
        drawn = (objective, self.windows[0].half, view.wide, *turned)
        if drawn == self._drawn:
            return []
        self._drawn = drawn
        shown = zip(planes[: 1 if in_two else 2], self.windows, strict=False)
        pictures = [landscape(objective, plane, window) for plane, window in shown]
        self.hatched = [not picture.whole for picture in pictures]
        return pictures

    def changes(self, objective: Objective, start: np.ndarray, view: View) -> bool:
        """Returns True if `show` is to draw landscapes anew, though the planes stay."""
        if not self._shows(objective):
            return True
        half = self._windows(objective, start, view)[0].half
        return (half, view.wide) != self._drawn[1:3]

    def _shows(self, objective: Objective) -> bool:
        return self._drawn[:1] == (objective,)

    def _windows(self, objective: Objective, start: np.ndarray, view: View) -> list[compute.Window]:
        half = self.windows[0].half if view.steady and self._shows(objective) else None
        return compute.windows_of(objective, self._planes, start, half, view.wide)
