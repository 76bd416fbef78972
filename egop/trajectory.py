"""Objective + method + basis + start → every iterate."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.compiled_rules import compiles
from egop.eigenbasis import Eigenbasis
from egop.general_loop import run_general
from egop.iteration import LoopArguments, Record, empty_record, run_compiled
from egop.labelled_trajectory import labelled_dataset
from egop.methods import Method
from egop.methods.spelling import explains_arguments
from egop.objectives.objective import Objective
from egop.refreshed import BasisHistory, Refreshed
from egop.run_arguments import (
    broadcast_runs,
    check_basis,
    check_keep,
    check_method,
    check_n_steps,
    check_objective,
    check_refreshed,
    check_start,
    check_target,
    read_record,
    read_schedule,
)
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


@explains_arguments
def run(
    objective: Objective,
    method: Method,
    start,
    n_steps: int = 1000,
    *,
    basis: Eigenbasis | Refreshed | None = None,
    schedule: Any = None,
    keep: str = "all",
    record: str | Sequence[str] = (),
    target: float | None = None,
) -> Trajectory:
    """The trajectory of a method on an objective from a start; diverging is data, not an error.

    With a basis the method runs on f̃(z) = f(Vz) from z_0 = Vᵀx_0 (Algorithm 1), and points are
    given in the coordinates x = Vz. `start` (..., d) and `method.learning_rate` (...) broadcast;
    their leading axes are independent runs.

    Args:
        objective: f; those of `from_functions` run in a general (slower) loop.
        method: one of `egop.methods`.
        start: (..., d) x_0.
        n_steps: T ≥ 0.
        basis: whose eigenvectors are the axes the method works in; `Refreshed`: one that is
            estimated anew while it runs, in the general loop; None: original coordinates.
        schedule: factors of the learning rate: (T,) of them, one a step, a function of the step
            t = 0 … T − 1, "cosine" (½(1 + cos(πt/T))); None: constant.
        keep: "all" iterates, "values" (and gradient norms), or the "final" point only.
        record: any of "gradient", "momentum" (the direction the rule divides by its
            preconditioner) and "preconditioner", in the run's own coordinates; takes the general
            loop. Where a coordinate stands still since direction and preconditioner are both 0 the
            preconditioner is ∞.
        target: value of f whose first reaching is noted in `reached_at`.

    Raises:
        ValueError: shapes that do not fit, a start that is NaN, n_steps < 0, negative factors, an
            unknown name in `schedule`, `keep` or `record`.
        TypeError: not an `Objective`, a `Method`, an `Eigenbasis` or `Refreshed`.
    """
    check_objective(objective)
    check_method(method)
    start, n_steps = check_start(start, objective), check_n_steps(n_steps)
    check_keep(keep)
    names = read_record(record)
    refreshed = basis if isinstance(basis, Refreshed) else None
    if refreshed is not None:
        check_refreshed(refreshed, objective, method)
    elif basis is not None:
        check_basis(basis, objective)
    V = basis.eigenvectors if isinstance(basis, Eigenbasis) else None
    rotation = objective.rotation if refreshed is None else None
    shape, flat_start, flat_rates = _broadcast(start, method)
    arguments = LoopArguments(
        objective,
        method,
        basis=_compose(rotation, V),
        start=flat_start if rotation is None else flat_start @ rotation.T,
        rates=flat_rates,
        schedule=read_schedule(schedule, n_steps),
        target=check_target(target),
        n_active=_count_active(basis) or objective.dim,
    )
    result = empty_record(keep, n_steps, len(flat_start), objective.dim)
    recorded = {name: np.empty((n_steps, *flat_start.shape)) for name in names}
    bases = None
    if objective.kernel is not None and not names and compiles(method) and refreshed is None:
        run_compiled(arguments, result)
    else:
        if rotation is not None:
            arguments = arguments._replace(objective=replace(objective, rotation=None))
        with np.errstate(all="ignore"):
            refresher = run_general(arguments, result, recorded, refreshed)
        bases = None if refresher is None else refresher.history(shape, n_steps)
    return Trajectory(
        result,
        shape,
        rotation,
        V,
        {name: a.reshape(-1, *shape, objective.dim) for name, a in recorded.items()},
        bases,
    )


def _count_active(basis: Eigenbasis | Refreshed | None) -> int | None:
    """The number of leading coordinates that move; None for all."""
    if basis is None:
        return None
    return basis.leading if isinstance(basis, Refreshed) else basis.n_active


def _broadcast(start: np.ndarray, method: Method) -> tuple[tuple, np.ndarray, np.ndarray]:
    """The run axes, the starts (R, d) and the rates (R,), C-contiguous."""
    rates = np.asarray(method.learning_rate, dtype=float)
    dim = start.shape[-1]
    if rates.ndim == 0:
        flat = np.array(start, order="C").reshape(-1, dim)
        return start.shape[:-1], flat, rates.repeat(len(flat))
    shape = broadcast_runs(start, rates)
    flat = np.broadcast_to(start, (*shape, dim)).reshape(-1, dim)
    flat_rates = np.broadcast_to(rates, shape).reshape(-1)
    return shape, np.array(flat, order="C"), np.array(flat_rates, order="C")


def _compose(outer: np.ndarray | None, inner: np.ndarray | None) -> np.ndarray | None:
    if outer is None or inner is None:
        return inner if outer is None else outer
    return outer @ inner
