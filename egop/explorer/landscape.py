"""The picture of f: an image of ranks, hatched where f is not defined, and iso-lines."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from contourpy import contour_generator

from egop.analysis.planes import Plane
from egop.explorer.compute import Window
from egop.objectives import Objective

GRID = 105
"""Points along half a window's side at which the landscape is evaluated."""
FINER = 2.5
"""Pixels of the image per point, interpolated."""
HIGHEST = 253
"""Value of the image's highest level."""
UNDEFINED, HATCHED = 254, 255
"""Values of its pixels where f is not finite: between and on the lines of a hatching."""
HATCH = (20, 2)
"""Pixels from one line of the hatching to the next along a row, and the width of a line."""
LEVELS = 14
"""Iso-lines, at equal shares of the picture's area."""
MOST_POINTS = 150_000
"""The most points of all iso-lines; 90,000 is the most of what there is to choose."""
KEPT = 16
"""Landscapes, of all visitors together; each takes half a megabyte."""

Row = tuple[float, ...]


@dataclass(frozen=True)
class LandscapeImage:
    """The picture of f: an image of ranks and its iso-lines.

    Attributes:
        image: (n, n) uint8, from 0 for the lowest values to `HIGHEST`, hatched where f is not
            finite; row 0 is the bottom.
        xs: first coordinates of the iso-lines of each level, NaN between its lines; empty where
            f changes so fast that lines would cover the picture.
        ys: second coordinates.
        corner: (2,) lower left corner of the image.
        side: of the image.
        whole: whether f is finite wherever a figure along the plane's axes looks.
    """

    image: np.ndarray
    xs: list[np.ndarray]
    ys: list[np.ndarray]
    corner: np.ndarray
    side: float
    whole: bool


def landscape(objective: Objective, plane: Plane, window: Window) -> LandscapeImage:
    """f on the window and around it, by rank: every level covers the same area of the picture.

    Ranks show the shape of any function, however its values are scaled, and are the same in every
    basis. Where a value is not finite the picture is hatched and has no lines.

    The last ones are kept: a class that follows its lecturer looks at the same ones. Those of
    functions in Python are not, which may give something else the next time.
    """
    if objective.kernel is None:
        return _landscape(objective, plane, window)
    x, y = map(tuple, plane.axes.T)
    return _kept_landscape(
        objective, (tuple(plane.anchor), x, y), tuple(window.center), window.half, window.wide
    )


@lru_cache(maxsize=KEPT)
def _kept_landscape(
    objective: Objective, place: tuple[Row, Row, Row], center: Row, half: float, wide: float
) -> LandscapeImage:
    anchor, x, y = place
    plane = Plane(np.array(anchor), np.array([x, y]).T, ("", ""))
    return _landscape(objective, plane, Window(np.array(center), half, wide))


def _landscape(objective: Objective, plane: Plane, window: Window) -> LandscapeImage:
    grid = round((GRID if objective.dim == 2 else GRID / 3) * window.reach / window.half)
    axis = np.linspace(-1, 1, grid)
    points = np.stack(np.meshgrid(axis, axis), axis=-1) * window.reach + window.center
    values = objective.value(plane.lift(points))
    away = np.abs(points - window.center) / window.half
    inside = away.max(axis=-1) <= 1
    seen = (away <= (window.wide, 1.0)).all(axis=-1)
    ranks = _ranks(values, values[inside & np.isfinite(values)])
    paths = _iso_lines(points, ranks)
    return LandscapeImage(
        _image(ranks),
        [path[:, 0] for path in paths],
        [path[:, 1] for path in paths],
        window.center - window.reach,
        2 * window.reach,
        bool(np.isfinite(values[seen]).all()),
    )


def _iso_lines(points: np.ndarray, ranks: np.ndarray) -> list[np.ndarray]:
    """The lines of each level as one array (k, 2) with NaN between them; Bokeh is slow with many.

    None where there would be more than `MOST_POINTS`, which hold up the server and the browser.
    """
    lines = contour_generator(
        points[..., 0], points[..., 1], np.ma.masked_invalid(ranks), line_type="ChunkCombinedNan"
    )
    levels = np.linspace(0, 255, LEVELS + 2)[1:-1]
    found: Any = [path for level in levels for path in lines.lines(level)[0] if path is not None]
    few = sum(map(len, found)) <= MOST_POINTS
    return [path.astype(np.float32) for path in found] if few else []


def _image(ranks: np.ndarray) -> np.ndarray:
    """Ranks (n, n) from 0 to 255 as a finer picture, hatched where they are NaN."""
    from scipy.ndimage import distance_transform_edt, zoom

    unknown = np.isnan(ranks)
    if unknown.any() and not unknown.all():  # so that what is known keeps its colors at the border
        known: Any = distance_transform_edt(unknown, return_distances=False, return_indices=True)
        ranks = ranks[tuple(known)]
    finer = np.asarray(zoom(np.nan_to_num(ranks), FINER, order=1))
    image = np.clip(finer * HIGHEST / 255, 0, HIGHEST).astype(np.uint8)
    if not unknown.any():
        return image
    outside = np.asarray(zoom(unknown.astype(float), FINER, order=1)) > 0.5
    rows, columns = np.indices(image.shape)
    period, width = HATCH
    hatching = np.where((rows + columns) % period < width, HATCHED, UNDEFINED)
    return np.where(outside, hatching, image).astype(np.uint8)


def _ranks(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values (...) as ranks from 0 to 255 among known ones; NaN where they are not finite."""
    finite = np.isfinite(values)
    if len(known) == 0:
        return np.where(finite, 255.0, np.nan)
    steps = np.unique(np.quantile(known, np.linspace(0, 1, 256)))
    shares = np.linspace(0, 255, len(steps)) if len(steps) > 1 else np.zeros(1)
    ranks = np.interp(np.where(finite, values, np.inf), steps, shares, right=255.0)
    return np.where(finite, ranks, np.nan)
