"""The figures show the planted numbers in both backends: medians, bands, rates and spectra."""

import holoviews as hv
import numpy as np
import pytest
import xarray as xr
from bokeh.models import GlyphRenderer, Line, LinearScale, Scatter
from matplotlib.collections import PathCollection

from egop import figures, theme
from egop.analysis.basis_costs import BASIS_COSTS
from egop.experiments import EXPERIMENTS, run
from egop.figures.elements import caption_of
from egop.figures.files import render
from egop.figures.paper import FIGURES, draw
from egop.figures.rates import fashion
from tests.experiments.planted_results import (
    CHOSEN,
    METHODS,
    RATES,
    convex,
    described,
    diverge,
    spectra,
    sweep,
    with_controls,
)
from tests.figures.read_back import BACKENDS, names_of, panels, points

both = pytest.mark.parametrize("backend", BACKENDS)

FINALS = {
    (method, basis): 10.0 ** -(place + 1)
    for place, (method, basis) in enumerate((m, b) for m in METHODS for b in ("original", "egop"))
}
SPECTRA = spectra({name: {"global": (300, 2.0)} for name in ("gaussian(0.1)", "gaussian(1)")})
LAYERS = {"W1": (300, 2.0), "W2": (40, 1.0)}


def scattered(result: xr.Dataset) -> xr.Dataset:
    """The result with each trial's losses at its own scale, so that quartiles differ."""
    scales = np.random.default_rng(5).lognormal(0, 1, result.sizes["trial"])
    names = [name for name in ("training_loss", "validation_loss") if name in result]
    scale = xr.DataArray(scales, dims="trial")
    return result.assign({name: result[name] * scale for name in names})


def planted() -> dict[str, xr.Dataset]:
    problems = dict.fromkeys(("log_sum_exp", "logistic_regression", "least_squares"), FINALS)
    digits = diverge(scattered(sweep(FINALS, trials=7)), "adam", "egop", [1, 4])
    blocks = {(m, b): 1e-3 for m in METHODS[:2] for b in ("original", "global", "block", "first")}
    results = {
        "two_dimensions": run("two_dimensions", trials=2, epochs=30, out=None),
        "digits": digits,
        "fashion": sweep(FINALS),
        "linear": digits.drop_vars(["validation_accuracy", "test_accuracy"]),
        "linear_blocks": sweep(blocks, bases=("original", "global", "block", "first")),
        "convex": convex(problems),
        "spectrum": SPECTRA.isel(distribution=[0]),
        "sampling": SPECTRA,
        "density": SPECTRA,
        "block_spectra": spectra({"digits": LAYERS, "fashion": LAYERS}, dim="data"),
        "schedule": run("schedule", epochs=20, out=None),
    }
    described_already = {"two_dimensions", "schedule"}
    return {
        name: each if name in described_already else described(each, name)
        for name, each in results.items()
    }


@pytest.fixture(scope="module")
def results() -> dict[str, xr.Dataset]:
    return planted()


def test_each_figure_of_the_paper_is_drawn_by_one_experiment():
    numbers = [number for experiment in EXPERIMENTS.values() for number in experiment.figures]
    assert sorted(numbers) == sorted(FIGURES)
    assert {number.split()[0] for number in FIGURES} == {str(n) for n in range(1, 14)}


@both
def test_lines_are_medians_and_bands_quartiles_of_all_trials(results, backend):
    (panel,) = panels(draw(results["digits"])["1 right"], backend)
    assert panel.scales == ("linear", "log")
    assert len(panel.lines) == len(FINALS)
    for method, basis in FINALS:
        loss = results["digits"]["training_loss"].sel(
            {"optimizer": method, "basis": basis, "learning_rate": CHOSEN}
        )
        counted = loss.fillna(np.inf).to_numpy()
        assert np.isinf(counted[:, -1]).sum() == (2 if (method, basis) == ("adam", "egop") else 0)
        drawn = panel.lines[names_of(method, basis)]
        np.testing.assert_allclose(drawn.y, np.median(counted, axis=0), rtol=1e-12)
        np.testing.assert_array_equal(drawn.x, np.arange(11))
        ordered = np.sort(counted, axis=0)  # the quartiles of 7 are halfway between two of them
        low_edge, high_edge = ((ordered[k] + ordered[k + 1]) / 2 for k in (1, 4))
        shown = np.isfinite(high_edge)
        np.testing.assert_allclose(drawn.low, low_edge[shown], rtol=1e-12)
        np.testing.assert_allclose(drawn.high, high_edge[shown], rtol=1e-12)
        assert (drawn.color, drawn.dashed) == (theme.color(method), basis == "original")


