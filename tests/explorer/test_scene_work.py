"""Work of more than a frame is done in a thread, can be cancelled, and is limited."""

import time
from threading import Event

import pytest

from egop.explorer import catalog, compute, figure_windows, scene_work, typed_formula
from egop.explorer.figure_windows import View
from egop.explorer.scene import Scene
from egop.ui import allowance
from egop.ui.background import GIVEN_UP
from egop.ui.document import current_page
from egop.ui.playback import Channel
from tests.page.in_process import served_page, threads_of

FUNCTIONS = {
    "make": (catalog, "_make"),
    "formula": (typed_formula, "make"),
    "estimate": (compute, "estimate"),
    "runs": (compute, "run_pairs"),
    "landscape": (figure_windows, "landscape"),
}
SLOW = {"methods": ["full_adagrad"], "rates": {"full_adagrad": 0.01}}
ACTIONS = {
    "another objective": ({"objective": "tiny_network"}, {"make", "estimate", "runs", "landscape"}),
    "a formula": (
        {"objective": "formula", "formula": "x^2 + 3*y^4 + x*y"},
        {"formula", "estimate", "runs", "landscape"},
    ),
    "200 variables": (
        {"objective": "logistic", "dim": 200}, {"make", "estimate", "runs", "landscape"}
    ),
    "many samples": ({"n_samples": 20_000}, {"estimate"}),
    "many samples of 200 variables": (
        {"objective": "least_squares", "dim": 200, "n_samples": 10_000}, {"estimate"}
    ),
    "a sample along a path": ({"distribution": "along_path", "n_samples": 20_000}, {"estimate"}),
    "another basis of 200 variables": (
        {"objective": "logistic", "dim": 200, "basis": "random"}, {"landscape"}
    ),
    "full-matrix AdaGrad": ({**SLOW, "n_steps": 1500}, {"runs"}),
    "runs of many variables": (
        {"objective": "logistic", "dim": 200, "n_steps": 5000}, {"runs"}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page():
    with pytest.MonkeyPatch.context() as patch, served_page() as made:
        patch.setattr(Channel, "PATIENCE", 0.0)  # no browser says what it has drawn
        yield made


@pytest.fixture
def explorer(page):
    """The page's explorer, with the opening scene; its visitor has computed nothing yet."""
    allowance.allowance_of(page.act(current_page))._spent.clear()
    explorer = page.main.explorer
    settings = {name: value for name, value in Scene().param.values().items() if name != "name"}
    page.act(lambda: explorer.scene.param.update(**settings))
    page.settle()
    return explorer


@pytest.fixture
def threads(monkeypatch):
    """By function the threads that called it."""
    return threads_of(FUNCTIONS, monkeypatch)


@pytest.mark.parametrize(("change", "heavy"), ACTIONS.values(), ids=ACTIONS)
def test_heavy_work_does_not_run_on_the_event_loop(
    page, explorer, threads, change, heavy, monkeypatch
):
    monkeypatch.setattr(catalog, "_made", {})  # of other tests
    page.act(lambda: explorer.scene.param.update(**change))
    page.until(lambda: heavy <= threads.keys())
    page.settle()
    assert all(page.thread not in threads[name] for name in heavy)
    assert not explorer.notice.visible
    shown = explorer._shown
    assert shown.scene is explorer.scene
    assert len(shown.schedule) == explorer.scene.n_steps
    assert shown.objective is explorer.updates.comparison.objective_made_before(explorer.scene)


def test_a_drag_in_two_variables_is_computed_at_once(page, explorer, threads):
    for step in range(5):
        page.act(lambda step=step: explorer.scene.param.update(start=(-3.99 + 0.01 * step, 1.0)))
        page.until(lambda: not page.act(lambda: explorer.updates._waiting))
    assert threads["runs"] == {page.thread}
    assert explorer._shown.start.tolist() == list(explorer.scene.start)


def test_the_loop_answers_and_says_what_is_computed(page, explorer):
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=10_000))
    page.until(lambda: page.act(lambda: explorer.notice.visible))
    assert page.act(lambda: explorer.updates._work.is_busy)
    assert "Computing 2 runs of 10,000 steps…" in explorer.notice.object
    assert explorer._figures.dimmed[0].css_classes == ["earlier"]
    page.act(lambda: explorer.scene.param.update(methods=["adam"], rates={"adam": 0.1}))
    page.settle()
    assert list(explorer._shown.methods) == ["adam"]
    assert not explorer.notice.visible
    assert explorer._figures.dimmed[0].css_classes == []


