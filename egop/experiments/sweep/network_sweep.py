"""The rate sweep of a network experiment: every trial, method, basis and rate, trained in groups.

A group is some trials with all runs of a stage that are in original coordinates, or with all that
are not; it is one piece of the run's folder (`group_training.py`). The plan of each stage and the
grouping are written down when they are first made.

The result has the dims (optimizer, basis, learning_rate, trial, epoch), epoch 0 the start:
    training_loss, gradient_norm    of the whole training set, gradient_norm in ‖·‖₂
    validation_loss, and validation_accuracy, test_accuracy where classes are predicted
    status              (optimizer, basis, learning_rate, trial) "not run", "finished" or "diverged"
    diverged_at         likewise, the step; −1 for never
    best_rate           (optimizer, basis) the best in that basis, by the score the experiment names
    chosen_rate         (optimizer) the best in original coordinates, used in all bases
    eigenvalues         (trial, block, k) of the EGOP of each block; NaN beyond a block's size
    density             (trial, block, k) β_k of the eigenvectors
    stable_rank, gap    (trial, block) Eq. (3), and λ_1/λ_2
    n_samples, n_excluded       (trial) gradients in the estimate, and left out as not finite
    projection, share_of_movement, loss_plane   of trial 0, as `subspace_paths.py` says
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from egop.experiments.sweep import subspace_paths
from egop.experiments.sweep.block_eigenbases import Estimates
from egop.experiments.sweep.group_training import GroupTraining
from egop.experiments.sweep.groups import Group
from egop.experiments.sweep.rates import Ends, Rates, best, first_rates, next_rates
from egop.experiments.sweep.scores import Score, start_of
from egop.networks.bases import BlockBases
from egop.networks.batches import Batches
from egop.networks.blocking import parts
from egop.networks.ensemble import Training
from egop.networks.memory import Share, grouped
from egop.networks.network import Network
from egop.networks.plan import ORIGINAL, RunSpec
from egop.runs.results import Runs, tabulated
from egop.runs.run import Arrays, Run
from egop.theme import count_words

TOGETHER = 256
"""Runs that are trained together on the CPU: more are no faster, fewer can be shared by workers."""


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
        return (ORIGINAL, *self.estimates.names)


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
    curves, paths = subspace_paths.parted(tried)
    table = tabulated(curves, task.bases)
    projected = subspace_paths.described(paths, task.bases, table["learning_rate"].to_numpy())
    return (
        table.assign(
            best_rate=(("optimizer", "basis"), chosen), chosen_rate=("optimizer", chosen[:, 0])
        )
        .merge(subspace_paths.with_loss_plane(projected, chosen[:, 0], task, run))
        .merge(task.estimates.described(run, task.trials))
    )


def _stage(
    task: Task, run: Run, rates: Mapping[str, np.ndarray], stage: tuple[int, int]
) -> dict[str, Runs]:
    """All trials at some rates, by method."""
    plan = [
        RunSpec(method, basis, float(rate))
        for method, some in rates.items()
        for basis in task.bases
        for rate in some
    ]
    number, n_stages = stage
    run.settle(f"plan {number}", lambda: plan)
    stored = run.settle(f"grouping {number}", lambda: _grouping(task, run, plan))
    groups = [Group.read(each) for each in stored]
    words = f"{count_words(len(plan), 'run')} of {count_words(task.trials, 'trial')}, "
    words += f"stage {number + 1}"
    table = {}
    for place, group in enumerate(groups):

        def tell(done: float, place: int = place) -> None:
            run.tell((number + (place + done) / len(groups)) / n_stages, words)

        name = f"stage-{number}-group-{place}"
        table[name] = partial(_group, task, run, name, plan, group, tell)
    arrays = _joined(groups, list(run.pieces(table).values()))
    return _by_method(arrays, rates, len(task.bases))


def _grouping(task: Task, run: Run, plan: list[RunSpec]) -> list[tuple[int, int, list[int]]]:
    """What is trained together; runs that need no eigenbasis are by themselves, and come first."""
    original = [place for place, each in enumerate(plan) if each.basis == ORIGINAL]
    others = [place for place, each in enumerate(plan) if each.basis != ORIGINAL]
    return [
        Group(trials[some], tuple(places[runs])).stored()
        for places in filter(None, (original, others))
        for trials, runs in _shares(task, run, [plan[place] for place in places])
        for some in parts(len(trials), _together(len(places), task, run))
    ]


def _together(runs: int, task: Task, run: Run) -> int:
    """How many trials of so many runs are trained together at most.

    On the CPU it is the same whoever does the work, and so are the last bits of the numbers.
    """
    if run.device == "cpu":
        return max(1, TOGETHER // runs)
    return -(-task.trials // run.side_by_side)


def _shares(task: Task, run: Run, plan: list[RunSpec]) -> list[Share]:
    """Trials and runs that fit into memory together."""
    return grouped(
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


def _joined(groups: Sequence[Group], arrays: Sequence[Arrays]) -> Arrays:
    """Arrays (S, R, …) of groups as those of all trials and runs, in their order."""
    by_runs: dict[tuple[int, ...], list[tuple[int, Arrays]]] = {}
    for group, each in zip(groups, arrays, strict=True):
        by_runs.setdefault(group.runs, []).append((group.trials.start, each))
    order = np.argsort(np.concatenate(list(by_runs)))
    names = [name for name in arrays[0] if all(name in each for each in arrays)]
    joined = {}
    for name in names:
        trials = [sorted(rows, key=lambda row: row[0]) for rows in by_runs.values()]
        columns = [np.concatenate([each[name] for _, each in rows]) for rows in trials]
        joined[name] = np.concatenate(columns, axis=1)[:, order]
    return joined


def _group(
    task: Task,
    run: Run,
    name: str,
    plan: list[RunSpec],
    group: Group,
    tell: Callable[[float], None],
) -> Arrays:
    """Metrics (S, R, E + 1) and diverged_at (S, R) of a group."""
    tell(0.0)
    chosen = [plan[place] for place in group.runs]
    rotated = any(each.basis != ORIGINAL for each in chosen)
    training = Training(
        task.network,
        task.batches(group.trials),
        chosen,
        task.starts(group.trials),
        n_epochs=task.epochs,
        trials=group.trials,
        bases=_bases(task, run, group.trials) if rotated else None,
        schedule=task.schedule,
        device=run.device,
        dtype=task.dtype,
    )
    moved = subspace_paths.Movement(training, task, run)
    return GroupTraining(training, moved, run, name, group).arrays(tell)


def _bases(task: Task, run: Run, trials: Sequence[int]) -> dict[str, Sequence[BlockBases]]:
    """By name, the bases of each trial."""
    found = [task.estimates.of_trial(run, trial) for trial in trials]
    return {key: [each[key] for each in found] for key in task.estimates.names}


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
    values = np.where(runs.arrays["diverged_at"] < 0, values, np.inf)
    return Ends(runs.rates, values, epochs, start_of(runs.arrays, score))
