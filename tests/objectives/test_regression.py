"""Logistic regression and least squares of one's own data."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from egop.objectives import least_squares, logistic

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)) * [1.0, 5.0, 0.2]
Y = RNG.random(80) < 1 / (1 + np.exp(-X @ [1.0, -0.3, 2.0]))
TARGETS = X @ [1.0, -0.3, 2.0] + RNG.normal(size=80)


def test_logistic_of_own_data_has_the_minimizer_of_scikit_learn():
    objective = logistic(X, Y)
    reference = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(X, Y)
    np.testing.assert_allclose(objective.minimizer, reference.coef_, rtol=1e-5)
    s = 1 / (1 + np.exp(-X @ [0.3, 0.2, 0.1]))
    expected = -np.log(np.where(Y, s, 1 - s)).sum()
    assert objective.value([0.3, 0.2, 0.1]) == pytest.approx(expected)
    assert (objective.domain[:, 0] < objective.minimizer[0]).all()
    assert (objective.domain[:, 1] > objective.minimizer[0]).all()


def test_least_squares_of_own_data_has_a_known_minimum():
    objective = least_squares(X, TARGETS)
    expected, residual, *_ = np.linalg.lstsq(X, TARGETS)
    np.testing.assert_allclose(objective.minimizer[0], expected)
    assert objective.minimum == pytest.approx(residual[0] / 2)
    assert objective.value(expected) == pytest.approx(objective.minimum)
    np.testing.assert_allclose(objective.gradient(objective.minimizer), 0, atol=1e-10)


def test_data_by_name_and_labels_of_any_spelling_are_the_same():
    expected = logistic(X, Y).data
    for objective in (logistic(X=X, y=Y), logistic(X.tolist(), 2 * Y - 1), logistic(X, y=Y)):
        np.testing.assert_array_equal(objective.data, expected)
    np.testing.assert_array_equal(
        least_squares(A=X, y=TARGETS).data, least_squares(X, TARGETS).data
    )


@pytest.mark.parametrize("make", [logistic, least_squares])
def test_columns_that_depend_on_each_other_have_the_minimizer_of_least_norm(make):
    y = Y if make is logistic else TARGETS
    objective, alone = make(np.concatenate([X, X], axis=1), y), make(X, y)
    assert objective.minimum == pytest.approx(alone.minimum)
    np.testing.assert_allclose(objective.minimizer[0], np.tile(alone.minimizer[0] / 2, 2))


def test_newton_reaches_the_minimizer_where_full_steps_overshoot():
    features = np.concatenate([np.ones((400, 1)), RNG.standard_cauchy((400, 1))], axis=1)
    labels = RNG.random(400) < 0.02
    objective = logistic(features, labels)
    assert objective.minimizer is not None
    np.testing.assert_allclose(objective.gradient(objective.minimizer), 0, atol=1e-5)


def test_far_away_nothing_overflows():
    assert np.isfinite(logistic(X, Y).hessian(np.full(3, 1e4))).all()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: logistic(X), TypeError, r"logistic\(X, y\)"),
        (lambda: logistic(y=Y), TypeError, r"logistic\(X, y\)"),
        (lambda: least_squares(3, TARGETS), TypeError, r"least_squares\(A, y\)"),
        (lambda: logistic(X, Y, [1.0, 2.0, 3.0]), TypeError, "some of each"),
        (lambda: logistic(X, Y[:-1]), ValueError, r"\(80, 3\) and \(79,\)"),
        (lambda: logistic(X[:, 0], Y), ValueError, r"got shapes \(80,\)"),
        (lambda: logistic(X, np.arange(80)), ValueError, "two classes.*got 0, 1, 2, 3, …"),
        (lambda: logistic(X, ["yes"] * 80), ValueError, "arrays of numbers"),
        (lambda: least_squares(X * np.nan, TARGETS), ValueError, "finite numbers"),
    ],
)
def test_bad_input_is_one_sentence(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
