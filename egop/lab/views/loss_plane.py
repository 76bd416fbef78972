"""The loss on the plane of the two leading EGOP directions, as a picture with iso-lines."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from contourpy import contour_generator

from egop.lab.views.scales import LOG

PIXELS = 201
"""Along each side of the picture of the loss."""
LEVELS = 12
"""Iso-lines, evenly spaced in the logarithm of the loss."""


class LossPlane(NamedTuple):
    """The loss on the plane.

    Attributes:
        a: (n,) along v_1.
        b: (m,) along v_2.
        logs: (m, n) log₁₀ of the loss.
    """

    a: np.ndarray
    b: np.ndarray
    logs: np.ndarray

    def at(self, path: np.ndarray) -> np.ndarray:
        """The loss that the plane shows below the points (k, 2) of a path; NaN outside of it."""
        from scipy.ndimage import map_coordinates

        steps = [(len(axis) - 1) / (axis[-1] - axis[0]) for axis in (self.b, self.a)]
        places = [(path[:, 1] - self.b[0]) * steps[0], (path[:, 0] - self.a[0]) * steps[1]]
        return 10.0 ** map_coordinates(self.logs, places, order=1, cval=np.nan)


def landscape_of(dataset: xr.Dataset) -> LossPlane | None:
    """The loss on the plane of the first trial; None while it is not known."""
    if "loss_plane" not in dataset:
        return None
    loss = dataset["loss_plane"].transpose("b", "a")
    values = loss.to_numpy().astype(float)
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    values = np.where(np.isfinite(values), values, known.max())
    return LossPlane(loss["a"].to_numpy(), loss["b"].to_numpy(), LOG.place(values))


def picture_of(ground: LossPlane) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """The picture (PIXELS, PIXELS) from 0 for the lowest loss to 255, and its iso-lines."""
    from scipy.ndimage import zoom

    low, high = ground.logs.min(), ground.logs.max()
    span = high - low or 1.0
    finer = zoom(ground.logs, [PIXELS / n for n in ground.logs.shape], order=1)
    picture = np.clip(255 * (finer - low) / span, 0, 255).astype(np.uint8)
    traced = contour_generator(ground.a, ground.b, ground.logs)
    levels = low + span * np.arange(1, LEVELS) / LEVELS
    lines = [np.asarray(line) for level in levels for line in traced.lines(level)]
    return picture, [line[:, 0] for line in lines], [line[:, 1] for line in lines]
