"""The sign rule, the order of frames, the completion: what each must leave alone and what fix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.decomposition import complete, decompose, fix_signs, nearest_frame, triangular_factor
from egop.eigenbasis import Eigenbasis

seeds = st.integers(0, 10_000)
dims = st.integers(1, 6)


def orthonormal(dim, seed):
    return Eigenbasis.random(dim, seed).eigenvectors


@pytest.mark.parametrize(("n_rows", "dim"), [(3, 5), (5, 5), (40, 5)])
def test_factor_has_the_gram_matrix_of_the_rows(n_rows, dim):
    rows = np.random.default_rng(0).standard_normal((n_rows, dim))
    factor = triangular_factor(rows)
    assert factor.shape == (min(n_rows, dim), dim)
    np.testing.assert_allclose(factor.T @ factor, rows.T @ rows, atol=1e-12)


def test_tiny_eigenvalues_stay_right_where_eigh_of_the_matrix_fails():
    truth = 10.0 ** -np.arange(0, 28, 3)
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.standard_normal((400, 10)))
    gradients = left * np.sqrt(400 * truth) @ orthonormal(10, 1).T
    eigenvalues, _ = decompose(triangular_factor(gradients), 400, seed=0)
    np.testing.assert_allclose(eigenvalues, truth, rtol=0.1)
    of_the_matrix = np.linalg.eigvalsh(gradients.T @ gradients / 400)
    assert abs(of_the_matrix[0]) > 1e6 * truth[-1]


@given(dims, seeds)
@settings(deadline=None)
def test_sign_rule_is_idempotent_and_blind_to_signs(dim, seed):
    vectors = orthonormal(dim, seed)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], dim)
    fixed = fix_signs(vectors)
    np.testing.assert_array_equal(fix_signs(fixed), fixed)
    np.testing.assert_array_equal(fix_signs(vectors * signs), fixed)
    assert (fixed.max(axis=0) >= -fixed.min(axis=0) - 1e-6).all()


def test_sign_rule_does_not_flip_with_round_off_where_entries_tie():
    up, down = np.array([[1.0], [-1.0 - 1e-12]]), np.array([[1.0 + 1e-12], [-1.0]])
    assert fix_signs(up)[0, 0] > 0
    assert fix_signs(down)[0, 0] > 0


@given(dims, seeds)
@settings(deadline=None)
def test_frame_keeps_every_column_up_to_its_sign_and_has_determinant_one(dim, seed):
    vectors, previous = orthonormal(dim, seed), orthonormal(dim, seed + 1)
    for reference in (None, previous):
        frame = nearest_frame(vectors, reference)
        assert np.linalg.det(frame) == pytest.approx(1.0)
        np.testing.assert_array_equal(np.abs(frame), np.abs(vectors))


@given(st.floats(-7, 7), seeds)
@settings(deadline=None)
def test_frame_of_two_variables_turns_by_at_most_a_right_angle(angle, seed):
    previous = Eigenbasis.rotation(angle).eigenvectors
    turned = previous.T @ nearest_frame(orthonormal(2, seed), previous)
    assert turned[0, 0] >= -1e-9
    assert turned[1, 1] >= -1e-9


@given(dims, seeds)
@settings(deadline=None)
def test_frame_undoes_changes_of_sign(dim, seed):
    previous = nearest_frame(orthonormal(dim, seed))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], dim)
    np.testing.assert_array_equal(nearest_frame(previous * signs, previous), previous)


def test_frame_never_jumps_while_a_basis_turns_all_the_way_round():
    frame = None
    for angle in np.linspace(0, 2 * np.pi, 100):
        new = nearest_frame(fix_signs(Eigenbasis.rotation(angle).eigenvectors), frame)
        if frame is not None:
            assert np.abs(new - frame).max() < 0.07
        frame = new


@pytest.mark.parametrize("known", [0, 1, 4, 7])
def test_completion_is_orthonormal_keeps_the_columns_and_follows_the_seed(known):
    columns = orthonormal(7, 0)[:, :known]
    full = complete(columns, seed=3)
    np.testing.assert_allclose(full.T @ full, np.eye(7), atol=1e-14)
    np.testing.assert_array_equal(full[:, :known], columns)
    np.testing.assert_array_equal(complete(columns, seed=3), full)
    if known < 6:
        assert not np.allclose(np.abs(complete(columns, seed=4)), np.abs(full))
