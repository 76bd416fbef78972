"""The live spectrum and the surface in a browser."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator

from tests.app.driver import AT_REST, FRAME, Explorer

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(app_server, visit):
    return Explorer(visit(), app_server.url)


def look(locator: Locator) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)


def surface(page: Explorer) -> Locator:
    page.page.get_by_role("tab", name="Surface").click()
    canvas = page.page.get_by_role("img", name="Surface of f over")
    canvas.wait_for(timeout=60_000)
    page.until(lambda: int(canvas.get_attribute("data-length") or 0) > 0)
    return canvas


def test_hovering_a_bar_lights_up_its_eigenvector_without_the_server(page):
    page.pause()
    page.rest(AT_REST)
    frames = page.n_frames
    before = page.pixels("left")
    box = page.evaluate(FRAME, "spectrum-figure")
    page.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.6 * box["height"])
    page.page.mouse.move(box["x"] + 0.27 * box["width"], box["y"] + 0.6 * box["height"])
    page.until(lambda: len(page.column("left-axes", "xs")) == 3)
    page.page.wait_for_timeout(200)
    assert (np.abs(page.pixels("left") - before).max(axis=-1) > 60).sum() > 100
    xs, ys = (np.array(page.column("left-axes", name)) for name in ("xs", "ys"))
    lit, first = (np.array([np.diff(c[k])[0] for c in (xs, ys)]) for k in (2, 0))
    assert abs(lit @ first) == pytest.approx(np.linalg.norm(lit) * np.linalg.norm(first), rel=1e-4)
    page.page.mouse.move(box["x"] + 40, box["y"] - 300)
    page.until(lambda: len(page.column("left-axes", "xs")) == 2)
    assert page.n_frames == frames


def test_another_draw_streams_to_the_whole_sample(page):
    page.pause()
    page.rest(0.8)
    button = page.page.get_by_role("button", name="Draw again")
    light = page.page.locator("span.light")
    before = page.column("spectrum", "value")
    page.after(button.click)
    page.until(lambda: "of" not in light.inner_text())
    assert page.column("spectrum", "value") != before
    assert light.inner_text() == "enough"
    assert page.visit.console == []


def test_the_history_is_drawn_and_left_again(page):
    page.page.get_by_role("button", name="By samples").click()
    page.until(lambda: len(page.column("history-0", "m")) > 4)
    page.page.get_by_role("button", name="By eigenvalue").click()
    page.page.get_by_role("button", name="By samples").wait_for()
    assert page.visit.console == []


def test_buttons_and_light_of_the_spectrum_are_whole_and_apart(app_server, visit):
    page = Explorer(visit(viewport={"width": 1024, "height": 768}), app_server.url)
    names = "Draw again", "By samples"
    buttons = [page.page.get_by_role("button", name=name).bounding_box() for name in names]
    first, second = sorted(buttons, key=lambda box: (box["y"], box["x"]))
    assert first["x"] + first["width"] <= second["x"] or first["y"] + first["height"] <= second["y"]
    clipped = page.page.locator("span.light").evaluate(
        "(light) => light.getBoundingClientRect().right"
        " - light.closest('.line').getBoundingClientRect().right"
    )
    assert clipped <= 0.5


def test_surface_turns_and_paths_grow_without_the_server(page):
    canvas = surface(page)
    page.pause()
    page.rest(AT_REST)
    before, frames = look(canvas), page.n_frames
    page.page.get_by_role("slider", name="Turn the surface").focus()
    page.press(*["ArrowRight"] * 20)
    page.page.wait_for_timeout(300)
    assert (np.abs(look(canvas) - before).max(axis=-1) > 12).mean() > 0.05
    assert page.n_frames == frames
    length = int(canvas.get_attribute("data-length"))
    page.page.get_by_role("button", name="Reset to the start").click()
    page.until(lambda: int(canvas.get_attribute("data-length")) < length)
    assert page.visit.console == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_surface_fits_a_phone(app_server, visit, scheme):
    page = Explorer(visit(viewport=PHONE, color_scheme=scheme, has_touch=True), app_server.url)
    page.page.wait_for_timeout(3000)
    canvas = surface(page)
    canvas.scroll_into_view_if_needed()
    assert canvas.bounding_box()["width"] <= PHONE["width"]
    page.page.wait_for_timeout(800)
    colors = look(canvas)
    assert (colors.mean() < 128) == (scheme == "dark")
    assert (colors.std(axis=(0, 1)) > 5).all()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
