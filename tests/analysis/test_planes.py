"""Planes show what lies in them exactly, and say when they hide what matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop import methods
from egop.analysis.planes import coordinate_plane, leading_plane, show_path
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import quadratic

BASIS = Eigenbasis.random(4, seed=2)
ANCHOR = np.array([1.0, -1.0, 0.5, 2.0])
HESSIAN = (BASIS.eigenvectors * [50.0, 10.0, 0.0, 0.0]) @ BASIS.eigenvectors.T


@given(st.tuples(st.floats(-5, 5), st.floats(-5, 5)))
def test_lifting_and_projecting_are_inverse_in_the_plane(coordinates):
    plane = leading_plane(BASIS, ANCHOR)
    np.testing.assert_allclose(plane.project(plane.lift(coordinates)), coordinates, atol=1e-12)


def test_projection_drops_what_is_perpendicular():
    plane = leading_plane(BASIS, ANCHOR)
    point = ANCHOR + BASIS.eigenvectors @ [2.0, 3.0, 7.0, -7.0]
    assert plane.project(point) == pytest.approx([2, 3])
    assert plane.names == ("z₁", "z₂")
    last = leading_plane(BASIS, ANCHOR, 3, 2)
    assert last.project(point) == pytest.approx([-7, 7])
    assert last.names == ("z₄", "z₃")


def test_points_of_the_plane_differ_from_its_anchor_along_its_axes():
    plane = coordinate_plane(4, ANCHOR, 2, 0)
    point = ANCHOR.copy()
    point[2] += 5.0
    point[0] -= 1.0
    assert plane.lift([5.0, -1.0]) == pytest.approx(point)
    assert plane.names == ("x₃", "x₁")


def test_a_path_in_the_plane_is_shown_truly():
    objective = quadratic(HESSIAN, ANCHOR)
    start = ANCHOR + BASIS.eigenvectors @ [1.0, 2.0, 0.0, 0.0]
    path = run(objective, methods.gradient_descent(0.005), start, 200)
    shown = show_path(objective, leading_plane(BASIS, ANCHOR), path.points, path.values)
    assert shown.share == pytest.approx(1)
    assert shown.error < 1e-9
    np.testing.assert_allclose(shown.slice_values, path.values, atol=1e-9)
    assert shown.warning == ""


def test_a_plane_across_the_movement_is_warned_of():
    objective = quadratic(HESSIAN, ANCHOR)
    start = ANCHOR + BASIS.eigenvectors @ [1.0, 2.0, 0.0, 0.0]
    path = run(objective, methods.gradient_descent(0.005), start, 200)
    shown = show_path(objective, leading_plane(BASIS, ANCHOR, 2, 3), path.points)
    assert shown.share == pytest.approx(0, abs=1e-6)
    assert shown.error == pytest.approx(1, rel=1e-3)
    assert shown.warning == (
        "This picture misleads: it shows 0 % of the movement and its values are off by up to 1 "
        "times the range of f along the path."
    )


def test_movement_beyond_the_plane_that_changes_no_value_counts_as_movement_alone():
    objective = quadratic(HESSIAN, ANCHOR)
    way = BASIS.eigenvectors @ [1.0, 0.0, 2.0, 0.0]
    points = ANCHOR + np.linspace(0, 1, 20)[:, None] * way
    shown = show_path(objective, leading_plane(BASIS, ANCHOR), points)
    assert shown.error < 1e-9
    assert shown.share == pytest.approx(5**-0.5)
    assert shown.warning == "This picture misleads: it shows 45 % of the movement."


def test_steps_after_divergence_are_left_out():
    objective = quadratic(HESSIAN, ANCHOR)
    points = np.vstack([ANCHOR + np.eye(4)[:2] @ BASIS.eigenvectors.T, np.full((3, 4), np.nan)])
    shown = show_path(objective, leading_plane(BASIS, ANCHOR), points)
    assert np.isfinite(shown.error)
    assert np.isnan(shown.coordinates[2:]).all()
    assert show_path(objective, leading_plane(BASIS, ANCHOR), points[2:]).warning == ""


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: leading_plane(BASIS, ANCHOR, 1, 1), "two different axes, got z₂ twice"),
        (lambda: coordinate_plane(4, ANCHOR, 3, 3), "two different axes, got x₄ twice"),
        (lambda: coordinate_plane(4, ANCHOR, 0, 4), "two axes from 0 to 3, got 0 and 4"),
        (lambda: leading_plane(BASIS, np.ones(3)), r"takes an anchor \(4,\), got \(3,\)"),
    ],
)
def test_planes_that_are_none_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
