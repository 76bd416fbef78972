"""The lab's form and filters in a browser: what is wrong is said, and what is typed stays."""

import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from egop.lab.settings import BASIS_WORDS
from tests.app.lab_driver import LONG, Networks, fill
from tests.conftest import Server, serve
from tests.lab.fakes import folder_of_run

OWNED = 1000
"""Milliseconds after which a field shows again what the server says."""


@pytest.fixture(scope="module")
def server_with_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose lab has two runs that were never started."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("first", "second"):
        folder_of_run(folder / "runs", name)
    command = sys.executable, "-m", "panel", "serve", "app"
    with serve(folder / "panel.log", *command, EGOP_RUNS=str(folder / "runs")) as server:
        yield server


def test_what_is_wrong_is_said_beside_it_and_stays(server_with_runs, visit):
    lab = Networks(visit(), server_with_runs.url)
    lab.predicts("runs of 40 epochs")
    fill(lab.page, "Epochs", "2.5")
    expect(lab.page.get_by_text("Epochs takes a whole number")).to_be_visible(timeout=LONG)
    expect(lab.start).to_be_disabled()
    lab.page.wait_for_timeout(OWNED)
    expect(lab.page.get_by_label("Epochs", exact=True)).to_have_value("2.5")
    epochs = lab.page.get_by_label("Epochs", exact=True)
    epochs.fill("")
    epochs.press_sequentially("1e")  # no number yet
    epochs.press("Enter")
    lab.page.wait_for_timeout(OWNED)
    assert epochs.evaluate("(field) => field.validity.badInput")
    fill(lab.page, "Epochs", "3")
    lab.predicts("runs of 3 epochs")
    expect(lab.start).to_be_enabled()
    for name in ("Adagrad", "Adam", "Gradient descent", "Momentum"):
        lab.page.get_by_role("button", name=name, exact=True).click()
    expect(lab.page.get_by_text("at least one method")).to_be_visible(timeout=LONG)
    lab.page.get_by_role("combobox", name="Add a method").select_option(label="RMSprop")
    expect(lab.start).to_be_enabled(timeout=LONG)
    assert lab.visited.console == []


def test_other_methods_are_added_from_a_list_and_taken_back(server_with_runs, visit):
    lab = Networks(visit(), server_with_runs.url)
    lab.predicts("runs of 40 epochs")
    others = lab.page.get_by_role("combobox", name="Add a method")
    others.select_option(label="Muon")
    chosen = lab.page.get_by_role("button", name="Muon", exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(others.locator("option", has_text="Muon")).to_have_count(0)
    lab.page.wait_for_timeout(OWNED)
    expect(chosen).to_be_visible()
    chosen.click()
    expect(chosen).to_have_count(0)
    assert "Muon" in others.inner_text()
    assert lab.visited.console == []


@pytest.mark.parametrize("phone", [False, True])
def test_start_is_in_view_with_all_bases_offered(server_with_runs, visit, phone):
    """Six rows of bases once pushed it below the window."""
    width, height = (390, 844) if phone else (1280, 720)
    lab = Networks(
        visit(viewport={"width": width, "height": height}, has_touch=phone), server_with_runs.url
    )
    if phone:
        lab.page.get_by_role("button", name="New run").click()
        lab.page.wait_for_timeout(1000)  # while it slides in
    lab.predicts("runs of 40 epochs")
    comes_in_view(lab.start)
    bases = lab.page.get_by_role("group", name="Bases beside the original").get_by_role("button")
    assert bases.count() == len(BASIS_WORDS)
    comes_in_view(*bases.all())
    more = lab.page.get_by_role("button", name="More")
    if not phone:
        comes_in_view(more)
    more.click()
    seed = lab.page.get_by_label("Seed", exact=True)
    lab.page.get_by_label("Epochs", exact=True).focus()
    lab.page.keyboard.press("Tab")  # the fold
    lab.page.keyboard.press("Tab")
    expect(seed).to_be_focused()
    foot = lab.page.locator(".foot")
    assert edge_of(seed, "bottom") <= edge_of(foot, "top")
    comes_in_view(lab.start)
    assert lab.visited.console == []


def edge_of(found: Locator, edge: str) -> float:
    return found.evaluate("(element, edge) => element.getBoundingClientRect()[edge]", edge)


def comes_in_view(*found: Locator) -> None:
    """Waits until the middle of each element is in the window, with nothing over it."""
    for each in found:
        in_time = time.monotonic() + LONG / 1000
        while seen := over(each):
            assert time.monotonic() < in_time, f"{each}: {seen}"
            each.page.wait_for_timeout(100)


def over(found: Locator) -> str:
    """Words for what keeps an element out of sight: its box, the window, what lies over it."""
    return found.evaluate(
        """(element) => {
          const {left, top, right, bottom} = element.getBoundingClientRect();
          const root = element.getRootNode();
          const hit = root.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          const free = hit === element || element.contains(hit);
          if (top >= 0 && bottom <= innerHeight && free) return "";
          return `from ${top} to ${bottom} of ${innerHeight}, under ${hit?.outerHTML.slice(0, 99)}`;
        }"""
    )


def test_the_search_filters_at_each_key_and_is_kept(server_with_runs, visit):
    lab = Networks(visit(), server_with_runs.url)
    lab.row("first").wait_for(timeout=LONG)
    search = lab.page.get_by_role("textbox", name="Search")
    search.press_sequentially("seco", delay=30)
    expect(lab.row("first")).to_be_hidden(timeout=LONG)
    lab.page.wait_for_timeout(OWNED)
    expect(search).to_have_value("seco")
    lab.row("second").locator("button.label").click()
    lab.list_runs()
    lab.row("second").wait_for(timeout=LONG)
    expect(search).to_have_value("seco")
    expect(lab.row("first")).to_be_hidden()
    assert lab.visited.console == []


def test_enter_ends_renaming(server_with_runs, visit):
    """It once pressed the button that got the focus back, which asked for the old name again."""
    lab = Networks(visit(), server_with_runs.url)
    row = lab.row("second")
    row.locator("button.rename").click(timeout=LONG)
    field = row.get_by_role("textbox")
    field.fill("the second one")
    field.press("Enter")
    expect(row.locator(".label")).to_have_text("the second one", timeout=LONG)
    expect(row.locator("button.rename")).to_be_focused()
    assert lab.visited.console == []
