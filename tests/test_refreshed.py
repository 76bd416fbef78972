"""Bases that are estimated anew while a method runs."""

import pickle

import numpy as np
import pytest

from egop import methods
from egop.analysis.r_med import r_med_along
from egop.analysis.why import look_inside
from egop.distributions import Gaussian, empirical, from_sampler
from egop.eigenbasis import Eigenbasis
from egop.estimation import estimate_eigenbasis
from egop.method_run import run
from egop.objectives import (
    associative_memory,
    from_expression,
    landscape,
    log_sum_exp,
    matrix_quadratic,
    quadratic,
)
from egop.refreshed import Refreshed
from egop.reparameterization import reparameterize
from egop.sweep import Sweep

ROSENBROCK = landscape("rosenbrock")
START = np.array([-1.2, 1.0])
RHO = Gaussian(2, scale=0.5)
RATES = {"gradient_descent": 1e-3, "momentum": 1e-4}
EQUIVARIANT = [n for n in methods.VECTOR_METHODS if methods.method(n).rule.equivariant]


def refreshed(**given):
    return Refreshed(**{"every": 10, "distribution": RHO, "n_samples": 200, **given})


def method(name):
    return methods.method(name, RATES.get(name, 0.05))


@pytest.mark.parametrize("name", EQUIVARIANT)
def test_methods_that_know_no_basis_take_the_same_path(name):
    """Their whole state turns exactly; the others' paths change."""
    turned = run(ROSENBROCK, method(name), START, 100, basis=refreshed())
    np.testing.assert_allclose(
        turned.points, run(ROSENBROCK, method(name), START, 100).points, rtol=1e-8
    )


@pytest.mark.parametrize("name", ["adam", "adagrad", "adamax", "amsgrad", "rmsprop", "adadelta"])
def test_an_unchanged_basis_changes_nothing(name):
    """The EGOP of a quadratic around its symmetric iterates is one and the same up to round-off."""
    objective, start = quadratic(np.diag([9.0, 1.0])), np.array([1.0, -2.0])
    points = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]) * 1e6
    rho = empirical(points)
    basis = Refreshed(every=7, distribution=rho, n_samples=5000)
    turned = run(objective, method(name), start, 50, basis=basis)
    fixed = run(objective, method(name), start, 50)
    assert len(turned.bases.steps) == 8
    spread = np.abs(np.abs(turned.bases.eigenvectors) - np.eye(2)).max()
    np.testing.assert_allclose(turned.points, fixed.points, atol=max(20 * spread, 1e-9))


@pytest.mark.parametrize(
    ("name", "kept"),
    [("adam", ("first", "second")), ("adamax", ("first", "scale")), ("adagrad", ("second",))],
)
def test_the_state_turns_by_its_kind(name, kept):
    """One refresh is a run in the first basis, then one in the second from the turned state."""
    basis = refreshed(every=6)
    path = run(ROSENBROCK, method(name), START, 9, basis=basis)
    old, new = path.bases.eigenvectors
    turn = new.T @ old
    rule, h = method(name).rule, method(name).hyperparameters
    state, x, powers = method(name).initial_state, START, np.ones(2)
    for t in range(9):
        V = old if t < 6 else new
        if t == 6:
            turns = {
                "first": lambda part: turn @ part,
                "second": lambda part: turn**2 @ part,
                "scale": lambda part: np.sqrt(turn**2 @ part**2),
            }
            state = tuple(turns[kind](part) for kind, part in zip(kept, state, strict=True))
        powers = powers * method(name).betas
        z = V.T @ x
        direction, divisor, state = rule.update(
            V.T @ ROSENBROCK.gradient(x), state, z, tuple(powers), h
        )
        x = V @ (z - 0.05 * direction / divisor)
        np.testing.assert_allclose(path.points[t + 1], x, rtol=1e-10)


def test_reset_begins_anew_and_keep_leaves_all_as_it_is():
    path = run(ROSENBROCK, method("adam"), START, 12, basis=refreshed(every=8, moments="reset"))
    second = path.bases.at(8)
    alone = run(ROSENBROCK, method("adam"), path.points[8], 4, basis=second)
    np.testing.assert_allclose(path.points[8:], alone.points, rtol=1e-10)
    kept = run(ROSENBROCK, method("adam"), START, 12, basis=refreshed(every=8, moments="keep"))
    turned = run(ROSENBROCK, method("adam"), START, 12, basis=refreshed(every=8))
    np.testing.assert_array_equal(kept.points[:9], turned.points[:9])
    assert np.abs(kept.points[9] - turned.points[9]).max() > 1e-4
    assert np.abs(kept.points[9] - path.points[9]).max() > 1e-4


