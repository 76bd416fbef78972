"""The figures show the planted numbers: medians, bands, spectra; and are written as files."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex

from egop import cli, figures, theme
from egop.experiments import EXPERIMENTS, run
from egop.figures.paper import FIGURES, draw
from tests.experiments.planted_results import (
    CHOSEN,
    METHODS,
    RATES,
    convex,
    described,
    diverge,
    spectra,
    store,
    sweep,
)

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


def curve(axes, label: str):
    (found,) = [each for each in axes.get_lines() if each.get_label() == label]
    return found


def band(axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    """The lower and the upper edge of the band that was drawn after a line."""
    labels = [each.get_label() for each in axes.get_lines() if " " in str(each.get_label())]
    vertices = axes.collections[labels.index(label)].get_paths()[0].vertices
    edges: dict[float, list[float]] = {}
    for x, y in vertices:
        edges.setdefault(float(x), []).append(float(y))
    rows = [edges[x] for x in sorted(edges)]
    return np.array([min(row) for row in rows]), np.array([max(row) for row in rows])


def panels(figure):
    return [axes for axes in figure.axes if axes.get_title(loc="left")]


def test_each_figure_of_the_paper_is_drawn_by_one_experiment():
    numbers = [number for experiment in EXPERIMENTS.values() for number in experiment.figures]
    assert sorted(numbers) == sorted(FIGURES)
    assert {number.split()[0] for number in FIGURES} == {str(n) for n in range(1, 14)}


@pytest.mark.parametrize(("method", "basis"), FINALS)
def test_lines_are_medians_and_bands_quartiles_of_all_trials(results, method, basis):
    (axes,) = panels(draw(results["digits"])["1 right"])
    loss = results["digits"]["training_loss"].sel(
        {"optimizer": method, "basis": basis, "learning_rate": CHOSEN}
    )
    counted = loss.fillna(np.inf).to_numpy()
    assert np.isinf(counted[:, -1]).sum() == (2 if (method, basis) == ("adam", "egop") else 0)
    drawn = curve(axes, f"{method} {basis}")
    np.testing.assert_allclose(drawn.get_ydata(), np.median(counted, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(drawn.get_xdata(), np.arange(11))
    low, high = band(axes, f"{method} {basis}")
    ordered = np.sort(counted, axis=0)  # the quartiles of 7 are halfway between two of them
    low_edge, high_edge = ((ordered[k] + ordered[k + 1]) / 2 for k in (1, 4))
    shown = np.isfinite(high_edge)
    np.testing.assert_allclose(low, low_edge[shown], rtol=1e-12)
    np.testing.assert_allclose(high, high_edge[shown], rtol=1e-12)
    assert to_hex(str(drawn.get_color())) == theme.color(method)
    assert drawn.is_dashed() == (basis == "original")
    assert axes.get_yscale() == "log"


@pytest.mark.parametrize(
    ("number", "panel", "variable"),
    [("10", 0, "training_loss"), ("10", 1, "test_accuracy"), ("3", 2, "validation_loss")],
)
def test_each_rate_shows_the_median_of_the_last_epoch(results, number, panel, variable):
    result = results["linear" if number == "3" else "digits"]
    axes = panels(draw(result)[number])[panel]
    for method, basis in FINALS:
        last = result[variable].sel({"optimizer": method, "basis": basis}).isel(epoch=-1)
        drawn = curve(axes, f"{method} {basis}")
        np.testing.assert_array_equal(drawn.get_xdata(), RATES)
        worst = -np.inf if "accuracy" in variable else np.inf
        expected = np.median(last.fillna(worst), axis=1)
        np.testing.assert_allclose(drawn.get_ydata(), expected, rtol=1e-12)
    assert axes.get_xscale() == "log"


@pytest.mark.parametrize(
    ("name", "number", "panel", "variable"),
    [("linear", "3", 2, "validation_loss"), ("fashion", "11", 1, "validation_accuracy")],
)
def test_validation_is_shown_at_its_best_epoch(results, name, number, panel, variable):
    result = results[name].copy(deep=True)
    result[variable].loc[{"epoch": 3}] = 1e-20 if "loss" in variable else 0.999
    drawn = curve(panels(draw(result)[number])[panel], "momentum egop")
    np.testing.assert_allclose(drawn.get_ydata(), 1e-16 if "loss" in variable else 0.999)


def test_rates_that_were_not_run_or_never_finish_are_not_drawn(results):
    result = results["digits"].copy(deep=True)
    result["status"].loc[{"optimizer": "adam", "learning_rate": 1.0}] = "not run"
    gone = {"optimizer": "adagrad", "learning_rate": 1.0}
    result["status"].loc[gone] = "diverged"
    axes = panels(draw(result)["10"])[0]
    assert curve(axes, "adam egop").get_xdata().tolist() == [0.01, 0.1]
    assert np.isnan(curve(axes, "adagrad egop").get_ydata()).tolist() == [False, False, True]
    assert np.isfinite(axes.get_ylim()).all()


def test_the_caption_counts_what_diverged(results):
    figure = draw(results["digits"])["1 right"]
    assert "medians of 7 trials" in said(figure)
    assert "2 runs that diverged count as ∞" in said(figure)
    assert "Adam 0.1" in said(figure)
    assert "diverged" not in said(draw(results["fashion"])["4"])


def said(figure) -> str:
    return figure.get_supxlabel().replace("\n", " ")


def test_convex_losses_are_drawn_above_their_minimum(results):
    axes = panels(draw(results["convex"])["5"])[0]
    expected = FINALS["adam", "egop"] ** (np.arange(11) / 10)
    np.testing.assert_allclose(curve(axes, "adam egop").get_ydata(), expected, rtol=1e-3)


def test_figure_12_is_tuned_in_each_basis(results):
    result = results["convex"].copy(deep=True)
    result["best_rate"].loc[{"problem": "least_squares", "optimizer": "adam", "basis": "egop"}] = (
        1.0
    )
    norms = result["gradient_norm"].sel({"problem": "least_squares", "optimizer": "adam"})
    axes = panels(draw(result)["12"])[2]
    for basis, rate in (("original", CHOSEN), ("egop", 1.0)):
        expected = norms.sel({"basis": basis, "learning_rate": rate}).median("trial")
        np.testing.assert_allclose(curve(axes, f"adam {basis}").get_ydata(), expected)


def test_the_inset_of_figure_2_is_the_first_hundred_on_a_linear_axis(results):
    figure = draw(results["spectrum"])["2"]
    (axes,) = panels(figure)
    (inset,) = axes.child_axes
    expected = np.arange(1, 301.0) ** -2
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), expected)
    np.testing.assert_allclose(inset.get_lines()[0].get_ydata(), expected[:100])
    assert (axes.get_yscale(), inset.get_yscale()) == ("log", "linear")


def test_layers_and_distributions_are_told_apart(results):
    first, second = panels(draw(results["block_spectra"])["7"])
    assert [len(line.get_xdata()) for line in second.get_lines()] == [40, 40]
    np.testing.assert_allclose(first.get_lines()[1].get_ydata(), np.arange(1, 301.0) ** -2)
    (axes,) = panels(draw(results["density"])["8"])
    np.testing.assert_allclose(curve(axes, "gaussian(1)").get_ydata(), 0.6)
    (axes,) = panels(draw(results["sampling"])["6"])
    lines = axes.get_lines()
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines) == 2


def test_the_paths_of_figure_1_are_those_of_the_first_trial(results):
    result = results["two_dimensions"]
    plane = panels(draw(result)["1 left"])[0]
    original, rotated = plane.get_lines()[:2]
    points = result["points"].sel({"optimizer": "adagrad", "learning_rate": 30.0, "trial": 0})
    np.testing.assert_array_equal(np.array(original.get_data()).T, points.sel(basis="original"))
    np.testing.assert_array_equal(np.array(rotated.get_data()).T, points.sel(basis="egop"))
    assert original.is_dashed()
    assert not rotated.is_dashed()


def test_numbers_that_a_log_axis_lacks_are_drawn_at_a_stated_floor(results):
    result = results["fashion"].copy(deep=True)
    result["training_loss"].loc[{"optimizer": "adam", "basis": "egop"}] = 0.0
    figure = draw(result)["4"]
    assert curve(panels(figure)[0], "adam egop").get_ydata().min() == 1e-16
    assert "Numbers below 10⁻¹⁶ are drawn there." in said(figure)


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name != "fashion"])
def test_words_stay_inside_the_figure_and_beside_the_panels(results, name):
    for figure in draw(results[name]).values():
        figure.draw_without_rendering()
        whole = figure.bbox
        words = [text for text in figure.texts if text.get_text()] + figure.legends
        for each in words:
            box = each.get_window_extent()
            assert whole.x0 <= box.x0 < box.x1 <= whole.x1
            assert whole.y0 <= box.y0 < box.y1 <= whole.y1
            assert not any(box.overlaps(axes.get_tightbbox()) for axes in panels(figure))


def test_figures_are_written_as_svg_and_png(results, tmp_path, capsys):
    for name in ("digits", "schedule"):
        store(results[name], tmp_path / name)
    out = tmp_path / "out"
    assert cli.main(["figures", str(tmp_path), "--out", str(out)]) == 0
    stems = ("figure-1-right", "figure-10", "figure-13")
    names = {f"{stem}.{ending}" for stem in stems for ending in ("svg", "png")}
    assert {path.name for path in out.iterdir()} == names
    assert {line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()} == names
    assert all((out / name).read_bytes().startswith(b"\x89PNG") for name in names if "png" in name)
    assert "</svg>" in (out / "figure-10.svg").read_text()
    first = (out / "figure-13.svg").read_bytes()
    figures.write(results["schedule"], out)
    assert (out / "figure-13.svg").read_bytes() == first


def test_what_cannot_be_drawn_is_one_sentence(results):
    with pytest.raises(
        ValueError, match=r"figures are drawn from results of two_dimensions, .*names none; egop"
    ):
        figures.draw(xr.Dataset())
    lacking = results["digits"].drop_vars("test_accuracy")
    with pytest.raises(ValueError, match=r"figure 10 cannot be drawn, the result of digits is inc"):
        figures.draw(lacking)


def test_without_matplotlib_it_says_what_to_install(results, monkeypatch):
    for name in [each for each in sys.modules if each.startswith("egop.figures.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(figures, "paper", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'needs the package matplotlib.*egop\[networks\]"'):
        figures.draw(results["digits"])


def test_the_command_line_starts_without_matplotlib_and_xarray():
    code = "import sys, egop.cli; print({'matplotlib', 'xarray', 'torch'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
