"""Matrix factorization and the tiny network: formulas, derivatives, symmetries."""

import numpy as np
import pytest

from egop.objectives import matrix_factorization, tiny_network

PROBLEMS = {
    "factorization": lambda: matrix_factorization(3, 2, 2, seed=1),
    "rank one": lambda: matrix_factorization(1, 1, 1, seed=2),
    "network": lambda: tiny_network(2, 3, n=20, seed=3),
}


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_gradients_match_central_differences(make):
    objective = make()
    points = np.random.default_rng(0).normal(size=(5, 1, objective.dim))
    shifts = 1e-5 * np.eye(objective.dim)
    slope = (objective.value(points + shifts) - objective.value(points - shifts)) / 2e-5
    np.testing.assert_allclose(objective.gradient(points[:, 0]), slope, atol=1e-7)


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_minimum_is_reached_and_nothing_is_below(make):
    objective = make()
    np.testing.assert_allclose(objective.value(objective.minimizer), 0.0, atol=1e-15)
    np.testing.assert_allclose(objective.gradient(objective.minimizer), 0.0, atol=1e-12)
    assert objective.value(np.random.default_rng(0).normal(size=(200, objective.dim))).min() > 0


def test_factorization_is_its_formula_and_has_its_hessian_form():
    objective = matrix_factorization(3, 2, 2, seed=1)
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    matrix = objective.data[3:].reshape(3, 2)
    point = np.concatenate([left.ravel(), right.ravel()])
    residual = left @ right.T - matrix
    assert objective.value(point) == pytest.approx((residual**2).sum() / 2)
    d_left, d_right = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    step = np.concatenate([d_left.ravel(), d_right.ravel()])
    form = ((left @ d_right.T + d_left @ right.T) ** 2).sum()
    form += 2 * (residual * (d_left @ d_right.T)).sum()
    assert step @ objective.hessian(point) @ step == pytest.approx(form, rel=1e-7)


def test_network_is_its_formula_and_knows_no_order_of_units():
    objective = tiny_network(2, 3, n=20, seed=3)
    rng = np.random.default_rng(0)
    weights, outer = rng.normal(size=(3, 2)), rng.normal(size=3)
    examples, targets = objective.data[3:43].reshape(20, 2), objective.data[43:]
    error = np.tanh(examples @ weights.T) @ outer - targets
    point = np.concatenate([weights.ravel(), outer])
    assert objective.value(point) == pytest.approx((error**2).mean() / 2)
    order = [2, 0, 1]
    permuted = np.concatenate([weights[order].ravel(), outer[order]])
    assert objective.value(permuted) == pytest.approx(objective.value(point))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: matrix_factorization(2, 2, 3), "rank takes at most"),
        (lambda: matrix_factorization(0, 2, 1), "dim takes an integer"),
        (lambda: tiny_network(10, 10), "at most 60 variables, got 110"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()
