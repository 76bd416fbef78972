"""Every iterate of one or many runs of a method, in original and in rotated coordinates."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from egop.iteration import Record
from egop.labelled_trajectory import labelled_dataset
from egop.refreshed import BasisHistory
from egop.theme import count_words

if TYPE_CHECKING:
    import xarray as xr


class Trajectory:
    """Every iterate of one or many runs; axes in the middle are runs.

    From the step at which a run diverged on, its numbers are NaN. Arrays are views of one record,
    made when they are asked for.

    Attributes:
        eigenvectors: (d, d) basis of the run; None in original coordinates, and where the basis
            was refreshed.
        recorded: what `record` asked for, by name, each (T, ..., d) in the run's own coordinates.
        bases: those of a basis that was refreshed; None for others, and when keep="final".
    """

    def __init__(
        self,
        record: Record,
        shape: tuple[int, ...],
        rotation: np.ndarray | None = None,
        eigenvectors: np.ndarray | None = None,
        recorded: dict[str, np.ndarray] | None = None,
        bases: BasisHistory | None = None,
    ):
        self._record = record
        self._shape = shape
        self._rotation = rotation
        self.eigenvectors = eigenvectors
        self.recorded = {} if recorded is None else recorded
        self.bases = bases

    @cached_property
    def points(self) -> np.ndarray | None:
        """(T+1, ..., d) iterates in original coordinates; None unless keep="all"."""
        points = self._record.points
        return self._unfold_points(points) if len(points) else None

    @cached_property
    def rotated_points(self) -> np.ndarray:
        """(T+1, ..., d) iterates in the run's own coordinates, z = Vᵀx.

        Where the basis was refreshed V is, at each step, the one in which the method goes on.

        Raises:
            ValueError: the points were not kept.
        """
        if self.points is None:
            raise ValueError('rotated_points need the points; run with keep="all"')
        if self.bases is not None:
            V = self.bases.by_step(len(self.points) - 1)
            return (self.points[..., None, :] @ V)[..., 0, :]
        return self.points if self.eigenvectors is None else self.points @ self.eigenvectors

    @property
    def values(self) -> np.ndarray | None:
        """(T+1, ...) objective; None when keep="final"."""
        return self._series(0)

    @property
    def gradient_norms(self) -> np.ndarray | None:
        """(T+1, ...) ‖∇f‖₂, the same in every basis; None when keep="final"."""
        return self._series(1)

    @property
    def gradient_norms_1(self) -> np.ndarray | None:
        """(T+1, ...) ‖∇f‖₁ in the run's own coordinates; None when keep="final".

        This is what the theory bounds (Theorem 3); it must not be compared between bases.
        """
        return self._series(2)

    @cached_property
    def final_point(self) -> np.ndarray:
        """(..., d) last iterate in original coordinates."""
        return self._unfold_points(self._record.final_point)

    @property
    def final_value(self) -> np.ndarray:
        """(...) objective at the last iterate."""
        return self._record.final_value.reshape(self._shape)

    @property
    def diverged_at(self) -> np.ndarray:
        """(...) first step at which x or f is not finite or |f| > 1e12 (1+|f(x_0)|); −1: never."""
        return self._record.events[0].reshape(self._shape)

    @property
    def reached_at(self) -> np.ndarray:
        """(...) first step with f ≤ target; −1: never, or no target was given."""
        return self._record.events[1].reshape(self._shape)

    def to_xarray(self, run_dims: Sequence[str] | None = None) -> "xr.Dataset":
        """The trajectory as a labelled dataset, which `to_netcdf` writes to a file.

        Dims: step (0 … T), those of the runs, coordinate. Variables: point, value, gradient_norm
        (‖∇f‖₂), gradient_norm_1 (‖∇f‖₁ in the run's own coordinates), as far as they were kept;
        final_point, final_value, diverged_at and reached_at (−1 for never); eigenvectors
        (coordinate, k) of a run in a basis; of one that was refreshed eigenvalues, eigenvectors and
        refreshed_at, the step, along the dim refresh; and what was recorded, NaN at the last step,
        from which the run goes nowhere.

        Args:
            run_dims: names of the run axes; None: "run", or "run_1", "run_2" … of several.

        Raises:
            ValueError: another number of names than run axes.
            ImportError: xarray is not installed.
        """
        return labelled_dataset(self, run_dims)

    def __repr__(self) -> str:
        """Steps, runs, variables, and how the runs ended."""
        kept = self._record.series.shape[1]
        words = [count_words(kept - 1, "step")] if kept else []
        runs = int(np.prod(self._shape))
        if self._shape:
            words.append(f"{' × '.join(map(str, self._shape))} run{'s' if runs != 1 else ''}")
        words.append(count_words(self.final_point.shape[-1], "variable"))
        if self.eigenvectors is not None:
            words.append("in a basis")
        elif self.bases is not None:
            words.append(f"in a basis of {count_words(len(self.bases.steps), 'estimate')}")
        diverged = int((self.diverged_at >= 0).sum())
        if not self._shape:
            words.append("diverged" if diverged else f"final_value={float(self.final_value):.6g}")
        else:
            words.append(f"{diverged} of {runs} diverged")
        return f"Trajectory({', '.join(words)})"

    def _series(self, which: int) -> np.ndarray | None:
        series = self._record.series[which]
        return series.reshape(-1, *self._shape) if len(series) else None

    def _unfold_points(self, points: np.ndarray) -> np.ndarray:
        """Points (..., R, d) of the kernel's coordinates in the objective's, runs unfolded."""
        if self._rotation is not None:
            points = points @ self._rotation
        return points.reshape(*points.shape[:-2], *self._shape, points.shape[-1])
