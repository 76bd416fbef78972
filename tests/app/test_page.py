"""The served page in a real browser: what people see, drag, type and press."""

from collections.abc import Callable

import numpy as np
import pytest

from egop.ui.layout import GRID
from tests.app.driver import AT_REST, N_STEPS, Explorer
from tests.conftest import Server, Visit

Open = Callable[..., Explorer]


ROWS = """(style) => {
  const cell = document.querySelector("div");
  cell.attachShadow({mode: "open"}).innerHTML = `<style>${style}</style>`;
  return getComputedStyle(cell).gridTemplateRows;
}"""
"""The heights of the rows of a grid in a document that says no height of its own."""


@pytest.fixture
def explorer(visit: Callable[..., Visit], app_server: Server):
    """A function that opens the page; at the end its console and the server's log are clean."""
    opened: list[Explorer] = []

    def open_explorer(**options: object) -> Explorer:
        opened.append(Explorer(visit(**options), app_server.url))
        return opened[-1]

    yield open_explorer
    assert not [message for each in opened for message in each.visit.console]
    assert not app_server.trouble()


def test_both_figures_move_while_nothing_is_sent(explorer: Open):
    page = explorer()
    page.pause()
    page.press("Home")
    page.rest(AT_REST)
    before, frames = [page.pixels(side) for side in ("left", "right")], page.n_frames
    page.press("Space")
    page.until(lambda: page.step > 100)
    seen = page.step
    page.page.wait_for_timeout(300)
    after = [page.pixels(side) for side in ("left", "right")]
    assert page.playing
    assert page.step > seen
    assert page.n_frames == frames
    for old, new in zip(before, after, strict=True):
        assert (np.abs(old - new).max(axis=-1) > 30).sum() > 40


def test_it_plays_once_by_itself_and_stops(explorer: Open):
    page = explorer()
    page.until(lambda: page.playing)
    first = page.step
    page.until(lambda: page.step > first)
    page.press("5")
    page.until(lambda: not page.playing)
    assert page.step == N_STEPS
    page.page.wait_for_timeout(300)
    assert page.step == N_STEPS
    assert not page.playing


def test_keys_and_buttons_move_the_clock(explorer: Open):
    page = explorer()
    page.pause()
    page.press("Home")
    assert page.step == 0
    page.press("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight")
    assert page.step == 11
    for name, step in [("Step forward", 12), ("Step back", 11), ("Go to the end", N_STEPS),
                       ("Reset to the start", 0)]:  # fmt: skip
        page.page.get_by_role("button", name=name).click()
        assert page.step == step
    page.press("End")
    assert page.step == N_STEPS
    page.page.get_by_role("slider", name="Step", exact=True).fill("250")
    assert page.step == 250
    assert page.page.locator(".bar output").inner_text() == f"step 250 / {N_STEPS}"
    assert len(page.paths("left")[0]) == 251
    head = page.points("right-heads")[0]
    np.testing.assert_allclose(head[0], page.paths("right")[0][-1])
    for key, speed in zip("12345", ("0.25", "0.5", "1", "2", "4"), strict=True):
        page.press(key)
        assert page.page.locator(".bar .speed").inner_text() == f"{speed}×"
    page.press("Space")
    page.until(lambda: page.playing)
    page.press("Space")
    assert not page.playing


def test_a_key_that_is_typed_into_a_field_is_no_command(explorer: Open):
    page = explorer()
    page.pause()
    step = page.step
    page.field("Start x₀").click()
    page.press("ArrowLeft", "Home", "End", "3")
    assert page.step == step


@pytest.mark.parametrize("side", ["left", "right"])
def test_dragging_the_start_redraws_both_figures(explorer: Open, side: str):
    page = explorer()
    page.press("End")
    before = [page.paths(each) for each in ("left", "right")]
    pictures = [page.pixels(each) for each in ("left", "right")]
    start = page.points(f"{side}-start")[0]
    page.after(lambda: page.drag(side, start, (-30, 24)))
    field = page.field("Start x₀")
    moved = page.points("left-start")[0]
    page.until(lambda: field.input_value() == ", ".join(f"{float(f'{c:.6g}'):.6g}" for c in moved))
    assert np.linalg.norm(page.points(f"{side}-start")[0] - start) > 0.2
    for i, each in enumerate(("left", "right")):
        assert page.paths(each) != before[i]
        assert (np.abs(page.pixels(each) - pictures[i]).max(axis=-1) > 30).sum() > 40


def test_a_click_moves_the_start_to_it(explorer: Open):
    page = explorer()
    page.pause()
    goal = np.array([1.0, -2.5])
    page.after(lambda: page.page.mouse.click(*page.place("left", goal)))
    np.testing.assert_allclose(page.points("left-start")[0], goal, atol=0.06)
    goal = np.array([1.2, -2.4])
    page.after(lambda: page.page.mouse.click(*page.place("right", goal)))
    np.testing.assert_allclose(page.points("right-start")[0], goal, atol=0.06)


