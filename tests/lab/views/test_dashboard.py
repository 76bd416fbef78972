"""The page of a run: what is drawn, what a press or a tap changes, and how a run grows on it."""

import gc
import io
import re
import weakref
import zipfile

import holoviews as hv
import numpy as np
import pytest
import xarray as xr
from bokeh.document import Document
from bokeh.models import Line
from bokeh.server.callbacks import TimeoutCallback as Timeout
from panel.io.document import MockSessionContext
from panel.io.state import set_curdoc

from egop import theme
from egop.experiments import run
from egop.experiments.claims.table import CLAIMS
from egop.figures.labeled_result import LabeledResult
from egop.figures.paper import draw
from egop.figures.series import CHOSEN
from egop.lab.views.chart import SIZE
from egop.lab.views.dashboard import Dashboard
from egop.lab.views.export import exported
from egop.theme import BASIS_LABELS
from egop.ui.layout import AWAY
from tests.experiments.planted_results import (
    RATES,
    described,
    diverge,
    spectra,
    sweep,
    with_controls,
)
from tests.lab.views.watched_runs import (
    FINALS,
    LAYERS,
    digits,
    drawn,
    so_far,
    watching,
    with_paths,
)


def test_every_method_is_a_color_and_every_basis_a_dash():
    lines = drawn(watching(digits()), "training-lines")
    found = dict(zip(zip(lines["color"], map(tuple, lines["dash"]), strict=True),
                     lines["ys"], strict=True))  # fmt: skip
    for (method, basis), final in FINALS.items():
        ys = found[theme.color(method), theme.BASIS_DASHES[basis]]
        np.testing.assert_allclose(ys, np.linspace(0, np.log10(final), 11), atol=1e-6)


def test_controls_are_thin_lines_without_bands_where_they_were_run():
    watch = watching(with_controls())
    lines, bands = (drawn(watch, f"training-{name}") for name in ("lines", "bands"))
    named = dict(zip(lines["name"], zip(lines["width"], bands["alpha"], strict=True), strict=True))
    thin = {"Adam, basis of the first layer's inputs", "Adam, random basis"}
    wide = {f"{m}, {b} coordinates" for m in ("Adam", "Gradient descent")
            for b in ("original", "EGOP")}  # fmt: skip
    assert named.keys() == thin | wide
    assert {named[name] for name in thin} == {(0.7 * 2.2, 0.0)}
    assert all(width == 2.2 and alpha > 0 for width, alpha in map(named.get, wide))
    rates = drawn(watch, "training-by-rate-lines")
    assert len(rates["xs"]) == 6


def test_two_bases_with_own_labels_look_different_in_lines_and_in_the_legend():
    names = ("original", "mine", "yours")
    finals = {("adam", name): 10.0 ** -(k + 1) for k, name in enumerate(names)}
    watch = watching(described(sweep(finals, bases=names), "digits"))
    lines = drawn(watch, "training-lines")
    dashes = {name.partition(", ")[2]: tuple(dash)
              for name, dash in zip(lines["name"], lines["dash"], strict=True)}  # fmt: skip
    assert len({*dashes.values()}) == 3
    (legend,) = [group for group in watch.controls.legend.groups if group["group"] == "basis"]
    assert {item["label"]: tuple(item["dash"]) for item in legend["items"]} == dashes


def test_the_test_loss_is_a_measure():
    result = digits()
    watch = watching(result.assign(test_loss=2 * result["training_loss"]))
    watch.selection.measure = "test_loss"
    assert "test loss 0." in re.sub(r"\s+", " ", watch.words.html)


def test_lines_grow_with_the_clock_and_heads_end_them():
    watch = watching(digits())
    assert [len(ys) for ys in drawn(watch, "training-lines", 4)["ys"]] == [5] * 4
    heads, lines = (drawn(watch, f"training-{name}", 4) for name in ("heads", "lines"))
    assert heads["x"] == [4.0] * 4
    assert heads["y"] == [ys[-1] for ys in lines["ys"]]


def test_points_by_rate_follow_the_clock():
    watch = watching(digits())
    start, end = (drawn(watch, "training-by-rate-points", step) for step in (0, 10))
    np.testing.assert_allclose(start["y"], 0, atol=1e-6)
    np.testing.assert_allclose(end["x"], np.tile(np.log10(RATES), 4), rtol=1e-6)
    finals = np.repeat(np.log10(list(FINALS.values())), 3) + np.tile([1, 0, 1], 4)
    np.testing.assert_allclose(end["y"], finals, atol=1e-6)
    assert (end["size"].reshape(4, 3).argmax(axis=1) == 1).all()  # the chosen rate


