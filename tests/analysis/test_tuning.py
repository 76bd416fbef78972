"""The tuner finds the rates that theory knows, tries what it says, and treats bases alike."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.rate_grids import rate_grid
from egop.analysis.tuning import Tuning, tune
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import from_expression, landscape, quadratic
from egop.sweep import Sweep, best_rates
from egop.theory import exact_eigenbasis
from egop.trials import quantiles

OBJECTIVE = quadratic(condition_number=100.0, angle=0.6)
EGOP = exact_eigenbasis(OBJECTIVE, Gaussian(dim=2))
STARTS = np.random.default_rng(0).normal(size=(7, 2))


def tuned(chosen, bases=(None, EGOP), objective=OBJECTIVE, **kwargs) -> Tuning:
    kwargs = {"n_steps": 100, "level": 0.0, "target": 1e-3} | kwargs
    return list(tune(objective, chosen, bases, STARTS, **kwargs))[-1]


def test_the_grid_is_the_papers_and_has_25_rates():
    rates = rate_grid()
    assert len(rates) == 25
    assert rates[[0, 1, 4, -2, -1]] == pytest.approx([1e-4, 2e-4, 1e-3, 80, 100])


def test_the_search_tries_powers_of_ten_then_1_2_4_8_between_the_best_ones_neighbors():
    curve = tuned([methods.gradient_descent()]).curves["gradient_descent"]
    coarse = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0]
    fine = [1e-3, 2e-3, 4e-3, 8e-3, 0.01, 0.02, 0.04, 0.08, 0.1]
    assert curve.rates == pytest.approx(np.unique([*coarse, *fine]))
    assert "12 rates from 0.001 to 100 tried" in curve.tried


def test_starts_where_f_is_not_defined_are_left_out_of_the_tuners_medians():
    barrier = from_expression("x - log(x) + y^2")
    starts = np.array([[2.0, 1.0], [-1.0, 1.0], [-3.0, 0.0], [3.0, 2.0]])
    settings = {"rates": [1e-3, 1e-2], "n_steps": 20, "level": 1.0}
    runs = barrier, [methods.adam(0.1)], (None,)
    tuning = list(tune(*runs, starts, **settings))[-1]
    known = list(tune(*runs, starts[[0, 3]], **settings))[-1]
    assert tuning.n_excluded == 2
    assert (tuning.curves["adam"].diverged == 0).all()
    np.testing.assert_array_equal(tuning.curves["adam"].gap, known.curves["adam"].gap)


def test_gradient_descent_on_a_quadratic_wants_the_rate_of_the_slowest_mode():
    curve = tuned([methods.gradient_descent()]).curves["gradient_descent"]
    contraction = np.maximum(abs(1 - 100 * curve.rates), abs(1 - curve.rates))
    assert curve.best == pytest.approx(np.full(2, curve.rates[contraction.argmin()]))
    assert (curve.diverged[:, contraction > 1.5] == 1).all()
    assert np.isposinf(curve.gap[:, contraction > 1.5]).all()
    assert (curve.diverged[:, contraction < 1] == 0).all()


@pytest.mark.parametrize("method", [methods.adagrad(), methods.adam(), methods.momentum()])
def test_curves_are_medians_of_runs(method):
    curve = tuned([method], rates=rate_grid(-2, 0)).curves[method.name]
    assert curve.rates == pytest.approx(rate_grid(-2, 0))
    for b, basis in enumerate((None, EGOP)):
        for at in (0, 3, 8):
            path = run(
                OBJECTIVE,
                method.with_learning_rate(curve.rates[at]),
                STARTS,
                100,
                basis=basis,
                target=1e-3,
            )
            gaps = np.where(path.diverged_at >= 0, np.inf, path.final_value)
            middle_and_ends = curve.gap[b, at], curve.low[b, at], curve.high[b, at]
            assert middle_and_ends == pytest.approx(tuple(quantiles(gaps, axis=0)), rel=1e-6)
            steps = np.where(path.reached_at < 0, np.inf, path.reached_at)
            assert curve.steps[b, at] == np.median(steps)


def test_the_best_rates_are_those_of_the_sweep():
    rates = rate_grid(-2, 1)
    curve = tuned([methods.adam()], rates=rates).curves["adam"]
    sweep = Sweep(
        OBJECTIVE,
        methods.adam(),
        [None, EGOP],
        STARTS[:, None, :],
        rates,
        n_steps=100,
        target=1e-3,
    ).finish()
    np.testing.assert_array_equal(curve.best, best_rates(sweep, rates, 0.0))


def test_adagrad_gains_in_the_egop_basis_at_each_ones_best_rate_and_not_in_a_wrong_one():
    wrong = Eigenbasis(EGOP.eigenvalues, EGOP.eigenvectors.T)
    curve = tuned([methods.adagrad()], (None, EGOP, wrong)).curves["adagrad"]
    original, egop, scrambled = curve.gap.min(axis=1)
    assert egop < 1e-3 * original
    assert egop < 1e-3 * scrambled


def test_a_schedule_reaches_every_run():
    curve = tuned([methods.adam()], n_steps=3, schedule=np.zeros(3)).curves["adam"]
    np.testing.assert_allclose(curve.gap, np.median(OBJECTIVE.value(STARTS)))


def test_modes_choose_rates():
    tuning = tuned([methods.adagrad()])
    best = tuning.curves["adagrad"].best
    assert best[0] != best[1]
    assert tuning.curves["adagrad"].rate_gain == best[1] / best[0]
    assert tuning.rates("adagrad", "shared", 7.0) == (7.0, 7.0)
    assert tuning.rates("adagrad", "original", 7.0) == (best[0], best[0])
    assert tuning.rates("adagrad", "per basis", 7.0) == tuple(best)


def test_every_rate_diverging_is_one_sentence():
    tuning = tuned(
        [methods.gradient_descent(), methods.adam()],
        objective=quadratic(1e9 * np.diag([1.0, 2.0])),
    )
    with pytest.raises(ValueError, match=r"every one of 6 rates from 0\.001 to 100 diverges; try"):
        tuning.rates("gradient_descent", "per basis", 0.1)
    assert tuning.rates("gradient_descent", "shared", 0.1) == (0.1, 0.1)
    assert np.isfinite(tuning.curves["adam"].best).all()


def test_a_best_rate_at_the_end_of_the_range_is_said():
    curve = tuned([methods.gradient_descent()], rates=np.array([1e-5, 1e-4])).curves
    assert curve["gradient_descent"].tried.endswith("It is at the end of what was tried.")


def test_without_a_minimum_gaps_start_at_the_best_value():
    tuning = tuned([methods.adam()], objective=landscape("saddle"), level=None, n_steps=20)
    curve = tuning.curves["adam"]
    assert tuning.level < 0
    assert curve.low.min() >= 0
    assert np.isfinite(curve.best).all()


def test_curves_grow_and_an_abandoned_tuner_stops():
    stream = tune(OBJECTIVE, [methods.adagrad(), methods.adam()], (None, EGOP), STARTS, n_steps=50)
    shares, counts = [], []
    for tuning in stream:
        shares.append(tuning.share)
        counts.append(sum(len(curve.rates) for curve in tuning.curves.values()))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert counts == sorted(counts)
    assert 6 in counts
    slow = tune(OBJECTIVE, [methods.adam()], (None, EGOP), STARTS, n_steps=300_000, threads=1)
    next(slow)
    slow.close()
