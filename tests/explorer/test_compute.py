"""From the scene to arrays: windows, ranks, bases that do not flip, and the gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egop import objectives
from egop.analysis.planes import Plane
from egop.distributions import Gaussian, StudentT
from egop.eigenbasis import Eigenbasis
from egop.explorer import compute
from egop.trajectory import run

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


@given(st.floats(-3, 3), numbers, numbers)
def test_the_windows_keep_their_size_while_the_basis_turns(angle, x, y):
    c, s = np.cos(angle), np.sin(angle)
    turned = Plane(np.zeros(2), np.array([[c, -s], [s, c]]), ("z₁", "z₂"))
    objective, start = objectives.landscape("rosenbrock"), np.array([x, y])
    (alone,) = compute.windows_of(objective, [WHOLE], start)
    both = compute.windows_of(objective, [WHOLE, turned], start)
    assert [window.half for window in both] == pytest.approx([alone.half] * 2)


def test_ranks_do_not_depend_on_how_values_are_scaled():
    values = np.random.default_rng(0).standard_normal(5000)
    ranks = compute._ranks(values, values)
    np.testing.assert_allclose(compute._ranks(1e6 * values + 3, 1e6 * values + 3), ranks, rtol=1e-6)
    assert ranks.min() == 0
    assert ranks.max() == 255
    assert (np.diff(ranks[values.argsort()]) >= 0).all()


def test_values_that_are_not_finite_have_no_rank():
    values = np.array([0.0, np.nan, 1.0, np.inf, 2.0, -np.inf, 3.0])
    ranks = compute._ranks(values, np.array([0.0, 1.0, 2.0]))
    assert np.isnan(ranks[[1, 3, 5]]).all()
    assert ranks[[0, 4, 6]].tolist() == [0, 255, 255]
    without = compute._ranks(values, np.array([]))
    np.testing.assert_array_equal(without, np.where(np.isfinite(values), 255.0, np.nan))
    assert np.isfinite(compute._ranks(np.ones(4), np.ones(4))).all()


def test_the_landscape_ranks_the_minimum_lowest_and_its_lines_follow_levels():
    objective = objectives.quadratic(condition_number=4.0, angle=0.0)
    picture = compute.landscape(objective, WHOLE, compute.Window(np.zeros(2), 3.0))
    assert picture.image.dtype == np.uint8
    middle = picture.image.shape[0] // 2
    assert picture.image[middle, middle] <= 5
    assert picture.image[0, 0] == compute.HIGHEST
    assert picture.whole
    np.testing.assert_allclose(picture.corner + picture.side / 2, 0, atol=1e-12)
    for x, y in zip(picture.xs, picture.ys, strict=True):  # iso-lines lie on level sets
        inside = (np.abs(x) < 3) & (np.abs(y) < 3)
        values = objective.value(np.stack([x, y], axis=-1))[inside]
        if len(values) > 5:
            assert np.ptp(values) < 0.08 * values.mean() + 0.05


@pytest.mark.parametrize(
    ("text", "undefined"),
    [
        ("log(x) + y^2", lambda x, y: x <= 0),  # NaN, and −∞ at 0
        ("sqrt(1 - x^2 - y^2)", lambda x, y: x**2 + y**2 > 1),
        ("x - log(2 - x - y)", lambda x, y: x + y >= 2),
    ],
)
def test_the_landscape_is_hatched_and_has_no_lines_where_f_is_not_defined(text, undefined):
    objective = objectives.from_expression(text)
    picture = compute.landscape(objective, WHOLE, compute.Window(np.zeros(2), 3.0))
    n = len(picture.image)
    axis = np.linspace(picture.corner[0], picture.corner[0] + picture.side, n)
    x, y = np.meshgrid(axis, axis)
    outside = undefined(x, y)
    hatched = picture.image >= compute.UNDEFINED
    assert (hatched != outside).mean() < 0.01  # but for the pixels at the border
    values, counts = np.unique(picture.image[hatched], return_counts=True)
    assert values.tolist() == [compute.UNDEFINED, compute.HATCHED]
    assert counts.min() > 0.15 * counts.sum()
    assert not picture.whole
    for xs, ys in zip(picture.xs, picture.ys, strict=True):
        assert not undefined(0.999 * xs, 0.999 * ys).any()
    defined = picture.image[~outside & ~hatched]
    assert len(defined)
    assert defined.max() <= compute.HIGHEST


def test_a_landscape_that_is_not_defined_beside_the_figure_is_whole():
    objective = objectives.from_expression("log(x + 9) + y^2")
    window = compute.Window(np.zeros(2), 3.0)
    assert compute.landscape(objective, WHOLE, window).whole
    wide = compute.Window(np.zeros(2), 3.0, wide=3.25)
    assert not compute.landscape(objective, WHOLE, wide).whole


@pytest.mark.parametrize("wide", [1.75, 2.75])
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2])
def test_the_landscape_fills_the_widest_figure_at_any_angle(wide, angle):
    window = compute.Window(np.zeros(2), 2.0, wide)
    picture = compute.landscape(objectives.landscape("booth"), WHOLE, window)
    corners = 2.0 * np.array([[wide, 1.0], [wide, -1.0], [-wide, 1.0], [-wide, -1.0]])
    seen = Eigenbasis.rotation(angle).from_basis(corners)
    assert (seen >= picture.corner).all()
    assert (seen <= picture.corner + picture.side).all()


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
    left, right = compute.planes_of(objective, basis, (0, 1))
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
