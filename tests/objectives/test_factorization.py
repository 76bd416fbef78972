"""Matrix factorization and the tiny network: formulas, derivatives, symmetries."""

import numpy as np
import pytest

from egop.objectives import matrix_factorization, matrix_sensing, tiny_network

OPERATOR = np.random.default_rng(4).normal(size=(5, 3, 2))

PROBLEMS = {
    "sensing": lambda: matrix_sensing(OPERATOR, rank=2, seed=1),
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


def test_sensing_is_eq_18_and_has_its_hessian_form():
    objective = matrix_sensing(OPERATOR, rank=2, seed=1)
    rng = np.random.default_rng(0)
    left, right, d_left, d_right = (rng.normal(size=(size, 2)) for size in (3, 2, 3, 2))

    def measure(matrix: np.ndarray) -> np.ndarray:
        return np.einsum("qij,ij->q", OPERATOR, matrix)

    truth = objective.minimizer[0].reshape(5, 2)
    residual = measure(left @ right.T - truth[:3] @ truth[3:].T)
    point = np.concatenate([left.ravel(), right.ravel()])
    assert objective.value(point) == pytest.approx((residual**2).sum() / 2)
    step = np.concatenate([d_left.ravel(), d_right.ravel()])
    form = (measure(left @ d_right.T + d_left @ right.T) ** 2).sum()
    form += 2 * residual @ measure(d_left @ d_right.T)
    assert step @ objective.hessian(point) @ step == pytest.approx(form, rel=1e-7)


def test_sensing_by_the_identity_is_the_factorization():
    plain = matrix_factorization(3, 2, 1, seed=5)
    sensed = matrix_sensing(np.eye(6), columns=2, seed=5)
    points = np.random.default_rng(0).normal(size=(4, 5))
    np.testing.assert_allclose(sensed.value(points), plain.value(points))
    np.testing.assert_allclose(sensed.gradient(points), plain.gradient(points))


@pytest.mark.parametrize("operator", [np.ones((2, 5)), np.full((1, 2, 2), np.nan), np.ones(6)])
def test_an_operator_of_another_shape_is_refused(operator):
    with pytest.raises(ValueError, match="matrix_sensing takes an operator of finite numbers"):
        matrix_sensing(operator)
    with pytest.raises(ValueError, match="at most the smaller side of the matrix"):
        matrix_sensing(OPERATOR, rank=3)


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
