"""From the scene to arrays: windows, ranks, bases that do not flip, and the gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop import objectives
from egop.analysis.planes import Plane
from egop.distributions import Gaussian, StudentT
from egop.eigenbasis import Eigenbasis
from egop.explorer import Explorer, compute
from egop.method_run import run

WHOLE = Plane(np.zeros(2), np.eye(2), ("x₁", "x₂"))
numbers = st.floats(-100, 100)


@given(numbers, numbers)
@settings(deadline=None)  # the first example compiles
def test_the_window_is_the_domain_enlarged_to_hold_the_start(x, y):
    objective = objectives.landscape("rosenbrock")
    (window,) = compute.windows_of(objective, [WHOLE], np.array([x, y]))
    low, high = objective.domain.T
    assert (window.center - window.half <= low).all()
    assert (window.center + window.half >= high).all()
    assert (np.abs(np.array([x, y]) - window.center) <= window.half).all()


def test_a_start_that_moves_a_little_beyond_the_domain_keeps_the_window():
    objective = objectives.quadratic(condition_number=100.0)
    sizes = {
        compute.windows_of(objective, [WHOLE], np.array([x, 1.0]))[0].half
        for x in np.linspace(-4.2, -3.5, 30)
    }
    assert sizes == {5.0}


@given(st.floats(1e-12, 1e12))
def test_a_size_steps_up_by_a_quarter_at_most(size):
    assert size * (1 - 1e-5) <= compute.step_up(size) <= 1.3 * size


@given(st.floats(-3, 3), numbers, numbers)
def test_the_windows_keep_their_size_while_the_basis_turns(angle, x, y):
    c, s = np.cos(angle), np.sin(angle)
    turned = Plane(np.zeros(2), np.array([[c, -s], [s, c]]), ("z₁", "z₂"))
    objective, start = objectives.landscape("rosenbrock"), np.array([x, y])
    (alone,) = compute.windows_of(objective, [WHOLE], start)
    both = compute.windows_of(objective, [WHOLE, turned], start)
    assert [window.half for window in both] == pytest.approx([alone.half] * 2)


def test_axes_turn_without_flipping_from_estimate_to_estimate():
    objective, previous = objectives.landscape("rosenbrock"), None
    for tilt in np.linspace(0, np.pi, 40):
        mean = 1.5 * np.array([np.cos(tilt), np.sin(tilt)])
        estimate = compute.estimate(objective, Gaussian(mean=mean, scale=0.3), 400, 0, previous)
        V = estimate.basis.eigenvectors
        assert np.linalg.det(V) == pytest.approx(1)
        if previous is not None:
            cosines = (V * previous.eigenvectors).sum(axis=0)
            assert (cosines > -1e-12).all() or np.abs(cosines).max() < 0.8
        previous = estimate.basis


def test_an_estimate_follows_one_of_other_size():
    two = compute.estimate(objectives.landscape("booth"), Gaussian(), 100, 0)
    three = objectives.quadratic(np.diag([3.0, 2.0, 1.0]))
    estimate = compute.estimate(three, Gaussian(dim=3), 100, 0, two.basis)
    assert estimate.basis.dim == 3


def test_planes_of_two_variables_are_the_whole_plane():
    objective = objectives.landscape("rosenbrock")
    basis = Eigenbasis.rotation(0.4)
    left, right = compute.planes_of(objective, basis, (0, 1), np.ones(2))
    point = np.array([0.3, -2.0])
    np.testing.assert_allclose(left.project(point), point, atol=1e-12)
    np.testing.assert_allclose(right.project(point), basis.to_basis(point), atol=1e-12)
    np.testing.assert_allclose(right.lift(right.project(point)), point, atol=1e-12)


def test_both_runs_of_a_pair_begin_at_the_same_point():
    objective, basis = objectives.landscape("booth"), Eigenbasis.rotation(0.7)
    methods = compute.make_methods({"adam": 0.1, "gradient_descent": 0.01}, 0.1)
    pairs = compute.run_pairs(objective, (methods, methods), (3.0, -4.0), basis, np.ones(50))
    for pair in pairs:
        np.testing.assert_allclose(pair.original.points[0], pair.rotated.points[0], atol=1e-12)
    adam, descent = pairs
    np.testing.assert_allclose(descent.original.points, descent.rotated.points, atol=1e-9)
    assert np.abs(adam.original.points - adam.rotated.points).max() > 0.1


def test_adagrad_alone_starts_at_the_given_accumulator():
    methods = compute.make_methods({"adagrad": 1.0, "adam": 1.0}, 7.0)
    assert methods["adagrad"].hyperparameters.initial_accumulator == 7.0


def test_gaps_have_a_floor_and_stay_undefined_after_divergence():
    objective = objectives.quadratic(condition_number=2.0)
    (method,) = compute.make_methods({"gradient_descent": 1e12}, 0.1).values()
    gaps = compute.gaps(run(objective, method, (1.0, 1.0), 100), 0.0)
    assert np.isnan(gaps[-1])
    exact = run(objective, method, (0.0, 0.0), 3)
    assert (compute.gaps(exact, 0.0) == compute.FLOOR).all()


@pytest.mark.parametrize("key", ["logistic", "trid_6d", "log_sum_exp", "quadratic"])
def test_round_off_is_drawn_as_a_level_line_not_as_a_comb(key):
    shown = Explorer(objective=key, methods=["adagrad", "adam", "momentum"])._shown
    for pair in shown.pairs:
        for path in (pair.original, pair.rotated):
            last = np.log10(compute.gaps(path, shown.target.level)[-300:])
            turns = np.diff(np.sign(np.diff(last[last < -11])))
            assert (turns != 0).sum() <= 2


def test_the_axis_of_values_says_where_it_ends():
    figure = Explorer(objective="trid_6d").tabs[0].values.figure
    assert figure.above[0].text == "f − f* by step, from 1.8×10⁻¹³"


@given(st.lists(st.one_of(st.integers(-5, 5), st.just(np.nan)), min_size=1, max_size=30))
def test_best_so_far_is_the_lowest_value_up_to_each_step(listed):
    values = np.array(listed, dtype=float)
    best = compute.best_so_far(values)
    assert (best <= np.arange(len(values))).all()
    for step, at in enumerate(best):
        seen = values[: step + 1]
        if np.isfinite(seen).any():
            assert values[at] == np.nanmin(seen)


def test_the_ellipse_lies_at_two_deviations():
    covariance = np.array([[4.0, 1.0], [1.0, 2.0]])
    curve = compute.ellipse(Gaussian(mean=[1.0, -1.0], covariance=covariance), WHOLE)
    away = curve - [1.0, -1.0]
    distances = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away)
    np.testing.assert_allclose(distances, 4.0)
    assert compute.ellipse(StudentT(2, degrees_of_freedom=1.5), WHOLE).shape == (0, 2)