def ahead_in_original_coordinates() -> xr.Dataset:
    """Original coordinates are at epoch 8, Adagrad's EGOP basis at 3, and Adam's has not begun."""
    result = digits()
    later, first = so_far(result, 8), so_far(result, 3)
    for name in (each for each in later.data_vars if "epoch" in later[each].dims):
        later[name].loc[{"basis": "egop"}] = first[name].sel(basis="egop")
        later[name].loc[{"optimizer": "adam", "basis": "egop", "epoch": slice(1, None)}] = np.nan
    return later


def test_numbers_of_runs_that_go_on_are_of_one_epoch():
    """A run at its start once stood beside one at its end, as if it were worse."""
    watch = watching(ahead_in_original_coordinates())
    html = watch.numbers.html
    assert "At epoch 3, the last that all runs compared have reached: median" in html
    rows = re.findall(r"<tr>(.*?)</tr>", html.partition("<tbody>")[2])
    found = [re.findall(r"<td[^>]*>(?:<i [^>]*></i>)?(.*?)</td>", row)[:4] for row in rows]
    told = {(name, basis): loss.partition(" ")[0] for name, basis, _, loss in found}
    assert told == {
        (theme.label(method), BASIS_LABELS[basis]): theme.number(FINALS[method, basis] ** 0.3)
        for method, basis in FINALS
        if (method, basis) != ("adam", "egop")
    }


def test_points_by_rate_say_at_which_epoch_they_stand_still():
    reached = "At epoch 3, the last that all runs compared have reached."
    card = watching(ahead_in_original_coordinates()).figures.cards["training by rate"]
    assert reached in card._head.html
    assert "have reached" not in watching(digits()).figures.cards["training by rate"]._head.html


def test_a_shorter_run_is_compared_at_its_end():
    watch = watching(digits(epochs=10), digits(epochs=4))
    assert "At epoch 4, the last that all runs compared have reached" in watch.numbers.html
    ys = drawn(watch, "training-by-rate-points")["y"]
    np.testing.assert_allclose(ys[:12], drawn(watch, "training-by-rate-points", 4)["y"][:12])


def test_what_diverged_is_marked():
    watch = watching(diverge(digits(), "adam", "egop", list(range(6))))
    gone = drawn(watch, "training-by-rate-gone")
    assert gone["color"] == [theme.color("adam")] * 3
    assert (
        "median of 6 trials, of which 6 diverged"
        in drawn(watch, "training-by-rate-points")["trials"]
    )


def test_what_diverged_stands_at_the_worst_end_of_the_axis():
    watch = watching(diverge(digits(), "adam", "egop", list(range(6))))
    for name, worst in (("training", "end"), ("measured", "start")):
        axis = getattr(watch.figures, f"{name}_by_rate").figure.y_range
        from_worst = abs(drawn(watch, f"{name}-by-rate-gone")["y"] - getattr(axis, worst))
        assert (from_worst < 0.2 * (axis.end - axis.start)).all()


def test_a_growing_run_keeps_its_figures_and_axes():
    whole = digits(epochs=40)
    watch = watching(so_far(whole, 2, trials=3))
    figures = [card._view[1].object for card in watch.figures.cards.values()]
    heights, ticks = [], []
    for epoch in (10, 20, 30, 40):
        watch.show([LabeledResult("run 1", so_far(whole, epoch))])
        heights.append(watch.figures.training.figure.y_range.start)
        ticks.append(watch.figures.training.figure.x_range.end)
    assert [card._view[1].object for card in watch.figures.cards.values()] == figures
    assert heights == sorted(heights, reverse=True)
    assert len(set(ticks)) == 1
    watch.show([LabeledResult("run 1", whole)])
    assert np.isfinite(np.concatenate(drawn(watch, "training-lines")["ys"])).all()


def test_the_same_datasets_again_send_nothing():
    result = digits()
    watch = watching(result)
    packet = watch._channel._source.data["packet"]
    watch.show([LabeledResult("run 1", result)])
    assert watch._channel._source.data["packet"] is packet


