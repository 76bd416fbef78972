"""Distributions of one's own points and functions."""

import numpy as np
import pytest

from egop.distributions import (
    Gaussian,
    StudentT,
    check_assumption_a1,
    empirical,
    from_sampler,
    read_distribution,
)
from egop.estimation import estimate_eigenbasis
from egop.gradients import sample_gradients
from egop.objectives import quadratic
from egop.theory import exact_eigenbasis

POINTS = np.random.default_rng(3).standard_normal((60, 2)) * [1.0, 4.0] + [2.0, 0.0]


def draw(n, rng):
    return rng.uniform(-1, 1, size=(n, 2))


def test_own_points_are_drawn_with_replacement():
    drawn = empirical(POINTS).sample(4000, 0)
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    np.testing.assert_array_equal(found, np.unique(POINTS, axis=0))
    assert counts.min() > 30
    assert counts.max() < 120


def test_the_egop_of_a_quadratic_on_own_points_is_that_of_their_moments():
    objective, rho = quadratic(condition_number=10.0), empirical(POINTS)
    exact = exact_eigenbasis(objective, rho)
    np.testing.assert_allclose(
        exact.matrix, objective.gradient(POINTS).T @ objective.gradient(POINTS) / len(POINTS)
    )
    estimate = estimate_eigenbasis(objective, rho, 20_000)
    np.testing.assert_allclose(estimate.eigenvalues, exact.eigenvalues, rtol=0.05)


def test_a_sampler_draws_what_its_function_draws():
    rho = from_sampler(draw)
    np.testing.assert_array_equal(rho.sample(7, 5), draw(7, np.random.default_rng(5)))
    assert rho.dim == 2
    assert rho.describe() == "draw in 2 variables"
    assert np.isnan(rho.mean).all()
    assert np.isnan(rho.tail_index)
    assert "not known" in check_assumption_a1(rho, np.zeros(2)).sentence


def test_a_sampler_has_the_moments_that_it_is_told():
    rho = from_sampler(draw, mean=[0.0, 0.0], covariance=np.eye(2) / 3)
    assert check_assumption_a1(rho, np.zeros(2)).holds
    assert rho.tail_index == np.inf
    exact = exact_eigenbasis(quadratic(), rho)
    estimate = estimate_eigenbasis(quadratic(), rho, 20_000)
    np.testing.assert_allclose(estimate.eigenvalues, exact.eigenvalues, rtol=0.05)


def test_an_object_with_dim_and_sample_is_a_distribution():
    class Other:
        dim, mean = 2, StudentT.sample  # a method, as scipy's, is no moment

        def sample(self, n, rng):
            return draw(n, rng)

    rho = read_distribution(Other())
    assert rho.describe() == "Other in 2 variables"
    assert np.isnan(rho.mean).all()
    basis = estimate_eigenbasis(quadratic(), Other(), 50)
    np.testing.assert_array_equal(
        basis.eigenvectors, estimate_eigenbasis(quadratic(), from_sampler(draw), 50).eigenvectors
    )


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: empirical([1.0, 2.0]), ValueError, r"points \(n, d\).*got shape \(2,\)"),
        (lambda: empirical([["a", "b"]]), ValueError, "array of numbers"),
        (lambda: empirical([[1.0, np.nan], [1.0, 2.0]]), ValueError, "1 of 2 rows"),
        (lambda: from_sampler(POINTS), TypeError, r"empirical\(points\)"),
        (lambda: from_sampler(lambda n: POINTS[:n]), ValueError, r"sampler\(2, rng\)"),
        (lambda: from_sampler(lambda n, rng: draw(n, rng).T, 2), ValueError, r"\(2, 3\)"),
        (lambda: from_sampler(draw, 3), ValueError, r"points \(2, 3\)"),
        (
            lambda: from_sampler(lambda n, rng: draw(n, np.random.default_rng())),
            ValueError,
            "same seed",
        ),
        (lambda: from_sampler(draw, covariance=1.0), ValueError, r"takes shape \(2, 2\)"),
        (
            lambda: sample_gradients(quadratic(), draw),
            TypeError,
            r"got a function; make one with egop.distributions.from_sampler",
        ),
        (lambda: estimate_eigenbasis(quadratic(), POINTS), TypeError, r"empirical\(points\)"),
        (lambda: estimate_eigenbasis(quadratic(), "gaussian"), TypeError, "got 'gaussian'"),
        (lambda: estimate_eigenbasis(draw, Gaussian(2)), TypeError, "from_functions"),
    ],
)
def test_refuses_in_one_sentence(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
