"""The convex problems: derivatives, minima, and what the formulas say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.objectives import least_squares, log_sum_exp, logistic, power_law, quadratic

PROBLEMS = {
    "log-sum-exp 2": log_sum_exp,
    "log-sum-exp 5": lambda: log_sum_exp(5, 30, power_law(5, 2, 10), seed=1),
    "logistic": lambda: logistic(4, 60, seed=2),
    "least squares": lambda: least_squares(4, 20, seed=3),
    "quadratic": lambda: quadratic(condition_number=50.0, angle=1.0),
    "quadratic 3": lambda: quadratic(np.diag([1.0, 2.0, 3.0]) + 0.5, center=[1.0, 0.0, -1.0]),
}


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_derivatives_match_central_differences(make):
    objective = make()
    points = np.random.default_rng(0).normal(size=(6, 1, objective.dim))
    shifts = 1e-5 * np.eye(objective.dim)
    slope = (objective.value(points + shifts) - objective.value(points - shifts)) / 2e-5
    scale = np.abs(slope).max() + np.abs(objective.value(points)).max()
    np.testing.assert_allclose(objective.gradient(points[:, 0]), slope, atol=1e-8 * scale)
    curve = (objective.gradient(points + shifts) - objective.gradient(points - shifts)) / 2e-5
    np.testing.assert_allclose(objective.hessian(points[:, 0]), curve, atol=1e-7 * scale)


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_minimizer_and_minimum(make):
    objective = make()
    np.testing.assert_allclose(objective.gradient(objective.minimizer), 0.0, atol=1e-9)
    np.testing.assert_allclose(objective.value(objective.minimizer), objective.minimum, atol=1e-12)
    around = objective.minimizer + np.random.default_rng(0).normal(size=(500, objective.dim))
    assert objective.value(around).min() > objective.minimum


def read_problem(objective):
    n = int(objective.data[0])
    matrix = objective.data[1 : 1 + n * objective.dim].reshape(n, objective.dim)
    return matrix, objective.data[1 + n * objective.dim :]


def test_log_sum_exp_is_its_formula():
    objective = log_sum_exp(3, 40, [1.0, 0.5, 0.1], seed=4)
    matrix, targets = read_problem(objective)
    points = np.random.default_rng(0).normal(size=(20, 3))
    expected = np.log(np.exp((points @ matrix.T - targets) ** 2).sum(axis=-1))
    np.testing.assert_allclose(objective.value(points), expected, rtol=1e-12)
    assert objective.minimum == pytest.approx(np.log(40))


@given(scale=st.floats(1e-3, 1e6), angle=st.floats(0, 6.3))
@settings(max_examples=50, deadline=None)
def test_log_sum_exp_far_away_is_its_largest_square(scale, angle):
    objective = log_sum_exp()
    matrix, targets = read_problem(objective)
    point = scale * np.array([np.cos(angle), np.sin(angle)])
    squares = (matrix @ point - targets) ** 2
    largest = squares.max()
    expected = largest + np.log(np.exp(squares - largest).sum())
    assert objective.value(point) == pytest.approx(expected, rel=1e-10)


def test_logistic_is_its_formula_and_safe_far_away():
    objective = logistic(3, 50, seed=5)
    matrix, labels = read_problem(objective)
    points = np.random.default_rng(0).normal(size=(20, 3))
    s = 1 / (1 + np.exp(-points @ matrix.T))
    expected = -(labels * np.log(s) + (1 - labels) * np.log(1 - s)).sum(axis=-1)
    np.testing.assert_allclose(objective.value(points), expected, rtol=1e-10)
    assert set(np.unique(labels)) == {0.0, 1.0}
    assert np.isfinite(objective.value(1e5 * np.ones(3)))


def test_singular_values_are_planted():
    sigma = power_law(6, 1.5, 2.0)
    matrix, _ = read_problem(least_squares(6, 40, sigma))
    np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), sigma, rtol=1e-12)


def test_fewer_rows_than_variables_plant_the_first_singular_values():
    sigma = power_law(6, 1.0)
    objective = log_sum_exp(6, 4, sigma)
    matrix, _ = read_problem(objective)
    np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), sigma[:4], rtol=1e-12)
    assert objective.value(objective.minimizer) == pytest.approx(np.log(4))


def test_quadratic_by_condition_number_and_angle():
    hessian, center = quadratic(condition_number=30.0, angle=0.4).quadratic
    values, vectors = np.linalg.eigh(hessian)
    np.testing.assert_allclose(values, [1.0, 30.0])
    assert abs(vectors[:, 1] @ [np.cos(0.4), np.sin(0.4)]) == pytest.approx(1.0)
    np.testing.assert_array_equal(center, 0.0)


def test_an_indefinite_quadratic_has_no_minimizer():
    objective = quadratic(np.diag([1.0, -1.0]))
    assert objective.minimizer is None
    assert objective.minimum is None


def test_same_seed_same_problem():
    assert np.array_equal(log_sum_exp(seed=7).data, log_sum_exp(seed=7).data)
    assert not np.array_equal(log_sum_exp(seed=7).data, log_sum_exp(seed=8).data)


def test_separable_labels_have_no_minimizer():
    objective = logistic(2, 2, [50.0, 50.0], seed=0)
    assert objective.minimizer is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: quadratic(np.zeros((2, 3))), "square matrix"),
        (lambda: quadratic([[1.0, 5.0], [0.0, 1.0]]), "symmetric"),
        (lambda: quadratic(np.eye(2), center=[1.0]), "center takes 2"),
        (lambda: quadratic(condition_number=-1.0), "condition_number"),
        (lambda: log_sum_exp(5), "power_law"),
        (lambda: log_sum_exp(3, 0, [1, 1, 1]), "n takes an integer"),
        (lambda: log_sum_exp(2, 10, [1, -1]), "singular_values takes"),
        (lambda: least_squares(0), "dim takes an integer"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
