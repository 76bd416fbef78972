"""Titles of the landscapes: what must be known stands first, and the axes say whose they are."""

import pytest

from egop.explorer import Explorer
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.contour_text import scene_text
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
    assert not any(remark.misleads for remark in shown.remarks)
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
