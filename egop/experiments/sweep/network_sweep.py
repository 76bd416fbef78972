"""The rate sweep of a network experiment: every trial, method, basis and rate, trained in groups.

A group is some trials with all runs of a stage that are in original coordinates, or with all that
are not; its training is one task (`group_training.py`). Others estimate the eigenbases of a trial,
and at the end the loss around the paths. The runs of each stage and the grouping are written down
when they are first planned.

The result has the dims (optimizer, basis, learning_rate, trial, epoch), epoch 0 the start:
    training_loss, gradient_norm    of the whole training set, gradient_norm in ‖·‖₂
    validation_loss, and validation_accuracy, test_accuracy where classes are predicted
    status              (optimizer, basis, learning_rate, trial) "not run", "finished" or "diverged"
                        ("not run": methods that take one path in all bases, in the controls)
    diverged_at         likewise, the step; −1 for never
    best_rate           (optimizer, basis) the best in that basis, by the score the experiment names
    chosen_rate         (optimizer) the best in original coordinates, used in all bases
    eigenvalues         (trial, block, k) of the EGOP of each block; NaN beyond a block's size
    density             (trial, block, k) β_k of the eigenvectors
    stable_rank, gap    (trial, block) Eq. (3), and λ_1/λ_2
    off_diagonal_share  (trial, block) of the EGOP's squares, in original coordinates
    n_parameters        (block) its size, of which leading eigenvalues alone may be known
    n_samples, n_excluded       (trial) gradients in the estimate, and left out as not finite
    basis_gradients, basis_seconds      (optimizer, basis, trial) the cost of the basis; of one that
                        is cut out of another, as "first" of all matrices, that of the other
    projection, share_of_movement, loss_plane   of the first trial, as `subspace_paths.py` says
    refreshed_eigenvalues   as `refreshed_runs.py` says, of a basis that is estimated anew
    r_med, r_med_error  as `layer_r_med.py` says, where they were asked for
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from egop.experiments.experiment import Done, Task
from egop.experiments.sweep import subspace_paths
from egop.experiments.sweep.basis_names import CONTROLS
from egop.experiments.sweep.block_eigenbases import BlockEigenbases
from egop.experiments.sweep.costs import estimates_cost, training_cost
from egop.experiments.sweep.group_training import GroupTraining
from egop.experiments.sweep.groups import TrainingGroup, group_key, grouping
from egop.experiments.sweep.layer_r_med import LayerRMed, layers_of, measured_epochs
from egop.experiments.sweep.measured_runs import best_rates, costs_of_bases, measured_runs
from egop.experiments.sweep.rates import Rates, expected_rates, first_rates, next_rates
from egop.experiments.sweep.refreshed_runs import numbers_of_run
from egop.methods import method
from egop.networks.batches import Batches
from egop.networks.ensemble import Training
from egop.networks.network import Network
from egop.networks.plan import ORIGINAL, RunSpec
from egop.networks.refreshed_bases import RefreshedBases
from egop.runs.run_table import PATHS
from egop.runs.task_context import TaskContext
from egop.theme import count_words

if TYPE_CHECKING:
    from egop.runs.done import Arrays

Score = Callable[[Mapping[str, np.ndarray]], tuple[np.ndarray, np.ndarray]]
"""Returns of metrics (..., E + 1) what is to be smallest, and the epoch of it, each (...)."""


@dataclass(frozen=True)
class NetworkSweep:
    """The trainings of a network experiment.

    Attributes:
        network: the objective.
        methods: names in `egop.methods`.
        trials: their numbers.
        epochs: how many.
        rates: given ones; None: the search of App. D.2.
        batches: the data of some trials, in the context of a task.
        batch_size: of their minibatches.
        examples: how many to train with, to choose rates by, and to test with.
        data_bytes: of what all trials are trained with, and of each trial's own.
        starts: (trials, p) where they begin.
        estimates: the bases besides the original coordinates.
        score: what rates are chosen by.
        schedule: of the rate, "constant" or "cosine".
        dtype: of all numbers.
        r_med_epochs: at how many epochs R_med is measured; 0: not at all.
        refreshed: by name the bases that are estimated anew for each run.
    """

    network: Network
    methods: tuple[str, ...]
    trials: range
    epochs: int
    rates: Rates | None
    batches: Callable[[TaskContext, Sequence[int]], Batches]
    batch_size: int
    examples: tuple[int, int, int]
    data_bytes: tuple[int, int]
    starts: Callable[[Sequence[int]], Tensor]
    estimates: BlockEigenbases
    score: Score
    schedule: str = "constant"
    dtype: torch.dtype = torch.float32
    r_med_epochs: int = 0
    refreshed: Mapping[str, RefreshedBases] = field(default_factory=dict)

    def plan(self, done: Done) -> list[Task]:
        """The stages of the search as far as they are known, spectra, and the loss plane at last.

        Groups that need eigenbases wait for those of their trials, and then come before others.
        """
        trials = self.trials if self.estimates.names else ()
        spectra = [self._spectrum_task(done, trial) for trial in trials]
        tasks: list[Task] = []
        for stage in range(1 if self.rates is not None else 2):
            runs = self.runs(done, stage)
            if not runs:
                break
            trainings = self._trainings(done, stage, runs)
            ready = [task for task, needs in trainings if all(key in done for key in needs)]
            tasks += ready
            if any(task.key not in done for task, _ in trainings):
                return [*tasks, *spectra]
        return [*tasks, *spectra, *self._loss_plane_task(done)]

    def assemble(self, done: Done) -> xr.Dataset | None:
        """The result described at the top of this file; None while nothing is measured."""
        table = measured_runs(self, done)
        if table is None:
            return None
        result = table.dataset().assign(
            **table.chosen(best_rates(self, table)), **costs_of_bases(self, table, done)
        )
        if "measured_epoch" in result.dims:
            places = {"layer": [*layers_of(self.network)], "measured_epoch": self.measured_epochs}
            result = result.assign_coords(places)
        if "rotated_block" in result.dims:
            names = [block.name for block in self.network.matrices]
            result = result.assign_coords(rotated_block=names)
        parts = [result, *self.estimates.assembled(done, self.trials)]
        if "projection" in result and subspace_paths.LOSS_PLANE in done:
            parts.append(subspace_paths.loss_plane(done[subspace_paths.LOSS_PLANE]))
        return xr.merge(parts, join="exact", compat="no_conflicts")

    def runs(self, done: Done, stage: int) -> list[Any]:
        """The runs of a stage; planned by what was measured in the one before."""

        def decide() -> list[RunSpec]:
            rates = first_rates(self.methods, self.rates)
            if stage and done.imagined:
                rates = expected_rates(self.methods)
            elif stage:
                table = measured_runs(self, done)
                assert table is not None
                best = dict(zip(table.methods, best_rates(self, table), strict=True))
                rates = next_rates(best, rates)
            return [
                RunSpec(method, basis, float(rate))
                for method, some in rates.items()
                for basis in (ORIGINAL, *self.bases_of(method))
                for rate in some
            ]

        return [RunSpec(*each) for each in done.record_once(f"plan {stage}", decide)]

    def bases_of(self, name: str) -> list[str]:
        """The bases that a method is run in: no control that leaves its path as it is."""
        same = method(name).rule.unchanged_by
        names = (*self.estimates.names, *self.refreshed)
        return [basis for basis in names if CONTROLS.get(basis) not in same]

    def groups(self, done: Done, stage: int, runs: list[RunSpec]) -> list[TrainingGroup]:
        """The runs of a stage and the trials, in groups that are trained together."""
        stored = done.record_once(f"grouping {stage}", lambda: grouping(self, done, runs))
        return [TrainingGroup.read(each) for each in stored]

    def _trainings(
        self, done: Done, stage: int, runs: list[RunSpec]
    ) -> list[tuple[Task, list[str]]]:
        """The training of each group, and the keys of the spectra that it needs."""
        message = f"{count_words(len(runs), 'run')} of {count_words(len(self.trials), 'trial')}"
        message += f", stage {stage + 1} of 2 of the search for rates" if self.rates is None else ""
        found = []
        for place, group in enumerate(self.groups(done, stage, runs)):
            some = [runs[k] for k in group.runs]
            rotated = any(run.basis in self.estimates.names for run in some)
            needs = [self.estimates.key(trial) for trial in group.trials] if rotated else []
            cost = partial(training_cost, self, some, len(group.trials), done)
            compute = partial(self._train, some, group)
            found.append((Task(group_key(stage, place), compute, message, cost), needs))
        return found

    def _spectrum_task(self, done: Done, trial: int) -> Task:
        return Task(
            self.estimates.key(trial),
            partial(self.estimates.summarize, trial),
            f"EGOP of trial {self.trials.index(trial) + 1} of {len(self.trials)}",
            partial(estimates_cost, self.estimates, self.batch_size, done),
        )

    def _loss_plane_task(self, done: Done) -> list[Task]:
        """The task of the loss plane; none where paths were not measured."""
        first = group_key(0, 0)
        kept = done.imagined or done[first].keys() >= {*PATHS}
        if not self.estimates.names or not kept:
            return []
        cost = partial(subspace_paths.plane_cost, self)
        compute = partial(subspace_paths.compute_loss_plane, self)
        return [Task(subspace_paths.LOSS_PLANE, compute, "loss around the paths", cost)]

    def memory_options(self) -> dict[str, Any]:
        """Arguments on which the memory of a training depends, beside its runs."""
        return {
            "bases": self.estimates.names,
            "rotated": self.estimates.n_numbers(),
            "of_each_run": dict.fromkeys(self.refreshed, numbers_of_run(self.network, self.dtype)),
            "examples": self.batch_size,
            "dtype": self.dtype,
        }

    def _train(self, runs: list[RunSpec], group: TrainingGroup, context: TaskContext) -> "Arrays":
        """Metrics (S, R, E + 1) and diverged_at (S, R) of a group."""
        rotated = any(each.basis != ORIGINAL for each in runs)
        training = Training(
            self.network,
            self.batches(context, group.trials),
            runs,
            self.starts(group.trials),
            n_epochs=self.epochs,
            trials=group.trials,
            bases={**self.estimates.of_trials(context, group.trials), **self.refreshed}
            if rotated
            else None,
            schedule=self.schedule,
            device=context.device,
            dtype=self.dtype,
        )
        moved = subspace_paths.Movement(training, self, context)
        r_med = None
        if self.r_med_epochs:
            r_med = LayerRMed(training, self.measured_epochs, self.estimates.seed)
        return GroupTraining(training, moved, context, group, r_med).arrays()

    @property
    def measured_epochs(self) -> np.ndarray:
        """The epochs at which R_med is measured."""
        return measured_epochs(self.epochs, self.r_med_epochs)
