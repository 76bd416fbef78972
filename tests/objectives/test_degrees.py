"""The degrees of polynomials that objectives tell, against differences along lines."""

from math import comb

import numpy as np
import pytest

from egop.distributions import Gaussian, StudentT, UniformBox
from egop.eigenbasis import Eigenbasis
from egop.objectives import (
    LANDSCAPES,
    Objective,
    associative_memory,
    from_expression,
    from_functions,
    landscape,
    least_squares,
    log_sum_exp,
    matrix_factorization,
    matrix_quadratic,
    matrix_sensing,
    quadratic,
    tiny_network,
    two_layer_linear,
)
from egop.reparameterization import reparameterize
from egop.tails import is_finite

OPERATOR = np.random.default_rng(0).normal(size=(8, 3, 3))
POLYNOMIALS = [
    quadratic(),
    least_squares(np.eye(3), np.ones(3)),
    matrix_quadratic(),
    matrix_factorization(),
    matrix_sensing(OPERATOR),
    two_layer_linear(),
    from_expression("(x*y*z*w - 1)^2 + x^3/7"),
    from_expression("(1-x)^2 + 100*(y-x^2)^2"),
    *(landscape(name) for name in LANDSCAPES if landscape(name).degree is not None),
]


def differences(objective: Objective, order: int) -> np.ndarray:
    """Differences of f of an order, at equal steps along lines, over the size of their terms."""
    rng = np.random.default_rng(0)
    start, step = rng.normal(size=(2, 5, objective.dim))
    values = objective.value(start + np.arange(order + 1)[:, None, None] * step)
    terms = np.array([comb(order, k) * (-1.0) ** k for k in range(order + 1)])[:, None] * values
    return np.abs(terms.sum(axis=0)) / np.abs(terms).sum(axis=0)


@pytest.mark.parametrize("objective", POLYNOMIALS, ids=lambda each: each.name)
def test_differences_beyond_the_degree_vanish_and_those_before_do_not(objective):
    turned = reparameterize(objective, Eigenbasis.random(objective.dim))
    for each in (objective, turned):
        assert differences(each, each.degree + 1).max() < 1e-12
        assert differences(each, each.degree).max() > 1e-8


@pytest.mark.parametrize(
    "objective",
    [
        associative_memory(),
        log_sum_exp(),
        tiny_network(),
        from_expression("1/x + y^2"),
        from_expression("x^1.5 + y"),
        from_expression("|x|^3 + y"),
        from_functions(lambda x: x[..., 0], np.ones_like, dim=2),
    ],
)
def test_others_tell_no_degree(objective):
    assert objective.degree is None
    assert not is_finite(objective, Gaussian(objective.dim))


def test_a_polynomial_takes_moments_of_four_times_the_order_of_its_gradient():
    objective = matrix_factorization()
    for rho, finite in ((Gaussian(6), True), (UniformBox(6), True), (StudentT(6, 12.5), True)):
        assert is_finite(objective, rho) is finite
    assert not is_finite(objective, StudentT(6, 12.0))
