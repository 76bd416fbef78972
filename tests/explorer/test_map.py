"""The map tab: cells are the runs' ends, a tap loads the run, the old picture stays."""

import numpy as np
import pytest

from egop.analysis.maps import RateRateMap
from egop.eigenbasis import Eigenbasis
from egop.explorer import Explorer
from egop.explorer.basis_angle import on_dial
from egop.explorer.views.heat import boxes_of
from egop.explorer.views.map import ANGLES, NO_METHOD, RATES, MapTab
from egop.explorer.views.map_angles import AngleCells
from egop.explorer.views.map_rates import RateCells
from egop.method_run import run
from egop.ui.figure_text import text_of
from egop.ui.figures import title_of
from egop.ui.packing import Packet
from egop.ui.sources import sources_of


@pytest.fixture
def opened():
    explorer = Explorer(objective="quadratic", n_steps=100, autoplay=False)
    tab = next(tab for tab in explorer.tabs if isinstance(tab, MapTab))
    explorer._tabs.view.active = explorer.tabs.index(tab)
    return explorer, tab


def is_empty(cells: AngleCells | RateCells) -> bool:
    """True if a map shows nothing, neither to who sees it nor to who listens."""
    fig = cells.heat.figure
    held = [list(column) for each in sources_of(fig) for column in each.data.values()]
    return not any(held) and title_of(fig).text == "" and text_of(fig).tags[1:] == [""]


def test_a_cell_is_the_final_gap_of_its_run(opened):
    explorer, tab = opened
    shown, result = explorer._shown, tab._work.result
    cells = tab._kinds[ANGLES].heat._image.data["image"][0]
    assert cells.shape == (25, 91)
    for angle, rate in ((0, 0), (35, 12), (90, 24)):
        method = shown.methods["adagrad"].with_learning_rate(result.rates[rate])
        basis = Eigenbasis.rotation(result.angles[angle])
        path = run(shown.objective, method, shown.start, 100, basis=basis, keep="final")
        gap = max(float(path.final_value) - shown.target.level, 1e-16)
        assert cells[rate, angle] == pytest.approx(np.log10(gap), abs=1e-5)


def test_a_tap_loads_the_run(opened):
    explorer, tab = opened
    tab._tap(20.2, np.log10(0.5))
    assert explorer.scene.basis == "dial"
    assert on_dial(explorer._shown.basis) == pytest.approx(20.0, abs=0.01)
    assert explorer.scene.rates["adagrad"] == pytest.approx(0.5, rel=0.25)
    assert tab._kinds[ANGLES].heat._runs.data["x"] == [0.0, pytest.approx(20.0, abs=0.01)]


def test_a_pair_of_rates_is_loaded_for_both_figures(opened):
    explorer, tab = opened
    tab.fields.set("kind", RATES)
    cells = tab._kinds[RATES].heat._image.data["image"][0]
    assert cells.shape == (25, 25)
    rates = tab._work.result.rates
    tab._tap(np.log10(rates[5]), np.log10(rates[20]))
    pair = explorer._shown.pairs[0]
    expected = float(pair.original.final_value), float(pair.rotated.final_value)
    gaps = np.maximum(np.array(expected) - explorer._shown.target.level, 1e-16)
    assert cells[20, 5] == pytest.approx(np.clip(np.log10(gaps[0] / gaps[1]), -6, 6), abs=1e-3)


def test_a_new_rate_within_the_map_does_not_make_it_again(opened):
    explorer, tab = opened
    before = tab._work.result
    explorer.scene.rates = {**explorer.scene.rates, "adagrad": 1.3}
    assert tab._work.result is before
    explorer.scene.start = (1.0, 1.0)
    assert tab._work.result is not before


def test_beyond_two_variables_rates_are_mapped_and_angles_refused_in_words(opened):
    explorer, tab = opened
    explorer.scene.objective = "rosenbrock_4d"
    assert "two variables" in tab.message.object
    assert tab._pane.css_classes == ["earlier"]
    assert is_empty(tab._kinds[ANGLES])
    tab._tap(20.0, -0.3)
    assert explorer.scene.basis == "egop"
    tab.fields.set("kind", RATES)
    assert "Tap a cell" in tab.message.object
    assert tab._pane.css_classes == []


def test_without_methods_a_sentence_says_what_to_do_and_no_map_is_left(opened):
    explorer, tab = opened
    explorer.scene.methods = []
    assert NO_METHOD in tab.message.object
    assert tab._pane.css_classes == ["earlier"]
    assert is_empty(tab._kinds[ANGLES])
    explorer.scene.methods = ["adam"]
    assert "Adam" in tab.message.object
    assert tab._pane.css_classes == []
    assert not is_empty(tab._kinds[ANGLES])


def test_boxes_cover_the_cells_of_a_mask_and_no_others():
    mask = np.random.default_rng(0).random((6, 9)) < 0.5
    covered = np.zeros((6, 9), dtype=int)
    for left, bottom, right, top in boxes_of(mask):
        covered[bottom:top, left:right] += 1
    np.testing.assert_array_equal(covered, mask)
    assert boxes_of(mask & False).shape == (0, 4)


def test_every_run_diverging_is_said():
    explorer = Explorer(
        objective="formula", formula="-exp(x^2+y^2)", n_steps=50, autoplay=False,
        rates={"adagrad": 1e3, "adam": 1e3}, start=(3.0, 3.0),
    )  # fmt: skip
    tab = next(tab for tab in explorer.tabs if isinstance(tab, MapTab))
    tab.show(explorer._shown, Packet(50))
    assert "every run diverged" in tab.message.object


def test_rates_that_differ_by_round_off_are_equally_good():
    shown = Explorer(objective="quadratic", autoplay=False)._shown
    ends = np.array([[[1.0, 1.0 + 1e-15, 2.0], [3.0, 2.0, np.nan]]])
    result = RateRateMap(("adam",), np.array([0.1, 1, 10]), ends, np.where(ends > 0, -1, 7), 1.0)
    said = RateCells.sentence(result, shown)
    assert said == "Adam: the best rates are 0.1 to 1 original and 1 rotated."


def said_on(kind: str, **settings) -> str:
    explorer = Explorer(**{"n_steps": 60, "autoplay": False, "methods": ["adagrad"], **settings})
    tab = next(tab for tab in explorer.tabs if isinstance(tab, MapTab))
    tab.fields.set("kind", kind)
    tab.show(explorer._shown, Packet(60))
    return tab.message.object


def test_cells_that_are_all_alike_prefer_no_angle_and_no_rate():
    plateau = {"formula": "-exp(-x^2-y^2)", "start": (-9.0, -9.0), "rates": {"adagrad": 1e-3}}
    said = said_on(ANGLES, objective="formula", **plateau)
    assert "Adagrad ends alike in all 2,275 cells: no angle and no rate is preferred." in said
    said = said_on(RATES, objective="formula", **plateau)
    assert "every rate ends alike, original and rotated" in said


def test_several_lowest_cells_are_told_by_where_they_lie():
    said = said_on(ANGLES, objective="quadratic", methods=["gradient_descent"])
    assert "and every angle (EGOP: 35°)" in said
    assert "smallest such rate" not in said
    said = said_on(ANGLES, objective="quadratic_isotropic")
    assert "EGOP: no direction is preferred" in said
