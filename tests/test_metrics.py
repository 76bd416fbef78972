import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from egop.eigenbasis import Eigenbasis
from egop.metrics import (
    density,
    gradient_norm_1,
    off_diagonal_mass,
    r_med,
    share_of_movement,
    spectral_gap,
    stable_rank,
    steps_to_tolerance,
    subspace_angle,
)

seeds = st.integers(0, 10_000)
dims = st.integers(1, 8)
spectra = arrays(float, st.integers(1, 8), elements=st.floats(0, 1e200))


@given(spectra)
def test_stable_rank_lies_between_one_and_d(eigenvalues):
    assert 1 <= stable_rank(eigenvalues) <= len(eigenvalues)


@given(dims, seeds)
def test_stable_rank_is_the_nuclear_over_the_spectral_norm(dim, seed):
    """Eq. (3) and its footnote."""
    gradients = np.random.default_rng(seed).standard_normal((dim + 3, dim))
    expected = np.linalg.norm(gradients, "nuc") / np.linalg.norm(gradients, 2)
    assert stable_rank(np.linalg.eigvalsh(gradients.T @ gradients)) == pytest.approx(expected)


def test_stable_rank_is_not_trace_over_largest():
    assert stable_rank([4.0, 1.0]) == pytest.approx(1.5)


def test_stable_rank_edges_and_leading_axes():
    assert stable_rank(np.zeros(5)) == 5
    np.testing.assert_allclose(stable_rank([[1.0, 1.0], [1.0, 0.0]]), [2.0, 1.0])
    assert stable_rank([1.0, -1e-14]) == 1


def test_density_extremes():
    np.testing.assert_allclose(density(np.eye(4)), 0.25)
    assert density(np.full(4, 0.5)) == pytest.approx(1.0)
    hadamard = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
    np.testing.assert_allclose(density(hadamard), 1.0)


@given(dims, seeds)
def test_density_lies_between_one_over_d_and_one(dim, seed):
    values = density(Eigenbasis.random(dim, seed).eigenvectors)
    assert values.shape == (dim,)
    assert (values >= 1 / dim - 1e-12).all()
    assert (values <= 1 + 1e-12).all()


def test_density_is_taken_over_columns():
    columns = np.array([[0.6, 1.0, 0.0], [0.8, 0.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(density(columns), [1.96 / 3, 1 / 3, 1 / 3])


def test_density_of_a_random_direction_is_about_two_over_pi():
    directions = np.random.default_rng(0).standard_normal((3000, 50))
    directions /= np.linalg.norm(directions, axis=0)
    assert density(directions).mean() == pytest.approx(2 / np.pi, rel=0.01)


def test_spectral_gap():
    assert spectral_gap([9.0, 3.0, 3.0]) == 3.0
    assert spectral_gap([9.0, 3.0, 3.0], k=2) == 1.0
    assert spectral_gap([1.0, 0.0]) == np.inf
    assert spectral_gap([0.0, 0.0]) == 1.0


@given(st.floats(0, np.pi / 2), seeds)
@settings(deadline=None)
def test_subspace_angle_of_planes_turned_by_that_angle(angle, seed):
    V = Eigenbasis.random(5, seed).eigenvectors
    turned = V[:, :2].copy()
    turned[:, 1] = np.cos(angle) * V[:, 1] + np.sin(angle) * V[:, 2]
    mixed = turned @ Eigenbasis.random(2, seed).eigenvectors
    assert subspace_angle(V[:, :2], mixed) == pytest.approx(angle, abs=1e-12)
    assert subspace_angle(mixed, V[:, :2]) == pytest.approx(angle, abs=1e-12)


def test_subspace_angle_is_accurate_when_tiny():
    assert subspace_angle([1.0, 0.0], [1.0, 1e-12]) == pytest.approx(1e-12, rel=1e-6)
    assert subspace_angle([1.0, 0.0], [-1.0, 0.0]) == 0.0
    assert subspace_angle([1.0, 0.0], [0.0, 1.0]) == pytest.approx(np.pi / 2)


def test_steps_to_tolerance_over_runs():
    values = np.array([[5.0, 5.0, 5.0], [3.0, 1.0, np.nan], [2.0, 4.0, np.nan]])
    np.testing.assert_array_equal(steps_to_tolerance(values, 1.0, 1.0), [2, 1, -1])
    np.testing.assert_array_equal(steps_to_tolerance(values, 1.0, [4.0, 0.0, 0.1]), [0, 1, -1])
    assert steps_to_tolerance([3.0, 2.0], 0.0, 2.0) == 1


def test_gradient_norm_1_depends_on_the_basis():
    gradient = np.ones(100)
    assert gradient_norm_1(gradient) == 100.0
    turned = Eigenbasis.from_gradients(gradient[None]).to_basis(gradient)
    assert gradient_norm_1(turned) == pytest.approx(10.0)
    assert gradient_norm_1(np.ones((2, 3, 4))).shape == (2, 3)


def test_r_med():
    assert r_med([1.0, -8.0, 2.0]) == 4.0
    assert r_med([0.0, 0.0, 2.0]) == np.inf
    assert r_med([0.0, 0.0]) == 1.0
    np.testing.assert_allclose(r_med([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]), [1.5, 1.0])


def test_off_diagonal_mass():
    assert off_diagonal_mass(np.diag([1.0, 2.0])) == 0.0
    assert off_diagonal_mass(np.zeros((2, 2))) == 0.0
    assert off_diagonal_mass([[0.0, 1.0], [1.0, 0.0]]) == 1.0
    assert off_diagonal_mass(1e200 * np.ones((2, 2))) == pytest.approx(0.5)
    assert off_diagonal_mass(np.ones((3, 2, 2))).shape == (3,)


@given(dims, seeds)
def test_off_diagonal_mass_is_a_share_and_vanishes_in_the_eigenbasis(dim, seed):
    rows = np.random.default_rng(seed).standard_normal((dim, dim))
    matrix = rows.T @ rows
    assert 0 <= off_diagonal_mass(matrix) < 1
    V = Eigenbasis.from_matrix(matrix).eigenvectors
    assert off_diagonal_mass(V.T @ matrix @ V) < 1e-20


def test_share_of_movement():
    plane = np.eye(3)[:, :2]
    assert share_of_movement([[0, 0, 0], [1, 0, 0], [1, 0, 1]], plane) == pytest.approx(0.5)
    assert share_of_movement(np.zeros((4, 3)), plane) == 1.0
    path = [[0.0, 0.0, 0.0], [3.0, 0.0, 4.0], [np.nan] * 3]
    assert share_of_movement(path, plane) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: stable_rank([1.0, -0.5]), "not negative, got -0.5"),
        (lambda: stable_rank(3.0), "eigenvalues"),
        (lambda: stable_rank([]), "eigenvalues"),
        (lambda: density(2 * np.eye(2)), "length 1, got one of length 2"),
        (lambda: density(3.0), r"got shape \(\)"),
        (lambda: r_med(3.0), r"diagonals .* got shape \(\)"),
        (lambda: r_med(np.ones((4, 0))), r"diagonals .* got shape \(4, 0\)"),
        (lambda: spectral_gap([2.0, 1.0], k=2), "k from 1 to 1, got 2"),
        (lambda: subspace_angle(np.eye(2), np.eye(3)), "one shape"),
    ],
)
def test_refuses_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize("metric", [stable_rank, density])
def test_a_basis_in_place_of_its_array_is_refused_in_one_sentence(metric):
    words = rf"give its \.eigenv\w+ or read its \.{metric.__name__}"
    with pytest.raises(TypeError, match=words):
        metric(Eigenbasis.identity(2))
