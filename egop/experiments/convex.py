"""Figures 5 and 12: the three convex problems of §6 and App. D.5, on the landscape engine.

Full batch, float64 (the paper's were JAX + Optax, in float32 by default); one epoch is one step.
ρ and the starts are N(0, I); each trial is a fresh problem. A run stops once ‖∇f‖₂ < tolerance.

Result, dims (problem, optimizer, basis, learning_rate, trial, epoch), basis in (original, egop):
    training_loss       f, (problem, optimizer, basis, learning_rate, trial, epoch)
    gradient_norm       ‖∇f‖₂, likewise
    status, diverged_at, stopped_at     (problem, optimizer, basis, learning_rate, trial)
    best_rate           (problem, optimizer, basis) smallest median final loss in that basis
    chosen_rate         (problem, optimizer) the best in original coordinates, used in both
    minimum             (problem, trial) f*; NaN where there is none
    eigenvalues         (problem, trial, k) of the EGOP, NaN beyond the problem's d
    density             (problem, trial, k) β_k of its eigenvectors
    stable_rank         (problem, trial)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from egop import metrics
from egop.experiments.compared_methods import method_of
from egop.experiments.convex_problems import (
    BASES,
    DECAYS,
    OPERATIONS,
    PROBLEMS,
    basis_key,
    objective_of,
    problem,
)
from egop.experiments.experiment import WITHOUT_NETWORK, Arrays, Cost, Done, Experiment, Task
from egop.experiments.landscape_runs import KEPT, descend, fill
from egop.experiments.sweep.rates import Rates, expected_rates, first_rates, next_rates
from egop.experiments.trial_numbers import trial_numbers
from egop.objectives.objective import Objective
from egop.trials import start_value

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.run_table import RunTable
    from egop.runs.task_context import TaskContext


@dataclass(frozen=True)
class Config:
    """Settings of figures 5 and 12.

    Attributes:
        trials: problems drawn of each kind.
        epochs: largest number of steps.
        tolerance: of ‖∇f‖₂, at which a run stops.
        samples_per_variable: M/d.
        initial_accumulator: of Adagrad, as in Optax; "adagrad_from_zero" begins at 0, as torch's.
        decays: of σ_k = k^−decay, for each of `PROBLEMS`.
        rates: by method; None: the search of App. D.2.
        first_trial: the number of the first; those of a part of a sweep begin later.
    """

    problems: tuple[str, ...] = tuple(PROBLEMS)
    methods: tuple[str, ...] = (
        "adagrad",
        "adam",
        "gradient_descent",
        "momentum",
        "adagrad_from_zero",
    )
    trials: int = 5
    epochs: int = 1000
    tolerance: float = 1e-8
    samples_per_variable: int = 10
    initial_accumulator: float = 0.1
    rates: Rates | None = None
    seed: int = 0
    decays: tuple[float, ...] = DECAYS
    first_trial: int = 0


@dataclass(frozen=True)
class ProblemSearch:
    """The search for rates on one of `PROBLEMS`: every method, in two stages.

    Attributes:
        config: of the experiment.
        name: of the problem.
    """

    config: Config
    name: str

    @property
    def trials(self) -> range:
        """The numbers of the trials."""
        return trial_numbers(self.config)

    def plan(self, done: Done) -> list[Task]:
        """The runs of each method and trial, as far as the rates are known."""
        tasks: list[Task] = []
        for stage in range(2):
            tasks += [
                Task(
                    self.key(trial, method, stage),
                    partial(self._descend, trial, method, rates),
                    f"{self.name}, {method}",
                    partial(self._cost, len(rates), done),
                )
                for method, rates in self._rates(done, stage).items()
                for trial in self.trials
            ]
            if any(task.key not in done for task in tasks):
                break
        return tasks

    def key(self, trial: int, method: str, stage: int) -> str:
        """The key of the task of a method and a trial in a stage."""
        return f"{self.name}-{trial}-{method}-{stage}"

    def stages(self, done: Done) -> list[dict[str, np.ndarray]]:
        """The rates of each method in each stage that is planned by now."""
        later = done.recorded(self._record) and self._rates(done, 1)
        return [self._rates(done, 0), *([later] if later else [])]

    def table(
        self, done: Done, stages: Sequence[dict[str, np.ndarray]], rates: np.ndarray
    ) -> "RunTable":
        """The runs of some stages as far as they are known, in a table of all these rates."""
        from egop.runs.run_table import RunTable

        config = self.config
        runs = [(method, basis, 0.0) for method in stages[0] for basis in BASES]
        table = RunTable(runs, self.trials, config.epochs + 1, done.most_numbers, rates)
        for stage, some in enumerate(stages):
            for name, row in some.items():
                for trial in self.trials:
                    key = self.key(trial, name, stage)
                    if key in done:
                        fill(table, name, row, trial, done[key])
        return table

    def best_rates(self, table: "RunTable") -> np.ndarray:
        """(methods, bases) by the final f − f*, and then by the steps until a run stopped."""
        minima = np.array([each.minimum or 0.0 for each in self._objectives()])
        losses, stopped_at = (table.variables[name][1] for name in ("training_loss", "stopped_at"))
        gaps = losses[..., [0, -1]] - minima[:, None]
        return table.best_rates(gaps[..., 1], stopped_at, gaps[..., 0], start_value(minima))

    def spectra(self, done: Done) -> "xr.Dataset":
        """Eigenvalues and what is read off the eigenvectors of each trial; NaN where missing."""
        import xarray as xr

        from egop.runs.run_table import trial_variables

        objectives, rows = self._objectives(), {}
        for trial in self.trials:
            if (key := basis_key(self.name, trial)) in done:
                basis = done[key]
                rows[trial] = {
                    "eigenvalues": basis["eigenvalues"],
                    "density": metrics.density(basis["eigenvectors"]),
                    "stable_rank": np.array(metrics.stable_rank(basis["eigenvalues"])),
                }
        dims = {"eigenvalues": ("k",), "stable_rank": (), "density": ("k",)}
        variables = trial_variables(rows, dims, self.trials) if rows else {}
        minima = [np.nan if each.minimum is None else each.minimum for each in objectives]
        variables["minimum"] = ("trial",), np.array(minima)
        coords = {"trial": [*self.trials], "k": np.arange(1, objectives[0].dim + 1)}
        return xr.Dataset(variables, coords)

    def _rates(self, done: Done, stage: int) -> dict[str, np.ndarray]:
        """The rates of each method in a stage; those of the second by the best of the first."""
        config = self.config
        first = first_rates(config.methods, config.rates)
        if stage == 0:
            return first
        if config.rates is not None:
            return {}
        if done.imagined:
            return expected_rates(config.methods)

        def decide() -> dict[str, list[float]]:
            tried = np.unique(np.concatenate([*first.values()]))
            best = self.best_rates(self.table(done, [first], tried))
            found = next_rates(dict(zip(first, best, strict=True)), first)
            return {method: rates.tolist() for method, rates in found.items()}

        stored = done.record_once(self._record, decide)
        return {method: np.array(rates) for method, rates in stored.items()}

    @property
    def _record(self) -> str:
        """The key under which the rates of the second stage are written down."""
        return f"plan 1 of {self.name}"

    def _objectives(self) -> list[Objective]:
        return [objective_of(self.config, self.name, trial) for trial in self.trials]

    def _descend(self, trial: int, name: str, rates: np.ndarray, context: "TaskContext") -> Arrays:
        return descend(
            problem(self.config, self.name, trial, context),
            method_of(name, self.config.initial_accumulator),
            rates,
            n_steps=self.config.epochs,
            tolerance=self.config.tolerance,
            threads=context.run.threads,
        )

    def _cost(self, n_rates: int, done: Done) -> Cost:
        runs, epochs = len(BASES) * n_rates, self.config.epochs
        amounts = {"descents": runs * epochs * OPERATIONS[self.name] / done.threads}
        return Cost(amounts, output=KEPT * runs * epochs, runs=runs, epochs=epochs)


def plan(config: Config, done: Done) -> Sequence[Task]:
    """The tasks of each problem."""
    return [task for name in config.problems for task in ProblemSearch(config, name).plan(done)]


def assemble(config: Config, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file."""
    import xarray as xr

    searches = {name: ProblemSearch(config, name) for name in config.problems}
    stages = {name: search.stages(done) for name, search in searches.items()}
    tried = [rates for each in stages.values() for stage in each for rates in stage.values()]
    parts = {}
    for name, search in searches.items():
        table = search.table(done, stages[name], np.unique(np.concatenate(tried)))
        if "training_loss" in table.variables:
            runs = table.dataset().assign(table.chosen(search.best_rates(table)))
            parts[name] = runs.merge(search.spectra(done))
    if not parts:
        return None
    names = xr.IndexVariable("problem", list(parts))
    joined = xr.concat(list(parts.values()), names, join="outer")
    assert isinstance(joined, xr.Dataset)
    return joined


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="log-sum-exp, logistic regression and least squares",
    label="Three convex problems",
    group=WITHOUT_NETWORK,
    figures=("5", "12"),
    quick=Config(trials=3),
    curves=False,
    later={"decays": DECAYS, "first_trial": 0},
    chosen_here="the sizes d and n, the spectra (seen), ‖∇f‖₂ < 10⁻⁸ as the end of a run (scipy's "
    "minimize takes 10⁻⁵), M = 10 d, the logistic loss as a sum (seen), the tenth of the steps at "
    "which it is read (seen), Adagrad's accumulator 0.1 (seen), informative labels",
)
