"""Lipschitz constants of Hessians: never exceeded, and nearly reached where they are sharp."""

import numpy as np

from egop.hessian_variation import (
    factorization_hessian_lipschitz,
    logistic_hessian_lipschitz,
    measured_hessian_lipschitz,
)
from egop.objectives import logistic, matrix_sensing, quadratic


def test_a_quadratic_has_none():
    points = np.random.default_rng(0).normal(size=(20, 2))
    assert measured_hessian_lipschitz(quadratic(), points) == 0


def test_logistic_regression_stays_below_and_one_example_reaches_it():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(30, 4))
    objective = logistic(matrix, rng.integers(0, 2, 30))
    points = rng.normal(size=(500, 4)) * 0.3
    assert measured_hessian_lipschitz(objective, points) <= logistic_hessian_lipschitz(matrix)
    one = np.array([[2.0, 0.0], [0.0, 1e-9]])
    line = np.linspace(0.3, 1.0, 2000)[:, None] * [1.0, 0.0]
    seen = measured_hessian_lipschitz(logistic(one, [0, 1]), line)
    assert 0.999 < seen / logistic_hessian_lipschitz(one[:1]) <= 1


def test_eq_18_stays_below_in_a_ball_and_reaches_the_order():
    rng = np.random.default_rng(1)
    operator = rng.normal(size=(5, 3, 2))
    objective = matrix_sensing(operator, rank=1)
    points = rng.normal(size=(500, 5))
    points *= 2 * rng.random((500, 1)) ** 0.2 / np.linalg.norm(points, axis=1, keepdims=True)
    bound = factorization_hessian_lipschitz(operator, radius=2.0)
    seen = measured_hessian_lipschitz(objective, points)
    assert bound / 20 < seen <= bound
    assert factorization_hessian_lipschitz(operator.reshape(5, 6), 2.0) == bound
