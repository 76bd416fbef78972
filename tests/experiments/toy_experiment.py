"""A toy experiment, written as those of the package: gradient descent on quadratics, a trial each.

Result, dims (optimizer, basis, learning_rate, trial, epoch), basis (original):
    training_loss       f, half the sum of squares
    status, diverged_at     (optimizer, basis, learning_rate, trial)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from egop.experiments.experiment import Arrays, Cost, Done, Experiment, Task
from egop.experiments.trial_numbers import trial_numbers
from egop.runs.run_table import RunTable
from egop.runs.task_context import TaskContext

RUNS = [("gradient_descent", "original", rate) for rate in (0.1, 0.5)]


@dataclass(frozen=True)
class Config:
    """Settings of the toy.

    Attributes:
        trials: starts.
        epochs: steps.
        first_trial: the number of the first.
    """

    trials: int = 3
    epochs: int = 5
    seed: int = 0
    first_trial: int = 0


def plan(config: Config, done: Done) -> Sequence[Task]:
    """A start for each trial, and once all are there the descents from them."""
    starts = [
        Task(f"start-{trial}", partial(_start, config, trial), f"start {trial + 1}")
        for trial in trial_numbers(config)
    ]
    if any(task.key not in done for task in starts):
        return starts
    cost = Cost({"descents": config.epochs}, runs=len(RUNS), epochs=config.epochs)
    return [
        *starts,
        *(
            Task(f"descent-{trial}", partial(_descend, config, trial), "descends", lambda: cost)
            for trial in trial_numbers(config)
        ),
    ]


def assemble(config: Config, done: Done) -> xr.Dataset | None:
    """The result described at the top of this file."""
    table = RunTable(RUNS, trial_numbers(config), config.epochs + 1, done.most_numbers)
    for trial in trial_numbers(config):
        arrays = done.get(f"descent-{trial}")
        if arrays is not None:
            table.fill(RUNS, [trial], arrays)
    return table.dataset() if "training_loss" in table.variables else None


def _start(config: Config, trial: int, context: TaskContext) -> Arrays:
    return {"x": np.random.default_rng((config.seed, trial)).normal(size=3)}


def _descend(config: Config, trial: int, context: TaskContext) -> Arrays:
    x, losses = context.run[f"start-{trial}"]["x"], []
    for epoch in range(config.epochs + 1):
        context.on_progress(epoch / config.epochs)
        losses.append([np.sum(((1 - rate) ** epoch * x) ** 2) / 2 for *_, rate in RUNS])
    curves = np.array(losses).T[None]
    return {"training_loss": curves, "diverged_at": np.full((1, len(RUNS)), -1)}


EXPERIMENT = Experiment(Config, plan, assemble, title="a toy", label="Toy", network=True)
