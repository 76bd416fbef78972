"""The surface: heights are ranks, and the paths lie on it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from egop import theme
from egop.explorer import Explorer
from egop.explorer.compute import Window, planes_of
from egop.explorer.height_field import CELLS, height_field_of
from egop.explorer.own_objects import Own
from egop.explorer.views.surface import Surface, Turntable
from egop.objectives import from_expression
from egop.ui.packing import Packet, unpack


def height_field(text="x^2 + 4*y^2", half=2.0):
    objective = from_expression(text)
    explorer = Explorer(Own(objective))
    plane = explorer._shown.planes[0]
    return objective, height_field_of(objective, plane, Window(np.zeros(2), half))


def test_a_height_is_the_share_of_the_window_that_is_lower():
    objective, surface = height_field()
    rng = np.random.default_rng(0)
    anywhere = objective.value(rng.uniform(-2, 2, (20_000, 2)))
    for point in ([0.5, 0.5], [1.5, 0.2], [0.1, -1.7]):
        value = objective.value(np.array(point))
        assert surface.height(value) == pytest.approx((anywhere < value).mean(), abs=0.03)


@pytest.fixture(scope="module")
def bowl():
    return height_field()


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_points_of_the_plane_lie_on_the_surface(bowl, x, y):
    objective, surface = bowl
    point = np.array([[x, y]])
    ((across, up, height),) = surface.place(point, objective.value(point))
    assert (across, up) == pytest.approx((x / 2, y / 2))
    n = surface.heights.shape[0] - 1
    column, row = round((across + 1) / 2 * n), round((up + 1) / 2 * n)
    assert height == pytest.approx(surface.heights[row, column], abs=0.12)


def test_rows_run_along_the_second_coordinate():
    _, surface = height_field("x + 10*y")
    assert (np.diff(surface.heights[:, 0]) > 0).all()
    assert surface.heights[-1, 0] - surface.heights[0, 0] > 0.8
    assert surface.heights[0, -1] - surface.heights[0, 0] < 0.2


def test_what_is_outside_or_not_a_number_is_not_drawn():
    _, surface = height_field()
    placed = surface.place(np.array([[3.0, 0.0], [0.0, 0.0]]), np.array([9.0, np.nan]))
    assert np.isnan(placed[0]).all()
    assert np.isnan(placed[1, 2])


def test_the_surface_has_holes_where_f_is_not_defined():
    _, surface = height_field("log(x) + y^2")
    across = np.linspace(-2, 2, surface.heights.shape[1])
    np.testing.assert_array_equal(np.isnan(surface.heights), np.tile(across <= 0, (49, 1)))
    assert np.nanmax(surface.heights) == surface.height(np.inf) == 1


def test_iso_lines_lie_on_the_surface_at_equal_shares_of_the_window():
    _, surface = height_field("x + 10*y")
    lines = surface.lines[np.isfinite(surface.lines).all(axis=1)]
    np.testing.assert_allclose(np.unique(lines[:, 2]), np.arange(1, 15) / 15)
    axis = np.linspace(-1, 1, CELLS + 1)
    between = RegularGridInterpolator((axis, axis), surface.heights)
    np.testing.assert_allclose(between(lines[:, 1::-1]), lines[:, 2], atol=0.01)


def test_no_iso_lines_are_drawn_where_f_is_not_defined():
    _, surface = height_field("log(x) + y^2")
    assert np.nanmin(surface.lines[:, 0]) > 0
    assert len(height_field("0*x + 0*y + 3")[1].lines) == 0


def test_a_constant_is_flat():
    _, surface = height_field("0*x + 0*y + 3")
    assert np.ptp(surface.heights) == 0


@pytest.fixture(scope="module")
def explorer():
    return Explorer(objective="rosenbrock", methods=["adagrad", "gradient_descent"])


def packed(explorer):
    tab, packet = (
        Surface("test", explorer._figures.contours.left),
        Packet(len(explorer._shown.schedule)),
    )
    tab.show(explorer._shown, packet)
    header, numbers = unpack(packet.to_bytes())
    return header["sources"], lambda part: numbers[part["at"] : part["at"] + part["size"]]


def test_paths_of_both_bases_grow_on_the_surface(explorer):
    sources, read = packed(explorer)
    paths, shown = sources["surface-paths"], explorer._shown
    assert paths["kind"] == "growing"
    assert paths["columns"]["label"] == [
        "Adagrad, original", "Adagrad, EGOP",
        "Gradient descent, original", "Gradient descent, EGOP",
    ]  # fmt: skip
    window = shown.windows[0]
    x, y, z = (read(paths["lines"][name][1]) for name in ("xs", "ys", "zs"))
    points = shown.pairs[0].rotated.points
    np.testing.assert_allclose(x * window.half + window.center[0], points[:, 0], atol=1e-3)
    np.testing.assert_allclose(y * window.half + window.center[1], points[:, 1], atol=1e-3)
    assert z[0] > z[-1]
    # gradient descent's path is the same in every basis
    same = [read(part) for part in paths["lines"]["zs"][2:]]
    np.testing.assert_allclose(same[0], same[1], atol=1e-4)


def test_a_method_has_the_marker_that_it_has_in_every_figure(explorer):
    sources, _ = packed(explorer)
    markers = sources["surface-paths"]["columns"]["marker"]
    assert markers == [theme.marker(name) for name in ("adagrad", "gradient_descent") for _ in "ab"]
    assert set(markers) <= Turntable.param["markers"].default.keys()


def test_window_is_the_left_figures(explorer):
    window = explorer._shown.windows[0]
    left = explorer.updates.comparison.figures.windows[0]
    assert window.half == left.half
    np.testing.assert_array_equal(window.center, left.center)


def test_the_minimum_is_at_the_bottom(explorer):
    sources, _ = packed(explorer)
    ((_, _, height),) = sources["surface-mesh"]["columns"]["marks"]
    assert height == pytest.approx(0, abs=1e-6)


def test_beyond_two_variables_paths_stand_at_their_true_value():
    explorer = Explorer(objective="least_squares", dim=5)
    sources, read = packed(explorer)
    shown = explorer._shown
    plane, window = shown.planes[0], shown.windows[0]
    surface = height_field_of(shown.objective, plane, window)
    z = read(sources["surface-paths"]["lines"]["zs"][0])
    inside = np.isfinite(z)
    expected = surface.height(shown.pairs[0].original.values)
    np.testing.assert_allclose(z[inside], expected[inside], atol=1e-5)
    assert len(planes_of(shown.objective, shown.basis, (0, 1), shown.start)[0].axes) == 5