def test_a_pressed_method_fades_the_others_in_every_figure():
    watch = watching(with_paths(digits()))
    watch.controls.legend._handle_msg(["method", "adam"])
    assert watch.controls.legend.pressed["method"] == "adam"
    strong = theme.color("adam")
    for name in ("training-lines", "measured-lines", "training-by-rate-points",
                 "measured-by-rate-lines", "plane-paths", "path-loss-lines"):  # fmt: skip
        columns = drawn(watch, name)
        bright = [alpha > 0.5 for alpha in columns["alpha"]]
        assert bright == [color == strong for color in columns["color"]]
        assert any(bright)
        assert not all(bright)
    watch.controls.legend._handle_msg(["method", "adam"])
    assert set(drawn(watch, "training-lines")["alpha"]) == {1.0}


def at(fig, x: float, y: float, right: float = 0.0) -> tuple[float, float]:
    """A place some pixels to the right of another one."""
    return x + right * (fig.x_range.end - fig.x_range.start) / SIZE[0], y


def test_a_tap_on_a_line_highlights_its_method():
    watch = watching(digits())
    fig = watch.figures.training.figure
    watch.figures.training.tap(*at(fig, 10, -6, right=4))
    assert watch.selection.method == "adam"
    watch.figures.training.tap(*at(fig, 10, -0.5))
    assert watch.selection.method == ""


def test_a_tap_on_a_point_looks_at_its_rate_everywhere():
    watch = watching(digits())
    fig = watch.figures.training_by_rate.figure
    watch.figures.training_by_rate.tap(*at(fig, 0, -5, right=3))  # Adam's last loss at the rate 1
    assert (watch.selection.method, watch.selection.rate) == ("adam", "1.0")
    assert watch.controls.fields.values["rate"] == "1.0"
    ends = [ys[-1] for ys in drawn(watch, "training-lines")["ys"]]
    np.testing.assert_allclose(ends, np.log10(list(FINALS.values())) + 1, atol=1e-6)
    watch.figures.training_by_rate.tap(*at(fig, 0, -5, right=3))
    assert (watch.selection.method, watch.selection.rate) == ("", CHOSEN)


def test_the_control_offers_the_rates_that_were_run():
    watch = watching(digits())
    assert list(watch.controls.fields.values["rate:options"].values())[2:] == [
        repr(rate) for rate in RATES
    ]
    watch.controls.set("rate", repr(RATES[0]))
    assert "at rate 0.01" in watch.words.html


def test_the_measure_beside_the_training_loss_can_be_chosen():
    watch = watching(digits())
    assert watch.metric[0] == "validation_accuracy"
    np.testing.assert_allclose(
        10.0 ** -drawn(watch, "measured-lines")["ys"][0][5], 1 - 0.955, rtol=1e-4
    )
    watch.controls.set("measure", "validation_loss")
    np.testing.assert_allclose(drawn(watch, "measured-lines")["ys"][3][-1], -6, atol=1e-6)
    linear = digits().drop_vars(["validation_accuracy", "test_accuracy"])
    assert watching(linear).metric[0] == "validation_loss"


def test_compared_runs_are_lighter_and_marked_and_named():
    other = digits(epochs=20)
    watch = watching(digits(), other)
    lines, marks = (drawn(watch, f"training-{name}") for name in ("lines", "marks"))
    assert len(lines["alpha"]) == 8
    assert max(lines["alpha"][4:]) < min(lines["alpha"][:4])
    assert set(marks["marker"]) == {"circle"}
    assert watch.n_epochs == 20
    runs = watch.controls.legend.groups[-1]
    assert [item["label"] for item in runs["items"]] == ["run 1", "run 2"]
    assert "run 2. Adam at rate" in watch.words.html
    watch.controls.legend._handle_msg(["run", 1])
    assert max(drawn(watch, "training-lines")["alpha"][:4]) < 0.2


def test_what_the_new_runs_do_not_have_is_no_longer_highlighted():
    watch = watching(digits())
    watch.selection.press("method", "adam")
    watch.show([LabeledResult("other", digits().sel({"optimizer": ["adagrad"]}))])
    assert watch.selection.method == ""