def test_each_basis_is_the_one_around_the_iterate():
    basis = refreshed(every=60, n_samples=20000)
    path = run(ROSENBROCK, methods.adam(0.2), START, 120, basis=basis)
    np.testing.assert_array_equal(path.bases.steps, [0, 60])
    for step in (0, 60):
        around = Gaussian(2, mean=path.points[step], scale=0.5)
        expected = estimate_eigenbasis(ROSENBROCK, around, 20000, seed=5)
        found = path.bases.at(step + 3)
        np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=0.3)
        overlap = np.abs((found.eigenvectors * expected.eigenvectors).sum(axis=0))
        np.testing.assert_allclose(overlap, 1, atol=1e-3)
    assert np.abs(path.bases.eigenvectors[1] - path.bases.eigenvectors[0]).max() > 0.05


def test_rotated_points_and_norms_are_those_of_the_basis_in_force():
    path = run(ROSENBROCK, method("adam"), START, 25, basis=refreshed(), record="gradient")
    gradients = ROSENBROCK.gradient(path.points)
    for t in range(26):
        V = path.bases.at(t).eigenvectors
        np.testing.assert_allclose(path.rotated_points[t], path.points[t] @ V)
        np.testing.assert_allclose(path.gradient_norms_1[t], np.abs(gradients[t] @ V).sum())
        if t < 25:
            np.testing.assert_allclose(path.recorded["gradient"][t], gradients[t] @ V)


def test_a_run_is_the_same_alone_and_among_others():
    starts = np.random.default_rng(0).normal(size=(3, 1, 2))
    rates = np.array([0.01, 0.1])
    path = run(ROSENBROCK, methods.adam(rates), starts, 30, basis=refreshed())
    assert path.bases.eigenvectors.shape == (3, 3, 2, 2, 2)
    for i in range(3):
        for j, rate in enumerate(rates):
            alone = run(ROSENBROCK, methods.adam(rate), starts[i, 0], 30, basis=refreshed())
            np.testing.assert_allclose(path.points[:, i, j], alone.points, rtol=1e-12)
            np.testing.assert_allclose(path.bases.at(15, (i, j)).eigenvectors,
                                       alone.bases.at(15).eigenvectors)  # fmt: skip


def test_a_sweep_takes_it_among_its_bases():
    sweep = Sweep(ROSENBROCK, methods.adam(), [None, refreshed()], START, [0.01, 0.05], n_steps=40)
    alone = run(ROSENBROCK, methods.adam(0.05), START, 40, basis=refreshed(), keep="final")
    np.testing.assert_allclose(sweep.finish().final_values[1, 1], alone.final_value)
    assert alone.bases is None


def test_it_composes_with_a_rotated_objective():
    rotation = Eigenbasis.rotation(0.7)
    rotated = reparameterize(ROSENBROCK, rotation)
    points = np.random.default_rng(0).normal(size=(100, 2)) @ [[0.7, 0.2], [0.0, 0.3]]
    rho, turned = (empirical(each) for each in (points, rotation.to_basis(points)))
    plain = run(ROSENBROCK, method("adam"), START, 30, basis=refreshed(distribution=rho))
    inside = refreshed(distribution=turned)
    path = run(rotated, method("adam"), rotation.to_basis(START), 30, basis=inside)
    np.testing.assert_allclose(path.values, plain.values, rtol=1e-6)
    np.testing.assert_allclose(rotation.from_basis(path.points), plain.points, rtol=1e-6)


def test_where_no_gradient_is_finite_the_basis_before_goes_on():
    objective = from_expression("sqrt(x - 10) + y^2")
    start = np.array([[0.0, 1.0], [12.0, 1.0]])
    path = run(objective, method("adam"), start, 5, basis=refreshed(n_samples=50))
    assert path.bases.n_excluded[0].tolist() == [50, 0]
    np.testing.assert_array_equal(path.bases.eigenvectors[0, 0], np.eye(2))
    assert path.diverged_at.tolist() == [0, -1]


def test_fewer_samples_than_variables_make_a_whole_basis():
    objective = log_sum_exp(dim=6, n=40, singular_values=tuple(1 / np.arange(1.0, 7.0)))
    basis = Refreshed(every=5, distribution=Gaussian(6), n_samples=2)
    path = run(objective, methods.adam(0.1), np.ones(6), 12, basis=basis)
    for V in path.bases.eigenvectors:
        np.testing.assert_allclose(V.T @ V, np.eye(6), atol=1e-12)


def test_methods_of_matrices_begin_anew():
    objective = associative_memory()
    start = np.random.default_rng(0).normal(size=objective.dim) / 10
    basis = Refreshed(every=4, distribution=Gaussian(objective.dim, scale=0.1), n_samples=100)
    path = run(objective, methods.shampoo(0.1), start, 6, basis=basis)
    alone = run(objective, methods.shampoo(0.1), path.points[4], 2, basis=path.bases.at(4))
    np.testing.assert_allclose(path.points[4:], alone.points, rtol=1e-8)
    muon = run(objective, methods.muon(0.1), start, 6, basis=basis)  # whose mean turns
    again = run(objective, methods.muon(0.1), muon.points[4], 2, basis=muon.bases.at(4))
    assert np.abs(muon.points[5] - again.points[1]).max() > 1e-3


