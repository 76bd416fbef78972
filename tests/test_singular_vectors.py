"""Singular vectors of gradients as a basis of all entries, and GaLore as Adam in it."""

import numpy as np
import pytest

from egop import methods
from egop.method_run import run
from egop.objectives import matrix_quadratic
from egop.singular_vectors import singular_basis, singular_vectors
from tests.methods.walks import gradients_of


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (3, 3), (1, 4)])
def test_it_diagonalizes_the_second_moment_of_the_shorter_side(shape):
    gradients = gradients_of(shape, 7)
    values, vectors = singular_vectors(gradients)
    tall = gradients if shape[0] >= shape[1] else gradients.mT
    moment = (tall.mT @ tall).mean(0)
    np.testing.assert_allclose(vectors.T @ moment @ vectors, np.diag(values), atol=1e-12)
    basis = singular_basis(gradients)
    squares = ((gradients.reshape(7, -1) @ basis.eigenvectors) ** 2).mean(0)
    by_vector = squares.reshape(min(shape), max(shape)).mean(1)
    np.testing.assert_allclose(by_vector.repeat(max(shape)), basis.eigenvalues, atol=1e-12)
    assert basis.n_samples == 7


@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
@pytest.mark.parametrize("rank", [1, 2])
def test_adam_along_its_leading_coordinates_is_galore(shape, rank):
    objective = matrix_quadratic(*shape)
    start = np.random.default_rng(0).standard_normal(15)
    basis = singular_basis(objective.gradient(start).reshape(shape)).leading(rank * max(shape))
    adam = run(objective, methods.adam(0.05, eps=0.0), start, 30, basis=basis).points
    galore = run(objective, methods.galore(0.05, rank, scale=1.0, eps=0.0), start, 30).points
    np.testing.assert_allclose(galore, adam, atol=1e-12)
    assert np.abs(adam[-1] - start).max() > 0.1


def test_gradients_of_less_rank_are_completed():
    basis = singular_basis(np.diag([2.0, 0.0, 0.0]))
    np.testing.assert_allclose(basis.eigenvalues, [4 / 3] * 3 + [0.0] * 6)
    np.testing.assert_allclose(basis.eigenvectors.T @ basis.eigenvectors, np.eye(9), atol=1e-12)


@pytest.mark.parametrize("gradients", [np.ones(3), np.ones((0, 2, 2)), [[np.nan, 1.0]]])
def test_what_are_no_gradients_of_matrices_is_refused(gradients):
    with pytest.raises(ValueError, match=r"take finite gradients \(M, m, n\)"):
        singular_basis(gradients)