@pytest.mark.parametrize(
    ("number", "panel", "variable"),
    [("10", 0, "training_loss"), ("10", 1, "test_accuracy"), ("3", 2, "validation_loss")],
)
@both
def test_each_rate_shows_the_median_of_the_last_epoch(results, number, panel, variable, backend):
    result = results["linear" if number == "3" else "digits"]
    shown = panels(draw(result)[number], backend)[panel]
    for method, basis in FINALS:
        last = result[variable].sel({"optimizer": method, "basis": basis}).isel(epoch=-1)
        drawn = shown.lines[names_of(method, basis)]
        np.testing.assert_array_equal(drawn.x, RATES)
        worst = -np.inf if "accuracy" in variable else np.inf
        expected = np.median(last.fillna(worst), axis=1)
        np.testing.assert_allclose(drawn.y, expected, rtol=1e-12)
    assert shown.scales == ("log", "linear" if "accuracy" in variable else "log")


@pytest.mark.parametrize(
    ("name", "number", "panel", "variable"),
    [("linear", "3", 2, "validation_loss"), ("fashion", "11", 1, "validation_accuracy")],
)
def test_validation_is_shown_at_its_best_epoch(results, name, number, panel, variable):
    result = results[name].copy(deep=True)
    result[variable].loc[{"epoch": 3}] = 1e-20 if "loss" in variable else 0.999
    for backend in BACKENDS:
        drawn = panels(draw(result)[number], backend)[panel].lines[names_of("momentum", "egop")]
        np.testing.assert_allclose(drawn.y, 1e-16 if "loss" in variable else 0.999)


@both
def test_rates_that_were_not_run_or_never_finish_are_not_drawn(results, backend):
    result = results["digits"].copy(deep=True)
    result["status"].loc[{"optimizer": "adam", "learning_rate": 1.0}] = "not run"
    gone = {"optimizer": "adagrad", "learning_rate": 1.0}
    result["status"].loc[gone] = "diverged"
    lines = panels(draw(result)["10"], backend)[0].lines
    assert lines[names_of("adam", "egop")].x.tolist() == [0.01, 0.1]
    assert np.isnan(lines[names_of("adagrad", "egop")].y).tolist() == [False, False, True]


@both
def test_what_no_line_shows_is_a_point(results, backend):
    result = results["fashion"]
    rates = {name: 0.05 + 0 * result[name] for name in ("chosen_rate", "best_rate")}
    one = result.sel(learning_rate=[CHOSEN]).assign_coords(learning_rate=[0.05]).assign(rates)
    drawn = points(next(iter(draw(one)["11"])), backend)
    ends = one["training_loss"].isel(epoch=-1, learning_rate=0).median("trial")
    assert drawn[:, 0].tolist() == [0.05] * len(FINALS)
    np.testing.assert_allclose(np.sort(drawn[:, 1]), np.sort(ends.to_numpy().ravel()))
    gap = result.copy(deep=True)
    gap["status"].loc[{"optimizer": "adam", "basis": "egop", "learning_rate": 0.1}] = "diverged"
    assert points(next(iter(draw(gap)["11"])), backend)[:, 0].tolist() == [0.01, 1.0]


def test_single_numbers_of_each_basis_have_a_mark_of_its_own_in_the_key():
    bases = ("original", "rows", "kronecker", "egop")
    finals = {("galore", basis): 10.0 ** -(place + 1) for place, basis in enumerate(bases)}
    result = sweep(finals, bases=bases)
    known = {name: 0.05 + 0 * result[name] for name in ("chosen_rate", "best_rate")}
    one = result.sel(learning_rate=[CHOSEN]).assign_coords(learning_rate=[0.05]).assign(known)
    layout = fashion(one)
    plot = hv.renderer("bokeh").get_plot(next(iter(layout))).state
    assert len({each.glyph.marker for each in plot.select(GlyphRenderer) if is_dots(each)}) == 4
    for item in plot.legend[0].items:
        assert sum(map(is_dots, item.renderers)) == 1
    made = render(layout)
    drawn = made.axes[0].findobj(PathCollection)
    assert len({each.get_paths()[0].vertices.tobytes() for each in drawn}) == 4
    keys = {line.get_label(): line for line in made.legends[0].get_lines()}
    assert [keys[theme.BASIS_LABELS[each]].get_marker() for each in bases] == ["o", "s", "^", "D"]
    faces = [keys[theme.BASIS_LABELS[each]].get_markerfacecolor() == "white" for each in bases]
    assert faces == [True, True, True, False]


def is_dots(renderer) -> bool:
    return isinstance(renderer.glyph, Scatter)


def test_the_caption_counts_what_diverged(results):
    said = caption_of(draw(results["digits"])["1 right"]).replace("\n", " ")
    assert "medians of 7 trials" in said
    assert "2 runs that diverged count as ∞" in said
    assert "Adam 0.1" in said
    assert "diverged" not in caption_of(draw(results["fashion"])["4"])


