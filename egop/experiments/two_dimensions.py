"""Figure 1, left: Adagrad on a log-sum-exp in two variables, in both coordinate systems.

d = 2, 1000 steps, rate 30, which the figure shows, and 60 and 90 (App. D.3) [the paper's]; n = 100,
σ = (1, 1/4), ‖θ_0‖ = 100 in a random direction, ρ = N(0, I), accumulator 0.1 [chosen here]. Each
trial is a fresh problem; one epoch is one step.

Result, dims (optimizer, basis, learning_rate, trial, epoch), basis in (original, egop):
    training_loss, gradient_norm    f and ‖∇f‖₂
    points              (optimizer, basis, learning_rate, trial, epoch, coordinate) the paths
    status, diverged_at     (optimizer, basis, learning_rate, trial)
    minimum             (trial) f* = log n
    minimizer           (trial, coordinate) θ*
    eigenvalues         (trial, k) of the EGOP
    eigenvectors        (trial, coordinate, k) its columns
`objective(config, trial)` is the f of a trial, for its contours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.experiments.compared_methods import method_of
from egop.experiments.experiment import WITHOUT_NETWORK, Arrays, Cost, Done, Experiment, Task
from egop.experiments.landscape_runs import KEPT, fill, seed_for
from egop.experiments.sweep.rates import Rates
from egop.experiments.trial_numbers import trial_numbers
from egop.method_run import run as descend
from egop.objectives import log_sum_exp
from egop.objectives.objective import Objective

if TYPE_CHECKING:
    import xarray as xr

    from egop.runs.task_context import TaskContext

BASES = ("original", "egop")


@dataclass(frozen=True)
class Config:
    """Settings of figure 1, left.

    Attributes:
        trials: problems drawn.
        epochs: steps.
        start_radius: ‖θ_0‖.
        n_rows: n.
        singular_values: of A.
        n_samples: M.
        initial_accumulator: of Adagrad, as in Optax.
        first_trial: the number of the first; those of a part of a sweep begin later.
    """

    methods: tuple[str, ...] = ("adagrad",)
    rates: Rates = (("adagrad", (30.0, 60.0, 90.0)),)
    trials: int = 40
    epochs: int = 1000
    start_radius: float = 100.0
    n_rows: int = 100
    singular_values: tuple[float, float] = (1.0, 0.25)
    n_samples: int = 2000
    initial_accumulator: float = 0.1
    seed: int = 0
    first_trial: int = 0


def objective(config: Config, trial: int) -> Objective:
    """The log-sum-exp of a trial."""
    return log_sum_exp(
        2, config.n_rows, config.singular_values, seed_for(config.seed, trial, "problem")
    )


def plan(config: Config, done: Done) -> Sequence[Task]:
    """Plans each trial's problem, then the paths of each method."""
    tasks = []
    for place, trial in enumerate(trial_numbers(config), start=1):
        message = f"problem {place} of {config.trials}"
        tasks.append(Task(_key(trial), partial(_problem, config, trial), message))
        for key, rates in config.rates:
            compute = partial(_paths, config, trial, key, rates)
            cost = partial(_cost, config, len(rates))
            tasks.append(Task(_key(trial, key), compute, message, cost))
    return tasks


def assemble(config: Config, done: Done) -> "xr.Dataset | None":
    """The result described at the top of this file."""
    from egop.runs.run_table import RunTable, trial_variables

    runs = [(m, basis, rate) for m, rates in config.rates for basis in BASES for rate in rates]
    trials = trial_numbers(config)
    table = RunTable(runs, trials, config.epochs + 1, done.most_numbers)
    problems = {}
    for trial in trials:
        if _key(trial) in done:
            problems[trial] = done[_key(trial)]
        for key, rates in config.rates:
            if _key(trial, key) in done:
                fill(table, key, rates, trial, done[_key(trial, key)])
    if not problems:
        return None
    return table.dataset().assign(trial_variables(problems, PROBLEM_DIMS, trials))


PROBLEM_DIMS = {
    "minimum": (),
    "minimizer": ("coordinate",),
    "eigenvalues": ("k",),
    "eigenvectors": ("coordinate", "k"),
}


def _key(trial: int, method: str = "problem") -> str:
    return f"{trial}-{method}"


def _problem(config: Config, trial: int, context: "TaskContext") -> Arrays:
    """The minimum and the EGOP of a trial."""
    f = objective(config, trial)
    seed = seed_for(config.seed, trial, "egop")
    basis = estimate_eigenbasis(f, Gaussian(2), config.n_samples, seed)
    assert f.minimizer is not None
    return {
        "minimum": np.array(f.minimum),
        "minimizer": f.minimizer[0],
        "eigenvalues": basis.eigenvalues,
        "eigenvectors": basis.eigenvectors,
    }


def _paths(
    config: Config, trial: int, key: str, rates: Sequence[float], context: "TaskContext"
) -> Arrays:
    """The runs of a method, each array (B, L, …)."""
    known = context.artifact(_key(trial), partial(_problem, config, trial, context))
    direction = np.random.default_rng(seed_for(config.seed, trial, "start")).standard_normal(2)
    start = config.start_radius * direction / np.linalg.norm(direction)
    ready = method_of(key, config.initial_accumulator).with_learning_rate(np.array(rates))
    basis = Eigenbasis(known["eigenvalues"], known["eigenvectors"])
    f = objective(config, trial)
    paths = [descend(f, ready, start, config.epochs, basis=each) for each in (None, basis)]
    series = {"training_loss": "values", "gradient_norm": "gradient_norms", "points": "points"}
    arrays = {
        name: np.stack([getattr(path, part).swapaxes(0, 1) for path in paths])
        for name, part in series.items()
    }
    return {**arrays, "diverged_at": np.stack([path.diverged_at for path in paths])}


def _cost(config: Config, n_rates: int) -> Cost:
    runs = len(BASES) * n_rates
    operations = 8 * config.n_rows * (runs * config.epochs + config.n_samples)
    output = 2 * KEPT * runs * config.epochs
    return Cost({"descents": operations}, output=output, runs=runs, epochs=config.epochs)


EXPERIMENT = Experiment(
    Config,
    plan,
    assemble,
    title="Adagrad on log-sum-exp in two variables",
    label="Log-sum-exp in two variables",
    group=WITHOUT_NETWORK,
    figures=("1 left",),
    curves=False,
    later={"first_trial": 0},
    chosen_here="n = 100, σ = (1, 1/4), ‖θ_0‖ = 100, ρ = N(0, I), Adagrad's accumulator 0.1",
)
