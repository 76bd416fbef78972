"""Objectives of matrices: what their formulas say, derivatives, minimizers and symmetries."""

import numpy as np
import pytest

import egop
from egop.distributions import Gaussian
from egop.objectives import (
    associative_memory,
    matrix_factorization,
    matrix_quadratic,
    matrix_sensing,
    power_law,
    tiny_network,
    two_layer_linear,
)

PROBLEMS = {
    "memory": lambda: associative_memory(4, 1.5, 0.0, seed=1),
    "memory with noise": lambda: associative_memory(3, 0.0, 0.2, "unit", seed=2),
    "quadratic": lambda: matrix_quadratic(3, 2, (50.0, 4.0), seed=3),
    "quadratic, axis-aligned": lambda: matrix_quadratic(2, 3, (5.0, 40.0), rotated=False),
    "network": lambda: two_layer_linear(3, 4, 2, seed=4),
    "network, narrow": lambda: two_layer_linear(4, 2, 3, decay=0.5, input_decay=0.5, seed=5),
}


@pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)
def test_derivatives_match_central_differences(make):
    objective = make()
    points = np.random.default_rng(0).normal(size=(5, 1, objective.dim))
    shifts = 1e-5 * np.eye(objective.dim)
    slope = (objective.value(points + shifts) - objective.value(points - shifts)) / 2e-5
    np.testing.assert_allclose(objective.gradient(points[:, 0]), slope, atol=1e-8)
    curve = (objective.gradient(points + shifts) - objective.gradient(points - shifts)) / 2e-5
    np.testing.assert_allclose(objective.hessian(points[:, 0]), curve, atol=1e-8)
    np.testing.assert_allclose(objective.hessian(points[0, 0]), curve[0], atol=1e-8)


@pytest.mark.parametrize("name", [name for name in PROBLEMS if name != "memory"])
def test_minimum_is_reached_and_nothing_is_below(name):
    objective = PROBLEMS[name]()
    np.testing.assert_allclose(objective.gradient(objective.minimizer), 0.0, atol=1e-12)
    np.testing.assert_allclose(objective.value(objective.minimizer), objective.minimum, atol=1e-14)
    around = objective.minimizer + np.random.default_rng(0).normal(size=(500, objective.dim))
    assert objective.value(around).min() > objective.minimum


def read_memory(objective, n):
    data = objective.data[2:]
    return data[:n], data[n : n + n * n].reshape(n, n), data[n + n * n :].reshape(n, n)


@pytest.mark.parametrize("embeddings", ["orthonormal", "standard", "unit"])
def test_the_memory_is_its_formula_with_frequencies_of_zipf(embeddings):
    objective = associative_memory(5, 1.5, 0.3, embeddings, seed=1)
    frequencies, inputs, outputs = read_memory(objective, 5)
    np.testing.assert_allclose(frequencies, power_law(5, 1.5) / power_law(5, 1.5).sum())
    for rows in (inputs, outputs):
        np.testing.assert_allclose((rows**2).sum(axis=1), 1.0)
        gram = rows @ rows.T
        assert np.allclose(gram, np.eye(5)) == (embeddings != "unit")
    W = np.random.default_rng(0).normal(size=(5, 5))
    logits = inputs @ W.T @ outputs.T
    recalled = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = 0.7 * np.eye(5) + 0.3 / 5
    expected = -(frequencies[:, None] * targets * np.log(recalled)).sum()
    assert objective.value(W.ravel()) == pytest.approx(expected, rel=1e-12)


def test_orthonormal_embeddings_are_a_rotation_of_the_standard_ones():
    rotated, plain = associative_memory(4, seed=3), associative_memory(4, embeddings="standard")
    _, inputs, outputs = read_memory(rotated, 4)
    W = np.random.default_rng(0).normal(size=(4, 4))
    turned = outputs @ W @ inputs.T
    assert rotated.value(W.ravel()) == pytest.approx(plain.value(turned.ravel()), rel=1e-12)


def test_the_memory_that_recalls_best_stretches_all_directions_alike():
    W = associative_memory(5, 3.0, seed=2).minimizer.reshape(5, 5)
    np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), np.log(0.92 / 0.02))


def test_without_noise_the_memory_comes_as_near_to_zero_as_one_likes_and_keeps_its_digits():
    objective = associative_memory(4, noise=0.0, embeddings="standard")
    values = objective.value(np.outer([20.0, 50.0, 300.0, 1e3], np.eye(4).ravel()))
    np.testing.assert_allclose(values, 3 * np.exp([-20.0, -50.0, -300.0, -1e3]), rtol=1e-8)
    wrong = objective.value(-1e3 * np.eye(4).ravel())
    assert wrong == pytest.approx(1e3 + np.log(3))
    assert objective.minimum == 0.0
    assert objective.minimizer is None


def test_the_matrix_quadratic_is_its_formula_with_the_condition_numbers_of_both_sides():
    objective = matrix_quadratic(3, 2, (50.0, 4.0), seed=3)
    hessian, center = objective.quadratic
    blocks = hessian.reshape(3, 2, 3, 2)
    left = np.trace(blocks, axis1=1, axis2=3)
    right = np.trace(blocks, axis1=0, axis2=2)
    np.testing.assert_allclose(np.kron(left, right) / np.trace(left), hessian)
    for matrix, kappa in ((left, 50.0), (right, 4.0)):
        assert np.linalg.cond(matrix) == pytest.approx(kappa)
    W = np.random.default_rng(0).normal(size=(3, 2))
    step = W - center.reshape(3, 2)
    expected = (step * (left @ step @ right)).sum() / np.trace(left) / 2
    assert objective.value(W.ravel()) == pytest.approx(expected)


