"""Values at the same loss, held against runs whose values are known functions of it."""

import numpy as np
import pytest

from egop.analysis.loss_matching import at_losses, common_levels

LOSSES = np.array([[10.0, 1.0, 0.1, 0.01], [4.0, 0.4, 0.5, 0.04]])


def test_values_are_interpolated_in_logarithms():
    levels = np.array([10.0, 3.0, 0.2, 0.01])
    found = at_losses(LOSSES[0], LOSSES[0] ** 2, levels)
    np.testing.assert_allclose(found, levels**2)


def test_a_level_counts_where_it_is_first_reached():
    values = np.array([1.0, 2.0, 50.0, 8.0])
    found = at_losses(LOSSES[1], values, np.array([0.4, 0.45]))
    assert found[0] == pytest.approx(2.0)
    assert 1.0 < found[1] < 2.0


def test_levels_that_a_run_does_not_pass_are_nan():
    found = at_losses(LOSSES, np.ones((2, 4)), np.array([20.0, 5.0, 0.02]))
    np.testing.assert_array_equal(np.isnan(found), [[True, False, False], [True, True, True]])


def test_what_was_not_measured_is_skipped_and_infinity_stays():
    values = np.array([1.0, np.nan, 4.0, np.inf])
    found = at_losses(LOSSES[0], values, np.array([1.0, 0.1, 0.03, 0.01]))
    np.testing.assert_allclose(found[:2], [2.0, 4.0])
    assert np.isinf(found[2:]).all()
    assert np.isnan(at_losses(LOSSES[0], np.full(4, np.nan), np.array([1.0]))).all()


def test_common_levels_are_those_that_all_runs_pass():
    levels = common_levels(LOSSES, np.ones((2, 4)), 5)
    assert levels[0] == pytest.approx(4.0)
    assert levels[-1] == pytest.approx(0.04)
    assert np.isfinite(at_losses(LOSSES, np.ones((2, 4)), levels)).all()
    assert common_levels(LOSSES, np.full((2, 4), np.nan)).size == 0
    assert common_levels(np.array([[1.0, 0.5], [0.2, 0.1]]), np.ones((2, 2))).size == 0
    assert common_levels(np.array([[1.0, 0.5], [1.0, 3.0]]), np.ones((2, 2))).tolist() == [1.0]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: at_losses(LOSSES, LOSSES[0], [1.0]), "of one shape"),
        (lambda: at_losses(LOSSES, LOSSES, [0.0]), "positive losses"),
    ],
)
def test_refuses_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_values_may_be_infinite():
    found = at_losses([4.0, 2.0, 1.0], [np.inf, 3.0, np.inf], [4.0, 3.0, 2.0, 1.0])
    np.testing.assert_allclose(found, [np.inf, np.inf, 3.0, np.inf])
