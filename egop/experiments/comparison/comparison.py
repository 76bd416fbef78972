"""Carries out a comparison: stage by stage of the search of rates, trial by trial, run by run."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from egop.experiments.checks import BOUNDS
from egop.experiments.comparison.comparison_result import Measured, assembled
from egop.experiments.comparison.entries import Entry, read_entries
from egop.experiments.comparison.loaders import Loaders
from egop.experiments.comparison.measures import Measures, predicts_classes
from egop.experiments.comparison.module_r_med import ModuleRMed
from egop.experiments.comparison.rate_plan import PlannedRun, RatePlan
from egop.experiments.comparison.training import Trainer
from egop.experiments.comparison.trial_bases import TrialBases, blocks_of_control
from egop.experiments.experiment import OnProgress
from egop.experiments.sweep.rates import FINER
from egop.networks.bases import BlockBases
from egop.networks.criterion import as_loss, differentiable
from egop.networks.layout import trainable
from egop.networks.module_draws import ModuleDraws
from egop.networks.module_state import left_as_it_was
from egop.networks.network import blocks_of
from egop.networks.rng import stream

STARTS = 0
"""Keeps the random numbers of starts apart from those of estimates (1)."""


class OptimizerComparison:
    """A comparison of optimizers on one model; arguments as `egop.compare` takes them.

    Raises:
        ValueError, TypeError: as `egop.compare`.
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        loaders: Any,
        optimizers: Any,
        *,
        rates: Any,
        trials: int,
        epochs: int,
        initialize: Any,
        schedule: Any,
        controls: bool,
        seed: int,
        r_med_epochs: int,
        on_progress: OnProgress | None,
    ):
        self.named = trainable(model, "egop.compare")
        self.layout = blocks_of([(name, tuple(p.shape)) for name, p in self.named])
        self.model: nn.Module = model
        self.trials = BOUNDS["trials"].read("trials", trials)
        self.epochs = BOUNDS["epochs"].read("epochs", epochs)
        self.seed = BOUNDS["seed"].read("seed", seed)
        self.loss = as_loss(loss)
        measured = BOUNDS["r_med_epochs"]._replace(low=0).read("r_med_epochs", r_med_epochs)
        self.r_med = ModuleRMed(model, self.loss, self.epochs, measured) if measured else None
        self.loaders = Loaders(loaders, self.named[0][1].device, self.seed)
        self.draws = ModuleDraws(model, self.named, self.layout, initialize, (self.seed, STARTS))
        self.bases = TrialBases(
            model,
            self.loss,
            self.loaders,
            layout=self.layout,
            initialize=initialize,
            seed=self.seed,
        )
        self._given = [p.detach().clone() for _, p in self.named]
        self.entries = read_entries(
            optimizers,
            partial(blocks_of_control, model, self.layout) if controls else None,
            self._first_bases,
        )
        self.plan = RatePlan(rates, self.entries)
        self.schedule, self._on_progress = schedule, on_progress
        self._done, self._expected, self._share = 0, 1, 0.0

    def result(self) -> xr.Dataset:
        """Trains everything; the model and the loaders are left as they were."""
        measured = Measured(self.entries, self.trials, self.epochs)
        with left_as_it_was(self.model) as restore_buffers, self.loaders.left_as_they_were():
            self._restore_buffers = restore_buffers
            trainer = self._trainer()
            steps = self.loaders.n_batches * np.arange(self.epochs + 1)
            first = self.plan.first()
            self._expected = len(first) + FINER * len(self.plan.searched)
            self._carry_out(first, trainer, measured, last=not self.plan.searched)
            second = self.plan.second(measured.best_rates())
            self._expected = len(first) + len(second)
            self._carry_out(second, trainer, measured, last=True)
        result = assembled(measured, self._settings(), steps)
        if self.r_med is None:
            return result
        return result.assign_coords(layer=self.r_med.layers, measured_epoch=self.r_med.epochs)

    def _trainer(self) -> Trainer:
        """The trainer of all runs, when batches, loss and optimizers are seen to work.

        Raises:
            ValueError: they do not.
        """
        batch, *_ = [self.loaders.first(name) for name in self.loaders.names]
        with torch.enable_grad():
            differentiable(self.loss(self.model, batch))
        self._restore_buffers()
        measures = Measures(self.model, self.loss, predicts_classes(self.loss, batch))
        trainer = Trainer(
            self.model,
            self.named,
            self.loss,
            self.loaders,
            measures,
            self.epochs,
            self.schedule,
            self.r_med,
        )
        for entry in self.entries:
            self.bases.check(entry)
            trainer.scheduler(trainer.optimizer(entry, 1.0, None))
        return trainer

    def _carry_out(
        self, runs: Sequence[PlannedRun], trainer: Trainer, measured: Measured, *, last: bool
    ) -> None:
        """Trains the runs of a stage in every trial.

        Args:
            runs: of the stage.
            trainer: of all runs.
            measured: is told what is measured.
            last: whether no other stage will need the bases again.
        """
        for trial in range(self.trials if runs else 0):
            start = self._start(trial)
            for run in runs:
                self._words = f"{run.entry.label} at rate {run.rate:g}, "
                self._words += f"trial {trial + 1} of {self.trials}"
                self._report(0.0)
                self._load(start)
                bases = self.bases.of(run.entry, trial)
                self._load(start)
                arrays = trainer.train(run, bases, trial, self._report)
                measured.add(run, trial, arrays, bases)
                self._done += 1
            if last:
                self.bases.forget(trial)

    def _first_bases(self, entry: Entry) -> BlockBases | None:
        """The bases of an entry in the first trial, whose blocks its controls are to have."""
        with left_as_it_was(self.model) as self._restore_buffers:
            self._start(0)
            return self.bases.of(entry, 0)

    def _report(self, share: float) -> None:
        """Says how far the runs are; shares never fall.

        Args:
            share: of the run that is being trained.
        """
        if self._on_progress is not None:
            done = (self._done + share) / (self._expected * self.trials)
            self._share = max(self._share, min(1.0, done))
            self._on_progress(self._share, self._words)

    def _start(self, trial: int) -> list[torch.Tensor]:
        """The parameters at the start of a trial."""
        own_seed = int(stream((self.seed, STARTS), "starts", trial).integers(2**63))
        self._load(self._given)
        self.draws.fill(trial, own_seed)
        return [p.detach().clone() for _, p in self.named]

    def _load(self, start: Sequence[torch.Tensor]) -> None:
        """Brings the model to a start, with the buffers that it came with and no gradients."""
        self._restore_buffers()
        with torch.no_grad():
            for (_, p), values in zip(self.named, start, strict=True):
                p.copy_(values)
                p.grad = None

    def _settings(self) -> dict[str, Any]:
        """Returns the settings of the comparison, for the attribute `config`."""
        return {
            "model": type(self.model).__name__,
            "trials": self.trials,
            "epochs": self.epochs,
            "schedule": self.schedule if isinstance(self.schedule, str) else "own",
            "seed": self.seed,
            "device": str(self.loaders.device),
            "hyperparameters": {e.label: repr(e.hyperparameters) for e in self.entries},
        }