def test_sections_without_numbers_are_hidden():
    def shown(watch: Dashboard) -> set[str]:
        assert all((AWAY in each.css_classes) != each.visible for each in watch.sections.values())
        return {name for name, each in watch.sections.items() if each.visible}

    curves = {"controls", "curves", "words", "clock", "claims"}
    assert shown(Dashboard()) == {"claims"}
    assert shown(watching(so_far(digits(), 3))) == curves | {"spectra"}
    assert shown(watching(digits())) == curves | {"spectra", "paper figures"}
    with_plane = watching(with_paths(digits()))
    assert shown(with_plane) == curves | {"spectra", "paths", "paper figures"}
    layers = described(spectra(LAYERS, dim="data"), "block_spectra")
    assert shown(watching(layers)) == {"spectra", "paper figures", "claims"}
    schedule = run("schedule", epochs=20, out=None)
    assert shown(watching(schedule)) == {"paper figures", "claims"}


def test_everything_is_said_in_words():
    watch = Dashboard(titled=True)
    watch.show([LabeledResult("Digits <b>", so_far(digits(), 5))])
    assert "Digits &lt;b&gt;" in watch.head.html
    assert "45 % done: stage 1" in watch.head.html
    assert "Adam at rate 0.1, after 5 epochs: training loss 0.01 in original" in watch.words.html
    assert watch.numbers.html.count("<tr>") == 5
    assert '<th scope="col">' in watch.numbers.html
    for name, card in watch.figures.cards.items():
        assert "<h3>" in card._head.html, name
    assert "median of 6 trials" in watch.numbers.html


def test_bases_are_compared_at_the_last_epoch_that_both_have():
    result = so_far(digits(), 8)
    loss = result["training_loss"]
    late = (result["basis"] == "egop") & (result["epoch"] > 5)
    watch = watching(result.assign(training_loss=loss.where(~late)))
    assert (
        "after 5 epochs: training loss 0.01 in original coordinates, 10⁻³ in EGOP"
        in watch.words.html
    )
    begun = loss.where((result["basis"] == "original") | (result["epoch"] == 0))
    watch = watching(result.assign(training_loss=begun))
    assert "after 8 epochs" in watch.words.html
    assert "EGOP" not in watch.words.html


def test_the_whole_page_becomes_one_document():
    watch = watching(with_paths(digits()), digits())
    document = Document()
    document.add_root(watch.view.get_root())
    assert document.get_model_by_name(f"{watch.playback.prefix}:packet") is not None
    assert document.to_json()


def test_figures_that_come_later_are_drawn_twice_on_a_page():
    document = Document()
    context = MockSessionContext(document=document)
    document._session_context = lambda: context
    with set_curdoc(document):
        watch = watching(so_far(digits(), 2))
        document.add_root(watch.view.get_root())
        assert "plane" not in watch.figures.cards
        watch._channel.confirm(watch._channel._number)
        watch.show([LabeledResult("run 1", so_far(with_paths(digits()), 4))])
        assert document.get_model_by_name(f"{watch.playback.prefix}:plane-paths") is not None
        watch._channel.confirm(watch._channel._number)
        waiting = [each for each in document.session_callbacks if isinstance(each, Timeout)]
        before = watch._channel._number
        waiting[-1].callback()
    assert watch._channel._number == before + 1


def test_finished_runs_are_exported_as_the_papers_figures():
    name, content = exported(LabeledResult("run 1", digits()), "svg")
    assert name == "run-1-figures.zip"
    packed = zipfile.ZipFile(io.BytesIO(content))
    names = ["run-1-figure-1-right.svg", "run-1-figure-10.svg"]
    assert packed.namelist() == names
    assert all(b"<svg" in packed.read(each) for each in names)
    own = digits().drop_vars(["chosen_rate", "status"])
    del own.attrs["experiment"]
    name, content = exported(LabeledResult("run 1", own), "png")
    assert (name, content[:4]) == ("run-1-figure-losses.png", b"\x89PNG")


def test_runs_that_all_diverged_are_exported():
    own = digits().drop_vars(["chosen_rate", "status"])
    del own.attrs["experiment"]
    own["training_loss"][..., 3:] = np.nan
    assert b"diverged" in exported(LabeledResult("run 1", own), "svg")[1]


def test_spectra_of_one_s_own_are_exported():
    own = digits()[["eigenvalues"]].drop_attrs()
    name, content = exported(LabeledResult("run 1", own), "svg")
    assert name == "run-1-figure-spectra.svg"
    assert b"layer 2 (W2)" in content
    assert b"run 1" in content


