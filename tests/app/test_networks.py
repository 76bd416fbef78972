"""The lab in a browser: start, watch, reload, cancel, restart the server, compare, download."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xarray as xr
from playwright.sync_api import Locator, Page, expect

from tests.app.driver import FIND
from tests.conftest import Server, Visit, serve

LONG = 90_000
"""Milliseconds that a busy machine with two cores may take."""

FIRST_POINTS = f"""() => {{ {FIND}
  const source = find("training-lines");
  return (source?.data.xs ?? []).some((line) => line.length > 1);
}}"""


class Networks:
    """One visitor's page of networks."""

    def __init__(self, visited: Visit, url: str, query: str = ""):
        self.visited, self.page = visited, visited.page
        self.page.goto(f"{url}?page=networks{query}", timeout=LONG)
        self.start.wait_for(state="attached", timeout=LONG)

    @property
    def start(self) -> Locator:
        return self.page.get_by_role("button", name="Start", exact=True)

    @property
    def query(self) -> str:
        return self.page.evaluate("window.location.search")

    def predicts(self, words: str) -> None:
        """Waits until the prediction says something."""
        expect(self.page.get_by_text(re.compile(words))).to_be_visible(timeout=LONG)

    def choose_small(self) -> None:
        """One trial of three epochs at one rate: seconds."""
        self.predicts("runs of 40 epochs")
        fill(self.page, "Epochs", "3")
        self.predicts("runs of 3 epochs")
        fill(self.page, "Trials", "1")
        rates = self.page.get_by_role("textbox", name="Learning rates")
        rates.fill("0.05")
        rates.press("Enter")
        self.predicts("^8 runs of 3 epochs")

    def begin(self) -> str:
        """Presses Start; the name of the run, which the address tells."""
        before = self.query
        self.start.click()
        self.page.wait_for_function(
            "(old) => location.search !== old && location.search.includes('run=')",
            arg=before,
            timeout=LONG,
        )
        return self.query.rpartition("run=")[2]

    def see_points(self) -> None:
        """Waits until curves are drawn."""
        self.page.wait_for_function(FIRST_POINTS, timeout=LONG)

    def list_runs(self) -> None:
        """Back to the list."""
        self.page.get_by_role("button", name="All runs").click()

    def row(self, name: str) -> Locator:
        return self.page.locator(f"li.run[data-name='{name}']")

    def state(self, name: str, *states: str) -> None:
        """Waits until a run is in one of some states."""
        words = re.compile("|".join(states))
        expect(self.row(name).locator(".said")).to_have_text(words, timeout=LONG)

    def press(self, act: str, name: str) -> None:
        self.row(name).locator(f"button.{act}").click()


def fill(page: Page, label: str, text: str) -> None:
    """Types into a number's field."""
    field = page.get_by_label(label, exact=True).and_(page.locator("input"))
    field.fill(text)
    field.press("Enter")


@pytest.fixture
def serving(tmp_path: Path) -> Callable:
    """A context of a server of its own, on runs that outlive it."""

    @contextmanager
    def serve_once(number: int) -> Iterator[Server]:
        log, runs = tmp_path / f"server-{number}.log", str(tmp_path / "runs")
        with serve(log, sys.executable, "-m", "panel", "serve", "app", EGOP_RUNS=runs) as server:
            yield server

    return serve_once


def test_a_day_in_the_lab(serving, visit):
    with serving(1) as server:
        lab = Networks(visit(), server.url)
        lab.predicts("runs of 40 epochs")  # digits, quick
        fill(lab.page, "Epochs", "400")  # so that it lasts
        lab.predicts("runs of 400 epochs")
        first = lab.begin()
        lab.see_points()
        lab.state(first, "running")
        lab.page.reload(timeout=LONG)
        lab.start.wait_for(state="attached", timeout=LONG)
        assert first in lab.query
        lab.state(first, "running")
        lab.see_points()
        lab.choose_small()
        second = lab.begin()
        assert second != first
        lab.list_runs()
        lab.state(second, "queued", "running")
        lab.press("cancel", second)
        lab.state(second, "cancelled")
        lab.state(first, "running")
        assert lab.visited.console == []
        lab.page.context.close()

    with serving(2) as server:
        lab = Networks(visit(accept_downloads=True), server.url)
        lab.state(first, "running")  # taken up where it was
        lab.state(second, "cancelled")
        lab.press("pause", first)
        lab.state(first, "paused")
        lab.press("continue", second)
        lab.state(second, "finished")
        for name in (first, second):
            lab.row(name).get_by_role("checkbox").check()
        lab.page.get_by_role("button", name=re.compile("^Compare")).click()
        lab.see_points()
        assert first in lab.query
        assert second in lab.query
        lab.page.wait_for_function(
            f"""() => {{ {FIND} return find("training-lines").data.xs.length >= 12; }}""",
            timeout=LONG,
        )
        with lab.page.expect_download(timeout=LONG) as caught:
            lab.row(second).get_by_label(re.compile("^Download")).select_option("netcdf")
        result = xr.load_dataset(caught.value.path(), engine="h5netcdf")
        assert result["training_loss"].sizes["epoch"] == 4
        assert bool((result["status"] == "finished").any())
        with lab.page.expect_download(timeout=LONG) as caught:
            lab.row(second).get_by_label(re.compile("^Download")).select_option("csv")
        assert "training_loss" in caught.value.path().read_text().splitlines()[0]
        assert lab.visited.console == []
        lab.page.context.close()