def test_of_scenes_in_quick_succession_the_last_is_shown(page, explorer):
    for key in ("logistic", "least_squares", "log_sum_exp", "booth", "tiny_network"):
        page.act(lambda key=key: explorer.scene.param.update(objective=key))
        time.sleep(0.05)
    page.settle()
    assert explorer._shown.objective is explorer.updates.comparison.objective_made_before(
        explorer.scene
    )
    assert explorer.scene.rates == pytest.approx(explorer._shown.scene.rates)


def test_of_formulas_in_quick_succession_the_last_is_shown(page, explorer):
    for text in ("x^2 + 44*y^2", "x^2 + 45*y^2", "x^2 + 46*y^2"):
        page.act(lambda text=text: explorer.scene.param.update(objective="formula", formula=text))
        time.sleep(0.05)
    page.settle()
    assert explorer._shown.name == "x^2 + 46*y^2"


def test_while_a_formula_is_made_the_earlier_picture_stays_and_says_so(
    page, explorer, threads, monkeypatch
):
    earlier, goes_on, make = explorer._shown, Event(), typed_formula.make
    monkeypatch.setattr(typed_formula, "make", lambda *formula: goes_on.wait(60) and make(*formula))
    page.act(lambda: explorer.scene.param.update(objective="formula", formula="x^2 + 48y^2"))
    page.until(lambda: page.act(lambda: explorer.notice.visible))
    assert explorer._shown is earlier
    assert typed_formula.MAKING in explorer.notice.object
    assert "Still showing: A tilted valley" in explorer.notice.object
    goes_on.set()
    page.settle()
    assert explorer._shown.name == "x^2 + 48y^2"
    assert not explorer.notice.visible
    assert "96 y" in explorer.controls.values["gradient"]
    assert page.thread not in threads["formula"]


def test_a_formula_that_was_given_up_does_not_replace_the_one_shown(page, explorer, monkeypatch):
    show = explorer.scene.param.update
    page.act(lambda: show(objective="formula", formula="x^2 + 49y^2"))
    page.settle()
    shown, goes_on, make = explorer._shown, Event(), typed_formula.make
    monkeypatch.setattr(typed_formula, "make", lambda *formula: goes_on.wait(60) and make(*formula))
    page.act(lambda: show(formula="x^2 + 50y^2"))
    page.until(lambda: page.act(lambda: explorer.updates._work.is_busy))
    page.act(lambda: show(formula="x^2 + 49y^2"))
    page.settle()
    goes_on.set()
    page.until(lambda: not explorer.updates._work._work.is_running)
    page.act(lambda: show(start=(0.5, 0.5)))
    page.settle()
    assert explorer._shown.objective is shown.objective
    assert "98 y" in explorer.controls.values["gradient"]


def test_further_samples_of_an_earlier_scene_do_not_become_those_of_a_refused_one(page, explorer):
    change = explorer.scene.param.update
    page.act(lambda: change(objective="logistic", dim=200, n_samples=20_000))
    page.until(lambda: page.act(lambda: explorer.updates._completion.is_running))
    page.act(lambda: change(scale=7.0, basis="exact"))
    page.until(lambda: page.act(lambda: "exact EGOP" in explorer.updates.comparison.failure))
    page.until(lambda: not page.act(lambda: explorer.updates._completion.is_running))
    page.act(lambda: change(basis="egop"))
    page.settle()
    assert explorer._shown.estimate.sample.points.std() == pytest.approx(7, rel=0.01)


