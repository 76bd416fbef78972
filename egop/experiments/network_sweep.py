"""The rate sweep of a network experiment: every trial, method, basis and rate, trained in groups.

A group is some trials with all runs of a stage; it is one piece of the run's folder, and its
unfinished part is kept every now and then. The grouping is written down when it is first made.

The result has the dims (method, basis, learning_rate, trial, epoch), epoch 0 the start:
    training_loss, gradient_norm    of the whole training set, gradient_norm in ‖·‖₂
    validation_loss, and validation_accuracy, test_accuracy where classes are predicted
    status              (method, basis, learning_rate, trial) "not run", "finished" or "diverged"
    diverged_at         likewise, the step; −1 for never
    best_rate           (method, basis) the best in that basis, by the score the experiment names
    chosen_rate         (method) the best in original coordinates, used in all bases
    eigenvalues         (trial, block, k) of the EGOP of each block; NaN beyond a block's size
    density             (trial, block, k) β_k of the eigenvectors
    stable_rank, gap    (trial, block) Eq. (3), and λ_1/λ_2
    n_samples, n_excluded       (trial) gradients in the estimate, and left out as not finite
    projection, share_of_movement, loss_plane   of trial 0, as `weight_paths.py` says
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from egop.experiments import weight_paths
from egop.experiments.block_eigenbases import Estimates
from egop.experiments.rates import Ends, Rates, best, first_rates, next_rates
from egop.experiments.results import Runs, tabulated
from egop.experiments.store import Arrays, Run
from egop.networks.bases import BlockBases
from egop.networks.batches import Batches
from egop.networks.ensemble import Training
from egop.networks.memory import grouped
from egop.networks.network import Network
from egop.networks.plan import Run as Planned

LOSSES = ("training_loss", "validation_loss", "gradient_norm")
ACCURACIES = ("validation_accuracy", "test_accuracy")
CHECKPOINT_SECONDS = 20.0
"""How often the unfinished part of a group is kept, at most; a kill loses no more than this."""

Score = Callable[[Arrays], tuple[np.ndarray, np.ndarray]]
"""From metrics (..., E + 1): what is to be smallest, and the epoch of it, each (...)."""


def by_validation_accuracy(arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """1 − the maximal validation accuracy, and its first epoch (App. D.5)."""
    errors = 1 - np.nan_to_num(arrays["validation_accuracy"], nan=-np.inf)
    return errors.min(axis=-1), errors.argmin(axis=-1)


def by_validation_loss(arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """The minimal validation loss, and its first epoch (linear networks, App. D.5)."""
    losses = np.nan_to_num(arrays["validation_loss"], nan=np.inf)
    return losses.min(axis=-1), losses.argmin(axis=-1)


@dataclass(frozen=True)
class Task:
    """What a network experiment trains.

    Attributes:
        network: the objective.
        methods: names in `egop.methods`.
        trials: how many.
        epochs: how many.
        rates: given ones; None: the search of App. D.2.
        batches: the data of some trials.
        batch_size: of their minibatches.
        starts: (trials, p) where they begin.
        estimates: the bases besides the original coordinates.
        score: what rates are chosen by.
        schedule: of the rate, "constant" or "cosine".
        dtype: of all numbers.
    """

    network: Network
    methods: tuple[str, ...]
    trials: int
    epochs: int
    rates: Rates | None
    batches: Callable[[Sequence[int]], Batches]
    batch_size: int
    starts: Callable[[Sequence[int]], Tensor]
    estimates: Estimates
    score: Score
    schedule: str = "constant"
    dtype: torch.dtype = torch.float32

    @property
    def bases(self) -> tuple[str, ...]:
        """Names of all coordinates, the original ones first."""
        return ("original", *self.estimates.names)


def sweep(task: Task, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    tried: dict[str, Runs] = {}
    plan = first_rates(task.methods, task.rates)
    n_stages = 1 if task.rates is not None else 2
    for stage in range(n_stages):
        for key, new in _stage(task, run, plan, (stage, n_stages)).items():
            tried[key] = tried[key].joined(new) if key in tried else new
        ends = {key: _ends(each, task.score) for key, each in tried.items()}
        plan = next_rates(ends, task.rates)
        if not plan:
            break
    chosen = np.stack([best(each) for each in ends.values()])
    curves, paths = weight_paths.parted(tried)
    table = tabulated(curves, task.bases)
    projected = weight_paths.described(paths, task.bases, table["learning_rate"].to_numpy())
    return (
        table.assign(best_rate=(("method", "basis"), chosen), chosen_rate=("method", chosen[:, 0]))
        .merge(weight_paths.with_loss_plane(projected, chosen[:, 0], task, run))
        .merge(task.estimates.described(run, task.trials))
    )


def _stage(
    task: Task, run: Run, rates: Mapping[str, np.ndarray], stage: tuple[int, int]
) -> dict[str, Runs]:
    """All trials at some rates, by method."""
    plan = [
        Planned(method, basis, float(rate))
        for method, some in rates.items()
        for basis in task.bases
        for rate in some
    ]
    groups = run.settle(f"grouping {stage[0]}", lambda: _grouping(task, run, plan))
    rows: dict[int, list[Arrays]] = {}
    for place, group in enumerate(groups):

        def tell(done: float, place: int = place) -> None:
            share = (stage[0] + (place + done) / len(groups)) / stage[1]
            run.tell(share, f"{len(plan)} runs of {task.trials} trials, stage {stage[0] + 1}")

        name = f"stage-{stage[0]}-group-{place}"
        rows.setdefault(group[0], []).append(_group(task, run, name, (plan, group), tell))
    parts = [_side_by_side(row, axis=1) for row in rows.values()]
    return _by_method(_side_by_side(parts, axis=0), rates, len(task.bases))


def _grouping(task: Task, run: Run, plan: list[Planned]) -> list[tuple[int, int, int, int]]:
    """What is trained together: (first trial, one past the last, first run, one past the last)."""
    shares = grouped(
        task.network,
        plan,
        task.trials,
        budget=run.manifest.get("memory_budget"),
        device=run.device,
        bases=task.estimates.names,
        rotated=task.estimates.floats // len(task.estimates.names),
        examples=task.batch_size,
        dtype=task.dtype,
    )
    return [(t.start, t.stop, *r.indices(len(plan))[:2]) for t, r in shares]


def _side_by_side(parts: Sequence[Arrays], axis: int) -> Arrays:
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts], axis) for name in names}


def _group(
    task: Task,
    run: Run,
    name: str,
    runs: tuple[list[Planned], tuple[int, int, int, int]],
    tell: Callable[[float], None],
) -> Arrays:
    """Metrics (S, R, E + 1) and diverged_at (S, R) of some trials and some runs of a plan."""
    known = run.read(name)
    if known is not None:
        return known
    tell(0.0)
    plan, (first, stop, first_run, last_run) = runs
    trials = range(first, stop)
    training = Training(
        task.network,
        task.batches(trials),
        plan[first_run:last_run],
        task.starts(trials),
        n_epochs=task.epochs,
        trials=trials,
        bases=_bases(task, run, trials),
        schedule=task.schedule,
        device=run.device,
        dtype=task.dtype,
    )
    moved = weight_paths.Movement(training, task, run)
    arrays = _trained(training, run, name, tell, moved)
    run.keep(name, arrays)
    return arrays


def _bases(task: Task, run: Run, trials: Sequence[int]) -> dict[str, Sequence[BlockBases]]:
    """By name, the bases of each trial."""
    found = [task.estimates.of_trial(run, trial) for trial in trials]
    return {key: [each[key] for each in found] for key in task.estimates.names}


def _trained(
    training: Training,
    run: Run,
    name: str,
    tell: Callable[[float], None],
    moved: weight_paths.Movement,
) -> dict[str, np.ndarray]:
    """Trains to the end from wherever the part that was kept got to."""
    names = (*LOSSES, *(ACCURACIES if training.network.predicts_classes else ()))
    history: dict[str, list[np.ndarray]] = {each: [] for each in (*names, *weight_paths.PATHS)}
    part = run.read(name, part=True)
    if part is not None:
        state = {k[6:]: torch.from_numpy(x) for k, x in part.items() if k.startswith("state ")}
        training.restore(state)
        history = {metric: list(part[metric]) for metric in history if metric in part}
    number = training.state()["points"].numpy().dtype
    diverged_at = np.empty(0)
    kept_at = time.monotonic()
    for measured in training:
        row = vars(measured) | moved.after(measured)
        for metric, rows in history.items():
            rows.append(row[metric].astype(number))
        diverged_at = measured.diverged_at
        tell(measured.epoch / max(1, training.n_epochs))
        if measured.epoch < training.n_epochs and time.monotonic() - kept_at > CHECKPOINT_SECONDS:
            state = {f"state {key}": tensor.numpy() for key, tensor in training.state().items()}
            run.keep(name, {**{k: np.stack(x) for k, x in history.items()}, **state}, part=True)
            kept_at = time.monotonic()
    curves = {metric: np.stack(rows, axis=2) for metric, rows in history.items()}
    return {**curves, "diverged_at": diverged_at}


def _by_method(arrays: Arrays, rates: Mapping[str, np.ndarray], n_bases: int) -> dict[str, Runs]:
    """Arrays (S, runs, …) in the order of the plan as Runs."""
    runs, start = {}, 0
    for method, some in rates.items():
        stop = start + n_bases * len(some)
        parts = {}
        for name, array in arrays.items():
            part = array[:, start:stop]
            part = part.reshape(len(part), n_bases, len(some), *part.shape[2:])
            parts[name] = part.swapaxes(0, 1)
        runs[method] = Runs(some, parts)
        start = stop
    return runs


def _ends(runs: Runs, score: Score) -> Ends:
    values, epochs = score(runs.arrays)
    return Ends(runs.rates, np.where(runs.arrays["diverged_at"] < 0, values, np.inf), epochs)
