"""The dial tab: its curves are the sweep's, its handle turns the scene's basis."""

import numpy as np
import pytest

from egop.eigenbasis import Eigenbasis
from egop.explorer import Explorer
from egop.explorer.basis_angle import angle_of, nearest_turn, on_dial
from egop.explorer.views.dial import STEPS, DialTab
from egop.explorer.views.dial_words import Heights, sentence
from egop.method_run import run
from egop.ui.packing import Packet


@pytest.fixture
def opened():
    explorer = Explorer(
        objective="quadratic", n_steps=200, methods=["adagrad", "gradient_descent"],
        rates={"adagrad": 0.9}, start=(1.8, 2.25), autoplay=False,
    )  # fmt: skip
    tab = next(tab for tab in explorer.tabs if isinstance(tab, DialTab))
    tab.show(explorer._shown, Packet(200))
    return explorer, tab


def test_a_curve_is_the_final_gap_of_the_run_at_each_angle(opened):
    explorer, tab = opened
    shown, dial = explorer._shown, tab._work.result
    curves = tab._curves._curves.data
    for at in (0, 17, 60, 90):
        basis = Eigenbasis.rotation(dial.angles[at])
        path = run(
            shown.objective, shown.methods["adagrad"], shown.start, 200, basis=basis, keep="final"
        )
        gap = path.final_value - shown.target.level
        assert 10 ** curves["ys"][0][at] == pytest.approx(gap, rel=1e-9)
    assert np.ptp(curves["ys"][1]) < 1e-10


def test_turning_sets_the_basis_and_the_right_figure_follows(opened):
    explorer, tab = opened
    tab.turn(20.0)
    assert explorer.scene.basis == "dial"
    assert on_dial(explorer._shown.basis) == pytest.approx(20.0, abs=0.01)


def test_opening_the_dial_leaves_the_basis_alone(opened):
    explorer, tab = opened
    assert explorer.scene.basis == "egop"
    assert tab.fields.values["angle"] == pytest.approx(on_dial(explorer._shown.basis), abs=0.01)


def test_the_other_measure_counts_steps(opened):
    explorer, tab = opened
    tab.fields.set("measure", STEPS)
    steps = tab._curves._curves.data["ys"][0]
    shown = explorer._shown
    gaps = shown.pairs[0].original.values - shown.target.level
    assert steps[0] == np.flatnonzero(gaps <= shown.target.tolerance)[0]


def test_the_present_run_lies_on_its_curve_also_where_the_dial_finds_lower_values():
    settings = {"objective": "saddle", "methods": ["adam"], "basis": "dial", "dial_angle": 20.0}
    explorer = Explorer(**settings, autoplay=False)
    tab = next(tab for tab in explorer.tabs if isinstance(tab, DialTab))
    tab.show(explorer._shown, Packet(1000))
    curves, runs = tab._curves._curves.data, tab._curves._runs.data
    assert min(tab._work.result.final_values[0]) < explorer._shown.target.level
    assert runs["y"][0] == pytest.approx(curves["ys"][0][20], abs=1e-3)


def test_small_changes_are_measured_from_the_level_of_the_curves():
    heights = Heights({}, 1e-16, counts=False, level=-2.0)
    assert heights.of(-1.5, 3) == 0.5
    assert heights.of(-2.0, 3) == 1e-16
    assert heights.of(np.nan, -1) == np.inf
    assert Heights({}, 0.0, counts=True).of(-1.5, 3) == 3


def test_beyond_two_variables_a_sentence_says_why_there_is_no_dial(opened):
    explorer, tab = opened
    explorer.scene.objective = "rosenbrock_4d"
    tab.show(explorer._shown, Packet(200))
    assert tab._sentence.visible
    assert "two variables" in tab._sentence.object


@pytest.mark.parametrize(("asked", "shown"), [(10.0, 100.0), (0.0, -89.0), (45.0, 170.0)])
def test_the_nearest_turn_is_the_same_on_the_dial(asked, shown):
    turned = nearest_turn(asked, shown)
    assert (turned - asked) % 90 == pytest.approx(0.0, abs=1e-6) or (turned - asked) % 90 > 89.9
    assert abs(turned - shown) <= 45.01


def test_angles_are_of_the_first_eigenvector():
    assert angle_of(Eigenbasis.rotation(0.5)) == pytest.approx(np.degrees(0.5))
    assert on_dial(Eigenbasis.rotation(np.pi / 2 + 0.5)) == pytest.approx(np.degrees(0.5))


ANGLES = np.radians(np.arange(91.0))


def told(curve, at_zero=(), at_lowest=(), *, egop: float | None = 40.0, counts: bool = True) -> str:
    nearby = {"adam": (list(at_zero), list(at_lowest))}
    heights = Heights({"adam": np.array(curve, dtype=float)}, 1e-16, counts=counts, nearby=nearby)
    return sentence(heights, "adam", ANGLES, None if egop is None else np.radians(egop))


def test_an_angle_counts_only_beyond_what_small_changes_make():
    curve = np.where(np.abs(np.arange(91) - 42) <= 1, 66.5, 70.0)
    curve[42] = 66.0
    plain = "Adam: 66 steps at 42°, 2° from EGOP; 70 steps at 0°."
    assert told(curve) == plain
    assert told(curve, [69, 71], [65, 67]) == plain
    even = "Adam: no angle is preferred, as 66 steps to 70 steps over all of them is no more than "
    assert told(curve, [63, 71], [65, 66]).startswith(even)
    assert told(curve, [69, 71], [65, 69]).startswith(even)  # the lowest is a lucky one
    curve[80] = 300
    hardly = (
        "Adam: 66 steps at 42°, 2° from EGOP; 70 steps at 0°, but with small changes of rate, "
        "start and angle the two overlap."
    )
    assert told(curve, [63, 71], [65, 66]) == hardly
    assert told(curve, [69, 71], [65, 66]) == plain
    curve[43] = 90  # beside the lowest angle
    assert told(curve, [69, 71], [65, 66]) == hardly
    assert told(curve, egop=None) == "Adam: 66 steps at 42°; 70 steps at 0°."


def test_the_angle_of_the_original_axes_overlaps_with_itself():
    curve = np.where(np.arange(91) % 90 == 0, 10.0, 50.0)
    assert (
        told(curve, [9, 11], [9, 11], egop=0)
        == "Adam: 10 steps at 0°, 0° from EGOP; 10 steps at 0°."
    )


def test_curves_without_a_lowest_angle_are_told_as_such():
    assert told(np.full(91, 1e-3), counts=False) == "Adam: 0.001 at every angle."
    assert told(np.full(91, np.inf)).startswith("Adam never comes within the tolerance at any")
    assert told(np.full(91, np.inf), counts=False).startswith("Adam diverges at any angle")
    assert told(np.full(91, np.nan)) == "Adam: pending."
    wide = np.where(np.arange(91) < 60, 9.0, 2.0)
    wide[-1] = 9.0
    assert told(wide) == "Adam: 2 steps from 60° to 89°, 20° from EGOP; 9 steps at 0°."
    assert told(wide, egop=70) == "Adam: 2 steps from 60° to 89°, EGOP among them; 9 steps at 0°."


def test_on_a_round_bowl_a_lucky_angle_is_no_better():
    explorer = Explorer(objective="quadratic_isotropic", methods=["adam"], autoplay=False)
    tab = next(tab for tab in explorer.tabs if isinstance(tab, DialTab))
    tab.fields.set("measure", STEPS)
    tab.show(explorer._shown, Packet(1000))
    assert "with small changes of rate, start and angle the two overlap" in tab.message.object
    assert "from EGOP" not in tab.message.object
