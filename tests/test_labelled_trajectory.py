"""Trajectories as labelled datasets, in few words, and through pickle into other processes."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import cloudpickle
import numpy as np
import pytest
import xarray as xr

from egop import methods
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import quadratic

OBJECTIVE = quadratic(np.diag([3.0, 1.0]))
BASIS = Eigenbasis.rotation(0.4)
STARTS = np.random.default_rng(0).normal(size=(3, 1, 2))


def test_a_dataset_holds_the_numbers_of_the_trajectory(tmp_path):
    method = methods.adam([0.1, 0.2])
    path = run(OBJECTIVE, method, STARTS, 9, basis=BASIS, record="gradient", target=0.1)
    data = path.to_xarray(["start", "rate"])
    assert dict(data.sizes) == {"step": 10, "start": 3, "rate": 2, "coordinate": 2, "k": 2}
    for name, numbers in {
        "point": path.points,
        "value": path.values,
        "gradient_norm": path.gradient_norms,
        "gradient_norm_1": path.gradient_norms_1,
        "final_point": path.final_point,
        "final_value": path.final_value,
        "reached_at": path.reached_at,
        "diverged_at": path.diverged_at,
        "eigenvectors": BASIS.eigenvectors,
    }.items():
        np.testing.assert_array_equal(data[name], numbers)
    np.testing.assert_array_equal(data["gradient"][:-1], path.recorded["gradient"])
    assert np.isnan(data["gradient"][-1]).all()
    data.to_netcdf(tmp_path / "path.nc", engine="h5netcdf")
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "path.nc", engine="h5netcdf"), data)


@pytest.mark.parametrize(
    ("start", "keep", "dims"),
    [
        ([1.0, 2.0], "all", {"step": 6, "coordinate": 2}),
        ([[1.0, 2.0]] * 3, "values", {"step": 6, "run": 3, "coordinate": 2}),
        (STARTS, "final", {"run_1": 3, "run_2": 1, "coordinate": 2}),
    ],
)
def test_a_dataset_holds_what_was_kept(start, keep, dims):
    data = run(OBJECTIVE, methods.adam(0.1), start, 5, keep=keep).to_xarray()
    assert dict(data.sizes) == dims


def test_run_dims_name_every_axis():
    with pytest.raises(ValueError, match="a name for each of the 2 axes, got 'run'"):
        run(OBJECTIVE, methods.adam(0.1), STARTS, 2).to_xarray("run")


def test_reprs_are_short():
    one = run(OBJECTIVE, methods.gradient_descent(0.5), [1.0, 0.0], 2, basis=BASIS)
    assert repr(one) == "Trajectory(2 steps, 2 variables, in a basis, final_value=0.09375)"
    many = run(OBJECTIVE, methods.gradient_descent([0.1, 1e9]), STARTS, 20)
    assert repr(many) == "Trajectory(20 steps, 3 × 2 runs, 2 variables, 3 of 6 diverged)"
    assert repr(methods.momentum(0.1)) == "momentum(learning_rate=0.1, momentum=0.9)"
    rates = methods.gradient_descent(np.logspace(-3, 0, 4))
    assert repr(rates) == "gradient_descent(learning_rate=<4 rates from 0.001 to 1>)"
    assert repr(methods.adam().rule) == "Rule(adam_update, first_moment, second_moment)"


def scaled_update(gradient, state, point, powers, h):
    (mean,) = state
    mean = h.beta1 * mean + gradient
    return mean, h.scale, (mean,)


def own():
    return methods.from_update(
        "scaled", scaled_update, state="mean", initial=0.5, learning_rate=0.1, beta1=0.5, scale=2.0
    )


def last_point(method):
    return run(OBJECTIVE, method, [1.0, 2.0], 10).final_point


@pytest.mark.parametrize("name", methods.METHODS)
def test_built_in_methods_pickle_as_such(name):
    again = pickle.loads(pickle.dumps(methods.METHODS[name]()))
    assert methods.is_built_in(again)
    assert repr(again) == repr(methods.METHODS[name]())


def test_own_methods_and_trajectories_pickle():
    method = pickle.loads(pickle.dumps(own()))
    assert method.rule == own().rule
    assert method.hyperparameters == own().hyperparameters
    path = run(OBJECTIVE, method, [1.0, 2.0], 10, record="momentum", basis=BASIS)
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(again.points, path.points)
    np.testing.assert_array_equal(again.recorded["momentum"], path.recorded["momentum"])
    np.testing.assert_array_equal(again.rotated_points, path.rotated_points)


def test_an_update_without_a_name_pickles_by_its_code():
    method = methods.from_update("halved", lambda g, s, x, p, h: (g, 2.0, s), learning_rate=0.1)
    again = pickle.loads(cloudpickle.dumps(method))
    np.testing.assert_allclose(last_point(again), last_point(methods.gradient_descent(0.05)))


def test_methods_run_in_other_processes():
    given = [methods.adam(0.1), own()]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(last_point, given, timeout=120))
    np.testing.assert_array_equal(found, [last_point(each) for each in given])
