"""Titles of the landscapes: what must be known stands first, and the axes say whose they are."""

import numpy as np
import pytest

from egop.analysis.planes import PathInPlane
from egop.explorer import Explorer
from egop.explorer.remarks import remarks_on
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.contour_text import OUTSIDE, scene_text
from egop.explorer.views.premise import premise_of
from egop.ui.figures import title_of


def opened(**settings) -> tuple[ComparisonResult, list[str]]:
    """A comparison, and the titles of the left and the right figure."""
    explorer = Explorer(autoplay=False, n_steps=40, n_samples=50, **settings)
    shown, contours = explorer._shown, explorer._figures.contours
    assert shown is not None
    return shown, [str(title_of(fig).text) for fig in (contours.left, contours.right)]


@pytest.mark.parametrize(
    ("basis", "name"), [("random", "Randomly rotated"), ("refreshed", "Refreshed EGOP")]
)
def test_a_picture_that_misleads_says_so_before_anything_else(basis, name):
    shown, (left, right) = opened(objective="associative_memory", basis=basis)
    assert any(path.warning for pair in shown.in_planes for path in pair)
    assert left.startswith("Misleads: ")
    assert left.endswith(" % of movement · Original")
    assert right.startswith("Misleads: ")
    assert right.endswith(f" % of movement · {name}")


def test_a_picture_that_shows_all_says_its_coordinates_first():
    shown, (left, right) = opened()
    assert left == "Original coordinates"
    assert right.startswith("EGOP coordinates")
    assert not any(remark.fault for remark in shown.remarks)
    _, (left, _) = opened(objective="formula", formula="log(x + 5) + y^2")
    assert left == "Original coordinates · hatched: f is not defined"


def test_beyond_two_variables_the_axes_of_a_refreshed_basis_say_that_they_are_the_first():
    shown, _ = opened(objective="log_sum_exp", dim=5, basis="refreshed")
    assert shown.planes[1].names == ("z₁ of step 0", "z₂ of step 0")
    assert "z₁ of step 0 = " in scene_text(shown, rotated=True)
    fixed, _ = opened(objective="log_sum_exp", dim=5)
    assert fixed.planes[1].names == ("z₁", "z₂")
    in_two, _ = opened(basis="refreshed")
    assert in_two.planes[1].names == ("x₁", "x₂")


def seen_as(share: float, error: float) -> PathInPlane:
    """A path of which a plane shows a share of the movement, and values with an error."""
    return PathInPlane(np.zeros((1, 2)), np.zeros(1), np.zeros(1), share, error)


@pytest.mark.parametrize(
    ("share", "error", "title"),
    [
        (1.0, 0.0, "Name · 100 % of movement"),
        (1.0, 0.5, "Misleads: wrong values · Name"),
        (1.0, np.nan, "Misleads: wrong values · Name"),
        (0.5, 0.0, "Misleads: 50 % of movement · Name"),
        (0.5, 0.5, "Misleads: 50 % of movement · Name"),
    ],
)
def test_a_title_gives_a_reason_for_which_its_picture_misleads(share, error, title):
    seen = [(seen_as(1.0, 0.0), seen_as(share, error))]
    left, right = remarks_on(seen, [False, False])
    assert left.title("Name coordinates", "name") == "Name · 100 % of movement"
    assert right.title("Name coordinates", "name") == title


@pytest.mark.parametrize("leading", [1, 2])
def test_the_right_slice_of_leading_directions_is_the_one_in_which_the_runs_are(leading):
    settings = {"objective": "log_sum_exp", "dim": 6, "basis": "leading", "leading": leading}
    shown, (_, right) = opened(**settings)
    for _, path in shown.in_planes:
        np.testing.assert_allclose(path.slice_values, path.values, rtol=1e-9)
    assert right == "Leading EGOP · 100 % of movement"
    assert "keeps the start's other coordinates" in premise_of(shown)
    assert len(shown.minimizers(0)) == 1
    assert len(shown.minimizers(1)) == 0  # no run comes there, and no star is drawn
    assert "Minimum at" in scene_text(shown, rotated=False)
    assert OUTSIDE in scene_text(shown, rotated=True)


def test_of_all_directions_but_one_it_goes_through_the_minimum_that_they_can_reach():
    settings = {"objective": "log_sum_exp", "dim": 6, "basis": "leading"}
    shown, _ = opened(**settings, leading=5)
    to_basis, slice_point = shown.basis.to_basis, shown.planes[1].anchor
    np.testing.assert_allclose(to_basis(slice_point)[5], to_basis(shown.start)[5])
    lowest = to_basis(shown.objective.minimizer[0])
    np.testing.assert_allclose(to_basis(slice_point)[2:5], lowest[2:5], atol=1e-12)
    whole, _ = opened(**settings, leading=6)
    assert len(whole.minimizers(1)) == 1


def test_the_slice_follows_the_start_that_its_runs_keep():
    explorer = Explorer(objective="log_sum_exp", dim=6, basis="leading", n_steps=20, n_samples=50)
    before = explorer._shown
    explorer.scene.start = (1.0, 0.5)
    assert len(explorer._shown.pictures) == 2
    assert not np.allclose(before.planes[1].anchor, explorer._shown.planes[1].anchor)
    explorer.scene.basis = "egop"
    explorer.scene.start = (0.5, 1.0)
    assert explorer._shown.pictures == []
