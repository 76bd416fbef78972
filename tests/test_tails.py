"""Tail indices estimated from a sample are those of its distribution."""

import numpy as np
import pytest

from egop.objectives import from_expression, from_functions, quadratic
from egop.tails import (
    effective_sample_size,
    estimate_tail_index,
    measure_growth,
    range_of_estimates,
)


@pytest.mark.parametrize(
    ("weights", "size"), [([2.0, 2.0, 2.0], 3.0), ([1e200, 1.0, 1.0], 1.0), ([0.0, 0.0], 0.0)]
)
def test_effective_sample_size_counts_samples_of_equal_weight(weights, size):
    assert effective_sample_size(np.array(weights)) == pytest.approx(size)


@pytest.mark.parametrize("index", [0.5, 1.0, 3.0])
def test_tail_index_of_pareto_values(index):
    values = np.random.default_rng(0).pareto(index, (10_000, 50)) + 1
    estimates = estimate_tail_index(values)
    assert estimates.shape == (50,)
    assert np.median(estimates) == pytest.approx(index, rel=0.05)


def test_estimates_of_index_one_are_in_their_range():
    values = np.random.default_rng(1).pareto(1.0, (400, 1000)) + 1
    low, high = range_of_estimates(400)
    estimates = estimate_tail_index(values)
    assert np.mean(estimates < low) == pytest.approx(0.05, abs=0.02)
    assert np.mean(estimates > high) == pytest.approx(0.05, abs=0.02)


def test_equal_and_rare_values_have_no_tail():
    values = np.zeros((100, 2))
    values[:, 0] = 2.0
    values[:5, 1] = [1.0, 10.0, 100.0, 1e3, 1e4]
    assert np.isinf(estimate_tail_index(values)).all()
    assert np.isinf(estimate_tail_index(np.ones((1, 1)))).all()


@pytest.mark.parametrize(
    ("objective", "power"),
    [
        (quadratic(condition_number=10.0), 1.0),
        (from_expression("(1-x)^2 + 100*(y-x^2)^2"), 3.0),
        (from_expression("sqrt(1 + x^2 + 9*y^2)"), 0.0),
        (from_expression("x + 0*y"), 0.0),
        (from_expression("exp(x) + y^2"), np.inf),
        (from_expression("sqrt(x) + y"), np.inf),
    ],
)
def test_growth_of_the_gradient_is_a_power_or_infinite(objective, power):
    points = np.random.default_rng(2).standard_normal((200, 2))
    assert measure_growth(objective, points) == pytest.approx(power, abs=0.02)


def test_growth_is_unknown_where_the_function_refuses_far_points():
    def refuse(x):
        if np.abs(x).max() > 50:
            raise OverflowError("too far")
        return 2 * x

    objective = from_functions(lambda x: (x**2).sum(axis=-1), refuse, dim=2)
    assert measure_growth(objective, np.random.default_rng(3).random((20, 2))) == np.inf
