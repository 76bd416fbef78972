"""A scene that cannot be shown: the earlier picture says so, and sentences go with their cause."""

import numpy as np
import pytest

from egop.explorer import Explorer
from egop.ui.figures import title_of
from egop.ui.packing import unpack

SETTINGS = {"objective": "rosenbrock", "n_steps": 20, "n_samples": 50}
LOGARITHM = {"objective": "formula", "formula": "x - log(x) + y^2", "start": (1.0, 1.0)}
FAILURES = {
    "a formula with a fault": (
        {}, {"objective": "formula", "formula": "log(x"}, "objective", "parenthesis"
    ),
    "a basis that does not exist": (
        {}, {"basis": "exact"}, "basis", "quadratic has an exact EGOP"
    ),
    "a sample without a gradient": (
        LOGARITHM, {"mean": (-9.0, 0.0), "scale": 0.1}, "distribution",
        "not finite at any of the 50 points",
    ),
    "a start outside": (
        LOGARITHM, {"start": (-1.0, 2.0)}, "start", "f is not defined at the start (−1, 2)"
    ),
    "no method for a path": (
        {}, {"distribution": "along_path", "methods": []}, "distribution", "takes a method"
    ),
}  # fmt: skip
failures = pytest.mark.parametrize(
    ("before", "change", "place", "words"), FAILURES.values(), ids=FAILURES
)


def errors(explorer):
    """The errors beside the controls, by their slot."""
    said = explorer.controls.messages.items()
    return {place: sentence for place, (kind, sentence) in said if sentence and kind == "error"}


def dimmed(explorer):
    return [view.css_classes == ["earlier"] for view in explorer._figures.dimmed]


@failures
def test_a_scene_that_fails_dims_the_earlier_one_and_says_why_over_it(before, change, place, words):
    explorer = Explorer(**{**SETTINGS, **before})
    earlier, title = explorer._shown, title_of(explorer._figures.contours.right).text
    assert not explorer.notice.visible
    assert not any(dimmed(explorer))
    explorer.scene.param.update(**change)
    assert explorer._shown is earlier
    assert title_of(explorer._figures.contours.right).text == title
    assert errors(explorer).keys() == {place}
    assert words in errors(explorer)[place]
    assert explorer.notice.visible
    assert words in explorer.notice.object
    name = before.get("formula", "Rosenbrock")
    assert f"Still showing: {name}" in explorer.notice.object
    assert all(dimmed(explorer))


def test_the_earlier_scene_has_the_name_that_the_list_gives_it():
    explorer = Explorer(n_steps=20, n_samples=50)
    explorer.scene.param.update(objective="formula", formula="log(x")
    assert "Still showing: A tilted valley" in explorer.notice.object


@failures
def test_sentences_vanish_with_their_cause(before, change, place, words):
    explorer = Explorer(**{**SETTINGS, **before})
    explorer.scene.param.update(**change)
    explorer.scene.param.update(
        objective="booth", basis="egop", distribution="gaussian", methods=["adam"]
    )
    assert explorer._shown.name == "Booth"
    assert not errors(explorer)
    assert not explorer.notice.visible
    assert not any(dimmed(explorer))


def test_of_two_failures_in_turn_only_the_last_is_said():
    explorer = Explorer(**SETTINGS)
    explorer.scene.basis = "exact"
    assert errors(explorer).keys() == {"basis"}
    explorer.scene.param.update(objective="formula", formula="log(x")
    assert errors(explorer).keys() == {"objective"}
    explorer.scene.formula = LOGARITHM["formula"]
    assert errors(explorer).keys() == {"basis"}
    explorer.scene.start = (-1.0, 0.0)
    assert errors(explorer).keys() == {"start"}


def test_a_hint_on_the_sample_goes_with_the_sample_it_is_about():
    explorer = Explorer(**{**SETTINGS, **LOGARITHM})
    assert "points of ρ are left out" in explorer.controls.sentence("distribution")
    explorer.scene.formula = "log(x"
    assert not explorer.controls.sentence("distribution")


def test_what_a_failed_scene_leaves_is_drawn_by_the_next_one():
    explorer = Explorer(**{**SETTINGS, **LOGARITHM})
    first = explorer._figures.contours._image.data["image"][0]
    explorer.scene.param.update(formula="x - 3*log(x) + 2*y^2 + x*y", start=(-1.0, 2.0))
    assert explorer.notice.visible
    assert np.array_equal(explorer._figures.contours._image.data["image"][0], first)
    explorer.scene.start = (1.0, 2.0)
    assert not explorer.notice.visible
    assert not np.array_equal(explorer._figures.contours._image.data["image"][0], first)


def test_a_scene_that_opens_with_a_failure_shows_nothing_and_says_why():
    explorer = Explorer(objective="formula", formula="x + ")
    assert explorer._shown is None
    assert "Still showing" not in explorer.notice.object
    assert explorer.notice.visible


def test_a_tab_that_is_opened_meanwhile_shows_the_earlier_scene():
    explorer = Explorer(**SETTINGS)
    explorer.scene.basis = "exact"
    explorer._tabs.view.active = len(explorer._tabs) - 1
    header, _ = unpack(explorer._channel._source.data["packet"])
    assert header["sources"]["surface-paths"]["columns"]["label"][1] == "Adagrad, EGOP"


def test_refused_input_is_forgotten_at_the_next_input_but_a_half_typed_formula_stays():
    explorer = Explorer(**SETTINGS)
    controls = explorer.controls
    controls.set("seed", 1e6)
    assert controls.sentence("more")
    controls.set("scale", 3.0)
    assert not errors(explorer)
    controls.set("objective", "formula")
    controls.set("formula:typed", "log(x")
    controls.set("scale", 2.0)
    assert "parenthesis" in controls.sentence("objective")
    controls.set("objective", "booth")
    assert not errors(explorer)


def test_a_failure_of_the_scene_is_not_forgotten_at_another_input():
    explorer = Explorer(**SETTINGS, basis="hessian")
    explorer.controls.set("basis", "exact")
    explorer.controls.set("n_steps", 30)
    assert "quadratic" in explorer.controls.sentence("basis")


def test_what_is_said_of_an_input_hides_a_failure_of_the_scene_only_until_the_next_input():
    explorer = Explorer(**SETTINGS)
    controls = explorer.controls
    controls.set("basis", "exact")
    failure = controls.sentence("basis")
    controls.set("dial_angle", 1e9)
    assert "Dial" in controls.sentence("basis")
    controls.set("seed", 1)
    assert controls.sentence("basis") == failure != ""


def test_a_formula_that_fails_is_said_while_it_is_typed_again():
    explorer = Explorer(**{**SETTINGS, "objective": "formula", "formula": "log(x/x - 2)"})
    controls = explorer.controls
    failure = controls.sentence("objective")
    assert "nowhere a finite real value" in failure
    controls.set("formula:typed", "log(x/x - 22)")
    assert controls.sentence("objective") == "Press Enter to run it."
    controls.set("formula:typed", "log(x/x - 2)")
    assert controls.sentence("objective") == failure
