"""Where the weights of trial 0 go on the plane of its two leading EGOP directions, and its loss.

v_1 and v_2 belong to the two largest eigenvalues over all blocks of the basis that the experiment
names first; an eigenvector of a block is zero elsewhere. What a sweep's result holds of it:
    projection  (optimizer, basis, learning_rate, epoch, axis) ⟨x − x_0, v_1⟩ and ⟨x − x_0, v_2⟩
    share_of_movement   (optimizer, basis, learning_rate, epoch) ‖projection‖²/‖x − x_0‖²
    loss_plane          (a, b) training loss at x_0 + a v_1 + b v_2, over the paths at chosen rates
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from egop.experiments.sweep.block_eigenbases import Estimates
from egop.networks.arrays import as_tensor
from egop.networks.bases import BlockBases
from egop.networks.ensemble import Training
from egop.networks.epochs import EpochMetrics
from egop.runs.results import PATHS, Runs, tabulated
from egop.runs.run import Arrays, Run

if TYPE_CHECKING:
    from egop.experiments.sweep.network_sweep import Task

TRIAL = 0
"""The trial whose paths are kept."""
POINTS = 41
"""Of the plane along each axis."""
MARGIN = 0.1
"""Of the plane around the paths, as a share of their extent."""


def directions(estimates: Estimates, run: Run) -> Tensor:
    """(p, 2) v_1 and v_2 as columns, float64; a piece of the run."""

    def compute() -> Arrays:
        bases = estimates.of_trial(run, TRIAL)
        return {"vectors": leading(bases[estimates.names[0]]).numpy()}

    return as_tensor(run.piece("directions", compute)["vectors"])


def leading(bases: BlockBases, count: int = 2) -> Tensor:
    """(p, count) eigenvectors of the largest eigenvalues over all blocks, float64."""
    known = [(b, k) for b in bases for k in range(min(count, b.dim))]
    known.sort(key=lambda each: -float(each[0].eigenvalues[each[1]]))
    vectors = torch.zeros(bases.n_parameters, count, dtype=torch.float64)
    for column, (basis, k) in enumerate(known[:count]):
        block = basis.block
        vectors[block.start : block.stop, column] = basis.eigenvectors[:, k].double()
    return vectors


class Movement:
    """How far the runs of trial 0 have moved in a training, along v_1 and v_2.

    Args:
        training: of some trials.
        task: the experiment's.
        run: keeps v_1 and v_2.
    """

    def __init__(self, training: Training, task: "Task", run: Run):
        self.training = training
        self._place = [k for k, trial in enumerate(training.trials) if trial == TRIAL]
        self._start = task.starts([TRIAL])[0].to(task.dtype).double()
        self._directions = cache(lambda: directions(task.estimates, run))

    def after(self, measured: EpochMetrics) -> dict[str, np.ndarray]:
        """Projections (n, R, 2) and shares (n, R) after an epoch; n = 1 with trial 0, 0 without.

        At the start, where nothing has moved, v_1 and v_2 are not asked for: they take a while.
        """
        diverged = torch.from_numpy(measured.diverged_at[self._place] >= 0)
        if not self._place or measured.epoch == 0:
            projection = torch.zeros(*diverged.shape, 2)
            share = torch.full(diverged.shape, math.nan)
        else:
            movement = self.training.points[self._place].cpu().double() - self._start
            movement[diverged] = math.nan
            projection = movement @ self._directions()
            share = projection.square().sum(-1) / movement.square().sum(-1)
        return {"projection": projection.numpy(), "share_of_movement": share.numpy()}


def parted(tried: Mapping[str, Runs]) -> tuple[dict[str, Runs], dict[str, Runs]]:
    """Runs of every trial without their paths, and those of trial 0 with them alone.

    Runs that were begun before paths were kept have none.
    """
    curves, paths = {}, {}
    for method, runs in tried.items():
        rest = {name: x for name, x in runs.arrays.items() if name not in PATHS}
        curves[method] = Runs(runs.rates, rest)
        if runs.arrays.keys() >= set(PATHS):
            some = {name: runs.arrays[name] for name in PATHS}
            some["diverged_at"] = runs.arrays["diverged_at"][:, : TRIAL + 1]
            paths[method] = Runs(runs.rates, some)
    return curves, paths


def described(paths: Mapping[str, Runs], bases: Sequence[str], rates: np.ndarray) -> xr.Dataset:
    """Projections and shares of movement as the top of this file says; nothing where none are."""
    if not paths:
        return xr.Dataset()
    table = tabulated(paths, bases, rates)[list(PATHS)].isel(trial=TRIAL, drop=True)
    return table.rename(coordinate="axis").assign_coords(axis=[1, 2])


def with_loss_plane(paths: xr.Dataset, chosen: np.ndarray, task: "Task", run: Run) -> xr.Dataset:
    """The paths with the loss on their plane, which covers those at the chosen rates (methods,)."""
    if "projection" not in paths:
        return paths

    def compute() -> Arrays:
        at = [
            paths["projection"].sel({"optimizer": method, "learning_rate": rate}).to_numpy()
            for method, rate in zip(paths["optimizer"].values, chosen, strict=True)
            if np.isfinite(rate)
        ]
        whole = [path for method in at for path in method if np.isfinite(path).all()]
        a, b = _axes(np.concatenate([np.zeros((1, 2)), *whole]))
        return {"a": a, "b": b, "loss": _losses(task, run, a, b)}

    plane = run.piece("loss-plane", compute)
    coords = {name: plane[name] for name in ("a", "b")}
    return paths.assign_coords(coords).assign(loss_plane=(("a", "b"), plane["loss"]))


def _axes(points: np.ndarray) -> np.ndarray:
    """(2, n) where the plane is cut along each axis, around points (m, 2) and a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    return np.linspace(low - MARGIN * extent, high + MARGIN * extent, POINTS, axis=1)


def _losses(task: "Task", run: Run, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(a, b) float32 losses over the training set of trial 0 at x_0 + a v_1 + b v_2."""
    start = task.starts([TRIAL])[0].double()
    vectors = directions(task.estimates, run)
    train = task.batches([TRIAL]).to(run.device, task.dtype).whole["train"]
    rows = []
    for x in torch.from_numpy(a):
        points = start + x * vectors[:, 0] + torch.from_numpy(b)[:, None] * vectors[:, 1]
        rows.append(task.network.losses(points[None].to(run.device, task.dtype), train)[0].cpu())
    return torch.stack(rows).float().numpy()
