"""A basis that is estimated anew while the methods run, in the explorer."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import egop
from egop.distributions import Gaussian
from egop.eigenbasis import Eigenbasis
from egop.explorer import Explorer
from egop.explorer.glossary import TERMS
from egop.explorer.saved_scene import read_scene
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views.contours import turning_axes
from egop.explorer.views.dial import runs_of
from egop.explorer.views.dial_words import Heights
from egop.explorer.views.map_angles import AngleCells
from egop.explorer.views.overview import facts, to_html
from egop.explorer.views.spectrum import MOST_BARS, log_spectra
from egop.methods import method
from egop.methods.blocks import begins_anew, rule_blocks
from egop.theme import label
from egop.ui.figure_text import plain
from egop.ui.packing import Packet, unpack

SCENE = {"objective": "rosenbrock", "basis": "refreshed", "every": 20}
SETTINGS = {**SCENE, "n_steps": 100, "n_samples": 100}


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(**SETTINGS)


def test_its_runs_are_those_of_a_refreshed_basis(explorer):
    shown = explorer._shown
    basis = egop.Refreshed(every=20, distribution=shown.distribution, n_samples=100)
    for pair in shown.pairs:
        method = shown.methods[pair.name]
        alone = egop.run(shown.objective, method, shown.start, 100, basis=basis)
        np.testing.assert_array_equal(pair.rotated.points, alone.points)
        assert pair.original.bases is None


def test_both_figures_have_original_coordinates_in_which_the_axes_turn(explorer):
    shown = explorer._shown
    np.testing.assert_array_equal(shown.planes[1].axes, np.eye(2))
    turning = turning_axes(shown)
    bases = shown.pairs[0].rotated.bases
    assert turning.shape == (101, 2, 2)
    for step in (0, 19, 20, 100):
        v1 = bases.at(step).eigenvectors[:, 0]
        assert abs(turning[step, 0] @ v1) == pytest.approx(1)
        assert np.linalg.det(turning[step]) == pytest.approx(1)
    np.testing.assert_array_equal(turning[0], turning[19])
    assert np.abs(turning[0] - turning[100]).max() > 0


def test_the_spectrum_moves_with_the_clock(explorer):
    shown, packet = explorer._shown, Packet(100)
    explorer.tabs[0].show(shown, packet)
    header, numbers = unpack(packet.to_bytes())
    entry = header["sources"]["spectrum-now-points"]
    place = entry["flat"]["y"]
    frames = numbers[place["at"] : place["at"] + place["size"]].reshape(101, -1)
    expected = [log_spectra(run, shown) for run in shown.runs if run.rotated]
    np.testing.assert_allclose(frames, np.concatenate(expected, axis=1), rtol=1e-6)
    bases = shown.pairs[0].rotated.bases
    first = shown.estimate.basis.eigenvalues[0]
    np.testing.assert_allclose(
        frames[59, :2], np.log10(bases.at(59).eigenvalues / first), rtol=1e-5
    )
    assert np.abs(frames[0] - frames[100]).max() > 0.01
    fixed, other = Explorer(**{**SETTINGS, "basis": "egop"}), Packet(100)
    fixed.tabs[0].show(fixed._shown, other)
    assert unpack(other.to_bytes())[0]["sources"]["spectrum-now"]["columns"]["color"] == []


@pytest.mark.parametrize(("n_steps", "moving"), [(10, 30), (2000, MOST_BARS)])
def test_of_too_many_eigenvalues_the_leading_ones_move_and_the_title_says_so(n_steps, moving):
    settings = {"objective": "log_sum_exp", "dim": 30, "n_steps": n_steps, "every": 1000}
    explorer = Explorer(**{**SETTINGS, **settings})
    shown, packet = explorer._shown, Packet(n_steps)
    assert log_spectra(shown.runs[1], shown).shape == (n_steps + 1, moving)
    tab = explorer.tabs[0]
    tab.show(shown, packet)
    header, _ = unpack(packet.to_bytes())
    looks = header["sources"]["spectrum-now-points"]["columns"]
    assert len(looks["color"]) == len(looks["size"]) == 2 * moving
    said = plain(tab.spectrum._line.object)
    assert ("moving to k = 12" in said) == (moving < 30)
    assert "λₖ/λ₁, λ₁ of the bars" in said


def test_a_first_basis_along_the_axes_is_no_verdict(explorer):
    aligned = replace(explorer._shown, basis=Eigenbasis([2.0, 1.0], np.eye(2)), found={})
    assert "o direction is preferred" not in verdict_of(aligned).text
    fixed = replace(aligned, basis_kind="egop", refreshed=None, found={})
    assert "o direction is preferred" in verdict_of(fixed).text


MATRIX = {
    "objective": "associative_memory",
    "methods": ["adam", "muon", "soap"],
    "rates": {"adam": 0.05, "muon": 0.05, "soap": 0.05},
    "n_samples": 50,
    "n_steps": 40,
}


TURNED = "The state of SOAP cannot be turned with the axes: it begins anew every"
FORGOTTEN = "The state of Adam, Muon and SOAP is forgotten every 20 steps."


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, f"{TURNED} 20 steps."),
        ({"every": 1}, f"{TURNED} step."),
        ({"moments": "reset"}, FORGOTTEN),
        ({"moments": "keep"}, ""),
        ({"every": 40}, ""),  # which is past the last step
        ({"basis": "egop"}, ""),
    ],
)
def test_the_verdict_says_first_which_methods_begin_anew(changes, note):
    shown = Explorer(**MATRIX, **{"basis": "refreshed", **changes})._shown
    found = verdict_of(shown)
    assert found.note == note
    start = f"{found.headline} {note}".strip()
    assert found.text.startswith(start)  # which is spoken
    assert plain(to_html(found, facts(shown))).startswith(start)


def test_the_glossary_names_methods_that_begin_anew():
    for name in ("soap", "shampoo", "asgo", "galore", "splus", "cosmos", "aro", "adafactor"):
        assert label(name) in TERMS["moments"]
        assert begins_anew(rule_blocks(method(name, 0.1), [(3, 4)], 12), "rotate")


def test_a_saved_scene_keeps_it(explorer):
    found = read_scene(explorer.saved)
    assert (found["basis"], found["every"], found["moments"]) == ("refreshed", 20, "rotate")
    assert read_scene(json.dumps({"every": 0, "moments": "turn", "basis": "refreshed"})) == {
        "basis": "refreshed"
    }


def test_its_runs_are_at_no_angle_of_dial_and_map(explorer):
    heights = Heights({}, 1e-16, counts=False)
    fixed = replace(explorer._shown, refreshed=None, found={})
    assert runs_of(explorer._shown, heights) == {}
    assert runs_of(fixed, heights).keys() == {"adagrad", "adam"}
    marks = []
    view = SimpleNamespace(heat=SimpleNamespace(mark=lambda runs, *rest: marks.append(len(runs))))
    for shown in (explorer._shown, fixed):
        AngleCells.mark(view, shown, "adam", 0.0, 0.0)
    assert marks == [1, 2]


def test_its_controls_change_the_runs():
    explorer = Explorer(**SETTINGS)
    before = explorer._shown.pairs[1].rotated.points
    explorer.controls.set("moments", "reset")
    forgotten = explorer._shown.pairs[1].rotated.points
    assert np.abs(forgotten - before).max() > 1e-3
    explorer.controls.set("every", 50)
    np.testing.assert_array_equal(explorer._shown.pairs[1].rotated.bases.steps, [0, 50])


def test_the_tab_why_shows_its_steps(explorer):
    explorer.tab = "why"
    text = explorer.tabs[3].message.object
    assert "refreshed EGOP" in text
    explorer.tab = "spectrum-and-value"


def test_beyond_two_variables_the_plane_is_that_of_the_first_basis():
    explorer = Explorer(**{**SETTINGS, "objective": "log_sum_exp", "dim": 5})
    shown = explorer._shown
    np.testing.assert_array_equal(shown.planes[1].axes, shown.basis.eigenvectors[:, :2])
    np.testing.assert_allclose(turning_axes(shown)[0], shown.basis.eigenvectors[:, :2].T)


def test_what_cannot_be_refreshed_is_said():
    basis = egop.Refreshed(every=5, distribution=Gaussian(2))
    with pytest.raises(TypeError, match=r"got Refreshed; say basis='refreshed', every=20"):
        egop.explore("rosenbrock", basis=basis)
    explorer = Explorer(**SETTINGS, distribution="student_t", degrees_of_freedom=0.75)
    assert "is not known" in explorer.controls.sentence("basis")
    many = {**SETTINGS, "objective": "log_sum_exp", "dim": 150, "every": 1, "n_steps": 300}
    explorer = Explorer(**many)
    assert "600 bases of 150 variables" in explorer.controls.sentence("basis")
    assert "at least 2 steps per refresh" in explorer.controls.sentence("basis")
