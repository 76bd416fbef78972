"""The loop: shapes, bases, divergence, and what is kept."""

import numpy as np
import pytest

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import from_functions, log_sum_exp, quadratic
from egop.reparameterization import reparameterize

HESSIAN = np.array([[5.0, 2.0], [2.0, 1.5]])
START = np.array([2.0, -1.0])
BASIS = Eigenbasis.from_matrix(HESSIAN @ HESSIAN)


@pytest.mark.parametrize("name", ["adagrad", "adam", "momentum"])
def test_running_in_a_basis_is_running_the_reparameterized_objective(name):
    objective = log_sum_exp()
    basis = Eigenbasis.from_gradients(
        objective.gradient(np.random.default_rng(0).normal(size=(50, 2)))
    )
    method = methods.METHODS[name](0.5)
    inside = run(objective, method, START, 100, basis=basis)
    outside = run(reparameterize(objective, basis), method, basis.to_basis(START), 100)
    np.testing.assert_allclose(inside.rotated_points, outside.points, atol=1e-8)
    np.testing.assert_allclose(inside.values, outside.values, rtol=1e-8)
    np.testing.assert_allclose(inside.gradient_norms_1, outside.gradient_norms_1, atol=1e-7)


def test_a_basis_of_a_reparameterized_objective_composes():
    objective, other = quadratic(HESSIAN), Eigenbasis.rotation(0.4)
    rotated = reparameterize(objective, other)
    path = run(rotated, methods.adam(0.1), START, 30, basis=BASIS)
    np.testing.assert_allclose(path.points[0], START)
    np.testing.assert_allclose(path.values, rotated.value(path.points), rtol=1e-10)


def test_adam_in_the_eigenbasis_of_a_quadratic_decouples():
    objective = quadratic(HESSIAN)
    path = run(objective, methods.adam(0.1), START, 40, basis=BASIS)
    curvature = np.diag(BASIS.eigenvectors.T @ HESSIAN @ BASIS.eigenvectors)
    for axis in range(2):
        alone = run(
            quadratic([[curvature[axis]]]), methods.adam(0.1), [path.rotated_points[0, axis]], 40
        )
        np.testing.assert_allclose(path.rotated_points[:, axis], alone.points[:, 0], atol=1e-9)


def test_starts_and_rates_broadcast_and_runs_are_independent():
    objective = quadratic(HESSIAN)
    starts = np.random.default_rng(0).normal(size=(3, 1, 2))
    rates = np.array([0.01, 0.1, 0.2, 0.4])
    path = run(objective, methods.adam(rates), starts, 25, basis=BASIS)
    assert path.points.shape == (26, 3, 4, 2)
    assert path.values.shape == (26, 3, 4)
    for i in range(3):
        for j, rate in enumerate(rates):
            alone = run(objective, methods.adam(rate), starts[i, 0], 25, basis=BASIS)
            np.testing.assert_array_equal(path.points[:, i, j], alone.points)


def test_schedule_multiplies_the_rate():
    objective = quadratic(np.eye(2))
    schedule = np.array([1.0, 0.0, 0.5])
    path = run(objective, methods.gradient_descent(0.2), [1.0, 1.0], 3, schedule=schedule)
    np.testing.assert_allclose(path.points[:, 0], [1.0, 0.8, 0.8, 0.72])


@pytest.mark.parametrize("loop", ["compiled", "general"])
def test_a_diverging_run_is_marked_and_the_others_go_on(loop):
    objective = quadratic(np.diag([100.0, 1.0]))
    record = () if loop == "compiled" else ("gradient",)
    path = run(
        objective, methods.gradient_descent([0.001, 1.0]), [1.0, 1.0], 60, record=record, target=0.6
    )
    assert path.diverged_at[0] == -1
    left = path.diverged_at[1]
    assert 0 < left < 60
    limit = 1e12 * (1 + path.values[0, 1])
    exact = 0.5 * (100 * 99.0 ** (2 * np.arange(left + 1)) + 0.0)
    assert exact[left] > limit >= exact[left - 1]
    assert np.isnan(path.values[left:, 1]).all()
    assert np.isfinite(path.values[:left, 1]).all()
    assert np.isnan(path.points[left:, 1]).all()
    assert np.isnan(path.final_value[1])
    assert np.isnan(path.final_point[1]).all()
    assert np.isfinite(path.values[:, 0]).all()
    assert path.values[path.reached_at[0], 0] <= 0.6 < path.values[path.reached_at[0] - 1, 0]
    assert path.reached_at[1] == -1


