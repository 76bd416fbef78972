"""The tab "Compare": the tuner's best rates are found, said and taken over."""

import numpy as np
import pytest

from egop.analysis.starts import draw_starts
from egop.analysis.tuning import Curve, Tuning
from egop.explorer import Explorer
from egop.explorer.tuned_comparison import tuned_rates
from egop.explorer.views.compare import NO_METHOD, CompareTab, gains
from egop.ui.packing import Packet
from egop.ui.sources import sources_of

SETTINGS = {"objective": "quadratic_rotated", "n_steps": 100}


def opened(mode: str = "shared", **settings) -> tuple[CompareTab, Explorer]:
    explorer = Explorer(**{**SETTINGS, **settings})
    assert explorer._shown is not None
    tab = CompareTab()
    tab.fields.set("mode", mode)
    tab.show(explorer._shown, Packet(100))
    return tab, explorer


def test_curves_show_the_median_final_gap_of_every_rate_tried():
    tab, _ = opened()
    tuning = tab._work.result.tuning
    assert tuning is not None
    curve = tuning.curves["adagrad"]
    assert len(curve.rates) == 25
    row = tab.curves.lines.data["dash"].index([])
    finite = np.isfinite(curve.gap[1])
    np.testing.assert_allclose(
        tab.curves.lines.data["ys"][row][finite], np.log10(np.maximum(curve.gap[1], 1e-16))[finite]
    )
    assert tab.curves.best.data["x"][1] == pytest.approx(np.log10(curve.best[1]))
    assert curve.tried in tab.message.object


def test_bands_hold_the_medians_of_both_bases_at_equal_budgets():
    tab, _ = opened()
    bands = tab._work.result.bands
    assert bands is not None
    assert bands.n_starts == 50
    assert [list(dash) for dash in tab.bands.medians.data["dash"]] == [[6, 4], [], [6, 4], []]
    assert all(xs[-1] == 100 for xs in tab.bands.medians.data["xs"])
    assert bands.bands[0].median[-1] == pytest.approx(10 ** tab.bands.medians.data["ys"][0][-1])


@pytest.mark.parametrize("mode", ["original", "per basis"])
def test_button_sets_the_best_rates(mode):
    tab, explorer = opened(mode)
    tuning = tab._work.result.tuning
    assert tuning is not None
    rates = tuned_rates(tuning, mode)
    assert tab.usable
    calls = []
    explorer.scene.param.watch(lambda *events: calls.append(events), ["rates", "rotated_rates"])
    tab.take_over()
    assert len(calls) == 1
    for method in ("adagrad", "adam"):
        best = tuning.curves[method].best
        assert rates[method] == (best[0], best[1 if mode == "per basis" else 0])
        assert explorer.scene.rates[method] == best[0]
        assert explorer.scene.rates_of_methods(rotated=True)[method] == rates[method][1]
    assert explorer._shown is not None
    tab.show(explorer._shown, Packet(100))
    assert not tab.usable


def test_shared_rates_undo_those_tuned_per_basis():
    tab, explorer = opened(rotated_rates={"adam": 0.5})
    assert tab.usable
    tab.take_over()
    assert explorer.scene.rotated_rates == {}


def test_tuning_is_kept_when_only_the_rates_change():
    tab, explorer = opened()
    tuning = tab._work.result.tuning
    explorer.scene.rates = {**explorer.scene.rates, "adam": 0.07}
    assert explorer._shown is not None
    tab.show(explorer._shown, Packet(100))
    assert tab._work.result.tuning is tuning
    assert tab._work.result.rates["adam"] == (0.07, 0.07)


def test_a_step_of_the_grid_is_no_difference():
    rates, gap = np.array([1.0, 2.0, 4.0, 8.0, 10.0]), np.ones((2, 5))
    parts = [rates, gap, gap, gap, gap, 0 * gap]
    near = Curve("adam", *parts, best=np.array([4.0, 8.0]))
    far = Curve("adagrad", *parts, best=np.array([1.0, 8.0]))
    assert gains(Tuning({"adam": near, "adagrad": far}, 0.0, 1.0)) == (
        "Best rate in the basis over that in original coordinates: Adam 2×, Adagrad 8×. A factor "
        "of 2 is one step between the rates that were tried: no difference."
    )
    assert gains(Tuning({"adagrad": far}, 0.0, 1.0)).endswith("Adagrad 8×.")
    assert gains(None) == ""


def test_every_rate_diverging_is_said_in_words():
    tab, _ = opened("original", objective="rosenbrock", methods=["gradient_descent"], scale=1e6)
    assert "every one of 25 rates" in tab.message.object
    assert 'role="alert"' in tab.message.object
    assert not tab.usable


def test_starts_drawn_where_f_is_not_defined_are_left_out_and_counted_in_words():
    settings = {"formula": "x - log(x) + y^2", "start": (2.0, 1.0), "mean": (1.0, 0.0)}
    tab, explorer = opened("original", objective="formula", scale=1.0, **settings)
    shown = explorer._shown
    bands, tuning = tab._work.result.bands, tab._work.result.tuning
    for found, drawn in ((bands.n_excluded, 50), (tuning.n_excluded, 20)):
        starts = draw_starts(shown.distribution, drawn, 0)
        assert found == np.isnan(shown.objective.value(starts)).sum() > 0
    assert bands.n_starts == 50 - bands.n_excluded
    assert f"Adam, {bands.n_starts} starts" in tab.message.object
    assert (
        f"{bands.n_excluded} of 50 starts and {tuning.n_excluded} of the 20" in tab.message.object
    )


def test_without_methods_a_sentence_says_what_to_do():
    tab, explorer = opened()
    figures = tab.curves.figure, tab.bands.figure
    drawn = [list(x) for fig in figures for held in sources_of(fig) for x in held.data.values()]
    assert any(drawn)
    explorer.scene.methods = []
    tab.show(explorer._shown, Packet(100))
    left = [list(x) for fig in figures for held in sources_of(fig) for x in held.data.values()]
    assert not any(left)
    assert NO_METHOD in tab.message.object
    assert [each.css_classes for each in tab.view[:-1]] == [["earlier"]] * 2
    assert not tab.usable
