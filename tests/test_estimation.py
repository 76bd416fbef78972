"""An eigenbasis estimated from gradients, in one piece or many; where no sample settles it."""

import numpy as np
import pytest

from egop.distributions import (
    Empirical,
    Gaussian,
    Laplace,
    Mixture,
    StudentT,
    UniformBall,
    UniformBox,
    from_sampler,
)
from egop.eigenbasis import Eigenbasis
from egop.estimation import StreamingEGOP, estimate_eigenbasis
from egop.gradients import gradient_chunks, sample_gradients
from egop.metrics import subspace_angle
from egop.objectives import from_expression, from_functions, power_law
from egop.objectives.convex import log_sum_exp, quadratic
from egop.theory import exact_eigenbasis


def test_estimate_agrees_with_the_closed_form():
    objective = quadratic(condition_number=30.0, angle=0.7)
    estimate = estimate_eigenbasis(objective, Gaussian(2), n_samples=20_000, seed=0)
    exact = exact_eigenbasis(objective, Gaussian(2))
    np.testing.assert_allclose(estimate.eigenvalues, exact.eigenvalues, rtol=0.05)
    assert subspace_angle(estimate.eigenvectors[:, 0], exact.eigenvectors[:, 0]) < 0.01
    assert estimate.angle == pytest.approx(0.7, abs=0.01)
    assert estimate.n_samples == 20_000


def test_estimate_follows_the_seed():
    objective = log_sum_exp(dim=6, singular_values=1.0 / np.arange(1, 7))
    first, again, other = (
        estimate_eigenbasis(objective, Gaussian(6), n_samples=4, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.eigenvectors, again.eigenvectors)
    assert not np.allclose(first.eigenvectors, other.eigenvectors)


@pytest.mark.parametrize("n_samples", [3, 6, 2500])
def test_streamed_estimate_equals_the_one_shot_one(n_samples):
    objective, rho = log_sum_exp(dim=6, singular_values=10.0 ** -np.arange(6)), Gaussian(6, scale=9)
    streaming = StreamingEGOP(6)
    for chunk in gradient_chunks(objective, rho, n_samples, seed=2, chunk_sizes=(1, 2, 100)):
        streaming = streaming.add(chunk.gradients)
    streamed = streaming.eigenbasis(seed=2)
    one_shot = estimate_eigenbasis(objective, rho, n_samples, seed=2)
    values = one_shot.eigenvalues
    error = (
        50 * np.finfo(float).eps * np.sqrt(values[0] * values)
    )  # singular values are good to σ₁ε
    assert (np.abs(streamed.eigenvalues - values) <= error + 1e-30).all()
    known = min(n_samples, 6)
    np.testing.assert_allclose(
        streamed.eigenvectors[:, :known], one_shot.eigenvectors[:, :known], atol=1e-9
    )
    assert streamed.n_samples == one_shot.n_samples == n_samples


def test_merged_estimates_do_not_depend_on_the_order():
    gradients = np.random.default_rng(0).standard_normal((90, 4)) * [3, 2, 1.5, 1]
    left, right = StreamingEGOP(4).add(gradients[:20]), StreamingEGOP(4).add(gradients[20:])
    one_shot = Eigenbasis.from_gradients(gradients)
    for merged in (left.merge(right), right.merge(left)):
        np.testing.assert_allclose(merged.eigenbasis().matrix, one_shot.matrix, atol=1e-12)
    assert left.n_samples == 20


def test_gradients_that_are_not_finite_are_left_out_and_counted():
    root = from_functions(lambda x: np.sqrt(x[..., 0]), lambda x: 0.5 / np.sqrt(x), dim=1)
    with pytest.warns(RuntimeWarning, match="looks so"):  # 1/x has no mean
        estimate = estimate_eigenbasis(root, UniformBox(1), 500)
    assert estimate.n_samples is not None
    assert estimate.n_excluded == 500 - estimate.n_samples > 200


def test_zero_gradient_everywhere_gives_the_identity():
    flat = from_functions(lambda x: 0 * x[..., 0], lambda x: 0 * x, dim=3)
    basis = estimate_eigenbasis(flat, Gaussian(3), 10)
    np.testing.assert_array_equal(basis.eigenvalues, np.zeros(3))
    np.testing.assert_array_equal(basis.eigenvectors, np.eye(3))


def test_sampling_error_falls_like_one_over_root_m():
    """EGOP of a quadratic under N(μ, Σ) tends to H(Σ + (μ−c)(μ−c)ᵀ)H with slope −1/2."""
    hessian = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]])
    objective = quadratic(hessian, center=[1.0, 0.0, -1.0])
    rho = Gaussian(mean=[0.5, 1.0, 0.0], covariance=np.diag([1.0, 4.0, 0.25]) + 0.1)
    exact = exact_eigenbasis(objective, rho).matrix
    sizes = np.array([100, 400, 1600, 6400])

    def error(size):
        errors = [
            Eigenbasis.from_gradients(sample_gradients(objective, rho, size, seed).gradients).matrix
            - exact
            for seed in range(60)
        ]
        return np.sqrt(np.mean(np.square(errors)))

    slope = np.polyfit(np.log(sizes), [np.log(error(size)) for size in sizes], 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.06)


