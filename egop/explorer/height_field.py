"""The landscape as a surface: heights over the window, and paths that lie on it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from contourpy import contour_generator

from egop.analysis.planes import Plane
from egop.explorer.compute import Window
from egop.explorer.landscape import LEVELS
from egop.objectives import Objective

CELLS = 48
"""Cells along a side."""
RANKS = 256


@dataclass(frozen=True, eq=False)
class HeightField:
    """f over a window by rank: 0 at its lowest value there, 1 at its highest.

    Ranks show the shape of any function, however its values are scaled; a height of 0.3 says that
    f is lower on 30 % of the window.

    Attributes:
        plane: that the surface stands on.
        window: the square of the plane.
        heights: (n, n) row by row, the second coordinate rising from row to row; NaN where f is not
            finite.
        quantiles: (m,) values of f, ascending; their heights are evenly spaced.
    """

    plane: Plane
    window: Window
    heights: np.ndarray
    quantiles: np.ndarray

    @cached_property
    def lines(self) -> np.ndarray:
        """(k, 3) iso-lines at the levels of the landscape, as of `place`; NaN between two."""
        axis = np.linspace(-1, 1, len(self.heights))
        heights = np.ma.masked_invalid(self.heights)
        lines = contour_generator(axis, axis, heights, line_type="ChunkCombinedNan")
        parts = [np.empty((0, 3))]
        for level in np.linspace(0, 1, LEVELS + 2)[1:-1]:
            for path in lines.lines(level)[0]:
                if path is not None:
                    parts += [np.insert(path, 2, level, axis=1), np.full((1, 3), np.nan)]
        return np.concatenate(parts)

    def height(self, values) -> np.ndarray:
        """Heights of values of f, 1 where they are infinite and NaN where they are NaN."""
        evenly = np.linspace(0, 1, len(self.quantiles)) if len(self.quantiles) > 1 else [0.0]
        return np.interp(values, self.quantiles, evenly)

    def place(self, coordinates, values) -> np.ndarray:
        """Points of the plane (n, 2) with values (n,) as (n, 3): across, up (−1 to 1) and height.

        Points outside the window are NaN. Beyond two variables a point has its own value, not that
        of the plane beneath it.
        """
        flat = (coordinates - self.window.center) / self.window.half
        inside = (np.abs(flat) <= 1 + 1e-9).all(axis=-1, keepdims=True)
        placed = np.concatenate([flat, self.height(values)[..., None]], axis=-1)
        return np.where(inside, placed, np.nan)


def height_field_of(objective: Objective, plane: Plane, window: Window) -> HeightField:
    """The surface of f over a window, with holes where f is not finite."""
    axis = np.linspace(-1, 1, CELLS + 1) * window.half
    points = np.stack(np.meshgrid(axis, axis), axis=-1) + window.center
    values = objective.value(plane.lift(points))
    known = values[np.isfinite(values)]
    quantiles = np.unique(np.quantile(known, np.linspace(0, 1, RANKS))) if len(known) else []
    height_field = HeightField(
        plane, window, np.empty(0), np.array(quantiles if len(known) else [0.0])
    )
    heights = height_field.height(np.where(np.isfinite(values), values, np.nan))
    return HeightField(plane, window, heights, height_field.quantiles)
