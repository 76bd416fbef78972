"""Objectives from anybody's functions: found out when wrong, right when written in loops."""

import math

import numpy as np
import pytest

from egop import methods
from egop.distributions import Gaussian
from egop.estimation import estimate_eigenbasis
from egop.method_run import run
from egop.metrics import subspace_angle
from egop.objectives import from_functions, landscape, quadratic

HESSIAN = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]])


def value_at_one_point(x):
    return x[0] ** 2 + 2 * x[1] ** 2 + x[0] * x[-1]


def gradient_at_one_point(x):
    gradient = np.zeros_like(x)
    gradient[0], gradient[1] = 2 * x[0] + x[-1], 4 * x[1]
    gradient[-1] += x[0]
    return gradient


def value(x):
    return value_at_one_point(np.moveaxis(x, -1, 0))


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_a_function_of_one_point_is_found_out_and_told_how_to_say_so(dim):
    with pytest.raises(ValueError, match=r"value function .*vectorized=False"):
        from_functions(value_at_one_point, gradient_at_one_point, dim=dim)
    with pytest.raises(ValueError, match=r"gradient function .*vectorized=False"):
        from_functions(value, gradient_at_one_point, dim=dim)


def test_a_function_that_mixes_up_points_is_found_out():
    with pytest.raises(ValueError, match=r"other numbers than for each of them alone"):
        from_functions(value, lambda x: x / np.linalg.norm(x), dim=3)


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_functions_of_one_point_run_in_a_loop(dim):
    objective = from_functions(value_at_one_point, gradient_at_one_point, dim=dim, vectorized=False)
    points = np.random.default_rng(0).normal(size=(dim, 2, dim))
    values, gradients = objective.value_and_gradient(points)
    np.testing.assert_allclose(values, value(points))
    np.testing.assert_allclose(gradients[1, 0], gradient_at_one_point(points[1, 0]))
    path = run(objective, methods.gradient_descent(0.1), points[:, 0], n_steps=3)
    np.testing.assert_allclose(
        path.points[1], points[:, 0] - 0.1 * objective.gradient(points[:, 0])
    )


def test_functions_that_write_into_their_argument_change_nothing_else():
    def centered(x):
        x -= 1.0
        return (x**2).sum(axis=-1)

    def doubled(x):
        x -= 1.0
        x *= 2.0
        return x

    objective = from_functions(centered, doubled, dim=3)
    point = np.array([2.0, 3.0, 0.0])
    assert objective.value(point) == 6.0
    np.testing.assert_array_equal(objective.gradient(point), [2.0, 4.0, -2.0])
    np.testing.assert_array_equal(point, [2.0, 3.0, 0.0])
    path = run(objective, methods.gradient_descent(0.5), point, n_steps=1)
    np.testing.assert_array_equal(path.points, [[2.0, 3.0, 0.0], [1.0, 1.0, 1.0]])


def test_a_function_that_fills_one_array_again_and_again_is_read_at_once():
    buffer = np.empty((1, 2))

    def gradient(x):
        target = buffer if x.shape == (1, 2) else np.empty_like(x)
        return np.multiply(x, 2.0, out=target)

    objective = from_functions(lambda x: (x**2).sum(-1), gradient, dim=2)
    first, second = objective.gradient([1.0, 2.0]), objective.gradient([3.0, 4.0])
    np.testing.assert_array_equal([first, second], [[2.0, 4.0], [6.0, 8.0]])


@pytest.mark.parametrize("name", ["rosenbrock", "powell_singular", "styblinski_tang"])
def test_without_a_gradient_differences_are_as_accurate_as_stated(name):
    exact = landscape(name)
    objective = from_functions(exact.value, dim=exact.dim)
    points = np.random.default_rng(0).normal(size=(50, 2, exact.dim))
    scale = 1e-10 * (np.abs(exact.value(points)) + 3000).max()
    np.testing.assert_allclose(objective.gradient(points), exact.gradient(points), atol=scale)
    np.testing.assert_allclose(objective.hessian(points), exact.hessian(points), atol=1e3 * scale)


@pytest.mark.parametrize("vectorized", [True, False])
def test_values_in_float32_have_differences_with_wider_steps(vectorized):
    def value(x):
        z = (x - [3.0, -1.0, 2.0]).astype(np.float32)
        return (z**2).sum(-1) + z[..., 0] * z[..., 1]

    objective = from_functions(value, dim=3, vectorized=vectorized)
    gradient = [-5.4 + 1.4, 2.8 - 2.7, -3.0]
    np.testing.assert_allclose(objective.gradient([0.3, 0.4, 0.5]), gradient, atol=1e-3)
    hessian = [[2, 1, 0], [1, 2, 0], [0, 0, 2]]
    np.testing.assert_allclose(objective.hessian([0.3, 0.4, 0.5]), hessian, atol=0.05)


def test_without_a_gradient_the_eigenbasis_is_the_right_one():
    exact = quadratic(HESSIAN, center=[1.0, 0.0, -1.0])
    objective = from_functions(exact.value, dim=3)
    bases = [estimate_eigenbasis(f, Gaussian(3), 300) for f in (exact, objective)]
    np.testing.assert_allclose(bases[1].eigenvalues, bases[0].eigenvalues, rtol=1e-7)
    for k in range(3):
        angle = subspace_angle(*(basis.eigenvectors[:, k] for basis in bases))
        assert angle < 1e-7


def test_where_math_raises_a_function_of_one_point_is_not_defined():
    objective = from_functions(
        lambda x: x[0] - math.log(x[1]), dim=2, vectorized=False, name="logarithm"
    )
    values = objective.value([[1.0, 1.0], [1.0, -1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(values, [1.0, np.nan, np.nan])
    with pytest.warns(RuntimeWarning, match="infinite"):  # 1/x² has no mean
        basis = estimate_eigenbasis(objective, Gaussian(2), 400)
    assert 150 < basis.n_excluded < 250


def test_a_noisy_function_is_taken():
    rng = np.random.default_rng(0)
    objective = from_functions(
        lambda x: (x**2).sum(-1) + rng.normal(size=len(x)), lambda x: 2 * x, dim=2
    )
    assert objective.value(np.zeros((4, 2))).std() > 0


def test_what_is_told_about_a_function_is_read():
    objective = from_functions(
        lambda x: (x**2).sum(-1) + 3, dim=2, domain=(-1, 2), minimizer=[0.0, 0.0]
    )
    np.testing.assert_array_equal(objective.domain, [[-1, 2], [-1, 2]])
    np.testing.assert_array_equal(objective.minimizer, [[0.0, 0.0]])
    assert objective.minimum == 3.0