def test_a_basis_of_gradients_with_a_pole_has_a_caveat_and_warns():
    """∂f/∂x = 1 − 1/(x+1), whose square has no mean where the density at −1 is not 0."""
    barrier = from_expression("-log(x+1) - 3*log(y+2) + x + y")
    with pytest.warns(RuntimeWarning, match=r"is infinite or looks so .*caveat says why"):
        basis = estimate_eigenbasis(barrier, Gaussian(2, scale=2.0), 2000, seed=0)
    assert basis.n_excluded == pytest.approx(880, abs=80)
    assert basis.n_samples == 2000 - basis.n_excluded
    assert "the EGOP may be infinite (tail index of the squared gradient 0." in basis.caveat
    assert "has a caveat" in repr(basis)


@pytest.mark.parametrize("text", ["1/x + y", "-log(x + 2y)", "tan(x) + y", "exp(x^2) + y"])
def test_poles_and_fast_growth_give_a_caveat(text):
    with pytest.warns(RuntimeWarning, match="looks so"):
        basis = estimate_eigenbasis(from_expression(text), Gaussian(2), 2000)
    assert "may be infinite" in basis.caveat


@pytest.mark.parametrize("text", ["sqrt(x) + y", "log(x^2 + y^2)", "sqrt(|x|) + y^2"])
def test_squares_without_a_mean_by_a_hair_give_a_caveat(text):
    """The tail index is 1: half of the estimates are above."""
    for seed in range(3):
        with pytest.warns(RuntimeWarning, match="looks so"):
            estimate_eigenbasis(from_expression(text), Gaussian(2), 2000, seed)


def test_a_distribution_without_the_moments_gives_a_caveat():
    with pytest.warns(RuntimeWarning, match="looks so"):
        basis = estimate_eigenbasis(quadratic(), StudentT(2, 2.0), 500)
    assert basis.caveat.startswith("the EGOP is infinite")


@pytest.mark.parametrize(
    ("text", "rho"),
    [
        ("exp(3x) + y", Gaussian(2)),
        ("cosh(4x) + y", Mixture([Gaussian(2), Gaussian(2, mean=3.0)])),
        ("exp(100x) + y", UniformBox(2)),
        ("exp(30*(x^2 + y^2))", UniformBall(2)),
        ("exp(exp(5x)) + y", UniformBox(2)),
        ("exp(10x) + y", Empirical(np.random.default_rng(0).standard_normal((500, 2)))),
    ],
)
def test_exponentials_have_finite_moments_where_the_distribution_decays_faster(text, rho):
    for seed in range(3):
        assert not estimate_eigenbasis(from_expression(text), rho, 2000, seed).caveat


@pytest.mark.parametrize(
    ("text", "rho"), [("exp(3x) + y", Laplace(2)), ("exp(0.3*x^2) + y", Gaussian(2))]
)
def test_exponentials_that_grow_as_fast_as_the_distribution_decays_give_a_caveat(text, rho):
    with pytest.warns(RuntimeWarning, match="looks so"):
        estimate_eigenbasis(from_expression(text), rho, 2000)


def test_heavy_tails_of_a_sampler_that_tells_no_moments_give_a_caveat():
    objective = quadratic(condition_number=10.0)
    cauchy = from_sampler(lambda n, rng: rng.standard_cauchy((n, 2)))
    normal = from_sampler(lambda n, rng: rng.standard_normal((n, 2)))
    for seed in range(3):
        with pytest.warns(RuntimeWarning, match="looks so"):
            estimate_eigenbasis(objective, cauchy, 2000, seed)
        for finite in (objective, from_expression("(1-x)^2 + 100*(y-x^2)^2")):
            assert not estimate_eigenbasis(finite, normal, 2000, seed).caveat


FINITE = ["(1-x)^2 + 100*(y-x^2)^2", "log(1 + x^2) + y^2", "norm(x, y) + exp(x/4)"]


@pytest.mark.parametrize(
    "objective", [log_sum_exp(100, 100, power_law(100, 2.0)), *map(from_expression, FINITE)]
)
def test_a_finite_egop_has_no_caveat(objective):
    """The largest gradients of the log-sum-exp outweigh the others, but they are bounded."""
    for seed in range(5):
        assert not estimate_eigenbasis(objective, Gaussian(objective.dim), 1000, seed).caveat


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: StreamingEGOP(2).eigenbasis(), "at least one finite gradient"),
        (lambda: StreamingEGOP(2).add(np.zeros((4, 3))), r"takes gradients \(M, 2\)"),
        (lambda: StreamingEGOP(2).merge(StreamingEGOP(3)), "2 variables, got 3"),
        (lambda: estimate_eigenbasis(quadratic(), Gaussian(3)), "but the distribution has 3"),
    ],
)
def test_refuses_in_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