def test_a_start_that_is_not_finite_diverges_at_once():
    path = run(quadratic(HESSIAN), methods.adam(0.1), [np.inf, 0.0], 5)
    assert path.diverged_at == 0
    assert np.isnan(path.values).all()


@pytest.mark.parametrize("name", methods.VECTOR_METHODS)
@pytest.mark.parametrize("basis", [None, BASIS])
def test_starting_at_the_minimum_stays_there(name, basis):
    path = run(quadratic(HESSIAN), methods.METHODS[name](0.1), [0.0, 0.0], 20, basis=basis)
    assert path.diverged_at == -1
    np.testing.assert_array_equal(path.points, 0.0)


@pytest.mark.parametrize("name", methods.VECTOR_METHODS)
def test_extreme_rates_are_data(name):
    path = run(quadratic(HESSIAN), methods.METHODS[name]([0.0, 1e12]), START, 20)
    np.testing.assert_array_equal(path.points[:, 0], np.broadcast_to(START, (21, 2)))
    assert path.diverged_at[0] == -1


def test_recorded_parts_make_the_step():
    path = run(
        quadratic(HESSIAN),
        methods.adam(0.1),
        START,
        30,
        basis=BASIS,
        record=("gradient", "momentum", "preconditioner"),
    )
    steps = -0.1 * path.recorded["momentum"] / path.recorded["preconditioner"]
    np.testing.assert_allclose(np.diff(path.rotated_points, axis=0), steps, atol=1e-12)
    gradients = quadratic(HESSIAN).gradient(path.points[:-1]) @ BASIS.eigenvectors
    np.testing.assert_allclose(path.recorded["gradient"], gradients, atol=1e-12)


def test_zero_steps_are_the_start():
    path = run(quadratic(HESSIAN), methods.adam(0.1), START, 0)
    np.testing.assert_array_equal(path.points, START[None])
    assert path.final_value == quadratic(HESSIAN).value(START)


def test_read_only_input_runs_the_same_code():
    frozen = START.copy()
    frozen.flags.writeable = False
    paths = [run(quadratic(HESSIAN), methods.adam(0.1), s, 5, basis=BASIS) for s in (START, frozen)]
    np.testing.assert_array_equal(paths[0].points, paths[1].points)


def test_functions_of_anybody_run_in_the_general_loop():
    mine = from_functions(
        lambda x: 0.5 * np.einsum("...i,ij,...j", x, HESSIAN, x), lambda x: x @ HESSIAN, dim=2
    )
    paths = [run(f, methods.adam(0.1), START, 50, basis=BASIS) for f in (mine, quadratic(HESSIAN))]
    np.testing.assert_allclose(paths[0].points, paths[1].points, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": [1.0, 2.0, 3.0]}, "last axis has 2 coordinates"),
        ({"n_steps": -1}, "n_steps"),
        ({"n_steps": 2.5}, "n_steps"),
        ({"keep": "some"}, "keep takes one of"),
        ({"record": ("speed",)}, "record takes any of"),
        ({"schedule": [1.0]}, "schedule takes one factor"),
        ({"basis": Eigenbasis.identity(3)}, "as many coordinates"),
        ({"method": methods.adam([0.1, 0.2]), "start": np.zeros((3, 2))}, "must broadcast"),
    ],
)
def test_bad_input_is_one_sentence(change, words):
    arguments = {"method": methods.adam(0.1), "start": START, "n_steps": 5} | change
    with pytest.raises(ValueError, match=words) as caught:
        run(quadratic(HESSIAN), **arguments)
    assert "\n" not in str(caught.value)


def test_wrong_types_say_what_to_pass():
    with pytest.raises(TypeError, match=r"egop\.Eigenbasis"):
        run(quadratic(HESSIAN), methods.adam(0.1), START, basis=np.eye(2))
    with pytest.raises(TypeError, match=r"egop\.methods\.adam"):
        run(quadratic(HESSIAN), "adam", START)
