"""The theory's numbers beside a basis: exact for quadratics, bounds where A1 holds, else none."""

import numpy as np
import pytest

from egop.analysis.expectation import expect
from egop.distributions import Gaussian
from egop.estimation import estimate_eigenbasis
from egop.objectives import landscape, log_sum_exp, quadratic
from egop.theory import exact_eigenbasis


def test_a_quadratic_has_its_smoothness_in_both_bases():
    objective = quadratic(condition_number=100.0, angle=np.pi / 4)
    rho = Gaussian(dim=2)
    expected = expect(objective, rho, exact_eigenbasis(objective, rho))
    assert expected.prediction.density == pytest.approx(1)
    assert expected.prediction.ratio == pytest.approx((1 + 1 / 100) / 2)
    assert expected.assumption.holds
    assert tuple(expected.original) == pytest.approx((200, 200))
    assert tuple(expected.rotated) == pytest.approx((101, 101))
    ratio = expected.rotated.upper / expected.original.lower
    assert ratio <= 2**0.5 * expected.prediction.ratio  # Theorem 5, C = √2 for quadratics


def test_bounds_stand_on_one_side_each_where_a1_holds():
    objective = log_sum_exp(seed=0)
    rho = Gaussian(dim=2, scale=50.0)
    expected = expect(objective, rho, estimate_eigenbasis(objective, rho))
    assert expected.assumption.holds
    assert np.isposinf(expected.original.upper)
    assert expected.rotated.lower == 0
    assert expected.original.lower > 0


def test_no_bounds_where_a1_fails_and_the_reason():
    objective = landscape("rosenbrock")
    rho = Gaussian(dim=2, mean=[3.0, 0.0])
    expected = expect(objective, rho, estimate_eigenbasis(objective, rho))
    assert expected.original is None
    assert "the mean is 3 away from zero" in expected.source
    assert expected.prediction.ratio > 0


def test_the_theory_expects_a_gain_or_says_nothing():
    bowl, rho = quadratic(condition_number=100.0, angle=np.pi / 4), Gaussian(dim=2)
    assert expect(bowl, rho, exact_eigenbasis(bowl, rho)).expects_gain
    off = Gaussian(mean=[1.0, 0.0])  # A1 fails
    assert not expect(bowl, off, exact_eigenbasis(bowl, off)).expects_gain
    curved, wide = log_sum_exp(seed=0), Gaussian(dim=2, scale=50.0)
    expected = expect(curved, wide, estimate_eigenbasis(curved, wide))
    assert expected.bound == 2 * expected.prediction.ratio > 1
    assert not expected.expects_gain


def test_exact_is_said_of_a_closed_bracket_alone():
    bowl, saddle = quadratic(condition_number=9.0, angle=0.4), quadratic([[1.0, 2.0], [2.0, -1.0]])
    rho = Gaussian(dim=2)
    assert expect(bowl, rho, exact_eigenbasis(bowl, rho)).source == "exact for this quadratic"
    expected = expect(saddle, rho, exact_eigenbasis(saddle, rho))
    assert not expected.original.is_closed
    assert expected.source == "bounds for this quadratic"