def test_own_state_without_a_kind_is_said():
    own = methods.from_update(
        "unsteady", lambda g, s, x, p, h: (s[0] + g, 1.0, (s[0] + g,)), state="speed"
    )
    with pytest.warns(
        UserWarning, match="unsteady begins anew with each refresh, since speed of its state"
    ):
        run(ROSENBROCK, own, START, 3, basis=refreshed())


@pytest.mark.parametrize("part", ["left", "right_values", "outer_products"])
@pytest.mark.parametrize("kind", [methods.Rule, methods.MatrixRule])
def test_own_state_named_as_what_it_has_not_the_shape_of_begins_anew(kind, part):
    rule = kind(lambda g, s, x, step, h: (s[0] + g, 1.0, (s[0] + g,)), (part,), elementwise=False)
    own = methods.Method("own", 0.01, methods.momentum().hyperparameters, rule)
    objective = matrix_quadratic(seed=0)
    basis = Refreshed(every=4, distribution=Gaussian(objective.dim), n_samples=50)
    with pytest.warns(UserWarning, match=f"own begins anew with each refresh, since {part} of"):
        path = run(objective, own, np.ones(objective.dim), 6, basis=basis)
    alone = run(objective, own, path.points[4], 2, basis=path.bases.at(4))
    np.testing.assert_allclose(path.points[4:], alone.points, rtol=1e-8)


def test_r_med_and_step_traces_are_those_of_the_basis_in_force():
    path = run(ROSENBROCK, method("adam"), START, 25, basis=refreshed())
    found = r_med_along(ROSENBROCK, path, steps=[3, 17])
    for place, step in enumerate((3, 17)):
        alone = r_med_along(ROSENBROCK, path.points[step], path.bases.at(step))
        np.testing.assert_allclose(found[place], alone)
    trace = look_inside(ROSENBROCK, method("adam"), START, 25, basis=refreshed())
    np.testing.assert_allclose(trace.gradients, ROSENBROCK.gradient(path.points[:-1]))
    anatomy = trace.at(17)
    np.testing.assert_allclose(anatomy.move, path.points[18] - path.points[17])
    V = path.bases.at(17).eigenvectors
    np.testing.assert_allclose(anatomy.semi_axes, V / trace.preconditioners[17])
    np.testing.assert_allclose(
        anatomy.move, -0.05 * anatomy.semi_axes @ V.T @ anatomy.momentum, rtol=1e-9
    )


def test_a_dataset_holds_the_bases():
    starts = np.stack([START, START / 2])
    path = run(ROSENBROCK, method("adam"), starts, 25, basis=refreshed())
    data = path.to_xarray()
    assert data["eigenvectors"].dims == ("refresh", "run", "coordinate", "k")
    np.testing.assert_array_equal(data["refreshed_at"], [0, 10, 20])
    np.testing.assert_array_equal(data["eigenvalues"], path.bases.eigenvalues)
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(again.rotated_points, path.rotated_points)
    assert "in a basis of 3 estimates" in repr(path)


def test_a_mean_that_is_not_known_is_refused():
    rho = from_sampler(lambda n, rng: rng.normal(size=(n, 2)), name="mine")
    with pytest.raises(ValueError, match="the mean of mine in 2 variables is not known"):
        Refreshed(every=3, distribution=rho)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((-1, (0, 0)), "a step from 0 to 10, got -1"),
        ((11, (0, 0)), "a step from 0 to 10, got 11"),
        ((1.5, (0, 0)), "a step from 0 to 10, got 1.5"),
        ((3,), r"one run of \(2, 3\) as a tuple of 2 integers counted from 0, got \(\)"),
        ((3, (1,)), r"as a tuple of 2 integers counted from 0, got \(1,\)"),
        ((3, (1, 3)), r"got \(1, 3\)"),
        ((3, (-1, 0)), r"got \(-1, 0\)"),
        ((3, 1), "as a tuple of 2 integers counted from 0, got 1"),
    ],
)
def test_bases_of_no_step_or_run_are_refused(place, words):
    starts = np.ones((2, 3, 2))
    path = run(ROSENBROCK, method("adam"), starts, 10, basis=refreshed())
    assert path.bases.at(10, (1, np.int64(2))).dim == 2
    with pytest.raises(ValueError, match=words):
        path.bases.at(*place)


def test_a_truth_value_is_no_seed():
    with pytest.raises(ValueError, match="an integer seed of at least 0, got True"):
        refreshed(seed=True)
