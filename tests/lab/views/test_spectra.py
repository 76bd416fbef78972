"""Spectra of layers and distributions, and the paths of the weights."""

import numpy as np
import pytest
from bokeh.models import BasicTicker

from egop import theme
from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.spectrum_series import LEADING
from egop.lab.views.loss_plane import landscape_of
from egop.lab.views.paths import paths_of, paths_words, plane_title
from egop.lab.views.spectra import spectra_of, thinned
from egop.lab.views.summary import spectra_words
from egop.ui.packing import unpack
from tests.experiments.planted_results import spectra
from tests.lab.views.watched_runs import LAYERS, digits, drawn, so_far, watching, with_paths


def test_each_layer_has_its_spectrum_without_padding():
    first, second = spectra_of([LabeledResult("run", digits())])
    assert (first.name, first.dim, second.name, second.dim) == ("layer 1", 300, "layer 2", 40)
    np.testing.assert_allclose(first.eigenvalues[0], np.arange(1, 301.0) ** -2)
    np.testing.assert_allclose(second.density[0], 0.6)
    assert first.n_trials == 6


def test_estimates_that_are_not_there_yet_are_left_out():
    result = digits()
    result["eigenvalues"][2:] = np.nan
    result["density"][2:] = np.nan
    assert {each.n_trials for each in spectra_of([LabeledResult("run", result)])} == {2}
    nothing = result.assign(eigenvalues=result["eigenvalues"] * np.nan)
    assert spectra_of([LabeledResult("run", nothing)]) == []


def test_distributions_and_data_sets_have_names_of_their_own():
    laws = spectra({law: {"global": (30, 2.0)} for law in ("gaussian(1)", "xavier_normal")})
    found = spectra_of(
        [LabeledResult("laws", laws), LabeledResult("layers", spectra(LAYERS, dim="data"))]
    )
    names = [(each.run, each.name) for each in found]
    assert names == [
        (0, "gaussian(1)"), (0, "xavier_normal"), (1, "digits, layer 1"), (1, "digits, layer 2"),
    ]  # fmt: skip


def test_the_plane_of_a_run_with_controls_alone_is_of_no_egop():
    assert plane_title({"original", "egop", "random"}) == plane_title({"original"})
    assert plane_title({"original", "egop"}) == "Weights on the two leading EGOP directions"
    assert "of a control" in plane_title({"original", "data", "random"})


def test_a_run_is_named_once_and_only_beside_others_that_have_spectra():
    layers = LabeledResult("layers", spectra(LAYERS, dim="data"))
    laws = LabeledResult("laws", spectra({"gaussian(1)": {"global": (30, 2.0)}}))
    nothing = LabeledResult("nothing", layers.dataset.drop_vars(["eigenvalues", "stable_rank"]))
    both, alone = [layers, laws], [layers, nothing]
    words = spectra_words(spectra_of(both), both)
    assert words.count("layers: ") == words.count("laws: ") == 1
    assert "digits, layer 1" in words
    assert "layers: " not in spectra_words(spectra_of(alone), alone)


def test_spectra_are_drawn_on_log_axes():
    watch = watching(digits())
    lines = drawn(watch, "eigenvalues-lines")
    assert len(set(lines["color"])) == 2
    np.testing.assert_allclose(lines["ys"][0], -2 * np.log10(np.arange(1, 301.0)), atol=1e-6)
    densities = drawn(watch, "densities-lines")
    assert max(map(len, densities["xs"])) == LEADING
    assert "one coordinate, 1/d = 0.0033" in drawn(watch, "density-names")["text"]
    assert "Stable rank" in watch.figures.cards["eigenvalues"]._head.html
    assert "layer 2" in watch.figures.cards["eigenvalues"]._head.html


def test_a_highlighted_method_changes_no_spectrum():
    def sums() -> dict[str, int]:
        header, _ = unpack(watch._channel._source.data["packet"])
        return {name: each["sum"] for name, each in header["sources"].items()}

    watch = watching(digits())
    before = sums()
    watch.selection.press("method", "adam")
    after = sums()  # the browser redraws what has another sum
    assert after["training-lines"] != before["training-lines"]
    assert all(after[name] == before[name] for name in before if name.startswith(("eig", "dens")))


