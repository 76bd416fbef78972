"""Methods restricted to the leading eigenvectors of the EGOP, in the explorer."""

import json

import numpy as np
import pytest

import egop
from egop.explorer import Explorer
from egop.explorer.saved_scene import read_scene
from egop.explorer.tuned_comparison import tuning_key
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views.dial import runs_of
from egop.explorer.views.dial_words import Heights
from egop.explorer.views.overview import facts, to_html
from egop.ui.figure_text import plain

SCENE = {"basis": "leading", "n_steps": 60, "n_samples": 100, "autoplay": False}
MANY = {**SCENE, "objective": "log_sum_exp", "dim": 6}


def shown_by(**settings):
    shown = Explorer(**settings)._shown
    assert shown is not None
    return shown


def test_runs_are_those_of_the_leading_directions():
    shown = shown_by(**MANY, leading=2)
    basis = shown.estimate.basis.leading(2)
    for pair in shown.pairs:
        alone = egop.run(shown.objective, shown.methods[pair.name], shown.start, 60, basis=basis)
        np.testing.assert_array_equal(pair.rotated.points, alone.points)
        moved = (pair.rotated.points - shown.start) @ basis.eigenvectors
        np.testing.assert_allclose(moved[:, 2:], 0, atol=1e-9)
        assert np.abs(moved[-1, :2]).min() > 0


@pytest.mark.parametrize(
    ("dim", "leading", "note"),
    [
        (2, 1, "move along v₁ alone: in 1 other direction they stay where they start."),
        (6, 2, "move along v₁ and v₂ alone: in 4 other directions they stay"),
        (6, 5, "move along v₁ … v₅ alone: in 1 other direction they"),
        (6, 6, ""),
    ],
)
def test_the_verdict_says_first_that_the_rest_of_the_space_stands_still(dim, leading, note):
    shown = shown_by(**{**MANY, "dim": dim}, leading=leading)
    found = verdict_of(shown)
    seen = plain(to_html(found, facts(shown)))
    assert note in found.note
    assert bool(found.note) == bool(note)
    assert f"{found.headline} {found.note}".strip() in found.text  # which is spoken
    assert f"{found.headline} {found.note}".strip() in seen
    assert "theory expects" not in found.text or not note


def test_axes_near_the_original_ones_are_not_said_to_change_nothing():
    aligned = {"objective": "quadratic_aligned", "n_steps": 60, "autoplay": False}
    assert "nothing to change" in verdict_of(shown_by(**aligned, basis="egop")).headline
    assert "nothing to change" not in verdict_of(shown_by(**aligned, basis="leading")).text


def test_an_own_basis_of_leading_axes_is_told_alike():
    basis = egop.Eigenbasis.random(2, 3).leading(1)
    shown = egop.explore("rosenbrock", basis=basis, n_steps=20)._shown
    assert "move along z₁ alone" in verdict_of(shown).note


def test_the_field_sets_the_number_and_says_what_it_takes():
    explorer = Explorer(**MANY)
    before = explorer._shown
    explorer.controls.set("leading", 3)
    after = explorer._shown
    assert (before.basis.n_active, after.basis.n_active) == (1, 3)
    assert before.key != after.key
    assert tuning_key(before) != tuning_key(after)
    explorer.controls.set("leading", 7)
    assert "from 1 to 6" in explorer.controls.sentence("basis")
    assert explorer._shown is after


def test_an_objective_of_fewer_variables_takes_fewer_directions():
    explorer = Explorer(**MANY, leading=5)
    explorer.scene.dim = 3
    assert explorer.scene.leading == 3
    explorer.scene.objective = "rosenbrock"
    assert explorer.scene.leading == 2
    assert not explorer.controls.sentence("basis")


def test_a_saved_scene_keeps_it():
    found = read_scene(Explorer(**MANY, leading=4).saved)
    assert (found["basis"], found["leading"]) == ("leading", 4)
    assert read_scene(json.dumps({"leading": 0})) == {}


def test_its_runs_are_at_no_angle_of_the_dial():
    heights = Heights({}, 1e-16, counts=False)
    assert runs_of(shown_by(**SCENE), heights) == {}
    assert runs_of(shown_by(**{**SCENE, "basis": "egop"}), heights).keys() == {"adagrad", "adam"}


@pytest.mark.parametrize("dim", [2, 6])
def test_every_tab_shows_it(dim):
    explorer = Explorer(**{**MANY, "dim": dim})
    for place in range(len(explorer.tabs)):
        explorer._tabs.view.active = place
        said = getattr(explorer.tabs[place], "message", None)
        assert "could not be computed" not in (said.object if said else "")
    explorer.tab = "why"
    assert "leading EGOP coordinates" in explorer.tabs[3].message.object


def test_a_number_that_cuts_through_tied_directions_says_what_it_keeps():
    settings = {**SCENE, "objective": "two_layer_linear"}
    tied = shown_by(**settings).estimate.adequacy.n_tied
    assert tied > 1
    cut, kept = (verdict_of(shown_by(**settings, leading=k)) for k in (1, tied))
    assert f"k = 1 keeps 1 of {tied} directions" in cut.note
    assert f"k = {tied} keeps all." in cut.note
    assert f"(1 of {tied} directions that cannot be told apart)" in cut.headline
    assert "keeps" not in kept.note
    assert f"leading {tied} axes are arbitrary" in kept.headline
    whole = verdict_of(shown_by(**{**settings, "basis": "egop"}))
    assert "keeps" not in whole.note
