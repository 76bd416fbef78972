"""The tab "Why": arrows and ellipses are those of the runs, and facts are the analysis's."""

import re

import numpy as np
import pytest

from egop import theme
from egop.explorer import Explorer
from egop.explorer.step_diagnostics import find_reasons
from egop.explorer.tabs import ComparisonResult
from egop.explorer.verdict_inputs import verdict_of
from egop.explorer.views.arrows import directions
from egop.explorer.views.why import NO_METHOD, WhyTab
from egop.explorer.views.why_words import to_html
from egop.metrics import r_med
from egop.theme import number
from egop.ui.packing import Packet, unpack
from egop.ui.playback import Playback


def shown_by(**settings) -> ComparisonResult:
    shown = Explorer(**settings)._shown
    assert shown is not None
    return shown


def drawn(shown: ComparisonResult, method: str = "adam") -> tuple[WhyTab, dict]:
    """The tab after one update, and what it packed: arrays by source, column and row."""
    tab = WhyTab("test", lambda packet: None)
    tab.show(shown, Packet(len(shown.schedule)))
    packet = Packet(len(shown.schedule))
    if method != tab.chosen:
        tab.fields.set("choice", method)
    tab.show(shown, packet)
    header, numbers = unpack(packet.to_bytes())
    arrays = {}
    for name, entry in header["sources"].items():
        moving = entry.get("moving", entry.get("lines", {}))
        arrays[name] = {
            column: [numbers[each["at"] : each["at"] + each["size"]] for each in rows]
            for column, rows in moving.items()
        } | {column: rows for column, rows in entry["columns"].items() if isinstance(rows, list)}
    return tab, arrays


@pytest.fixture(scope="module")
def shown() -> ComparisonResult:
    return shown_by(objective="quadratic_rotated", n_steps=60)


def test_step_arrow_is_the_direction_of_the_path(shown):
    _, arrays = drawn(shown)
    pair = next(pair for pair in shown.pairs if pair.name == "adam")
    V = shown.basis.eigenvectors
    for side, path, axes in (("left", pair.original, np.eye(2)), ("right", pair.rotated, V)):
        moves = np.diff(path.points, axis=0) @ axes
        moves /= np.linalg.norm(moves, axis=1, keepdims=True)
        arrows = arrays[f"why-{side}-arrows"]
        row = arrows["text"].index("step")
        tips = np.stack([arrows["x"][row], arrows["y"][row]], axis=-1)
        assert tips.shape == (61, 2)
        np.testing.assert_allclose(tips[:-1], moves, atol=1e-3)


def test_gradient_arrow_points_down_the_slope_of_each_figure(shown):
    _, arrays = drawn(shown)
    pair = next(pair for pair in shown.pairs if pair.name == "adam")
    gradients = shown.objective.gradient(pair.rotated.points[:-1]) @ shown.basis.eigenvectors
    gradients /= np.linalg.norm(gradients, axis=1, keepdims=True)
    arrows = arrays["why-right-arrows"]
    row = arrows["text"].index("−∇f")
    tips = np.stack([arrows["x"][row], arrows["y"][row]], axis=-1)
    np.testing.assert_allclose(tips[:-1], -gradients, atol=1e-4)


def test_ellipse_lies_along_the_axes_of_the_coordinates_the_method_works_in(shown):
    _, arrays = drawn(shown)
    for side in ("left", "right"):
        (angle,), (width,), (height,) = (
            arrays[f"why-{side}-shape"][column] for column in ("angle", "width", "height")
        )
        assert np.abs(np.sin(2 * angle)).max() < 1e-5
        assert width == pytest.approx(2.0)
        assert (height <= width + 1e-6).all()


def test_norms_are_those_of_the_runs(shown):
    _, arrays = drawn(shown)
    pair = next(pair for pair in shown.pairs if pair.name == "adam")
    expected = [
        pair.original.gradient_norms, pair.original.gradient_norms_1,
        pair.rotated.gradient_norms, pair.rotated.gradient_norms_1,
    ]  # fmt: skip
    np.testing.assert_allclose(arrays["norms"]["ys"], np.log10(expected), rtol=1e-4, atol=1e-4)


