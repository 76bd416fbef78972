"""Objectives from PyTorch functions, differentiated by autograd."""

import pickle

import numpy as np
import pytest
import torch

import egop
from egop import methods
from egop.distributions import Gaussian
from egop.objectives import from_torch, landscape

X = np.random.default_rng(0).normal(size=(4, 3, 2))


def valley(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def branching(p):
    return p.sum() ** 2 if p[0].item() > 0 else p.sum()


def test_value_gradient_and_hessian_are_those_of_the_formula():
    objective, formula = from_torch(valley, 2, minimizer=(1, 1)), landscape("rosenbrock")
    for points in (X, X[0, 0], X[:0]):
        np.testing.assert_allclose(objective.value(points), formula.value(points), rtol=1e-12)
        np.testing.assert_allclose(objective.gradient(points), formula.gradient(points), rtol=1e-10)
        np.testing.assert_allclose(objective.hessian(points), formula.hessian(points), rtol=1e-10)
    assert objective.name == "valley"
    assert objective.minimum == 0.0


def test_a_run_and_an_eigenbasis_are_those_of_the_formula():
    objective, formula = from_torch(valley, 2), landscape("rosenbrock")
    bases = [egop.estimate_eigenbasis(f, Gaussian(2), 200) for f in (objective, formula)]
    np.testing.assert_allclose(bases[0].eigenvalues, bases[1].eigenvalues, rtol=1e-9)
    paths = [
        egop.run(f, methods.adam(0.05), X[:, 0], n_steps=30, basis=bases[1])
        for f in (objective, formula)
    ]
    np.testing.assert_allclose(paths[0].points, paths[1].points, atol=1e-9)


def test_a_function_that_vmap_refuses_is_called_point_by_point():
    objective = from_torch(branching, 2)
    points = np.array([[1.0, 1.0], [-1.0, 3.0]] * 4)
    np.testing.assert_array_equal(objective.value(points), [4.0, 2.0] * 4)
    np.testing.assert_array_equal(objective.gradient(points), [[4.0, 4.0], [1.0, 1.0]] * 4)
    np.testing.assert_allclose(objective.hessian(points[0]), [[2.0, 2.0], [2.0, 2.0]], atol=1e-6)


def test_a_function_that_writes_into_its_argument_changes_nothing_else():
    def centered(p):
        p -= 1
        return (p**2).sum()

    point = np.array([2.0, 4.0])
    objective = from_torch(centered, 2)
    assert objective.value(point) == 10
    np.testing.assert_array_equal(objective.gradient(np.tile(point, (9, 1))), [[2.0, 6.0]] * 9)
    np.testing.assert_array_equal(point, [2.0, 4.0])


def test_a_module_is_a_function():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    with pytest.raises(ValueError, match=r"Sequential failed .*float64 tensor of 3 numbers"):
        from_torch(module, 3)
    objective = from_torch(module.double(), 3)
    points = np.random.default_rng(1).normal(size=(7, 3))
    numpy_only = egop.objectives.from_functions(objective.value, dim=3)
    np.testing.assert_allclose(objective.gradient(points), numpy_only.gradient(points), atol=1e-8)


def test_a_pickled_objective_is_the_same():
    objective = from_torch(valley, 2)
    again = pickle.loads(pickle.dumps(objective))
    np.testing.assert_array_equal(again.gradient(X), objective.gradient(X))
    np.testing.assert_array_equal(again.hessian(X), objective.hessian(X))


def test_gradients_need_no_grad_mode():
    objective = from_torch(valley, 2)
    with torch.no_grad():
        assert objective.gradient(X).any()
        assert objective.gradient(X[0, 0]).any()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: from_torch(3, 2), TypeError, "a function of a tensor, got 3"),
        (lambda: from_torch(valley, 0), ValueError, "dim takes an integer"),
        (lambda: from_torch(valley, 2, minimun=0), TypeError, "got 'minimun'"),
        (lambda: from_torch(lambda p: p, 2), ValueError, r"one number, got shape \(2,\)"),
        (lambda: from_torch(lambda p: 3.0, 2), ValueError, "one number, got float"),
        (lambda: from_torch(lambda p: p.detach().sum(), 2), ValueError, "follow back"),
        (lambda: from_torch(lambda p: p[5], 2), ValueError, r"failed at .*\(2,\).*IndexError"),
    ],
)
def test_bad_input_is_one_sentence(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
