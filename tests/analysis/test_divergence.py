"""A safe rate is one that was run and stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop import methods
from egop.analysis.divergence import find_safe_rate, round_down
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import landscape, quadratic


@pytest.mark.parametrize("basis", [None, Eigenbasis.rotation(0.3)])
def test_gradient_descent_is_safe_below_two_over_the_curvature(basis):
    objective = quadratic(condition_number=100.0, angle=0.7)
    start = np.array([1.0, 0.5])
    method = methods.gradient_descent(1.0)
    assert run(objective, method, start, 2000, basis=basis).diverged_at > 0
    safe = find_safe_rate(objective, method, start, 2000, basis=basis)
    assert safe is not None
    assert 0.01 <= safe <= 0.02
    assert run(objective, method.with_learning_rate(safe), start, 2000).diverged_at < 0


def test_no_rate_is_safe_where_f_is_not_finite_at_the_start():
    assert find_safe_rate(landscape("booth"), methods.adam(1.0), [1e200, 0.0]) is None


def test_a_schedule_counts():
    objective, start = quadratic(np.eye(2)), np.ones(2)
    method = methods.gradient_descent(1.0)
    plain, hundredfold = (
        find_safe_rate(objective, method, start, 400, schedule=factors)
        for factors in (None, np.full(400, 100.0))
    )
    assert plain is not None
    assert hundredfold is not None
    assert hundredfold < plain / 20


@given(st.floats(1e-12, 1e12))
def test_rounding_keeps_two_digits_and_never_rises(rate):
    rounded = float(round_down(rate))
    assert rounded <= rate * (1 + 1e-9)
    assert rounded >= 0.9 * rate
    assert float(f"{rounded:.1e}") == rounded
