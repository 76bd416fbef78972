"""The convex problems of §6 and App. D.5, one of each kind for every trial."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.experiments.experiment import Arrays
from egop.experiments.landscape_runs import Problem, seed_for
from egop.objectives import least_squares, log_sum_exp, logistic, power_law
from egop.objectives.objective import Objective

if TYPE_CHECKING:
    from egop.experiments.convex import Config
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
"""Operations of one gradient of each problem."""

BASES = ("original", "egop")


def problem(
    config: "Config", name: str, trial: int, context: "TaskContext | None" = None
) -> Problem:
    """A trial's objective, start and bases; the EGOP is estimated unless the run has it."""
    objective = objective_of(config, name, trial)
    rng = np.random.default_rng(seed_for(config.seed, trial, "start"))

    def estimate() -> Arrays:
        basis = estimate_eigenbasis(
            objective,
            Gaussian(objective.dim),
            config.samples_per_variable * objective.dim,
            seed_for(config.seed, trial, "egop"),
        )
        return {"eigenvalues": basis.eigenvalues, "eigenvectors": basis.eigenvectors}

    key = basis_key(name, trial)
    arrays = estimate() if context is None else context.artifact(key, estimate)
    bases = {"original": None, "egop": Eigenbasis(arrays["eigenvalues"], arrays["eigenvectors"])}
    return Problem(objective, rng.standard_normal(objective.dim), bases)


@lru_cache(maxsize=32)
def objective_of(config: "Config", name: str, trial: int) -> Objective:
    """The objective of a trial; the last ones are kept, as their minima take a while."""
    decay = config.decays[list(PROBLEMS).index(name)]
    return PROBLEMS[name](seed_for(config.seed, trial, "problem"), decay)


def basis_key(name: str, trial: int) -> str:
    """Key of the artifact of a trial's basis."""
    return f"{name}-{trial}-basis"
