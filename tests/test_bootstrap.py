"""Bands must hold the truth as often as they say; shortcuts must agree with the slow way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.bootstrap import bootstrap, count_tied
from egop.distributions import Gaussian, StudentT
from egop.eigenbasis import Eigenbasis
from egop.gradients import sample_gradients
from egop.objectives.convex import quadratic
from egop.theory import exact_eigenbasis


def gaussian_gradients(n_samples, scales, seed=0):
    return np.random.default_rng(seed).standard_normal((n_samples, len(scales))) * scales


def slow_resamples(gradients, n_resamples, seed=0):
    """Eigenvalues (B, d) of resampled second moments and angles of v_1 (B,), one at a time."""
    rng = np.random.default_rng(seed)
    leading = Eigenbasis.from_gradients(gradients).eigenvectors[:, 0]
    eigenvalues, angles = [], []
    for _ in range(n_resamples):
        resample = gradients[rng.integers(len(gradients), size=len(gradients))]
        values, vectors = np.linalg.eigh(resample.T @ resample / len(gradients))
        eigenvalues.append(values[::-1])
        angles.append(np.degrees(np.arccos(min(1.0, abs(vectors[:, -1] @ leading)))))
    return np.array(eigenvalues), np.array(angles)


@pytest.mark.parametrize("dim", [2, 5, 30])
def test_bands_and_angle_are_those_of_plain_resampling(dim):
    gradients = gaussian_gradients(401, 1.0 / np.arange(1, dim + 1))
    result = bootstrap(gradients, n_resamples=4000 if dim < 30 else 800, seed=1)
    eigenvalues, angles = slow_resamples(gradients, 4000 if dim < 30 else 800)
    bias = (eigenvalues.mean(axis=0) / result.eigenvalues)[:5]
    low, high = np.quantile(eigenvalues, [0.05, 0.95], axis=0)[:, :5] / bias**2
    width = high - low
    assert (np.abs(result.eigenvalue_low[:5] - low) < 0.15 * width).all()
    assert (np.abs(result.eigenvalue_high[:5] - high) < 0.15 * width).all()
    assert result.angle_of_v1_degrees == pytest.approx(np.quantile(angles, 0.9), rel=0.08)


@pytest.mark.parametrize(
    ("condition_number", "n_samples"), [(1.0, 300), (1.5, 300), (100.0, 200), (100.0, 1000)]
)
def test_band_holds_the_true_eigenvalue_as_often_as_it_says(condition_number, n_samples):
    objective = quadratic(condition_number=condition_number, center=[0.5, -0.5])
    rho = Gaussian(2, mean=[0.5, -0.5], scale=2.0)
    truth = exact_eigenbasis(objective, rho).eigenvalues[0]
    held = 0
    for seed in range(100):
        gradients = sample_gradients(objective, rho, n_samples, seed).gradients
        band = bootstrap(gradients, n_resamples=300, seed=seed)
        held += band.eigenvalue_low[0] <= truth <= band.eigenvalue_high[0]
    assert 80 <= held <= 98


@pytest.mark.parametrize(
    ("degrees_of_freedom", "least", "most"), [(5.0, 0.78, 0.95), (3.0, 0.58, 0.86), (2.2, 0.1, 0.4)]
)
def test_band_holds_the_true_eigenvalue_less_often_under_heavy_tails(
    degrees_of_freedom, least, most
):
    objective, rho = quadratic(condition_number=10.0), StudentT(2, degrees_of_freedom)
    truth = exact_eigenbasis(objective, rho).eigenvalues[0]
    held = 0
    for seed in range(100):
        gradients = sample_gradients(objective, rho, 1000, seed).gradients
        band = bootstrap(gradients, n_resamples=200, seed=seed)
        held += band.eigenvalue_low[0] <= truth <= band.eigenvalue_high[0]
    assert least <= held / 100 <= most


def test_angle_quantile_holds_the_true_direction_as_often_as_it_says():
    objective, rho = quadratic(condition_number=2.0, angle=0.0), Gaussian(2)
    held = 0
    for seed in range(200):
        gradients = sample_gradients(objective, rho, 300, seed).gradients
        angle = abs(np.degrees(Eigenbasis.from_gradients(gradients).angle))
        held += angle <= bootstrap(gradients, 300, seed=seed).angle_of_v1_degrees
    assert 0.84 <= held / 200 <= 0.95


def test_bands_shrink_like_one_over_root_m():
    narrow, wide = (
        bootstrap(gaussian_gradients(n_samples, [2.0, 1.0]), seed=0) for n_samples in (6400, 400)
    )
    width = wide.eigenvalue_high[0] - wide.eigenvalue_low[0]
    ratio = width / (narrow.eigenvalue_high[0] - narrow.eigenvalue_low[0])
    assert ratio == pytest.approx(4.0, rel=0.25)
    assert wide.angle_of_v1_degrees / narrow.angle_of_v1_degrees == pytest.approx(4.0, rel=0.25)


@given(seed=st.integers(0, 1000), dim=st.integers(1, 4), n_samples=st.integers(2, 30))
@settings(deadline=None, max_examples=40)
def test_bands_are_ordered_and_turn_with_the_gradients(seed, dim, n_samples):
    gradients = gaussian_gradients(n_samples, np.linspace(2, 1, dim), seed)
    result = bootstrap(gradients, n_resamples=50, seed=3)
    assert (result.eigenvalue_low <= result.eigenvalue_high).all()
    assert (result.eigenvalue_low >= 0).all()
    assert 0 <= result.angle_of_v1_degrees <= 90
    assert 1 <= result.n_tied <= dim
    turned = bootstrap(gradients @ Eigenbasis.random(dim, seed).eigenvectors, 50, seed=3)
    np.testing.assert_allclose(turned.eigenvalue_high, result.eigenvalue_high, rtol=1e-6, atol=1e-9)
    assert turned.angle_of_v1_degrees == pytest.approx(result.angle_of_v1_degrees, abs=1e-4)


@pytest.mark.parametrize("scale", [1e-120, 1e140])
def test_bands_scale_with_the_gradients(scale):
    gradients = gaussian_gradients(50, [2.0, 1.0])
    small, large = bootstrap(gradients, 50), bootstrap(gradients * scale, 50)
    np.testing.assert_allclose(large.eigenvalue_low / scale**2, small.eigenvalue_low, rtol=1e-9)
    assert large.n_tied == small.n_tied


def test_same_seed_same_bands_at_any_block_size(monkeypatch):
    gradients = gaussian_gradients(101, [2.0, 1.0])
    first, again, other = (bootstrap(gradients, 100, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.eigenvalue_low, again.eigenvalue_low)
    assert not np.array_equal(first.eigenvalue_low, other.eigenvalue_low)
    monkeypatch.setattr("egop.bootstrap.COUNTS_AT_ONCE", 707)
    in_blocks = bootstrap(gradients, 100, seed=0)
    np.testing.assert_allclose(in_blocks.eigenvalue_low, first.eigenvalue_low, rtol=1e-12)


def test_tiny_eigenvalues_keep_their_relative_width():
    gradients = gaussian_gradients(500, 10.0 ** -np.arange(0, 12, 2))
    result = bootstrap(gradients)
    relative = (result.eigenvalue_high - result.eigenvalue_low) / result.eigenvalues
    np.testing.assert_allclose(relative, relative[0], rtol=0.4)


@pytest.mark.parametrize(
    ("scales", "tied"),
    [([1.0, 1.0], 2), ([1.0, 0.3], 1), ([2.0, 2.0, 2.0, 0.1], 3), (np.ones(20), 20)],
)
def test_equal_eigenvalues_are_found_tied(scales, tied):
    counts = [count_tied(gaussian_gradients(800, scales, seed)) for seed in range(100)]
    assert np.mean(np.array(counts) == tied) >= 0.9


def test_one_gradient_says_nothing_about_its_spread():
    result = bootstrap([[3.0, 4.0]])
    np.testing.assert_allclose(result.eigenvalues, [25.0, 0.0])
    assert (result.eigenvalue_low == 0).all()
    assert np.isinf(result.eigenvalue_high).all()


@pytest.mark.parametrize("n_samples", [3, 20, 40])
def test_fewer_samples_than_variables(n_samples):
    result = bootstrap(gaussian_gradients(n_samples, np.arange(1.0, 61.0) ** -2), 100)
    assert np.isfinite(result.eigenvalue_high).all()
    assert not result.eigenvalue_high[max(n_samples, result.n_tied) :].any()
    assert result.eigenvalue_high[0] > 0


def test_gradients_that_are_not_finite_are_left_out():
    gradients = gaussian_gradients(50, [2.0, 1.0])
    spoiled = np.concatenate([[[np.nan, 1.0]], gradients])
    assert bootstrap(spoiled, 50).n_samples == 50
    np.testing.assert_array_equal(
        bootstrap(spoiled, 50).eigenvalue_low, bootstrap(gradients, 50).eigenvalue_low
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1.0, 2.0],), r"gradients \(M, d\)"),
        (([[np.nan, 1.0]],), "at least one finite gradient"),
        (([[1.0, 1.0]], 0), "at least one resample"),
        (([[1.0, 1.0]], 10, 1.0), "level between 0 and 1"),
    ],
)
def test_refuses_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        bootstrap(*arguments)