def test_a_method_without_momentum_shows_no_momentum(shown):
    _, arrays = drawn(shown, "adagrad")
    assert arrays["why-left-arrows"]["text"] == ["−∇f", "step"]


def test_rotating_a_quadratic_removes_the_off_diagonal_mass(shown):
    tab, _ = drawn(shown)
    assert tab._work.result is not None
    reasons = tab._work.result.reasons
    assert reasons.egop_is_exact
    assert reasons.egop_mass["original"] > 0.1
    assert reasons.egop_mass["rotated"] < 0.01
    assert "expects a gain" in tab.message.object
    assert "suggested step" in tab.message.object
    assert "cannot speak in two variables" in tab.message.object
    assert reasons.expectation.assumption.sentence[:10] in tab.message.object


@pytest.mark.parametrize("method", ["adagrad", "adam"])
def test_nothing_arrives_where_no_lower_bound_is_known(method):
    tab, _ = drawn(shown_by(objective="saddle", n_steps=200), method)
    assert "<dd>never → never</dd>" in tab.message.object


def test_every_fact_has_an_explanation(shown):
    tab, _ = drawn(shown)
    assert tab.message.object.count('<dt><span class="term"') == tab.message.object.count("<dt")
    assert 'data-explanation=""' not in tab.message.object


def test_unchanged_scene_is_not_looked_into_again(shown):
    tab, _ = drawn(shown)
    picture = tab._work.result
    tab.show(shown, Packet(len(shown.schedule)))
    assert tab._work.result is picture


def test_diverged_runs_and_many_variables_are_drawn():
    gone = shown_by(objective="quadratic_rotated", methods=["momentum"], rates={"momentum": 1e9})
    _, arrays = drawn(gone, "momentum")
    assert np.isnan(arrays["why-left-arrows"]["x"][0][-1])
    assert np.isnan(arrays["why-left-shape"]["width"][0][-1])
    many = shown_by(objective="least_squares", dim=8, n_steps=30)
    _, arrays = drawn(many)
    assert np.isfinite(arrays["why-right-shape"]["height"][0]).all()


def test_arrows_are_named_by_the_coordinates_of_the_figures_above():
    many = shown_by(objective="least_squares", dim=8, n_steps=30, first_axis=3, second_axis=1)
    tab, _ = drawn(many)
    for arrows, plane in ((tab.left, many.planes[0]), (tab.right, many.planes[1])):
        assert [axis.axis_label for axis in arrows.figure.axis] == list(plane.names)
    assert many.planes[0].names == ("x₃", "x₁")


def test_r_med_is_that_of_both_runs_at_the_step_of_the_playback(shown):
    playback = Playback(prefix="test")
    tab = WhyTab("test", lambda packet: None, playback)
    tab.show(shown, Packet(len(shown.schedule)))
    H, V = shown.objective.hessian(shown.start), shown.basis.eigenvectors
    values = [r_med(np.diag(H)), r_med(np.diag(V.T @ H @ V))]
    said = " → ".join(number(float(each), 3) for each in values)
    assert f"<dd>{said}</dd>" in tab.message.object
    assert "R_med at step 0" in tab.message.object
    playback.step = 37
    assert "R_med at step 37" in tab.message.object
    assert f"<dd>{said}</dd>" in tab.message.object  # of a quadratic it is the same everywhere


def test_r_med_follows_each_run_where_curvature_changes():
    shown = shown_by(objective="rosenbrock", n_steps=300)
    reasons = find_reasons(shown, "adam")
    step, original, rotated = reasons.r_med.at(200)
    assert (step, len(reasons.r_med.steps)) == (198, 101)
    for run, V, found in (
        (reasons.original, np.eye(2), original),
        (reasons.rotated, shown.basis.eigenvectors, rotated),
    ):
        H = shown.objective.hessian(run.points[step])
        assert found == pytest.approx(float(r_med(np.diag(V.T @ H @ V))), rel=1e-6)
    assert len({*np.round(reasons.r_med.original, 6)}) > 10


