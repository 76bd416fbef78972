"""The clock in a browser: it goes by what moves, says who arrives, and begins other scenes anew."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from tests.app.driver import AT_REST, Explorer
from tests.conftest import Server, Visit

RECORD = """(bar) => {
  const played = (bar.played = []);
  const record = (now) => {
    if (bar.dataset.playing === "true") played.push([now, Number(bar.dataset.step)]);
    requestAnimationFrame(record);
  };
  requestAnimationFrame(record);
}"""
"""Keeps [milliseconds, step] of every frame while the bar plays."""

PACKET_AMONG_OTHERS = """() => {
  const packet = find("packet"), page = packet.document;
  const sources = {later: {kind: "fixed", columns: {}, sum: 1}};
  const words = new TextEncoder().encode(JSON.stringify({n_steps: 4, sources}).padEnd(100));
  const bytes = new Uint8Array(4 + words.length);
  new Uint32Array(bytes.buffer, 0, 1)[0] = words.length;
  bytes.set(words, 4);
  const array = {type: "bytes", data: bytes};
  const column = {type: "typed_array", array, order: "little", dtype: "uint8"};
  const made = (name, id, attributes) => ({type: "object", name, id, attributes});
  const data = {data: {type: "map", entries: [["packet", column]]}};
  const known = made(packet.type, packet.id, data);
  const args = {type: "map", entries: [["known", known]]};
  const other = made("CustomJS", "another-model", {args, code: ""});
  const change = {kind: "ModelChanged", model: {id: packet.id}, attr: "tags", new: [other]};
  page.apply_json_patch({events: [change]});
  return packet.tags[0].name;
}"""
"""Brings a packet along with a model that is being made, as when figures come back to a page."""


@pytest.fixture
def explorer(visit: Callable[..., Visit], app_server: Server):
    """The page, paused; at the end its console and the server's log are clean."""
    page = Explorer(visit(), app_server.url)
    page.pause()
    yield page
    assert not page.visit.console
    assert not app_server.trouble()


def moved(before: np.ndarray, after: np.ndarray) -> int:
    """The number of pixels that changed."""
    return int((np.abs(before - after).max(axis=-1) > 30).sum())


def begin_rosenbrock(explorer: Explorer) -> None:
    """Another objective, paused at its first step."""
    explorer.after(lambda: explorer.choose("Objective", "Rosenbrock"))
    explorer.pause()
    explorer.page.evaluate("document.activeElement.blur()")
    explorer.press("Home")
    explorer.rest(AT_REST)


def test_a_packet_comes_along_with_models_that_are_being_made(explorer: Explorer):
    loads = explorer.loads
    assert explorer.evaluate(PACKET_AMONG_OTHERS) is None
    explorer.until(lambda: explorer.loads > loads)


def test_the_first_steps_take_their_time(explorer: Explorer):
    begin_rosenbrock(explorer)
    frames = explorer.n_frames
    explorer.bar.evaluate(RECORD)
    explorer.press("Space")
    explorer.until(lambda: explorer.step > 20)
    assert explorer.playing
    assert explorer.n_frames == frames
    times, steps = np.array(explorer.bar.evaluate("(bar) => bar.played")).T
    assert np.all(np.diff(steps) >= 0)
    taken = times[steps > 10][0] - times[0]
    assert taken > 600  # milliseconds; ten steps of a thousand, evenly paced, take 80


def test_the_first_steps_can_be_seen(explorer: Explorer):
    begin_rosenbrock(explorer)
    explorer.press("ArrowRight")
    seen = [[explorer.pixels(side) for side in ("left", "right")]]
    for key in ("ArrowRight", "Shift+ArrowRight"):
        explorer.press(key)
        seen.append([explorer.pixels(side) for side in ("left", "right")])
    for before, after in pairwise(seen):
        assert all(moved(a, b) > 40 for a, b in zip(before, after, strict=True))


def test_dots_and_rings_come_with_their_steps_and_arrivals_are_said(explorer: Explorer):
    explorer.press("Home")
    assert explorer.column("left-dots", "x") == []
    explorer.press("ArrowRight", "ArrowRight", "ArrowRight")
    dots = explorer.points("right-dots")
    assert len(dots) == len(explorer.column("right-dots", "color"))
    paths = np.stack([explorer.paths("right"), explorer.column("right-paths", "ys")], axis=-1)
    assert {tuple(dot) for dot in dots} <= {tuple(point) for path in paths for point in path[1:]}
    assert len(dots) > 0
    assert explorer.column("right-arrivals", "x") == []
    explorer.press("End")
    assert len(explorer.column("right-arrivals", "x")) == 2
    assert explorer.page.locator(".bar .marks i").count() >= 2
    assert "Adam has arrived in EGOP coordinates" in explorer.page.locator(".spoken").inner_text()


def test_another_objective_plays_from_its_start_and_a_slider_does_not(explorer: Explorer):
    explorer.press("End")
    explorer.rest()
    explorer.after(lambda: explorer.turn("Adam rate", "ArrowRight"))
    slider = explorer.page.get_by_role("slider", name="Step", exact=True)
    assert str(explorer.step) == slider.get_attribute("max")
    assert not explorer.playing
    explorer.choose("Objective", "Rosenbrock")
    explorer.until(lambda: explorer.playing and explorer.step < 100)
    picture, step = explorer.pixels("left"), explorer.step
    explorer.until(lambda: explorer.step > step + 20)
    assert moved(picture, explorer.pixels("left")) > 40
    explorer.page.locator(".bar .main").focus()
    explorer.pause()
    middle = explorer.step
    explorer.after(lambda: explorer.turn("Adagrad rate", "ArrowRight"))
    assert explorer.step == middle


def test_the_spoken_verdict_is_the_corrected_one_that_is_seen(app_server, visit):
    page = Explorer(visit(), app_server.url)
    page.choose("Objective", "Rosenbrock 4d")  # whose check takes longer than a frame
    page.until(lambda: "no clear difference" in page.verdict)
    headline = page.page.locator("h4").first
    page.press("End")
    page.until(lambda: headline.inner_text() in page.page.locator(".spoken").inner_text())
    page.after(lambda: page.turn("Adam rate", "ArrowRight"))
    spoken = page.page.locator(".spoken")
    page.until(lambda: headline.inner_text() in spoken.inner_text(), 20)
    remark = "Not yet compared"
    page.until(lambda: remark not in page.verdict and remark not in spoken.inner_text(), 20)
    page.until(lambda: headline.inner_text() in spoken.inner_text(), 20)