@pytest.mark.parametrize(
    ("result", "kind", "words"),
    [
        (so_far(digits(), 3), "svg", "run 1 is not finished"),
        (digits(), "jpg", "svg, pdf, png"),
        (described(digits(), "mine"), "svg", "run 1 is a run of 'mine', of which the paper has no"),
        (digits().assign_coords(optimizer=[1, 2]), "svg", "run 1 cannot be drawn: its result is"),
    ],
)
def test_what_cannot_be_exported_is_said(result, kind, words):
    with pytest.raises(ValueError, match=words):
        exported(LabeledResult("run 1", result), kind)


def test_claims_stand_beside_what_was_measured():
    watch = watching(digits())
    claims = [claim for claim in CLAIMS if claim.experiment == "digits"]
    assert watch.claims.html.count('scope="row"') == len(claims) > 0
    assert "✓ yes" in watch.claims.html
    watch.show([LabeledResult("run 1", so_far(digits(), 3))])
    assert "The paper reports" in watch.claims.html
    assert "✓" not in watch.claims.html


def test_figures_as_in_the_paper_are_drawn_when_they_are_asked_for(monkeypatch):
    watch = watching(digits())
    paper = watch.paper_figures
    assert list(paper.view) == [paper.asked]
    monkeypatch.setattr(paper._work, "start", lambda work: None)
    paper.draw()
    assert 'role="status">Drawing the figures' in paper.words.html
    assert list(paper.view) == [paper.words]
    watch.show([LabeledResult("run 1", digits(trials=3))])
    assert list(paper.view) == [paper.asked]
    paper._fail("the result is damaged")
    assert list(paper.view) == [paper.words]
    assert 'role="alert">the result is damaged' in paper.words.html


def test_figures_of_the_paper_stay_when_their_run_is_renamed():
    """They once went away until they were asked for again."""
    result = digits()
    watch = watching(result)
    watch.paper_figures.draw()
    watch.show([LabeledResult("another name", result)])
    assert watch.paper_figures.drawn[0].title == "Figure 1 right of the paper, from another name"
    assert watch.paper_figures.asked not in watch.paper_figures.view


def test_figures_of_the_paper_are_the_elements_that_files_hold():
    result = digits()
    watch = watching(result)
    watch.paper_figures.draw()
    first, second = watch.paper_figures.drawn
    titles = [f"Figure {number} of the paper, from run 1" for number in ("1 right", "10")]
    assert [first.title, second.title] == titles
    assert "medians of 6 trials" in first.caption
    ends = sorted(
        float(each.data_source.data["training loss"][-1])
        for fig in first.panels
        for each in fig.renderers
        if isinstance(each.glyph, Line)
    )
    np.testing.assert_allclose(ends, sorted(FINALS.values()))


def test_what_streams_are_the_numbers_of_the_papers_figures():
    result = diverge(digits(trials=7), "adam", "egop", [1, 4])
    watch, layouts = watching(result), draw(result)
    by_epoch, by_rate = (next(iter(layouts[number])) for number in ("1 right", "10"))
    streamed = drawn(watch, "training-lines")
    for name, ys in zip(streamed["name"], streamed["ys"], strict=True):
        curve = by_epoch.NdOverlay.II.data[short(name)]
        np.testing.assert_allclose(ys, np.log10(curve.dimension_values(1)), atol=1e-6)
    points = drawn(watch, "training-by-rate-points")
    for name, rate, y in zip(points["name"], np.tile(RATES, 4), points["y"], strict=True):
        curve = by_rate.NdOverlay.II.data[short(name)]
        at = curve.dimension_values(0).tolist().index(rate)
        np.testing.assert_allclose(y, np.log10(curve.dimension_values(1)[at]), atol=1e-6)


def short(name: str) -> tuple[str, ...]:
    return tuple(name.removesuffix(" coordinates").split(", "))


def test_runs_without_curves_are_shown_as_the_papers_figures_at_once():
    watch = watching(run("schedule", epochs=20, out=None))
    assert "Figure 13 of the paper, from run 1" in watch.paper_figures.view[0].html


def test_figures_are_freed_when_runs_are_opened_and_closed_fifty_times():
    schedule = run("schedule", epochs=20, out=None)
    options = len(hv.Store._custom_options["bokeh"])
    watch, made = Dashboard(), []
    for _ in range(50):
        watch.show([LabeledResult("run", schedule.copy())])
        made.append(weakref.ref(watch.paper_figures.drawn[0].panels[0]))
        watch.show([])
    gc.collect()
    assert not [each for each in made if each() is not None]
    assert len(hv.Store._custom_options["bokeh"]) <= options