def test_r_med_is_left_out_with_many_variables():
    tab, _ = drawn(shown_by(objective="least_squares", dim=100, n_steps=10))
    assert "R_med" not in tab.message.object
    tab, _ = drawn(shown_by(objective="associative_memory", n_steps=10))
    assert "R_med" in tab.message.object
    gone = shown_by(objective="quadratic_rotated", methods=["momentum"], rates={"momentum": 1e9})
    reasons = find_reasons(gone, "momentum")
    last = to_html(gone, reasons, len(gone.schedule))
    assert "– → –" in last


def test_without_methods_a_sentence_says_what_to_do_and_nothing_is_drawn(shown):
    tab, arrays = drawn(shown)
    packet = Packet(10)
    tab.show(shown_by(methods=[]), packet)
    sources = unpack(packet.to_bytes())[0]["sources"]
    assert sources.keys() == arrays.keys()
    assert all(column == [] for each in sources.values() for column in each["columns"].values())
    assert NO_METHOD in tab.message.object
    assert [each.css_classes for each in tab.view[:-1]] == [["earlier"]] * 3


@pytest.mark.parametrize("settings", [{}, {"objective": "associative_memory", "methods": ["muon"]}])
def test_explanations_are_whole_sentences(settings):
    shown = shown_by(n_steps=20, **settings)
    tab, _ = drawn(shown, next(iter(shown.methods)))
    told = re.findall(r'data-explanation="([^"]*)"', tab.message.object)
    assert len(told) >= 8
    for each in told:
        assert not each[:1].islower()
        assert re.search(r"[.)]$", each)


def test_words_are_in_the_page_s_color_and_marks_in_those_of_the_methods(shown):
    tab, _ = drawn(shown)
    assert not re.search(r'style="[^"]*(?<!-)color:', tab.message.object)
    assert theme.color("adam") in tab.message.object


def test_direction_of_no_movement_is_none():
    tips = directions(np.array([[0.0, 0.0], [0.0, 3.0]]), axes=np.eye(2))
    assert np.isnan(tips[0]).all()
    assert tips[1:].tolist() == [[0.0, 1.0], [0.0, 1.0]]


def test_direction_of_round_off_is_none():
    lengths = np.array([1e-3, 4.0, 1e-9, 1e-15, np.nan, 1e9])
    told = ~np.isnan(directions(lengths[:, None] * [0.6, 0.8], axes=np.eye(2))[:-1, 0])
    assert told.tolist() == [True, True, True, False, False, True]
    aside = np.array([[0.0, 1.0, 1e-17]])  # of which the plane shows the last two
    assert np.isnan(directions(aside, axes=np.eye(3)[:, [0, 2]])).all()
    step = np.array([[1e-15, 0.0]])
    assert np.isnan(directions(step, np.array([5.0]), axes=np.eye(2))).all()
    assert not np.isnan(directions(step, np.array([1e-9]), axes=np.eye(2))).any()


def test_a_run_that_stands_has_no_step():
    settings = {"objective": "quadratic_rotated", "basis": "leading", "n_steps": 800}
    shown = shown_by(**settings, methods=["adagrad"])
    tab, arrays = drawn(shown, "adagrad")
    arrows = arrays["why-right-arrows"]
    step, slope = (arrows["text"].index(name) for name in ("step", "−∇f"))
    aside = arrows["y"][step]  # along v₂, in which no run moves
    assert np.isfinite(arrows["x"][step][:10]).all()
    assert np.nanmax(np.abs(aside)) < 0.1
    assert np.isnan(arrows["x"][step][-1])
    assert np.isfinite(arrows["x"][slope]).all()  # f still falls, along v₂
    assert "none where a run stands" in tab.message.object


@pytest.mark.parametrize(
    "settings",
    [
        {"basis": "leading"},
        {"basis": "refreshed"},
        {"basis": "random"},
        {"basis": "leading", "leading": 2},
    ],
)
def test_the_theory_stands_beside_the_runs_of_which_the_verdict_says_it(settings):
    shown = shown_by(objective="quadratic_rotated", n_steps=60, **settings)
    tab, _ = drawn(shown)
    told = settings.get("leading") == 2
    for words in ("the theory", "suggested step", "smoothness", "A1 "):
        assert (words in tab.message.object) == told
    assert ("theory expects" in verdict_of(shown).text) == told
    assert ("R_med" in tab.message.object) == (settings != {"basis": "leading"})
