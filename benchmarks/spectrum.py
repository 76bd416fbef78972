"""An eigenspectrum from 10 000 gradients with the band of 500 bootstrap resamples."""

from collections.abc import Iterator

import numpy as np

import egop
from benchmarks.problems import log_sum_exp, rosenbrock
from benchmarks.stopwatch import Row, measure
from egop.bootstrap import bootstrap
from egop.gradients import sample_gradients

N_SAMPLES = 10_000
N_RESAMPLES = 500


def rows() -> Iterator[Row]:
    """One row for each problem, beside resampling by numpy alone."""
    ravine = egop.distributions.Gaussian(dim=2, scale=1.0)
    wide = egop.distributions.Gaussian(dim=2, scale=50.0)
    yield compare(rosenbrock().objective, ravine, "Rosenbrock")
    yield compare(log_sum_exp().objective, wide, "log-sum-exp n=100")


def compare(
    objective: "egop.objectives.Objective", rho: "egop.distributions.Distribution", name: str
) -> Row:
    """The row of one problem."""

    def estimate() -> None:
        gradients = sample_gradients(objective, rho, N_SAMPLES, seed=0).gradients
        egop.Eigenbasis.from_gradients(gradients)
        bootstrap(gradients, N_RESAMPLES, seed=0)

    def by_numpy() -> None:
        rng = np.random.default_rng(0)
        gradients = objective.gradient(rho.sample(N_SAMPLES, rng))
        spectra = []
        for _ in range(N_RESAMPLES):
            drawn = gradients[rng.integers(N_SAMPLES, size=N_SAMPLES)]
            spectra.append(np.linalg.eigvalsh(drawn.T @ drawn / N_SAMPLES))
        np.quantile(spectra, [0.05, 0.95], axis=0)

    question = f"{name}: spectrum, {N_SAMPLES} samples, {N_RESAMPLES} resamples"
    return Row(question, measure(estimate), 0.025, "numpy in a loop", measure(by_numpy, at_most=3))
