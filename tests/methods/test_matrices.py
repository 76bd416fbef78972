"""Powers of matrices, where they are singular, too."""

import numpy as np
import pytest
import torch

from egop.methods.matrices import eigh, matrix_power, qr, svd, without_round_off


def semidefinite(size, rank, seed=0):
    factor = np.random.default_rng(seed).standard_normal((size, rank))
    return factor @ factor.T


@pytest.mark.parametrize("of", [np.asarray, torch.tensor])
def test_a_power_is_that_of_the_eigenvalues(of):
    a = semidefinite(4, 4)
    root = np.asarray(matrix_power(of(a), -1 / 4, ridge=0.1))
    shifted = np.linalg.inv(a + 0.1 * np.eye(4))
    np.testing.assert_allclose(np.linalg.matrix_power(root, 4), shifted, rtol=1e-10)
    outside = np.asarray(matrix_power(of(a), -1 / 2, eps=0.1))
    half = np.asarray(matrix_power(of(a), 1 / 2))
    np.testing.assert_allclose(half @ half, a, rtol=1e-10)
    np.testing.assert_allclose(outside @ (half + 0.1 * np.eye(4)), np.eye(4), atol=1e-12)


def test_a_negative_power_of_a_singular_matrix_is_on_its_range():
    a = semidefinite(5, 2)
    expected = np.linalg.pinv(a, rcond=1e-12)
    np.testing.assert_allclose(matrix_power(a, -1.0), expected, atol=1e-10)
    np.testing.assert_array_equal(matrix_power(np.zeros((3, 3)), -1 / 2), 0.0)
    np.testing.assert_array_equal(matrix_power(np.zeros((3, 3)), 0.0), np.eye(3))


def test_one_matrix_that_is_not_finite_leaves_the_others():
    many = np.stack([semidefinite(3, 3), np.full((3, 3), np.nan), semidefinite(3, 1)])
    roots = matrix_power(many, -1 / 2, ridge=1.0)
    for k in (0, 2):
        np.testing.assert_allclose(roots[k], matrix_power(many[k], -1 / 2, ridge=1.0), atol=1e-12)
    assert np.isnan(roots[1]).all()


@pytest.mark.parametrize("of", [np.asarray, torch.tensor])
def test_entries_at_round_off_become_zero(of):
    a = np.array([[3.0, 1e-14], [-4.0, 1e-12]])
    many = of(np.stack([a, 1e200 * a, np.full((2, 2), np.nan)]))
    cleared = np.asarray(without_round_off(many))
    np.testing.assert_array_equal(cleared[0], [[3.0, 0.0], [-4.0, 1e-12]])
    np.testing.assert_array_equal(cleared[1], 1e200 * cleared[0])
    assert np.isnan(cleared[2]).all()


@pytest.mark.parametrize("of", [np.asarray, torch.tensor])
@pytest.mark.parametrize("decompose", [eigh, qr, svd])
def test_parts_are_not_numbers_where_a_matrix_is_not_finite(decompose, of):
    square = np.stack([semidefinite(4, 4, seed) for seed in range(4)])
    many = square if decompose is eigh else square[..., :3]
    broken = many.copy()
    broken[1, 2, 1], broken[3, 0, 0] = np.inf, np.nan
    for part, whole in zip(decompose(of(broken)), decompose(of(many)), strict=True):
        np.testing.assert_array_equal(part[[0, 2]], whole[[0, 2]])
        assert np.isnan(np.asarray(part[[1, 3]])).all()
        assert np.isfinite(np.asarray(whole)).all()