@both
def test_every_run_that_diverged_is_counted_where_no_rate_converges(results, backend):
    result = diverge(results["fashion"], "adam", "egop", list(range(6)))
    result = diverge(result, "adam", "original", list(range(6)))
    result["chosen_rate"].loc[{"optimizer": "adam"}] = np.nan
    layout = draw(result)["4"]
    assert "12 runs that diverged count as ∞" in caption_of(layout).replace("\n", " ")
    assert "Adam none converges" in caption_of(layout).replace("\n", " ")
    assert names_of("adam", "egop") not in panels(layout, backend)[0].lines


@both
def test_convex_losses_are_drawn_above_their_minimum(results, backend):
    first, *others = panels(draw(results["convex"])["5"], backend)
    expected = FINALS["adam", "egop"] ** (np.arange(11) / 10)
    np.testing.assert_allclose(first.lines[names_of("adam", "egop")].y, expected, rtol=1e-3)
    assert [first.title, *(each.title for each in others)] == [
        "(a) log-sum-exp", "(b) logistic regression", "(c) least squares",
    ]  # fmt: skip


@both
def test_figure_12_is_tuned_in_each_basis(results, backend):
    result = results["convex"].copy(deep=True)
    result["best_rate"].loc[{"problem": "least_squares", "optimizer": "adam", "basis": "egop"}] = (
        1.0
    )
    norms = result["gradient_norm"].sel({"problem": "least_squares", "optimizer": "adam"})
    lines = panels(draw(result)["12"], backend)[2].lines
    for basis, rate in (("original", CHOSEN), ("egop", 1.0)):
        expected = norms.sel({"basis": basis, "learning_rate": rate}).median("trial")
        np.testing.assert_allclose(lines[names_of("adam", basis)].y, expected)


@both
def test_layers_and_distributions_are_told_apart(results, backend):
    first, second = panels(draw(results["block_spectra"])["7"], backend)
    assert [len(line.x) for line in second.lines.values()] == [40, 40]
    np.testing.assert_allclose(first.lines["fashion",].y, np.arange(1, 301.0) ** -2)
    (densities,) = panels(draw(results["density"])["8"], backend)
    np.testing.assert_allclose(densities.lines["gaussian(1)",].y, 0.6)
    assert len(densities.lines["gaussian(1)",].x) == 100
    (laws,) = panels(draw(results["sampling"])["6"], backend)
    looks = {(line.color, line.dashed) for line in laws.lines.values()}
    assert len(looks) == len(laws.lines) == 2


def test_the_inset_of_figure_2_is_the_first_hundred_on_a_linear_axis(results):
    (panel,) = draw(results["spectrum"])["2"]
    expected = np.arange(1, 301.0) ** -2
    axes = hv.render(panel, backend="matplotlib").axes[0]
    (inset,) = axes.child_axes
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), expected)
    np.testing.assert_allclose(inset.get_lines()[0].get_ydata(), expected[:100])
    assert (axes.get_yscale(), inset.get_yscale()) == ("log", "linear")
    whole, *within = hv.render(panel, backend="bokeh").renderers
    columns = next(each.data_source.data for each in within if each.glyph.__class__ is Line)
    np.testing.assert_allclose(columns["y"], expected[:100])
    assert isinstance(within[0].coordinates.y_scale, LinearScale)
    assert whole.coordinates is None


@both
def test_the_paths_of_figure_1_are_those_of_the_first_trial(results, backend):
    result = results["two_dimensions"]
    plane, losses = panels(draw(result)["1 left"], backend)
    points = result["points"].sel({"optimizer": "adagrad", "learning_rate": 30.0, "trial": 0})
    for basis in ("original", "egop"):
        path = plane.lines[names_of("adagrad", basis)]
        np.testing.assert_array_equal(np.stack([path.x, path.y], 1), points.sel(basis=basis))
        assert path.dashed == (basis == "original")
        gaps = result["training_loss"] - result["minimum"]
        one = gaps.sel(basis=basis, learning_rate=30.0).isel(optimizer=0).median("trial")
        np.testing.assert_allclose(losses.lines[names_of("adagrad", basis)].y, one)


@both
def test_the_schedule_is_the_rate_by_epoch(results, backend):
    (panel,) = panels(draw(results["schedule"])["13"], backend)
    (line,) = panel.lines.values()
    np.testing.assert_array_equal(line.y, results["schedule"]["learning_rate"])


@both
def test_numbers_that_a_log_axis_lacks_are_drawn_at_a_stated_floor(results, backend):
    result = results["fashion"].copy(deep=True)
    result["training_loss"].loc[{"optimizer": "adam", "basis": "egop"}] = 0.0
    layout = draw(result)["4"]
    assert panels(layout, backend)[0].lines[names_of("adam", "egop")].y.min() == 1e-16
    assert "Numbers below 10⁻¹⁶ are drawn there." in caption_of(layout).replace("\n", " ")


