"""Planes through more than two dimensions: what a flat picture shows, and what it hides."""

from dataclasses import dataclass

import numpy as np

from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.metrics import share_of_movement
from egop.objectives.objective import Objective
from egop.sentences import fill, listed
from egop.theme import indexed

LEAST_SHARE = 0.8
"""A plane that shows less of a path's movement misleads."""

LARGEST_ERROR = 0.1
"""So does a slice whose value is off by more than this share of f's range along the path."""


@dataclass(frozen=True, eq=False)
class Plane:
    """The points anchor + u·e₁ + v·e₂.

    Attributes:
        anchor: (d,) the point in which the slice is exact.
        axes: (d, 2) orthonormal columns e₁, e₂.
        names: of the two axes, such as ("x₁", "x₂") or ("z₁", "z₂").
    """

    anchor: np.ndarray
    axes: np.ndarray
    names: tuple[str, str]

    def project(self, points) -> np.ndarray:
        """(..., 2) coordinates (u, v) of the nearest points of the plane to points (..., d)."""
        return (np.asarray(points, dtype=float) - self.anchor) @ self.axes

    def lift(self, coordinates) -> np.ndarray:
        """(..., d) the points of the plane at coordinates (..., 2)."""
        return self.anchor + np.asarray(coordinates, dtype=float) @ self.axes.T

    def distance(self, points) -> np.ndarray:
        """(...,) distances of points (..., d) from the plane."""
        points = np.asarray(points, dtype=float)
        return np.linalg.norm(points - self.lift(self.project(points)), axis=-1)


@dataclass(frozen=True, eq=False)
class PathInPlane:
    """One path as a plane shows it.

    Attributes:
        coordinates: (T+1, 2) the projected path.
        values: (T+1,) true f along the path.
        slice_values: (T+1,) f at the projected points, which is what the picture seems to say.
        share: of the path's movement that the plane shows, from 0 to 1.
        error: largest |slice_values − values|, as a share of the range of f along the path.
    """

    coordinates: np.ndarray
    values: np.ndarray
    slice_values: np.ndarray
    share: float
    error: float

    @property
    def shows_little(self) -> bool:
        """True if the plane shows so little of the movement that the picture misleads."""
        return self.share < LEAST_SHARE

    @property
    def shows_wrong_values(self) -> bool:
        """True if the slice's values are so far from those of the path that it misleads."""
        return not self.error <= LARGEST_ERROR

    @property
    def warning(self) -> str:
        """One sentence when the picture misleads, else empty."""
        faults = []
        if self.shows_little:
            movement = fill("share of movement", percent=round(100 * self.share))
            faults.append(fill("shows little", movement=movement))
        if self.shows_wrong_values:
            faults.append(fill("shows wrong values", error=self.error))
        return fill("misleading plane", reasons=listed(faults)) if faults else ""


def leading_plane(basis: Eigenbasis, anchor, first: int = 0, second: int = 1) -> Plane:
    """The plane of two eigenvectors, by default the leading ones; axes z.

    Args:
        basis: V with d ≥ 2.
        anchor: (d,) in original coordinates.
        first: which eigenvector points right, counted from 0.
        second: which points up.

    Raises:
        ValueError: two equal or missing axes, an anchor of another size.
    """
    return _plane(basis.eigenvectors, anchor, (first, second), "z")


def coordinate_plane(dim: int, anchor, first: int = 0, second: int = 1) -> Plane:
    """The plane of two original coordinates; axes x.

    Args:
        dim: d ≥ 2.
        anchor: (d,).
        first: which coordinate points right, counted from 0.
        second: which points up.

    Raises:
        ValueError: two equal or missing coordinates, an anchor of another size.
    """
    return _plane(np.eye(dim), anchor, (first, second), "x")


def show_path(objective: Objective, plane: Plane, points, values=None) -> PathInPlane:
    """One path as a plane shows it, with a warning where the picture misleads.

    It misleads when the plane shows less than 80 % of the path's movement (its length), or when
    somewhere along the path the slice's value is off by more than 10 % of the range of f on it.

    Args:
        objective: f.
        plane: through R^d.
        points: (T+1, d) in original coordinates; NaN from divergence on.
        values: (T+1,) f there, when known already.
    """
    points = np.asarray(points, dtype=float)
    values = objective.value(points) if values is None else np.asarray(values, dtype=float)
    coordinates = plane.project(points)
    slice_values = objective.value(plane.lift(coordinates))
    share = share_of_movement(points, plane.axes)
    error = _relative_error(values, slice_values)
    return PathInPlane(frozen(coordinates), frozen(values), frozen(slice_values), share, error)


def _plane(columns: np.ndarray, anchor, chosen: tuple[int, int], letter: str) -> Plane:
    dim = len(columns)
    anchor = np.asarray(anchor, dtype=float)
    if anchor.shape != (dim,):
        raise ValueError(f"a plane in {dim} variables takes an anchor ({dim},), got {anchor.shape}")
    if not all(0 <= axis < dim for axis in chosen):
        raise ValueError(
            f"a plane takes two axes from 0 to {dim - 1}, got {chosen[0]} and {chosen[1]}"
        )
    names = tuple(indexed(letter, axis + 1) for axis in chosen)
    if chosen[0] == chosen[1]:
        raise ValueError(f"a plane takes two different axes, got {names[0]} twice; choose another")
    return Plane(frozen(anchor), frozen(columns[:, list(chosen)]), (names[0], names[1]))


def _relative_error(values: np.ndarray, slice_values: np.ndarray) -> float:
    """Largest difference over the range of the true values; 0 for a path without a finite one."""
    alive = np.isfinite(values)
    if not alive.any():
        return 0.0
    worst = np.abs(slice_values - values)[alive].max()
    if worst == 0:
        return 0.0
    spread = np.ptp(values[alive])
    return float(worst / spread) if spread > 0 else np.inf
