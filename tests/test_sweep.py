"""Sweeps equal the runs they are made of, can be abandoned, and find the best rate."""

import numpy as np
import pytest

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import quadratic
from egop.sweep import PENDING, Sweep, best_rates

OBJECTIVE = quadratic(condition_number=40.0, angle=0.5)
BASES = [None, Eigenbasis.rotation(0.5), Eigenbasis.rotation(1.0)]
STARTS = np.random.default_rng(0).normal(size=(4, 1, 2))
RATES = np.array([0.01, 0.1, 1.0])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("n_steps", [0, 50, 30_000])
def test_each_cell_is_its_run(threads, n_steps):
    sweep = Sweep(
        OBJECTIVE, methods.adam(), BASES, STARTS, RATES, n_steps=n_steps, target=0.1
    ).finish(threads)
    for b, basis in enumerate(BASES):
        path = run(
            OBJECTIVE,
            methods.adam(RATES),
            STARTS,
            n_steps,
            basis=basis,
            keep="final",
            target=0.1,
        )
        np.testing.assert_array_equal(sweep.final_values[b], path.final_value)
        np.testing.assert_array_equal(sweep.reached_at[b], path.reached_at)
        np.testing.assert_array_equal(sweep.diverged_at[b], path.diverged_at)


def test_a_schedule_reaches_every_run():
    factors = np.linspace(1.0, 0.0, 30)
    sweep = Sweep(
        OBJECTIVE, methods.adam(), BASES, STARTS, RATES, n_steps=30, schedule=factors
    ).finish()
    path = run(OBJECTIVE, methods.adam(RATES), STARTS, 30, basis=BASES[1], schedule=factors)
    np.testing.assert_array_equal(sweep.final_values[1], path.final_value)


def test_progress_ends_at_one_and_an_abandoned_sweep_stops():
    whole = Sweep(OBJECTIVE, methods.adam(), BASES * 20, STARTS, RATES, n_steps=20_000)
    shares = whole.advance(threads=1)
    first = next(shares)
    shares.close()
    assert 0 < first < 0.2
    assert (whole.diverged_at == PENDING).mean() > 0.5
    small = Sweep(OBJECTIVE, methods.adam(), BASES, STARTS, RATES, n_steps=10)
    assert list(small.advance())[-1] == 1.0


def test_a_failing_run_is_not_swallowed():
    sweep = Sweep(OBJECTIVE, methods.adam(), [Eigenbasis.identity(3)], STARTS, RATES)
    with pytest.raises(ValueError, match="as many coordinates"):
        sweep.finish()


def test_best_rate_of_gradient_descent_on_a_quadratic():
    objective = quadratic(np.diag([4.0, 1.0]))
    rates = np.array([0.05, 0.1, 0.2, 0.4, 0.45, 0.6, 10.0])
    sweep = Sweep(
        objective, methods.gradient_descent(), [None], STARTS, rates, n_steps=30, target=1e-3
    ).finish()
    exact = np.maximum(abs(1 - 4 * rates), abs(1 - rates))
    assert best_rates(sweep, rates, 0.0) == rates[exact.argmin()]


def test_ties_go_to_the_fewest_steps():
    objective = quadratic(np.eye(2))
    rates = np.array([0.5, 0.9, 1.0, 1.1])
    sweep = Sweep(
        objective, methods.gradient_descent(), [None], STARTS, rates, n_steps=200, target=1e-8
    ).finish()
    assert (sweep.final_values < 1e-12).all()
    assert best_rates(sweep, rates, 0.0) == 1.0


def test_the_best_rate_counts_even_if_none_arrives():
    objective = quadratic(np.eye(2))
    rates = np.array([1e-4, 0.01, 0.1, 3.0])
    sweep = Sweep(
        objective, methods.gradient_descent(), [None], STARTS, rates, n_steps=5, target=1e-8
    ).finish()
    assert (sweep.reached_at < 0).all()
    assert best_rates(sweep, rates, 0.0) == 0.1


def test_all_diverged_is_one_sentence():
    sweep = Sweep(
        OBJECTIVE, methods.gradient_descent(), [None], STARTS, [1e6, 1e7], n_steps=50
    ).finish()
    with pytest.raises(ValueError, match="every rate from 1e\\+06 to 1e\\+07 diverges"):
        best_rates(sweep, [1e6, 1e7], 0.0)