def test_pulling_rho_turns_the_basis(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Objective", "Rosenbrock"))
    page.rest(1.5)
    page.pause()
    before, image = page.paths("right"), page.pixels("right")
    handles = page.points("left-handles")
    assert len(handles) == 5  # the mean, and both ends of both axes
    page.after(lambda: page.drag("left", handles[1], (-20, -30)))
    assert np.linalg.norm(page.points("left-handles")[1] - handles[1]) > 0
    page.press("End")
    assert page.paths("right") != before
    assert (np.abs(page.pixels("right") - image).max(axis=-1) > 20).mean() > 0.01
    mean = page.points("left-handles")[0]
    page.after(lambda: page.drag("left", mean, (25, 5)))
    assert np.linalg.norm(page.points("left-handles")[0] - mean) > 0


def test_sliders_redraw(explorer: Open):
    page = explorer()
    page.press("End")
    page.rest()
    before = page.paths("right")
    page.after(lambda: page.turn("Adam rate", "ArrowRight", "ArrowRight"))
    assert page.paths("right") != before
    samples = page.points("left-samples")
    page.turn("Width c of ρ", "PageDown", "PageDown")
    page.until(lambda: not np.array_equal(page.points("left-samples"), samples))


def test_a_formula_is_checked_at_each_key_and_run_on_enter(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Objective", "A formula"))
    page.press("End")
    good = page.column("left-lines", "xs")
    field = page.field("f(x, y) =")
    field.fill("x^2 + * y")
    page.until(lambda: "position" in page.sentences)
    loads = page.loads
    field.press("Enter")
    page.rest()
    assert "position" in page.sentences
    assert page.loads == loads
    assert page.column("left-lines", "xs") == good
    field.fill("x^2 + 3*y^2")
    page.until(lambda: not page.sentences)
    page.rest()
    assert page.loads == loads
    page.after(lambda: field.press("Enter"))
    assert page.column("left-lines", "xs") != good


def test_a_start_that_is_no_point_is_answered_and_the_picture_stays(explorer: Open):
    page = explorer()
    page.press("End")
    page.rest()
    before, loads = page.paths("left"), page.loads
    field = page.field("Start x₀")
    field.fill("1,2,3")
    field.press("Enter")
    page.until(lambda: "takes 2 numbers" in page.sentences)
    assert page.paths("left") == before
    assert page.loads == loads
    field.fill("1, 2")
    page.after(lambda: field.press("Enter"))
    assert not page.sentences
    np.testing.assert_allclose(page.points("left-start")[0], [1, 2])


def test_divergence_is_said_in_words(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Objective", "Rosenbrock"))
    page.after(lambda: page.choose("Add a method", "Gradient descent"))
    page.after(lambda: page.turn("Gradient descent rate", "End"))
    page.until(lambda: "diverge" in page.verdict)


@pytest.mark.parametrize(
    "viewport", [{"width": 1280, "height": 720}, {"width": 390, "height": 844}]
)
def test_a_scene_that_cannot_be_shown_says_so_over_the_dimmed_picture(explorer: Open, viewport):
    page = explorer(viewport=viewport)
    narrow = viewport["width"] < 900
    if narrow:
        page.page.get_by_role("button", name="Open drawer").click()
    page.choose("Basis of the right figure", "Hessian at the minimum")
    page.rest(1.0)
    page.choose("Objective", "Saddle")  # which has no minimum
    notice = page.page.locator(".notice")
    notice.wait_for()
    if narrow:
        page.press("Escape")
        page.page.mouse.wheel(0, 300)
        page.rest()
    assert "no known minimum" in notice.inner_text()
    assert "Still showing: A tilted valley" in notice.inner_text()
    box = notice.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= viewport["height"]
    page.until(lambda: page.page.locator(".earlier").count() == 3)
    before = page.page.locator(".earlier").first
    page.until(lambda: float(before.evaluate("e => getComputedStyle(e).opacity")) < 0.5)
    if narrow:
        page.page.get_by_role("button", name="Open drawer").click()
    page.after(lambda: page.choose("Basis of the right figure", "EGOP, estimated"))
    notice.wait_for(state="hidden")
    assert page.page.locator(".earlier").count() == 0


def test_a_basis_that_does_not_exist_leaves_the_picture(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Objective", "Rosenbrock"))
    page.rest(1.5)
    page.pause()
    page.press("End")
    before = page.paths("right")
    page.choose("Basis of the right figure", "EGOP, exact")
    page.until(lambda: "exact EGOP" in page.sentences)
    assert page.paths("right") == before
    page.after(lambda: page.choose("Basis of the right figure", "Random rotation"))
    assert not page.sentences
    page.press("End")
    assert page.paths("right") != before


def test_twenty_variables(explorer: Open):
    page = explorer()
    page.after(lambda: page.choose("Objective", "The paper's Figure 1"))
    page.page.get_by_role("button", name="Problem").click()
    page.after(lambda: page.turn("Variables d", *["PageUp"] * 10))
    page.until(lambda: "movement" in page.evaluate("() => find('right').above[0].text"))
    page.press("End")
    assert all(np.isfinite(line).all() for side in ("left", "right") for line in page.paths(side))
    assert page.pixels("right").std() > 5


def test_two_visitors_do_not_disturb_each_other(explorer: Open):
    one, other = explorer(), explorer()
    for page in (one, other):
        page.press("End")
        page.rest(AT_REST)
    before, loads = other.paths("left"), other.loads
    one.after(lambda: one.turn("Adam rate", "PageUp", "PageUp"))
    other.rest()
    assert other.loads == loads
    assert other.paths("left") == before
    assert one.paths("left") != before


def test_reduced_motion_shows_the_end_and_does_not_play(explorer: Open):
    page = explorer(reduced_motion="reduce")
    page.page.wait_for_timeout(500)
    assert page.step == N_STEPS
    assert not page.playing


def test_landscapes_keep_their_share_in_a_notebooks_cell_on_a_tall_screen(visit):
    page = visit(viewport={"width": 1280, "height": 2000}).page
    page.set_content("<div></div>")
    rows = page.evaluate(ROWS, GRID)
    assert float(rows.split()[-3].removesuffix("px")) > 200  # rows of figures, tabs and playback