def test_a_long_spectrum_keeps_its_leading_points():
    places = thinned(4000)
    assert len(places) <= 400
    np.testing.assert_array_equal(places[:200], np.arange(200))
    assert places[-1] == 3999
    np.testing.assert_array_equal(thinned(30), np.arange(30))


def test_paths_are_those_of_the_first_trial_at_the_rate_looked_at():
    result = with_paths(digits())
    paths = paths_of(RunStatistics(LabeledResult("run", result)), "chosen")
    assert len(paths) == 4
    for path in paths:
        where = {"optimizer": path.key.method, "basis": path.key.basis, "learning_rate": 0.1}
        one = result.sel(where).isel(trial=0)
        np.testing.assert_allclose(path.points, one["projection"], atol=1e-7)
        np.testing.assert_allclose(path.loss, one["training_loss"])
    assert paths_of(RunStatistics(LabeledResult("run", digits())), "chosen") == []


def test_the_landscape_is_the_loss_below_a_point():
    ground = landscape_of(with_paths(digits()))
    points = np.array([[1.0, 2.0], [-1.0, 4.0], [4.0, 0.5]])
    below = 1e-3 + ((points - [1, 2]) ** 2).sum(axis=1)
    np.testing.assert_allclose(ground.at(points), below, rtol=0.02)
    assert np.isnan(ground.at(np.array([[9.0, 0.0]])))


def test_the_plane_holds_the_landscape_and_the_paths():
    watch = watching(with_paths(digits()))
    path = drawn(watch, "plane-paths", 10)
    np.testing.assert_allclose(path["xs"][0][-1], 1.0)
    np.testing.assert_allclose(path["ys"][2][-1], 4.0)
    picture = watch.figures.paths._image.data
    rows = picture["image"][0]
    lowest = np.unravel_index(rows.argmin(), rows.shape)
    place = [-2 + 8 * at / (len(rows) - 1) for at in lowest]
    np.testing.assert_allclose(place, [2.0, 1.0], atol=0.2)  # row is b, column is a
    assert path["trials"] == ["the plane shows 25 % of its movement"] * 4
    assert "trust the true loss" in watch.figures.cards["plane"]._head.html
    dotted, solid = drawn(watch, "path-slices"), drawn(watch, "path-loss-lines")
    np.testing.assert_allclose(dotted["ys"][0][-1], -3, atol=0.05)  # the bottom of the bowl
    np.testing.assert_allclose(solid["ys"][3][-1], np.log10(1e-6 * 0.98), atol=1e-5)


def test_both_axes_of_the_plane_have_numbers():
    plane = watching(with_paths(digits())).figures.paths.plane
    assert [type(axis.ticker) for axis in plane.axis] == [BasicTicker] * 2


def test_paths_without_a_landscape_yet():
    result = with_paths(digits()).drop_vars(["loss_plane", "a", "b"])
    watch = watching(so_far(result, 10))
    assert len(drawn(watch, "plane-paths")["xs"]) == 4
    assert watch.figures.paths._image.data["image"] == []
    assert np.isnan(np.concatenate(drawn(watch, "path-slices")["ys"])).all()


def test_a_tap_on_a_path_highlights_its_method():
    watch = watching(with_paths(digits()))
    watch.figures.paths.tap(2.0, 4.0)
    assert watch.selection.method == "adam"
    watch.figures.paths.tap(-0.9, -0.9)
    assert watch.selection.method == ""


def test_the_landscape_follows_the_theme():
    watch = watching(with_paths(digits()))
    watch.set_dark(True)
    assert watch.figures.paths._mapper.palette[0] == theme.DARK["landscape"][0]


@pytest.mark.parametrize(
    ("shares", "words"), [((0.6, 0.6), "60 % of how far"), ((0.1, 0.4), "10 to 40 %")]
)
def test_how_much_the_plane_shows_is_said(shares, words):
    kinds = list(RunStatistics(LabeledResult("run", digits())).series_keys())
    said = paths_words(list(zip(kinds, shares, strict=False)))
    assert words in said
    assert ("trust" in said) == (max(shares) < 0.5)
