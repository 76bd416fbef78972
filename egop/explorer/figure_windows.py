"""The windows of the two landscape figures, and the landscapes in them where they changed."""

import numpy as np

from egop.analysis.planes import Plane
from egop.explorer import compute
from egop.explorer.landscape import LandscapeImage, landscape
from egop.objectives import Objective


class FigureWindows:
    """Planes, windows and landscapes of the left and the right figure, of one objective at a time.

    Attributes:
        planes: of the figures.
        windows: of the figures, of one size.
        pictures: landscapes to be drawn anew; empty when they stay.
        turn: V (2, 2) when the right landscape is the left one turned.
        wide: ratio of the sides of the widest figure on the page; somebody sets it.
        hatched: of each landscape, whether f is not defined somewhere in it.
    """

    def __init__(self):
        self.planes: list[Plane] = []
        self.windows: list[compute.Window] = []
        self.pictures: list[LandscapeImage] = []
        self.turn: np.ndarray | None = None
        self.wide = compute.WIDE
        self.hatched: list[bool] = []
        self._drawn: tuple = ()

    def show(
        self, objective: Objective, planes: list[Plane], start: np.ndarray, steady: bool
    ) -> None:
        """Takes another scene, and makes its landscapes where they changed.

        Args:
            objective: f.
            planes: of the figures.
            start: (d,) x_0, which the windows hold.
            steady: whether the windows keep their size, as under the hand that drags in them.
        """
        kept = steady and self._shows(objective)
        self.planes = planes
        self.windows = self._windows(objective, start, kept)
        in_two = objective.dim == 2
        self.turn = planes[1].axes if in_two else None
        turned = [] if in_two else [plane.axes.tobytes() for plane in planes]
        drawn = (objective, self.windows[0].half, self.wide, *turned)
        self.pictures = []
        if drawn != self._drawn:
            self._drawn = drawn
            self.pictures = [
                landscape(objective, plane, window)
                for plane, window in zip(planes[: 1 if in_two else 2], self.windows, strict=False)
            ]
            self.hatched = [not picture.whole for picture in self.pictures]

    def changes(self, objective: Objective, start: np.ndarray, steady: bool) -> bool:
        """Returns True if `show` is to draw landscapes anew, though the planes stay."""
        if not self._shows(objective):
            return True
        half = self._windows(objective, start, steady)[0].half
        return (half, self.wide) != self._drawn[1:3]

    def _shows(self, objective: Objective) -> bool:
        return self._drawn[:1] == (objective,)

    def _windows(self, objective: Objective, start: np.ndarray, kept: bool) -> list:
        half = self.windows[0].half if kept else None
        return compute.windows_of(objective, self.planes, start, half, self.wide)