def test_a_figure_that_grows_while_a_scene_is_computed_is_filled(page, explorer):
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=1500))
    page.until(lambda: page.act(lambda: explorer.updates._work.is_busy))
    before = explorer.playback.wide
    page.act(lambda: explorer.playback.param.update(wide=before + 1))
    page.settle()
    assert explorer._shown.windows[0].wide == before + 1
    page.act(lambda: explorer.playback.param.update(wide=before))


def test_a_slow_drag_is_drawn_on_its_way(page, explorer, monkeypatch):
    """Each picture is finished before the newest one begins, or there would be none."""
    drawn = []
    draw = explorer._draw
    monkeypatch.setattr(explorer, "_draw", lambda shown: (drawn.append(shown), draw(shown)))
    monkeypatch.setattr(scene_work, "PATIENCE", 1e3)
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=1500))
    step = 0
    while len(drawn) < 3:
        assert step < 1000
        start, step = (-4.0 + 0.001 * step, 1.0), step + 1
        page.act(lambda start=start: explorer.scene.param.update(start=start))
        time.sleep(0.02)
    assert step > len(drawn)
    page.settle()
    assert drawn[-1].start.tolist() == list(explorer.scene.start)


def test_a_scene_that_takes_too_long_is_given_up_with_a_sentence(page, explorer, monkeypatch):
    monkeypatch.setattr(allowance, "allowed", lambda: 0.4)
    monkeypatch.setattr(scene_work, "ROUGHLY", 1e9)
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=10_000))
    page.until(
        lambda: page.act(lambda: explorer.updates.comparison.failure and explorer.notice.visible)
    )
    assert "that one visitor gets within a minute; choose fewer steps" in explorer.notice.object
    monkeypatch.undo()
    page.act(lambda: explorer.scene.param.update(n_steps=100))
    page.settle()
    assert not explorer.notice.visible
    assert len(explorer._shown.schedule) == 100


def test_an_error_in_the_thread_is_said_instead_of_computing_for_ever(page, explorer, monkeypatch):
    monkeypatch.setattr(compute, "run_pairs", lambda *arguments: {}["adam"])
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=1500))
    page.until(lambda: page.act(lambda: GIVEN_UP in explorer.notice.object))
    assert not explorer.updates._work.is_busy
    monkeypatch.undo()
    page.act(lambda: explorer.scene.param.update(n_steps=1600))
    page.settle()
    assert not explorer.notice.visible


def test_what_is_known_to_take_far_too_long_is_not_begun(page, explorer, threads):
    settings = {"objective": "logistic", "dim": 200, **SLOW}
    page.act(lambda: explorer.scene.param.update(**settings, n_steps=2))
    page.settle()
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=2))
    page.settle()
    threads.clear()
    page.act(lambda: explorer.scene.param.update(n_steps=10_000))
    page.until(
        lambda: page.act(lambda: explorer.updates.comparison.failure and explorer.notice.visible)
    )
    assert "This scene would take about" in explorer.notice.object
    assert not explorer.updates._work.is_busy
    assert not threads["runs"]


def test_a_scene_waits_for_the_allowance_and_is_shown_then(page, explorer, monkeypatch):
    monkeypatch.setattr(allowance, "MINUTE", 2.0)
    left = allowance.allowance_of(page.act(current_page))
    page.act(lambda: left.spend(allowance.allowed()))
    page.act(lambda: explorer.scene.param.update(**SLOW, n_steps=1500))
    page.until(lambda: page.act(lambda: "this one goes on in" in explorer.notice.object))
    assert "have taken 40 seconds of the server" in explorer.notice.object
    assert len(explorer._shown.schedule) != 1500
    page.settle()
    assert len(explorer._shown.schedule) == 1500
    assert not explorer.notice.visible


@pytest.mark.parametrize("key", ["branin", "tiny_network", "log_sum_exp"])
def test_a_scene_that_was_shown_has_a_known_time(page, explorer, key):
    page.act(lambda: explorer.scene.param.update(objective=key))
    page.settle()
    seconds = page.act(
        lambda: explorer.updates.comparison.seconds_to_show(
            explorer.scene.snapshot(), View(steady=True)
        )
    )
    assert 0 < seconds < 1
