"""The tabs "Dial" and "Map" in a real browser: drawn, dragged, tapped, stopped."""

import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.app.driver import Explorer
from tests.conftest import Server, Visit

Open = Callable[..., Explorer]
SENTENCES = """(panes) => panes.map((pane) =>
  [...pane.shadowRoot.children].filter((child) => !["STYLE", "LINK"].includes(child.tagName))
    .map((child) => child.innerText).join(" ")).join(" ")
"""
DIAL, MAP = "dial", "map-angles"


@pytest.fixture
def tab(visit: Callable[..., Visit], app_server: Server):
    """A function that opens a tab and waits for its picture; nothing may complain."""
    opened: list[Explorer] = []

    def open_tab(name: str, **options: object) -> Explorer:
        page = Explorer(visit(**options), app_server.url)
        opened.append(page)
        page.pause()
        page.rest(1.0)  # until the page is built
        press(page, name)
        source = "dial-curves" if name == "Dial" else "cells-angles"
        page.until(lambda: bool(column(page, source, "xs" if name == "Dial" else "x")), 60)
        finished(page)
        return page

    yield open_tab
    for each in opened:
        finished(each)
    assert not [message for each in opened for message in each.visit.console]
    assert not app_server.trouble()


def press(page: Explorer, name: str) -> None:
    """Opens a tab, in the middle of the page, since the bar covers the bottom of a phone."""
    tab = page.page.get_by_role("tab", name=name, exact=True)
    tab.evaluate("(tab) => tab.scrollIntoView({block: 'center'})")
    tab.click()


def column(page: Explorer, source: str, name: str) -> list:
    """A column of a source that may not be there yet."""
    if not page.evaluate("(name) => find(name) != null", source):
        return []
    return page.column(source, name)


def said(page: Explorer) -> str:
    """The sentences of the open tab."""
    return page.page.locator(".bk-panel-models-markup-HTML:visible").evaluate_all(SENTENCES)


def finished(page: Explorer) -> None:
    page.until(lambda: not re.search("omputing|refining", said(page) or "omputing"), 60)
    page.rest(0.6)


def colors(picture: np.ndarray) -> int:
    """The number of different colors of a picture, coarsely."""
    return len(np.unique(picture.reshape(-1, 3) // 32, axis=0))


def test_the_dial_is_drawn_and_a_drag_turns_the_right_figure(tab: Open):
    page = tab("Dial")
    assert len(page.column("dial-curves", "xs")) == 2
    assert len(page.column("dial-curves", "xs")[0]) == 91
    assert colors(page.pixels(DIAL)) > 6
    before, at = page.pixels("right"), page.column("dial-runs", "x")[0]
    assert page.page.get_by_role("slider", name="Angle of the basis (degrees)").is_visible()
    frame = page.evaluate("(name) => [find(name).y_range.start, find(name).y_range.end]", DIAL)
    page.drag(DIAL, (at, np.mean(frame)), (-150, 0))
    page.until(lambda: abs(page.column("dial-runs", "x")[0] - at) > 10)
    page.rest()
    assert (np.abs(page.pixels("right") - before).max(axis=-1) > 30).mean() > 0.02


def test_the_dial_can_be_turned_by_keys(tab: Open):
    page = tab("Dial")
    before = page.column("dial-runs", "x")[0]
    page.turn("Angle of the basis (degrees)", "ArrowLeft", "ArrowLeft")
    page.until(lambda: page.column("dial-runs", "x")[0] < before)
    assert page.column("dial-runs", "x")[0] == pytest.approx(before - 1.0, abs=0.6)


def test_the_dial_counts_steps_when_asked(tab: Open):
    page = tab("Dial")
    gaps = page.column("dial-curves", "ys")[0]
    page.page.get_by_role("button", name="Steps needed").click()
    page.until(lambda: page.column("dial-curves", "ys")[0] != gaps)
    assert "steps" in said(page)
    assert max(page.column("dial-curves", "ys")[0]) > 100


def test_the_map_is_drawn_and_a_tap_loads_the_run(tab: Open):
    page = tab("Map")
    assert page.evaluate("() => find('cells-angles').data.image[0].shape.join('×')") == "25×91"
    assert colors(page.pixels(MAP)) > 5
    assert "2,275 runs" in said(page)
    x, y = page.place(MAP, (45.0, 0.0))
    page.after(lambda: page.page.mouse.click(x, y))
    assert page.page.get_by_role("slider", name="Dial, degrees").is_visible()
    rate = page.page.get_by_role("slider", name="Adagrad rate")
    assert float(rate.input_value()) == pytest.approx(0.0, abs=0.1)
    finished(page)
    assert "2,275 runs" in said(page)


def test_a_tooltip_tells_the_cell_in_words(tab: Open):
    page = tab("Map")
    x, y = page.place(MAP, (30.0, 0.5))
    page.page.mouse.move(x - 5, y)
    page.page.mouse.move(x, y)
    page.page.locator(".bk-Tooltip").wait_for()
    text = page.page.locator(".bk-Tooltip").evaluate_all(SENTENCES)
    assert "30°" in text
    assert "f − f*" in text


def test_the_other_map_compares_rates(tab: Open):
    page = tab("Map")
    page.page.get_by_role("button", name="Rate × rate").click()
    page.until(lambda: bool(column(page, "cells-rates", "x")))
    finished(page)
    assert colors(page.pixels("map-rates")) > 5
    assert "best rates are" in said(page)


def test_leaving_the_map_stops_it_and_coming_back_finishes_it(tab: Open):
    page = tab("Dial")
    for name in ("Map", "Dial", "Map"):
        press(page, name)
    page.until(lambda: "2,275 runs" in said(page), 60)


@pytest.mark.parametrize("name", ["Dial", "Map"])
def test_on_a_phone_it_stays_within_the_page(tab: Open, name: str):
    page = tab(name, viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    figure = DIAL if name == "Dial" else MAP
    page.page.get_by_role("tab", name=name, exact=True).scroll_into_view_if_needed()
    frame = page.evaluate(
        "(name) => { const {width, height} = Bokeh.index.find_one(find(name)).frame.bbox;"
        " return [width, height]; }",
        figure,
    )
    assert frame[0] > 200
    assert frame[1] > 120
