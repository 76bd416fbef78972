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

from dataclasses import dataclass

import numpy as np
import xarray as xr

from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis, estimate_eigenbasis
from egop.experiments.landscape_runs import gathered, method, seed_for
from egop.experiments.sweep.rates import Rates
from egop.objectives import log_sum_exp
from egop.objectives.objective import Objective
from egop.runs.results import tabulated
from egop.runs.run import Arrays, Run
from egop.trajectory import run as descend

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


QUICK = Config()


def objective(config: Config, trial: int) -> Objective:
    """The log-sum-exp of a trial."""
    return log_sum_exp(
        2, config.n_rows, config.singular_values, seed_for(config.seed, trial, "problem")
    )


def compute(config: Config, run: Run) -> xr.Dataset:
    """The result described at the top of this file."""
    known, runs = [], {key: [] for key, _ in config.rates}
    for trial in range(config.trials):
        run.tell(trial / config.trials, f"problem {trial + 1} of {config.trials}")
        basis = run.piece(f"{trial}-problem", lambda trial=trial: _known(config, trial))
        known.append(basis)
        for key, rates in config.rates:
            kept = run.piece(
                f"{trial}-{key}",
                lambda trial=trial, key=key, rates=rates, basis=basis: _paths(
                    config, trial, key, rates, basis
                ),
            )
            runs[key].append(kept)
    table = tabulated({k: gathered(np.array(r), runs[k]) for k, r in config.rates}, BASES)
    dims = {"minimum": (), "minimizer": ("coordinate",), "eigenvalues": ("k",)}
    dims["eigenvectors"] = ("coordinate", "k")
    return table.assign(
        {
            name: (("trial", *d), np.stack([each[name] for each in known]))
            for name, d in dims.items()
        }
    )


def _known(config: Config, trial: int) -> Arrays:
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


def _paths(config: Config, trial: int, key: str, rates: tuple[float, ...], known: Arrays) -> Arrays:
    """The runs of a method, each array (B, L, …)."""
    direction = np.random.default_rng(seed_for(config.seed, trial, "start")).standard_normal(2)
    start = config.start_radius * direction / np.linalg.norm(direction)
    ready = method(key, config.initial_accumulator).with_learning_rate(np.array(rates))
    basis = Eigenbasis(known["eigenvalues"], known["eigenvectors"])
    f = objective(config, trial)
    paths = [descend(f, ready, start, config.epochs, basis=each) for each in (None, basis)]
    series = {"training_loss": "values", "gradient_norm": "gradient_norms", "points": "points"}
    arrays = {
        name: np.stack([getattr(path, part).swapaxes(0, 1) for path in paths])
        for name, part in series.items()
    }
    return {**arrays, "diverged_at": np.stack([path.diverged_at for path in paths])}
