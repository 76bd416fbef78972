"""Bands are quantiles of the runs they are made of, from starts that are drawn as said."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from egop import methods
from egop.analysis.starts import Contender, compare_starts, draw_starts, sign_test
from egop.cancellation import Cancellation, Cancelled, cancellable
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import from_expression, landscape, quadratic

OBJECTIVE = quadratic(condition_number=200.0, angle=0.5)
EGOP = Eigenbasis.rotation(0.5)
STARTS = np.random.default_rng(1).normal(size=(9, 2))
ADAGRAD = [Contender(methods.adagrad(1.0)), Contender(methods.adagrad(1.0), EGOP)]


def compared(contenders, objective=OBJECTIVE, starts=STARTS, **kwargs):
    return list(compare_starts(objective, contenders, starts, **kwargs))[-1]


def test_bands_are_the_quantiles_of_the_runs():
    bands = compared(ADAGRAD, n_steps=200)
    assert (bands.n_starts, bands.n_steps, bands.share, bands.known) == (9, 200, 1, True)
    for place, contender in enumerate(ADAGRAD):
        values = run(OBJECTIVE, contender.method, STARTS, 200, basis=contender.basis).values
        band = bands.bands[place]
        np.testing.assert_array_equal(band.median, np.median(values, axis=1))
        np.testing.assert_array_equal(band.low, np.sort(values, axis=1)[:, 2])
        np.testing.assert_array_equal(band.high, np.sort(values, axis=1)[:, 6])
        for start in range(9):
            below = np.flatnonzero(values[:, start] <= 1e-4 * values[0, start])
            assert band.reached_at[start] == (below[0] if len(below) else -1)


def test_the_egop_basis_wins_from_nearly_all_starts_and_the_sentence_says_so():
    bands = compared(ADAGRAD)
    wins, losses, ties = bands.count_first(1, 0)
    assert wins >= 8
    assert wins + losses + ties == 9
    assert bands.count_first(0, 1) == (losses, wins, ties)
    sentence = bands.sentence("adagrad", 0, 1)
    assert f"first in EGOP coordinates from {wins}, in original ones from {losses}" in sentence


def test_a_split_that_a_coin_would_make_is_called_chance():
    assert sign_test(0, 0) == 1
    assert sign_test(5, 5) == 1
    assert sign_test(30, 18) == pytest.approx(scipy.stats.binomtest(18, 48).pvalue)
    assert sign_test(2, 11) == pytest.approx(scipy.stats.binomtest(2, 13).pvalue)
    bands = compared(ADAGRAD)
    even = replace(bands.bands[0], reached_at=np.array([1, 9, 1, 9, 1, 9, 1, 9, 5]))
    other = replace(even, reached_at=np.full(9, 5))
    sentence = replace(bands, bands={0: even, 1: other}).sentence("adam", 0, 1)
    assert "a tie from 1 (which may be chance: sign test, p = 1)" in sentence
    assert "chance" not in bands.sentence("adagrad", 0, 1)


def test_starts_where_f_is_not_defined_are_left_out_of_every_count_and_median():
    barrier = from_expression("x - log(x) + y^2")
    starts = np.array([[2.0, 1.0], [-1.0, 1.0], [0.5, -1.0], [-3.0, 0.0], [3.0, 2.0]])
    adam = [Contender(methods.adam(0.05)), Contender(methods.adam(0.05), EGOP)]
    bands = compared(adam, objective=barrier, starts=starts, n_steps=50)
    known = compared(adam, objective=barrier, starts=starts[[0, 2, 4]], n_steps=50)
    assert (bands.n_starts, bands.n_excluded) == (3, 2)
    assert bands.sentence("adam", 0, 1).startswith("Adam, 3 starts: ")
    assert "diverge" not in bands.sentence("adam", 0, 1)
    for place in (0, 1):
        np.testing.assert_array_equal(bands.bands[place].median, known.bands[place].median)
        assert (bands.bands[place].diverged_at == -1).all()


def test_without_a_start_where_f_is_defined_there_is_one_sentence():
    barrier = from_expression("x - log(x) + y^2")
    with pytest.raises(ValueError, match="not defined at any of the 2 starts"):
        compared(ADAGRAD, objective=barrier, starts=[[-1.0, 0.0], [-2.0, 1.0]])


def test_an_equivariant_method_ties_from_every_start():
    descent = methods.gradient_descent(0.005)
    bands = compared([Contender(descent), Contender(descent, EGOP)])
    assert bands.count_first(1, 0) == (0, 0, 9)


def test_diverged_runs_count_as_infinite_and_are_said():
    contenders = [Contender(methods.gradient_descent(rate)) for rate in (1.0, 0.005)]
    starts = np.concatenate([np.zeros((2, 2)), STARTS[:3]])
    bands = compared(contenders, starts=starts, n_steps=300)
    assert np.isposinf(bands.bands[0].median[-1])
    assert bands.bands[0].low[-1] == 0
    assert np.isfinite(bands.bands[1].high).all()
    assert not np.isnan(bands.bands[0].high).any()
    assert bands.sentence("gradient_descent", 0, 1).endswith("3 of the 10 runs diverge.")


def test_a_schedule_reaches_every_run():
    bands = compared(ADAGRAD, n_steps=3, schedule=np.zeros(3))
    np.testing.assert_allclose(bands.bands[1].median, np.median(OBJECTIVE.value(STARTS)))


def test_an_absolute_tolerance_is_the_same_for_all_starts():
    tight, loose = (compared(ADAGRAD, tolerance=each).bands[1] for each in (1e-8, 1.0))
    assert tight.typical_steps > loose.typical_steps


def test_without_a_minimum_the_best_value_seen_counts():
    contenders = [Contender(methods.adam(rate)) for rate in (0.01, 0.1)]
    bands = compared(contenders, objective=landscape("saddle"), starts=STARTS, n_steps=100)
    assert not bands.known
    assert bands.level < -10
    assert min(band.low.min() for band in bands.bands.values()) >= 0


def test_contenders_arrive_one_by_one_and_can_be_abandoned():
    stream = compare_starts(OBJECTIVE, ADAGRAD * 3, STARTS, n_steps=10)
    assert [len(bands.bands) for bands in stream] == [1, 2, 3, 4, 5, 6]
    stream = compare_starts(OBJECTIVE, ADAGRAD * 50, STARTS, n_steps=20_000, threads=1)
    assert next(stream).share < 0.05
    stream.close()


def test_starts_come_from_the_distribution_and_from_the_seed():
    starts = draw_starts(Gaussian(dim=2, mean=[5.0, 0.0], scale=0.1), 400, seed=3)
    np.testing.assert_array_equal(
        starts[:10], draw_starts(Gaussian(dim=2, mean=[5.0, 0.0], scale=0.1), 10, seed=3)
    )
    assert starts.mean(axis=0) == pytest.approx([5, 0], abs=0.02)


def test_who_cancels_ends_the_runs_in_other_threads():
    cancellation = Cancellation()
    cancellation.cancel()
    bands = compare_starts(quadratic(), [Contender(methods.adam(0.1))], np.ones((3, 2)))
    with cancellable(cancellation), pytest.raises(Cancelled):
        next(bands)
