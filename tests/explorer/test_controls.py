"""The controls set the scene, say what they cannot set, and show what it holds."""

import pytest

from egop.explorer import Explorer
from egop.methods import VECTOR_METHODS
from egop.ui.field_values import flat

SETTINGS = {"n_steps": 30, "n_samples": 50}
MENDS = {
    "start": ("n_steps", 40),
    "distribution": ("scale", 50.0),
    "methods": ("rate:adam", 3.0),
    "more": ("seed", 1),
}
"""Something at each place that can be set."""


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(**SETTINGS)


def test_every_field_has_a_value_and_a_place_for_its_sentences(explorer: Explorer):
    controls = explorer.controls
    rows = [*flat(controls.rows)]
    named = {row["name"] for row in rows if row["kind"] not in {"slot", "fold", "line"}}
    assert named <= controls.values.keys()
    assert named <= controls._slots.keys()
    assert {f"rate:{name}" for name in VECTOR_METHODS} <= controls._slots.keys()
    assert set(controls._slots.values()) == {row["name"] for row in rows if row["kind"] == "slot"}


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("scale", 12.5, 12.5),
        ("n_samples", 64.0, 64),
        ("start", "10, -20", (10.0, -20.0)),
        ("mean", "1 2", (1.0, 2.0)),
        ("methods", ["adam"], ["adam"]),
        ("linear", True, True),
        ("distribution", "uniform_box", "uniform_box"),
    ],
)
def test_a_field_sets_the_scene_and_shows_it(name: str, value, held):
    explorer = Explorer(**SETTINGS)
    explorer.controls.set(name, value)
    assert getattr(explorer.scene, name) == held
    shown = explorer.controls.values[name]
    assert shown == (", ".join(f"{c:g}" for c in held) if isinstance(held, tuple) else held)


def test_a_rate_is_the_same_in_both_bases_again():
    explorer = Explorer(**SETTINGS, rotated_rates={"adam": 5.0})
    explorer.controls.set("rate:adam", 0.25)
    assert explorer.scene.rates_of_methods()["adam"] == 0.25
    assert explorer.scene.rotated_rates == {}


@pytest.mark.parametrize(
    ("name", "value", "place", "words"),
    [
        ("start", "1,2,3", "start", "takes 2 numbers"),
        ("scale", "wide", "distribution", "Width c of ρ takes a number from 10⁻⁶ to 10⁶"),
        ("scale", -3.0, "distribution", "got “-3”"),
        ("seed", 1e6, "more", "from 0 to 9999; got “1e+06”"),
        ("rate:adam", "fast", "methods", "Adam's rate takes a number"),
        ("rate:adam", 1e13, "methods", "Adam's rate takes a number from 0 to 10¹²"),
        ("methods", ["adams"], "methods", "adams"),
    ],
)
def test_what_cannot_be_set_is_said_and_nothing_changes(explorer, name, value, place, words):
    before = explorer.scene.param.values()
    explorer.controls.set(name, value)
    assert words in explorer.controls.sentence(place)
    assert explorer.scene.param.values() == before
    explorer.controls.set(*MENDS[place])
    assert explorer.controls.sentence(place) == ""


def test_a_formula_is_checked_at_each_key_and_run_on_enter():
    explorer = Explorer(**SETTINGS, objective="formula")
    controls = explorer.controls
    controls.set("formula:typed", "x^2 + * y")
    assert "position" in controls.sentence("objective")
    controls.set("formula:typed", "x^2 + y^2")
    assert controls.sentence("objective") == "Press Enter to run it."
    assert controls.values["gradient"]
    controls.set("formula", "x^2 + y^2")
    assert controls.sentence("objective") == ""
    assert explorer._shown.objective.value((1.0, 2.0)) == 5.0
    assert "2 y" in controls.values["gradient"]


SCHWEFEL = "418.9829*2 - x*sin(sqrt(|x|)) - y*sin(√|y|)"


def test_a_formula_is_shown_in_its_window_which_start_rho_and_rates_suit():
    explorer = Explorer(**SETTINGS, objective="formula", formula=SCHWEFEL, window=(-500, 500))
    assert explorer._shown.objective.domain.tolist() == [[-500, 500], [-500, 500]]
    assert explorer._shown.windows[0].half >= 500
    assert explorer.scene.scale == 250
    controls = explorer.controls
    controls.set("window", "−50, 50")
    assert explorer._shown.objective.domain.tolist() == [[-50, 50], [-50, 50]]
    assert explorer.scene.scale == 25
    assert max(explorer.scene.start) < 50
    for wrong in ("50, -50", "50", "wide", "3, 3"):
        controls.set("window", wrong)
        assert "the smaller one first" in controls.sentence("objective")
    assert explorer.scene.window == (-50, 50)


def test_a_window_belongs_to_formulas_alone():
    explorer = Explorer(**SETTINGS, objective="rosenbrock")
    before = explorer.scene.problem()
    explorer.scene.window = (-500, 500)
    assert explorer.scene.problem() == before


def test_beyond_two_variables_the_planes_can_be_chosen():
    explorer = Explorer(**SETTINGS, objective="log_sum_exp", dim=5)
    assert explorer.controls.values["in_two"] is False
    explorer.controls.set("second_axis", 1.0)
    assert explorer.controls.sentence("objective") != ""  # two equal coordinates
