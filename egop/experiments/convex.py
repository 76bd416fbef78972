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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from egop import metrics
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis, estimate_eigenbasis
from egop.experiments.experiment import WITHOUT_NETWORK, Arrays, Cost, Done, Experiment, Task
from egop.experiments.landscape_runs import KEPT, Problem, descend, fill, method, seed_for
from egop.experiments.sweep.rates import Rates, expected_rates, first_rates, next_rates
from egop.objectives import least_squares, log_sum_exp, logistic, power_law
from egop.objectives.objective import Objective
from egop.trials import start_value

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.run_table import RunTable
    from egop.runs.task_context import TaskContext

PROBLEMS: dict[str, Callable[[int, float], Objective]] = {
    "log_sum_exp": lambda seed, decay: log_sum_exp(100, 1000, power_law(100, decay, 10.0), seed),
    "logistic_regression": lambda seed, decay: logistic(20, 200, power_law(20, decay), seed),
    "least_squares": lambda seed, decay: least_squares(100, 1000, power_law(100, decay), seed),
    "logistic_informative": lambda seed, decay: logistic(
        20, 1000, power_law(20, decay, 1.6 * 1000**0.5), seed
    ),
}
"""(a), (b), (c) of both figures, and a logistic regression as a statistician would draw it, which
was written down before any of its results was seen: with rows of order one the logits have a
standard deviation of about 2, so that the labels depend on the inputs. In (b) they are below 0.4,
and labels nearly those of a fair coin. Sizes and spectra are chosen here, not the paper's."""

DECAYS = (2.0, 1.0, 2.0, 1.0)
"""σ_k = k^−decay of each problem's A, in their order."""

OPERATIONS = {
    "log_sum_exp": 4 * 1000 * 100,
    "logistic_regression": 4 * 200 * 20,
    "least_squares": 4 * 1000 * 100,
    "logistic_informative": 4 * 1000 * 20,
}
"""Of one gradient of each problem."""

BASES = ("original", "egop")


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


@dataclass(frozen=True)
class ProblemSearch:
    """The search for rates on one of `PROBLEMS`: every method, in two stages.

    Attributes:
        config: of the experiment.
        name: of the problem.
    """

    config: Config
    name: str

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
                for trial in range(self.config.trials)
            ]
            if any(task.key not in done for task in tasks):
                break
        return tasks

    def key(self, trial: int, method: str, stage: int) -> str:
        """Of the runs of a method and trial in a stage."""
        return f"{self.name}-{trial}-{method}-{stage}"

    def stages(self, done: Done) -> list[dict[str, np.ndarray]]:
        """The rates of each method in each stage that is planned by now."""
        later = done.recorded(self._record) and self._rates(done, 1)
        return [self._rates(done, 0), *([later] if later else [])]

    def table(
        self, done: Done, stages: Sequence[dict[str, np.ndarray]], rates: np.ndarray
    ) -> "RunTable":
        """What is known of the runs of some stages, in a table of all these rates."""
        from egop.runs.run_table import RunTable

        config = self.config
        runs = [(method, basis, 0.0) for method in stages[0] for basis in BASES]
        table = RunTable(runs, config.trials, config.epochs + 1, done.most_numbers, rates)
        for stage, some in enumerate(stages):
            for name, row in some.items():
                for trial in range(config.trials):
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

        config, objectives = self.config, self._objectives()
        k = objectives[0].dim
        eigenvalues, density = np.full((2, config.trials, k), np.nan)
        stable_rank = np.full(config.trials, np.nan)
        for trial in range(config.trials):
            if (key := _basis_key(self.name, trial)) in done:
                basis = done[key]
                eigenvalues[trial] = basis["eigenvalues"]
                density[trial] = metrics.density(basis["eigenvectors"])
                stable_rank[trial] = metrics.stable_rank(basis["eigenvalues"])
        minima = [np.nan if each.minimum is None else each.minimum for each in objectives]
        return xr.Dataset(
            {
                "eigenvalues": (("trial", "k"), eigenvalues),
                "stable_rank": ("trial", stable_rank),
                "density": (("trial", "k"), density),
                "minimum": ("trial", np.array(minima)),
            },
            coords={"trial": np.arange(config.trials), "k": np.arange(1, k + 1)},
        )

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
        return [_objective(self.config, self.name, trial) for trial in range(self.config.trials)]

    def _descend(self, trial: int, name: str, rates: np.ndarray, context: "TaskContext") -> Arrays:
        return descend(
            problem(self.config, self.name, trial, context),
            method(name, self.config.initial_accumulator),
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


def problem(config: Config, name: str, trial: int, context: "TaskContext | None" = None) -> Problem:
    """A trial's objective, start and bases; the EGOP is estimated unless the run has it."""
    objective = _objective(config, name, trial)
    rng = np.random.default_rng(seed_for(config.seed, trial, "start"))

    def estimate() -> Arrays:
        basis = estimate_eigenbasis(
            objective,
            Gaussian(objective.dim),
            config.samples_per_variable * objective.dim,
            seed_for(config.seed, trial, "egop"),
        )
        return {"eigenvalues": basis.eigenvalues, "eigenvectors": basis.eigenvectors}

    key = _basis_key(name, trial)
    arrays = estimate() if context is None else context.artifact(key, estimate)
    bases = {"original": None, "egop": Eigenbasis(arrays["eigenvalues"], arrays["eigenvectors"])}
    return Problem(objective, rng.standard_normal(objective.dim), bases)


@lru_cache(maxsize=32)
def _objective(config: Config, name: str, trial: int) -> Objective:
    decay = config.decays[list(PROBLEMS).index(name)]
    return PROBLEMS[name](seed_for(config.seed, trial, "problem"), decay)


def _basis_key(name: str, trial: int) -> str:
    return f"{name}-{trial}-basis"


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
    later=("decays",),
    chosen_here="the sizes d and n, the spectra (seen), ‖∇f‖₂ < 10⁻⁸ as the end of a run (scipy's "
    "minimize takes 10⁻⁵), M = 10 d, the logistic loss as a sum (seen), the tenth of the steps at "
    "which it is read (seen), Adagrad's accumulator 0.1 (seen), informative labels",
)
