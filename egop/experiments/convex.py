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

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from egop import metrics
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis, estimate_eigenbasis
from egop.experiments.landscape_runs import Problem, descend, gathered, method, seed_for
from egop.experiments.sweep.rates import Ends, Rates, best, first_rates, next_rates
from egop.objectives import least_squares, log_sum_exp, logistic, power_law
from egop.objectives.objective import Objective
from egop.runs.results import Runs, all_rates, tabulated
from egop.runs.run import Arrays, Run
from egop.trials import start_value

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


QUICK = Config(trials=3)


def problem(config: Config, name: str, trial: int, run: Run | None = None) -> Problem:
    """A trial's objective, start and bases; the EGOP is estimated unless the run has it."""
    decay = config.decays[list(PROBLEMS).index(name)]
    objective = PROBLEMS[name](seed_for(config.seed, trial, "problem"), decay)
    rng = np.random.default_rng(seed_for(config.seed, trial, "start"))

    def estimate() -> Arrays:
        basis = estimate_eigenbasis(
            objective,
            Gaussian(objective.dim),
            config.samples_per_variable * objective.dim,
            seed_for(config.seed, trial, "egop"),
        )
        return {"eigenvalues": basis.eigenvalues, "eigenvectors": basis.eigenvectors}

    arrays = estimate() if run is None else run.piece(f"{name}-{trial}-basis", estimate)
    bases = {"original": None, "egop": Eigenbasis(arrays["eigenvalues"], arrays["eigenvectors"])}
    return Problem(objective, rng.standard_normal(objective.dim), bases)


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    tables, chosen, spectra = {}, {}, {}
    for place, name in enumerate(config.problems):
        problems = [problem(config, name, trial, run) for trial in range(config.trials)]
        share = (place / len(config.problems), 1 / len(config.problems))
        tables[name], ends = _search(config, run, name, problems, share)
        chosen[name] = np.stack([best(each) for each in ends.values()])
        spectra[name] = _spectrum(problems)
    rates = all_rates(runs for table in tables.values() for runs in table.values())
    parts = [tabulated(table, BASES, rates).merge(spectra[name]) for name, table in tables.items()]
    result = xr.concat(parts, xr.IndexVariable("problem", list(tables)), join="outer")
    best_rate = np.stack(list(chosen.values()))
    return result.assign(
        best_rate=(("problem", "optimizer", "basis"), best_rate),
        chosen_rate=(("problem", "optimizer"), best_rate[..., 0]),
    )


def _search(
    config: Config, run: Run, name: str, problems: list[Problem], share: tuple[float, float]
) -> tuple[dict[str, Runs], dict[str, Ends]]:
    """Every method's runs, and what its rate is chosen by."""
    tried: dict[str, Runs] = {}
    plan = first_rates(config.methods, config.rates)
    for stage in range(2):
        for place, (key, rates) in enumerate(plan.items()):
            kept = []
            for trial, each in enumerate(problems):
                done = (stage + (place + trial / len(problems)) / len(plan)) / 2
                run.tell(share[0] + share[1] * done, f"{name}, {key}")
                kept.append(
                    run.piece(
                        f"{name}-{trial}-{key}-{stage}",
                        lambda each=each, key=key, rates=rates: descend(
                            each,
                            method(key, config.initial_accumulator),
                            rates,
                            n_steps=config.epochs,
                            tolerance=config.tolerance,
                            threads=run.manifest["threads"],
                        ),
                    )
                )
            new = gathered(rates, kept)
            tried[key] = tried[key].joined(new) if key in tried else new
        ends = {key: _ends(each, problems) for key, each in tried.items()}
        plan = next_rates(ends, config.rates)
    return tried, ends


def _ends(runs: Runs, problems: list[Problem]) -> Ends:
    minima = np.array([each.objective.minimum or 0.0 for each in problems])
    gaps = runs.arrays["training_loss"] - minima[:, None, None]
    start, minimum = start_value(gaps[..., 0]), start_value(minima)
    return Ends(runs.rates, gaps[..., -1], runs.arrays["stopped_at"], start, minimum)


def _spectrum(problems: list[Problem]) -> xr.Dataset:
    bases = [each.bases["egop"] for each in problems]
    eigenvalues = np.stack([each.eigenvalues for each in bases if each is not None])
    density = [metrics.density(each.eigenvectors) for each in bases if each is not None]
    minima = [each.objective.minimum for each in problems]
    return xr.Dataset(
        {
            "eigenvalues": (("trial", "k"), eigenvalues),
            "stable_rank": ("trial", metrics.stable_rank(eigenvalues)),
            "density": (("trial", "k"), np.stack(density)),
            "minimum": ("trial", np.array([np.nan if m is None else m for m in minima])),
        },
        coords={"trial": np.arange(len(problems)), "k": np.arange(1, eigenvalues.shape[1] + 1)},
    )
