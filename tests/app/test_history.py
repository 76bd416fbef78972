"""Back, Forward, a reload and a lost connection, in a real browser."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.app.driver import Explorer
from tests.conftest import Server, Visit, free_port, serve

LONG = 90_000


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def expect_at(page: Page, query: str, tab: str) -> None:
    """Waits until the address and the open tab are these."""
    page.wait_for_function("(query) => location.search === query", arg=query, timeout=LONG)
    chosen = page.get_by_role("tab", name=tab, exact=True)
    expect(chosen).to_have_attribute("aria-selected", "true", timeout=LONG)


def test_back_and_forward_change_the_page(visit: Callable[..., Visit], app_server: Server):
    page = Explorer(visit(), app_server.url).page
    open_tab(page, "Dial")
    expect_at(page, "?tab=dial", "Dial")
    open_tab(page, "Networks")
    expect_at(page, "?page=networks", "Networks")
    page.go_back()
    expect_at(page, "?tab=dial", "Explorer")
    page.go_back()
    expect_at(page, "", "Spectrum and value")
    page.go_forward()
    expect_at(page, "?tab=dial", "Dial")
    page.go_forward()
    expect_at(page, "?page=networks", "Networks")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_visible(timeout=LONG)


def test_a_reload_keeps_scene_and_tab(visit: Callable[..., Visit], app_server: Server):
    opened = visit()
    page = Explorer(opened, app_server.url)
    page.after(lambda: page.choose("Objective", "Rosenbrock"))
    field = page.field("Start x₀")
    field.fill("0.5, 1.25")
    page.after(lambda: field.press("Enter"))
    open_tab(page.page, "Dial")
    expect_at(page.page, "?tab=dial", "Dial")
    page.rest(1.0)
    page.page.reload()
    restored(page)
    expect_at(page.page, "?tab=dial", "Dial")
    assert not opened.console
    page.page.goto(app_server.url)  # opened anew, it begins anew
    page.until(lambda: page.column("left-start", "x") != [])
    page.rest(1.0)
    assert np.abs(page.points("left-start")[0] - [0.5, 1.25]).max() > 0.1


def restored(page: Explorer) -> None:
    """Waits until the page shows the start that was set before."""

    def shows() -> bool:
        if page.bar.count() == 0 or len(page.column("left-start", "x")) == 0:
            return False
        return bool(np.allclose(page.points("left-start")[0], [0.5, 1.25]))

    page.until(shows, LONG / 1000)
    expect(page.field("Start x₀")).to_have_value("0.5, 1.25", timeout=LONG)
    chosen = page.page.get_by_role("combobox", name="Objective", exact=True)
    expect(chosen.locator("option:checked")).to_have_text("Rosenbrock", timeout=LONG)


def test_a_server_that_comes_back_shows_what_was_set(visit: Callable[..., Visit], tmp_path: Path):
    port, command = free_port(), (sys.executable, "-m", "panel", "serve", "app")
    with serve(tmp_path / "first.log", *command, port=port) as server:
        page = Explorer(visit(), server.url)
        page.after(lambda: page.choose("Objective", "Rosenbrock"))
        field = page.field("Start x₀")
        field.fill("0.5, 1.25")
        page.after(lambda: field.press("Enter"))
        page.rest(1.0)
    lost = page.page.get_by_role("alert").filter(has_text="The connection is lost")
    lost.wait_for(timeout=LONG)
    assert "what you set is kept here" in lost.inner_text()
    with serve(tmp_path / "second.log", *command, port=port):
        lost.wait_for(state="detached", timeout=LONG)
        restored(page)
