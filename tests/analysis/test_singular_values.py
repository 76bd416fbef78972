"""Singular values along a run: those of the matrices that its points, gradients and steps are."""

import numpy as np
import pytest

import egop
from egop.analysis.singular_values import (
    MOST_FRAMES,
    frame_steps,
    matrix_blocks,
    shared_directions,
    singular_values,
)
from egop.objectives import associative_memory, landscape, tiny_network, two_layer_linear


def test_matrices_are_named_and_vectors_are_none():
    first, second = matrix_blocks(two_layer_linear(3, 4, 2))
    assert (first.name, first.shape, second.name, second.shape) == ("W₁", (4, 3), "W₂", (2, 4))
    (only,) = matrix_blocks(tiny_network(3, 4))
    assert (only.name, only.entries, only.shape) == ("W", slice(0, 12), (4, 3))
    assert matrix_blocks(landscape("booth")) == []


def test_values_are_those_of_point_gradient_and_step():
    objective = two_layer_linear(3, 4, 2)
    start = np.random.default_rng(0).normal(size=objective.dim)
    points = egop.run(objective, egop.methods.adam(0.1), start, n_steps=10).points
    block = matrix_blocks(objective)[1]
    found = singular_values(objective, points, block)
    np.testing.assert_array_equal(found.steps, np.arange(11))

    def expected(flat):
        return np.linalg.svd(flat[12:].reshape(2, 4), compute_uv=False)

    for step in (0, 7, 10):
        np.testing.assert_allclose(found.matrix[step], expected(points[step]))
        slope = objective.gradient(points[step])
        np.testing.assert_allclose(found.gradient[step], expected(slope), atol=1e-12)
        last = min(step, 9)
        np.testing.assert_allclose(found.step[step], expected(points[last + 1] - points[last]))


def test_muon_steps_along_all_directions_alike():
    objective = egop.objectives.matrix_quadratic(5, 4, seed=1)
    start = np.random.default_rng(0).normal(size=20)
    (block,) = matrix_blocks(objective)
    shares = []
    for method in (egop.methods.muon(0.01, orthogonalization="exact"), egop.methods.momentum(0.1)):
        points = egop.run(objective, method, start, n_steps=20).points
        shares.append(shared_directions(singular_values(objective, points, block).step))
    assert shares[0] == pytest.approx(4.0)
    assert shares[1] < 3.0


def test_long_runs_are_looked_at_evenly_and_diverged_ones_until_they_do():
    assert len(frame_steps(10_000)) == MOST_FRAMES
    assert frame_steps(10_000)[[0, 1, -1]].tolist() == [0, 42, 10_000]
    assert frame_steps(0).tolist() == [0]
    objective = associative_memory(3)
    (block,) = matrix_blocks(objective)
    points = np.full((4, 9), np.nan)
    points[:2] = np.random.default_rng(0).normal(size=(2, 9))
    found = singular_values(objective, points, block)
    assert np.isfinite(found.matrix).all(axis=1).tolist() == [True, True, False, False]
    assert np.isfinite(found.step).all(axis=1).tolist() == [True, False, False, False]
    assert np.isnan(shared_directions(np.zeros((3, 2))))
    assert singular_values(objective, points[:1], block).step.tolist() == [[0.0, 0.0, 0.0]]
