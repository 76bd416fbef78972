"""R_med along runs, held against diagonals that are known in closed form."""

import numpy as np
import pytest

from egop import Eigenbasis, methods, run
from egop.analysis import r_med
from egop.analysis.r_med import r_med_along
from egop.objectives import from_functions, landscape, quadratic

HESSIAN = np.diag([8.0, 1.0, 2.0])
BOWL = quadratic(hessian=HESSIAN, center=np.zeros(3))
POINTS = np.random.default_rng(0).normal(size=(5, 2, 3))


def test_is_that_of_the_diagonal_at_every_point():
    found = r_med_along(BOWL, POINTS)
    assert found.shape == (5, 2, 1)
    np.testing.assert_allclose(found, 4.0)


def test_sees_the_basis_that_a_method_works_in():
    basis = Eigenbasis.random(3, seed=1)
    V = basis.eigenvectors
    diagonal = np.sort(np.diag(V.T @ HESSIAN @ V))
    np.testing.assert_allclose(r_med_along(BOWL, POINTS, basis), diagonal[2] / diagonal[1])


def test_of_a_trajectory_is_in_the_coordinates_of_its_run():
    objective = landscape("rosenbrock")
    basis = Eigenbasis.rotation(0.4)
    path = run(objective, methods.adam(0.05), [[-1.0, 1.0], [0.5, 2.0]], 30, basis=basis)
    found = r_med_along(objective, path, steps=[0, 10, 30])
    V, x = basis.eigenvectors, path.points[10, 1]
    H = np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200]])
    diagonal = np.abs(np.diag(V.T @ H @ V))
    assert found.shape == (3, 2, 1)
    assert found[1, 1, 0] == pytest.approx(diagonal.max() / diagonal.mean(), rel=1e-9)
    np.testing.assert_allclose(found, r_med_along(objective, path.points[[0, 10, 30]], basis))


def test_each_block_has_its_own():
    hessian = np.diag([8.0, 1.0, 2.0, 5.0, 5.0])
    objective = quadratic(hessian=hessian, center=np.zeros(5))
    blocks = [slice(0, 3), slice(3, 5)]
    np.testing.assert_allclose(r_med_along(objective, np.zeros(5), blocks=blocks), [4.0, 1.0])
    V = np.eye(5)
    V[:3, :3] = Eigenbasis.random(3).eigenvectors
    apart = r_med_along(objective, np.zeros(5), Eigenbasis(np.ones(5), V), blocks=blocks)
    assert apart.shape == (2,)
    assert apart[1] == 1.0
    mixed = r_med_along(objective, np.zeros(5), Eigenbasis.random(5), blocks=blocks)
    assert mixed.shape == (1,)


def test_many_points_are_taken_in_parts(monkeypatch):
    whole = r_med_along(landscape("beale"), POINTS[..., :2])
    monkeypatch.setattr(r_med, "HESSIAN_NUMBERS", 12)
    np.testing.assert_array_equal(r_med_along(landscape("beale"), POINTS[..., :2]), whole)


def test_is_nan_where_a_run_has_diverged():
    objective = from_functions(lambda x: (x**4).sum(-1), lambda x: 4 * x**3, dim=2, vectorized=True)
    path = run(objective, methods.gradient_descent(10.0), [2.0, 1.0], 20)
    found = r_med_along(objective, path)
    assert path.diverged_at > 0
    assert np.isfinite(found[: path.diverged_at]).all()
    assert np.isnan(found[path.diverged_at :]).all()


def _values_alone():
    return run(BOWL, methods.adam(), np.ones(3), 5, keep="values")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: r_med_along(BOWL, np.ones((2, 4))), r"3 coordinates, got shape \(2, 4\)"),
        (lambda: r_med_along(BOWL, _values_alone()), 'run with keep="all"'),
        (lambda: r_med_along(BOWL, POINTS, steps=[5]), "steps from 0 to 4, got"),
        (lambda: r_med_along(BOWL, POINTS, steps=[0.5]), "steps from 0 to 4, got"),
        (lambda: r_med_along(BOWL, np.ones(3), steps=[0]), "no steps of a single point"),
        (lambda: r_med_along(BOWL, POINTS, blocks=[slice(3, 5)]), "slices of the variables"),
        (lambda: r_med_along(BOWL, POINTS, blocks=[2]), "slices of the variables"),
        (lambda: r_med_along(BOWL, POINTS, Eigenbasis.identity(2)), "3 variables, but the basis"),
        (lambda: r_med_along(None, POINTS), "r_med_along takes an objective"),
        (lambda: r_med_along(BOWL, POINTS, HESSIAN), "Eigenbasis"),
    ],
)
def test_refuses_in_one_sentence(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call()
