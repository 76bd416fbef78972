"""The picture of f: ranks, iso-lines on level sets, and hatching where f is not defined."""

import numpy as np
import pytest

from egop import objectives
from egop.analysis.planes import Plane
from egop.eigenbasis import Eigenbasis
from egop.explorer.compute import Window
from egop.explorer.landscape import HATCHED, HIGHEST, LEVELS, UNDEFINED, _ranks, landscape

WHOLE = Plane(np.zeros(2), np.eye(2), ("x₁", "x₂"))


def test_ranks_do_not_depend_on_how_values_are_scaled():
    values = np.random.default_rng(0).standard_normal(5000)
    ranks = _ranks(values, values)
    np.testing.assert_allclose(_ranks(1e6 * values + 3, 1e6 * values + 3), ranks, rtol=1e-6)
    assert ranks.min() == 0
    assert ranks.max() == 255
    assert (np.diff(ranks[values.argsort()]) >= 0).all()


def test_values_that_are_not_finite_have_no_rank():
    values = np.array([0.0, np.nan, 1.0, np.inf, 2.0, -np.inf, 3.0])
    ranks = _ranks(values, np.array([0.0, 1.0, 2.0]))
    assert np.isnan(ranks[[1, 3, 5]]).all()
    assert ranks[[0, 4, 6]].tolist() == [0, 255, 255]
    without = _ranks(values, np.array([]))
    np.testing.assert_array_equal(without, np.where(np.isfinite(values), 255.0, np.nan))
    assert np.isfinite(_ranks(np.ones(4), np.ones(4))).all()


def test_the_landscape_ranks_the_minimum_lowest_and_its_lines_follow_levels():
    objective = objectives.quadratic(condition_number=4.0, angle=0.0)
    picture = landscape(objective, WHOLE, Window(np.zeros(2), 3.0))
    assert picture.image.dtype == np.uint8
    middle = picture.image.shape[0] // 2
    assert picture.image[middle, middle] <= 5
    assert picture.image[0, 0] == HIGHEST
    assert picture.whole
    np.testing.assert_allclose(picture.corner + picture.side / 2, 0, atol=1e-12)
    for x, y in zip(picture.xs, picture.ys, strict=True):  # iso-lines lie on level sets
        inside = (np.abs(x) < 3) & (np.abs(y) < 3)
        values = objective.value(np.stack([x, y], axis=-1))[inside]
        if len(values) > 5:
            assert np.ptp(values) < 0.08 * values.mean() + 0.05


def test_the_pieces_of_a_level_are_one_line_with_gaps():
    picture = landscape(objectives.landscape("griewank"), WHOLE, Window(np.zeros(2), 10.0))
    assert len(picture.xs) == len(picture.ys) == LEVELS
    steps = [np.hypot(np.diff(x), np.diff(y)) for x, y in zip(picture.xs, picture.ys, strict=True)]
    assert all(np.isnan(each).any() for each in steps)
    assert max(np.nanmax(each) for each in steps) < 0.4  # no line leads across a gap


@pytest.mark.parametrize("text", ["sin(1000x)*sin(999y)", "tan(" * 30 + "1.1x*y" + ")" * 30])
def test_a_function_that_would_be_covered_by_lines_has_none(text):
    """Its 153,004 pieces once kept every visitor waiting for half a minute."""
    picture = landscape(objectives.from_expression(text), WHOLE, Window(np.zeros(2), 5.0))
    assert picture.xs == picture.ys == []
    assert np.ptp(picture.image) > 200


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
    picture = landscape(objective, WHOLE, Window(np.zeros(2), 3.0))
    n = len(picture.image)
    axis = np.linspace(picture.corner[0], picture.corner[0] + picture.side, n)
    x, y = np.meshgrid(axis, axis)
    outside = undefined(x, y)
    hatched = picture.image >= UNDEFINED
    assert (hatched != outside).mean() < 0.01  # but for the pixels at the border
    values, counts = np.unique(picture.image[hatched], return_counts=True)
    assert values.tolist() == [UNDEFINED, HATCHED]
    assert counts.min() > 0.08 * counts.sum()
    assert not picture.whole
    for xs, ys in zip(picture.xs, picture.ys, strict=True):
        assert not undefined(0.999 * xs, 0.999 * ys).any()
    defined = picture.image[~outside & ~hatched]
    assert len(defined)
    assert defined.max() <= HIGHEST


def test_a_landscape_that_is_not_defined_beside_the_figure_is_whole():
    objective = objectives.from_expression("log(x + 9) + y^2")
    window = Window(np.zeros(2), 3.0)
    assert landscape(objective, WHOLE, window).whole
    wide = Window(np.zeros(2), 3.0, wide=3.25)
    assert not landscape(objective, WHOLE, wide).whole


@pytest.mark.parametrize("wide", [1.75, 2.75])
@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2])
def test_the_landscape_fills_the_widest_figure_at_any_angle(wide, angle):
    window = Window(np.zeros(2), 2.0, wide)
    picture = landscape(objectives.landscape("booth"), WHOLE, window)
    corners = 2.0 * np.array([[wide, 1.0], [wide, -1.0], [-wide, 1.0], [-wide, -1.0]])
    seen = Eigenbasis.rotation(angle).from_basis(corners)
    assert (seen >= picture.corner).all()
    assert (seen <= picture.corner + picture.side).all()


def test_a_landscape_of_a_kernel_is_kept_for_the_next_visitor():
    objective, other = objectives.landscape("booth"), objectives.landscape("beale")
    picture = landscape(objective, WHOLE, Window(np.zeros(2), 3.0))
    assert landscape(objective, WHOLE, Window(np.zeros(2), 3.0)) is picture
    turned = Plane(np.zeros(2), Eigenbasis.rotation(0.5).eigenvectors, ("z₁", "z₂"))
    for changed in (
        landscape(other, WHOLE, Window(np.zeros(2), 3.0)),
        landscape(objective, turned, Window(np.zeros(2), 3.0)),
        landscape(objective, WHOLE, Window(np.ones(2), 3.0)),
        landscape(objective, WHOLE, Window(np.zeros(2), 3.5)),
    ):
        assert not np.array_equal(changed.image, picture.image)


def test_a_landscape_of_functions_in_python_is_drawn_anew():
    height = [1.0]
    objective = objectives.from_functions(
        lambda x: height[0] * x[..., 0] ** 2, lambda x: height[0] * 2 * x, dim=2
    )
    first = landscape(objective, WHOLE, Window(np.zeros(2), 3.0))
    height[0] = -1.0
    assert not np.array_equal(
        landscape(objective, WHOLE, Window(np.zeros(2), 3.0)).image, first.image
    )
