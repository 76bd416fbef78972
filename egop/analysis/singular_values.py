"""Singular values of a weight matrix, of its gradient and of its steps along a run."""

from math import prod
from typing import NamedTuple

import numpy as np

from egop.objectives.objective import Objective
from egop.theme import indexed

MOST_FRAMES = 241
"""Steps that are looked at, at most, evenly over a run."""


class MatrixBlock(NamedTuple):
    """A matrix among the variables of an objective.

    Attributes:
        name: "W", or "W₁", "W₂" … where there are several.
        entries: of the flat point.
        shape: rows and columns.
    """

    name: str
    entries: slice
    shape: tuple[int, int]

    @property
    def title(self) -> str:
        """The name and the shape, as people write it."""
        return f"{self.name}, {self.shape[0]} × {self.shape[1]}"

    def of(self, points: np.ndarray) -> np.ndarray:
        """The matrix (..., rows, columns) of points (..., d)."""
        return points[..., self.entries].reshape(*points.shape[:-1], *self.shape)


class SingularValues(NamedTuple):
    """Descending singular values (F, k), k the smaller side; NaN where the run has diverged.

    Attributes:
        steps: (F,) at which they are taken, from 0 to T.
        matrix: of W.
        gradient: of ∇f in the entries of W.
        step: of W at the next step less W; the last step is taken twice.
    """

    steps: np.ndarray
    matrix: np.ndarray
    gradient: np.ndarray
    step: np.ndarray


def matrix_blocks(objective: Objective) -> list[MatrixBlock]:
    """The matrices that the variables are made of; those of more axes by their first and the rest.

    Empty where the variables are one vector.
    """
    found, start = [], 0
    for shape in objective.shapes:
        entries = slice(start, start + prod(shape))
        if len(shape) > 1:
            found.append((entries, (shape[0], prod(shape[1:]))))
        start = entries.stop
    names = ["W", *(indexed("W", k) for k in range(1, len(found) + 1))]
    names = names[:1] if len(found) == 1 else names[1:]
    return [MatrixBlock(name, *each) for name, each in zip(names, found, strict=True)]


def frame_steps(n_steps: int) -> np.ndarray:
    """The steps that are looked at, (F,) from 0 to T."""
    return np.linspace(0, n_steps, min(n_steps + 1, MOST_FRAMES)).round().astype(int)


def singular_values(objective: Objective, points: np.ndarray, block: MatrixBlock) -> SingularValues:
    """The singular values of one matrix along a run.

    Args:
        objective: f.
        points: (T+1, d) of the run, in the coordinates of f.
        block: the matrix.
    """
    steps = frame_steps(len(points) - 1)
    before = np.minimum(steps, max(len(points) - 2, 0))
    after = np.minimum(before + 1, len(points) - 1)
    at = points[steps]
    gradients = np.full_like(at, np.nan)
    alive = np.isfinite(at).all(axis=1)
    gradients[alive] = objective.gradient(at[alive])
    moved = points[after] - points[before]
    return SingularValues(steps, *(_values(block.of(each)) for each in (at, gradients, moved)))


def _values(matrices: np.ndarray) -> np.ndarray:
    """(F, k) of matrices (F, m, n), NaN where one is not finite."""
    finite = np.isfinite(matrices).all(axis=(1, 2))
    values = np.full((len(matrices), min(matrices.shape[1:])), np.nan)
    values[finite] = np.linalg.svd(matrices[finite], compute_uv=False)
    return values


def shared_directions(values: np.ndarray) -> float:
    """The median over a run of Σσ/σ₁ of matrices with singular values (F, k).

    It lies between 1, one direction alone, and k, all alike; NaN where every matrix is 0.
    """
    largest = values[:, 0]
    some = largest > 0
    if not some.any():
        return float("nan")
    return float(np.median(values[some].sum(axis=1) / largest[some]))
