"""Objectives, distributions and bases go to other processes and come back as they were."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import egop
from egop import methods, objectives
from egop.distributions import Gaussian, empirical


def value(x):
    return (x**4).sum(axis=-1)


def gradient(x):
    return 4 * x**3


DATA = np.random.default_rng(0).normal(size=(30, 3))
OBJECTIVES = {
    "landscape": lambda: objectives.landscape("rosenbrock"),
    "formula": lambda: objectives.from_expression("x^2 + abs(y) + x*z", minimizer=(0, 0, 0)),
    "quadratic": objectives.quadratic,
    "log-sum-exp": objectives.log_sum_exp,
    "logistic": lambda: objectives.logistic(4, 30),
    "own logistic": lambda: objectives.logistic(DATA, DATA[:, 0] > DATA[:, 1] ** 2),
    "own least squares": lambda: objectives.least_squares(DATA, DATA[:, 0] + 1),
    "matrix factorization": objectives.matrix_factorization,
    "tiny network": objectives.tiny_network,
    "associative memory": objectives.associative_memory,
    "matrix quadratic": objectives.matrix_quadratic,
    "two-layer linear network": objectives.two_layer_linear,
    "own functions": lambda: objectives.from_functions(value, gradient, dim=3),
    "own function of one point": lambda: objectives.from_functions(value, dim=2, vectorized=False),
    "rotated": lambda: egop.reparameterize(
        objectives.landscape("beale"), egop.Eigenbasis.rotation(0.3)
    ),
}


@pytest.mark.parametrize("again", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_comes_back_as_it_was(name, again):
    objective = OBJECTIVES[name]()
    copied = again(objective)
    x = np.random.default_rng(1).normal(size=(5, objective.dim))
    np.testing.assert_array_equal(copied.value(x), objective.value(x))
    np.testing.assert_array_equal(copied.gradient(x), objective.gradient(x))
    np.testing.assert_array_equal(copied.hessian(x), objective.hessian(x))
    np.testing.assert_array_equal(copied.minimizer, objective.minimizer)
    assert (copied.name, copied.minimum, copied.formula) == (
        objective.name,
        objective.minimum,
        objective.formula,
    )
    assert not copied.data.flags.writeable


def test_a_kernel_is_compiled_once_for_all_objectives_that_come_back():
    sent = pickle.dumps(objectives.quadratic())
    assert pickle.loads(sent).kernel is pickle.loads(sent).kernel


def test_a_basis_comes_back_read_only():
    basis = egop.estimate_eigenbasis(objectives.quadratic(), Gaussian(2), 50)
    again = pickle.loads(pickle.dumps(basis))
    np.testing.assert_array_equal(again.eigenvectors, basis.eigenvectors)
    np.testing.assert_array_equal(again.eigenvalues, basis.eigenvalues)
    assert again.n_samples == 50
    with pytest.raises(ValueError, match="read-only"):
        again.eigenvectors[0] = 0.0


def test_new_processes_run_and_estimate():
    objective = objectives.from_expression("(x - 1)^2 + 30*(y - x)^2")
    rho, adam, start = empirical(DATA[:, :2]), methods.adam(0.1), (2.0, 0.0)
    basis = egop.estimate_eigenbasis(objective, rho, 100)
    path = egop.run(objective, adam, start, n_steps=20, basis=basis)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(egop.estimate_eigenbasis, objective, rho, 100)
        path_there = pool.submit(egop.run, objective, adam, start, n_steps=20, basis=basis)
        np.testing.assert_array_equal(there.result(120).eigenvectors, basis.eigenvectors)
        np.testing.assert_array_equal(path_there.result(120).points, path.points)