def test_an_axis_aligned_matrix_quadratic_has_coordinates_as_eigenvectors():
    hessian, _ = matrix_quadratic(2, 3, (5.0, 40.0), rotated=False).quadratic
    expected = np.outer(np.geomspace(1, 1 / 5, 2), np.geomspace(1, 1 / 40, 3)).ravel()
    np.testing.assert_allclose(hessian, np.diag(expected))


def test_eigenvectors_of_the_matrix_quadratics_egop_are_of_rank_one():
    objective = matrix_quadratic(3, 4, (30.0, 7.0), seed=1)
    hessian, center = objective.quadratic
    basis = egop.Eigenbasis.from_matrix(hessian @ hessian)  # the EGOP of N(W*, I)
    sigma = np.linalg.svd(basis.eigenvectors.T.reshape(12, 3, 4), compute_uv=False)
    np.testing.assert_allclose(sigma[:, 0], 1.0)
    sampled = egop.estimate_eigenbasis(objective, Gaussian(mean=center), 20_000)
    assert abs(sampled.eigenvectors[:, 0] @ basis.eigenvectors[:, 0]) > 0.99


def test_the_linear_network_is_its_formula_and_learns_what_it_is_given():
    objective = two_layer_linear(3, 4, 2, decay=2.0, input_decay=1.0, seed=4)
    examples = objective.data[3:12].reshape(3, 3)
    targets = objective.data[12:].reshape(2, 3)
    np.testing.assert_allclose(np.linalg.svd(examples, compute_uv=False), power_law(3, 1.0))
    matrix = targets @ np.linalg.inv(examples)
    np.testing.assert_allclose(np.linalg.svd(matrix, compute_uv=False), power_law(2, 2.0))
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    expected = (((second @ first - matrix) @ examples) ** 2).sum() / 2
    point = np.concatenate([first.ravel(), second.ravel()])
    assert objective.value(point) == pytest.approx(expected)
    learned = objective.minimizer[0]
    first, second = learned[:12].reshape(4, 3), learned[12:].reshape(2, 4)
    np.testing.assert_allclose(second @ first, matrix, atol=1e-12)


def test_a_narrow_network_keeps_the_leading_singular_values():
    objective = two_layer_linear(5, 2, 5, decay=1.0)
    assert objective.minimum == pytest.approx((1 / 9 + 1 / 16 + 1 / 25) / 2)
    eigenvalues = np.linalg.eigvalsh(objective.hessian(objective.minimizer[0]))
    assert eigenvalues[0] > -1e-12


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: associative_memory(0), "size takes an integer of at least 1"),
        (lambda: associative_memory(exponent=-1.0), "exponent takes a number from 0"),
        (lambda: associative_memory(exponent=np.nan), "exponent takes a number from 0"),
        (lambda: associative_memory(noise=1.5), "noise takes a number from 0 to 1, got 1.5"),
        (lambda: associative_memory(embeddings="random"), "embeddings takes one of orthonormal"),
        (lambda: matrix_quadratic(2.5, 2), "rows takes an integer"),
        (lambda: matrix_quadratic(2, 0), "columns takes an integer"),
        (lambda: matrix_quadratic(2, 2, (0.5, 1.0)), "condition_numbers takes that of the rows"),
        (lambda: matrix_quadratic(2, 2, 100.0), "condition_numbers takes that of the rows"),
        (lambda: matrix_quadratic(2, 2, "ab"), "condition_numbers takes that of the rows"),
        (lambda: two_layer_linear(2, -1, 2), "hidden takes an integer"),
        (lambda: two_layer_linear(decay=np.inf), "^decay takes a number from 0"),
        (lambda: two_layer_linear(input_decay="1"), "input_decay takes a number from 0"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("objective", "shapes"),
    [
        (associative_memory(3), ((3, 3),)),
        (matrix_quadratic(2, 5), ((2, 5),)),
        (two_layer_linear(3, 4, 2), ((4, 3), (2, 4))),
        (matrix_factorization(3, 4, 2), ((3, 2), (4, 2))),
        (matrix_sensing(np.ones((2, 3, 4)), rank=2), ((3, 2), (4, 2))),
        (tiny_network(2, 3), ((3, 2), (3,))),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_shapes_are_those_of_the_matrices_that_muon_steps(objective, shapes):
    assert objective.shapes == shapes
    start = np.random.default_rng(0).normal(size=objective.dim)
    muon = egop.methods.muon(0.01, orthogonalization="exact")
    points = egop.run(objective, muon, start, n_steps=1).points
    step, begin = (points[0] - points[1]) / 0.01, 0
    for shape in shapes:
        block = step[begin : begin + np.prod(shape)].reshape(shape)
        begin += block.size
        if len(shape) == 2:
            sigma = np.linalg.svd(block, compute_uv=False)
            full = max(1.0, shape[0] / shape[1]) ** 0.5  # where the gradient's are not 0
            assert sigma[0] == pytest.approx(full)
            assert set((sigma / full).round(6)) <= {0.0, 1.0}
    assert begin == objective.dim
