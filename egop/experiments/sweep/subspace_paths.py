"""Paths of the first trial's weights on the plane of its two leading EGOP directions, and its loss.

v_1 and v_2 belong to the two largest eigenvalues over all blocks of the first basis of the EGOP
that the experiment names; an eigenvector of a block is zero elsewhere. Where all bases are
refreshed there are no such directions, and nothing of this is measured. What a sweep's result
holds:
    projection  (optimizer, basis, learning_rate, epoch, axis) ⟨x − x_0, v_1⟩ and ⟨x − x_0, v_2⟩
    share_of_movement   (optimizer, basis, learning_rate, epoch) ‖projection‖²/‖x − x_0‖²
    loss_plane          (a, b) training loss at x_0 + a v_1 + b v_2, over the paths at chosen rates
"""

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from egop.experiments.experiment import Cost
from egop.experiments.sweep.costs import FORWARD, gradient_kind
from egop.experiments.sweep.measured_runs import best_rates, measured_runs
from egop.networks.arrays import as_tensor
from egop.networks.bases import BlockBases
from egop.networks.ensemble import Training
from egop.networks.epochs import EpochMetrics
from egop.runs.done import Arrays
from egop.runs.run_table import PATHS
from egop.runs.task_context import TaskContext

if TYPE_CHECKING:
    from egop.experiments.sweep.network_sweep import NetworkSweep

LOSS_PLANE = "loss-plane"
"""The key of the loss around the paths."""
DIRECTIONS = "directions"
"""The key of v_1 and v_2."""
POINTS = 41
"""The number of points of the plane along each axis."""
MARGIN = 0.1
"""The margin of the plane around the paths, as a share of their extent."""


def directions(sweep: "NetworkSweep", context: TaskContext) -> Tensor:
    """(p, 2) v_1 and v_2 as columns, float64; an artifact of the run."""

    def compute() -> Arrays:
        bases = sweep.estimates.of_trial(context, sweep.trials[0])
        return {"vectors": leading(bases[sweep.estimates.main]).numpy()}

    return as_tensor(context.artifact(DIRECTIONS, compute)["vectors"])


def leading(bases: BlockBases, count: int = 2) -> Tensor:
    """(p, count) eigenvectors of the largest eigenvalues over all blocks, float64."""
    known = [(b, k) for b in bases for k in range(min(count, len(b.eigenvalues)))]
    known.sort(key=lambda each: -float(each[0].eigenvalues[each[1]]))
    vectors = torch.zeros(bases.n_parameters, count, dtype=torch.float64)
    for column, (basis, k) in enumerate(known[:count]):
        block = basis.block
        vectors[block.start : block.stop, column] = basis.leading(k + 1)[:, k].double()
    return vectors


class Movement:
    """The movement of the first trial's runs in a training, along v_1 and v_2.

    Args:
        training: of some trials.
        sweep: the experiment's.
        context: of the task.

    Attributes:
        place: of the first trial among those of the training, in a list; [] without it.
        names: of what is measured; () where no basis is estimated once.
    """

    def __init__(self, training: Training, sweep: "NetworkSweep", context: TaskContext):
        self.training = training
        self.place = [k for k, trial in enumerate(training.trials) if trial == sweep.trials[0]]
        self.names = PATHS if sweep.estimates.names else ()
        self._start = sweep.starts(sweep.trials[:1])[0].to(sweep.dtype).double()
        self._directions = cache(lambda: directions(sweep, context))

    def after(self, measured: EpochMetrics) -> dict[str, np.ndarray]:
        """Projections (n, R, 2) and shares (n, R) after an epoch; n is 1 with that trial, else 0.

        At the start, where nothing has moved, v_1 and v_2 are not asked for: they take a while.
        """
        if not self.names:
            return {}
        diverged = torch.from_numpy(measured.diverged_at[self.place] >= 0)
        if not self.place or measured.epoch == 0:
            projection = torch.zeros(*diverged.shape, 2)
            share = torch.full(diverged.shape, math.nan)
        else:
            movement = self.training.points[self.place].cpu().double() - self._start
            movement[diverged] = math.nan
            projection = movement @ self._directions()
            share = projection.square().sum(-1) / movement.square().sum(-1)
        return {"projection": projection.numpy(), "share_of_movement": share.numpy()}


def compute_loss_plane(sweep: "NetworkSweep", context: TaskContext) -> Arrays:
    """The loss (a, b) on the plane around the chosen paths, and where it is cut along each axis."""
    table = measured_runs(sweep, context.run)
    assert table is not None
    chosen, projection = best_rates(sweep, table)[:, 0], table.variables["projection"][1]
    at = np.searchsorted(table.rates, chosen)
    known = np.flatnonzero(np.isfinite(chosen))
    paths = [path for method in known for path in projection[method, :, at[method]]]
    whole = [path for path in paths if np.isfinite(path).all()]
    a, b = _axes(np.concatenate([np.zeros((1, 2)), *whole]))
    return {"a": a, "b": b, "loss": _losses(sweep, context, a, b)}


def loss_plane(arrays: Arrays) -> xr.Dataset:
    """The variable `loss_plane` of a result."""
    loss = xr.Dataset({"loss_plane": (("a", "b"), arrays["loss"])})
    return loss.assign_coords(a=arrays["a"], b=arrays["b"])


def plane_cost(sweep: "NetworkSweep") -> Cost:
    """The cost of the loss plane."""
    operations = FORWARD * POINTS**2 * sweep.network.flops(sweep.examples[0])
    return Cost({gradient_kind(sweep.network): operations})


def _axes(points: np.ndarray) -> np.ndarray:
    """(2, n) where the plane is cut along each axis, around points (m, 2) and a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    return np.linspace(low - MARGIN * extent, high + MARGIN * extent, POINTS, axis=1)


def _losses(
    sweep: "NetworkSweep", context: TaskContext, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """(a, b) float32 losses over the first trial's training set at x_0 + a v_1 + b v_2."""
    device, dtype = context.device, sweep.dtype
    start = sweep.starts(sweep.trials[:1])[0].double()
    vectors = directions(sweep, context)
    train = sweep.batches(context, sweep.trials[:1]).to(device, dtype).whole["train"]
    rows = []
    for x in torch.from_numpy(a):
        points = start + x * vectors[:, 0] + torch.from_numpy(b)[:, None] * vectors[:, 1]
        rows.append(sweep.network.losses(points[None].to(device, dtype), train)[0].cpu())
    return torch.stack(rows).float().numpy()
