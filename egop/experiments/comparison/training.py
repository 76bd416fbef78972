"""One run: a model trained by one optimizer, at one rate, from the start of one trial."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from egop.bounds import shown
from egop.experiments.comparison.entries import Entry
from egop.experiments.comparison.loaders import Loaders
from egop.experiments.comparison.measures import Measures
from egop.experiments.comparison.module_r_med import ModuleRMed
from egop.experiments.comparison.rate_plan import PlannedRun
from egop.iteration import DIVERGED
from egop.networks.bases import BlockBases
from egop.networks.criterion import Loss, differentiable
from egop.optimizer import EGOPOptimizer
from egop.runs.run_table import R_MED
from egop.schedules import SCHEDULES

VARIABLES = {"train": "training", "validation": "validation", "test": "test"}
"""The first word of the variables of each loader."""


@dataclass
class Trainer:
    """Everything that the runs of a comparison share.

    Attributes:
        model: trained by each run from where it is.
        named: its parameters that require gradients.
        loss: `loss(model, batch)`.
        loaders: its batches.
        measures: what is measured after each epoch.
        epochs: how many.
        schedule: as `egop.compare` takes it.
        r_med: measures R_med at some epochs; None: it is not measured.
    """

    model: nn.Module
    named: list[tuple[str, nn.Parameter]]
    loss: Loss
    loaders: Loaders
    measures: Measures
    epochs: int
    schedule: Any
    r_med: ModuleRMed | None = None

    def train(
        self,
        run: PlannedRun,
        bases: BlockBases | None,
        trial: int,
        report: Callable[[float], None],
    ) -> dict[str, np.ndarray]:
        """The measures (epochs + 1,) of a run from where the model is, and diverged_at ().

        Args:
            run: an entry at a rate.
            bases: of the entry; None in original coordinates.
            trial: its number.
            report: called with the share of the run that is done.
        """
        training = ModuleTraining(self, self.optimizer(run.entry, run.rate, bases), trial, bases)
        training.carry_out(report)
        return training.arrays

    def optimizer(self, entry: Entry, rate: float, bases: BlockBases | None) -> Any:
        """The optimizer of a run.

        Raises:
            ValueError: the class does not take its arguments.
        """
        given = {"lr": rate, **entry.hyperparameters}
        try:
            if bases is None:
                return entry.kind([p for _, p in self.named], **given)
            return EGOPOptimizer(entry.kind, self.named, bases, **given)
        except (TypeError, ValueError) as error:
            raise ValueError(f"optimizers[{entry.label!r}]: {error}") from error

    def scheduler(self, optimizer: Any) -> Any:
        """The scheduler of an optimizer, stepped after each epoch; None for a constant rate.

        Raises:
            ValueError: a schedule of another kind.
        """
        if self.schedule == "constant":
            return None
        if isinstance(self.schedule, str) and self.schedule in SCHEDULES:
            factor = SCHEDULES[self.schedule]
            return LambdaLR(optimizer, lambda epoch: factor(epoch, self.epochs))
        made = self.schedule(optimizer) if callable(self.schedule) else self.schedule
        if not isinstance(made, LRScheduler):
            raise ValueError(
                f"schedule takes one of {', '.join(SCHEDULES)}, or a function of an optimizer that "
                f"returns a scheduler of torch.optim.lr_scheduler, got {shown(made)}"
            )
        return made

    def synchronize(self) -> None:
        """Waits for the device, so that clocks are read when it is done."""
        if self.loaders.device.type == "cuda":
            torch.cuda.synchronize(self.loaders.device)


class ModuleTraining:
    """A run and what was measured of it.

    It has diverged at the first step before which a parameter or the loss is not finite, or the
    loss exceeds 1e12·(1+|f(x_0)|).

    Args:
        trainer: whose model is trained.
        optimizer: made for it.
        trial: its number.
        bases: of its coordinates; None: original ones.

    Attributes:
        arrays: by name of the variable.
    """

    def __init__(
        self, trainer: Trainer, optimizer: Any, trial: int, bases: BlockBases | None = None
    ):
        self.trainer, self.optimizer, self.trial = trainer, optimizer, trial
        self.bases = bases
        self.arrays: dict[str, np.ndarray] = {}
        if trainer.r_med is not None:
            shape = len(trainer.r_med.epochs), len(trainer.r_med.layers)
            self.arrays |= {name: np.full(shape, np.nan) for name in R_MED}
        self._limit, self._steps = float("inf"), 0
        self._diverged_at = torch.full((), -1, device=trainer.loaders.device)

    def carry_out(self, report: Callable[[float], None]) -> None:
        """Trains and measures, to the end or until it diverges."""
        trainer = self.trainer
        scheduler = trainer.scheduler(self.optimizer)
        self._measure(0, 0.0)
        for epoch in range(trainer.epochs):
            if self._is_lost():
                break
            seconds = self._train(epoch)
            if scheduler is not None:
                scheduler.step()
            self._measure(epoch + 1, seconds)
            report((epoch + 1) / trainer.epochs)
        self.arrays["diverged_at"] = np.array(int(self._diverged_at))

    def _train(self, epoch: int) -> float:
        """The seconds of the steps of an epoch."""
        trainer = self.trainer
        _switch(self.optimizer, "train")
        begin, reads = time.perf_counter(), trainer.loaders.device.type == "cpu"
        for batch in trainer.loaders.epoch(self.trial, epoch):
            try:
                self._step(batch)
            except (RuntimeError, ValueError):  # a decomposition, or a loss, of NaN
                if not self._is_lost() and self._is_finite():
                    raise
                self._mark(torch.tensor(float("nan"), device=trainer.loaders.device))
                break
            if reads and self._is_lost():
                break
        trainer.synchronize()
        return time.perf_counter() - begin

    def _step(self, batch: Any) -> None:
        self.optimizer.zero_grad()
        value = differentiable(self.trainer.loss(self.trainer.model, batch))
        self._mark(value.detach())
        value.backward()
        self.optimizer.step()
        self._steps += 1

    def _measure(self, epoch: int, seconds: float) -> None:
        """Measures the model after an epoch; nothing of a run that has diverged."""
        trainer, found = self.trainer, {"seconds": seconds}
        _switch(self.optimizer, "eval")
        if not self._is_lost():
            try:
                found |= self._measured(trainer.loaders.names)
            except (RuntimeError, ValueError):
                if self._is_finite():
                    raise
                found["training_loss"] = float("nan")
            if epoch == 0:
                self._limit = DIVERGED * (1 + abs(found["training_loss"]))
            self._mark(torch.tensor(found["training_loss"], device=self._diverged_at.device))
        lost = self._is_lost()
        for name, value in found.items():
            missing = np.full(trainer.epochs + 1, np.nan)
            self.arrays.setdefault(name, missing)[epoch] = np.nan if lost else value
        if not lost:
            self._measure_r_med(epoch)

    def _measure_r_med(self, epoch: int) -> None:
        """Measures R_med, if this is one of its epochs."""
        measured = self.trainer.r_med
        if measured is None or epoch not in measured.epochs:
            return
        found = measured.of(self.bases, self.trainer.loaders.whole("train", self.trial))
        for name, of_layers in zip(R_MED, found, strict=True):
            self.arrays[name][measured.epochs == epoch] = of_layers

    def _measured(self, names: Iterable[str]) -> dict[str, float]:
        found = {}
        for name in names:
            loss, accuracy = self.trainer.measures.over(
                self.trainer.loaders.whole(name, self.trial)
            )
            found[f"{VARIABLES[name]}_loss"] = loss
            if self.trainer.measures.accuracies and name != "train":
                found[f"{VARIABLES[name]}_accuracy"] = accuracy
        return found

    def _mark(self, value: Tensor) -> None:
        """Notes the step if the loss is not finite or too large."""
        bad = ~(value.abs() <= self._limit) & (self._diverged_at < 0)
        self._diverged_at = torch.where(bad, self._steps, self._diverged_at)

    def _is_lost(self) -> bool:
        return bool(self._diverged_at >= 0)

    def _is_finite(self) -> bool:
        return all(bool(p.isfinite().all()) for _, p in self.trainer.named)


def _switch(optimizer: Any, mode: str) -> None:
    """Tells an optimizer that averages weights whether these are to be trained or measured."""
    if callable(getattr(optimizer, mode, None)):
        getattr(optimizer, mode)()