def test_figures_are_composed_with_others():
    layout = draw(described(sweep(FINALS), "fashion"))["4"]
    level = hv.HLine(1e-3)
    above = next(iter(layout)) * level
    beside = layout + hv.Curve([1, 2, 3])
    assert len(list(beside)) == 2
    for backend in BACKENDS:
        assert hv.render(above, backend=backend)
        assert hv.render(beside, backend=backend)
    only = next(iter(layout)).select(method="Adam")
    assert len(panels(hv.Layout([only]), "bokeh")[0].lines) == 2


def test_what_cannot_be_drawn_is_one_sentence(results):
    with pytest.raises(
        ValueError,
        match=r"figures are drawn from results of two_dimensions, .*got a dataset that names none",
    ):
        figures.draw(xr.Dataset())
    lacking = results["digits"].drop_vars("test_accuracy")
    with pytest.raises(ValueError, match=r"figure 10 cannot be drawn, the result of digits is inc"):
        figures.draw(lacking)


@both
def test_losses_of_an_own_network_are_drawn_by_epoch_and_by_rate(backend):
    own = scattered(sweep(FINALS)).drop_attrs().assign_attrs(data_note="Half of the data.")
    drawn = figures.draw(own)
    assert list(drawn) == ["losses"]
    by_epoch, *by_rate = panels(drawn["losses"], backend)
    assert {*by_epoch.lines} == {names_of(method, basis) for method, basis in FINALS}
    assert len(by_rate) == 3
    assert "Half of the data." in caption_of(drawn["losses"]).replace("\n", " ")
    spectrum = figures.draw(SPECTRA.isel(distribution=0, drop=True).drop_attrs())
    assert list(spectrum) == ["spectra"]


@both
def test_losses_on_the_test_set_are_drawn_where_there_are_no_accuracies(backend):
    own = scattered(sweep(FINALS)).drop_attrs()
    own = own.assign(test_loss=2 * own["training_loss"])
    assert len(panels(figures.draw(own)["losses"], backend)) == 1 + 4  # and accuracies
    own = own.drop_vars(["test_accuracy", "validation_accuracy"])
    for panels_by_rate, result in ((3, own), (2, own.drop_vars("validation_loss"))):
        assert len(panels(figures.draw(result)["losses"], backend)) == 1 + panels_by_rate


def test_the_caption_of_an_own_network_names_the_rates_of_its_losses_by_epoch():
    own = sweep(FINALS).drop_attrs()
    caption = caption_of(figures.draw(own)["losses"]).replace("\n", " ")
    assert "Rates of the losses by epoch, the best in original coordinates: Ad" in caption
    alone = figures.draw(own.sel(basis=["egop"]))["losses"]
    assert "the best in EGOP coordinates: Ad" in caption_of(alone).replace("\n", " ")


def test_sentences_of_a_caption_end_before_the_next_begins():
    costs = {name: (("optimizer", "basis", "trial"), np.ones((4, 2, 6))) for name in BASIS_COSTS}
    own = sweep(FINALS).drop_attrs().assign(costs).assign_attrs(data_note="run egop data fetch")
    caption = caption_of(figures.draw(own)["losses"]).replace("\n", " ")
    assert "run egop data fetch. Cost of a basis: " in caption


def test_captions_claim_no_band_of_controls():
    caption = caption_of(draw(with_controls())["1 right"]).replace("\n", " ")
    assert "bands: the middle half, of all but controls." in caption
    without = described(sweep(FINALS), "digits")
    assert "bands: the middle half." in caption_of(draw(without)["1 right"]).replace("\n", " ")


@both
def test_controls_are_thin_lines_without_bands(backend):
    drawn = draw(scattered(with_controls()))
    for number in ("1 right", "10"):
        lines = panels(drawn[number], backend)[0].lines
        adam = {basis: lines[names_of("adam", basis)] for basis in ("egop", "data", "random")}
        assert adam["egop"].low.size
        assert not adam["data"].low.size + adam["random"].low.size
        assert adam["data"].width == adam["random"].width < 0.8 * adam["egop"].width
        assert adam["data"].dashed
        assert {adam[basis].color for basis in adam} == {theme.color("adam")}


@both
def test_what_is_run_in_no_control_has_no_line_there_and_counts_as_no_divergence(backend):
    result = scattered(with_controls())
    for number, figure in draw(result).items():
        lines = panels(figure, backend)[0].lines
        assert len(lines) == 6
        assert names_of("gradient_descent", "random") not in lines
        assert "diverged" not in caption_of(figure), number
    gone = draw(diverge(result, "adam", "random", [0, 1, 2]))["1 right"]
    assert "3 runs that diverged count as ∞" in caption_of(gone).replace("\n", " ")
