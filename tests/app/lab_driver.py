"""The lab's page as a person uses it: the form, the list of runs, an open run."""

import re
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.app.driver import FIND
from tests.conftest import Visit

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
        in_drawer = self.page.get_by_role("button", name="New run")  # on a phone
        self.start.or_(in_drawer).first.wait_for(state="attached", timeout=LONG)

    @property
    def start(self) -> Locator:
        return self.page.get_by_role("button", name="Start", exact=True)

    @property
    def query(self) -> str:
        return self.page.evaluate("window.location.search")

    def predicts(self, words: str) -> None:
        """Waits until the prediction says something."""
        expect(self.page.get_by_text(re.compile(words))).to_be_visible(timeout=LONG)

    def choose_small(self, epochs: int) -> None:
        """One trial at one rate: seconds where the epochs are few."""
        self.predicts("runs of 40 epochs")
        fill(self.page, "Trials", "1")
        rates = self.page.get_by_role("textbox", name="Learning rates")
        rates.fill("0.05")
        rates.press("Enter")
        self.predicts("^12 runs of 40 epochs")
        fill(self.page, "Epochs", str(epochs))
        self.predicts(f"^12 runs of {epochs:,} epochs")

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

    def rest(self, seconds: float = 2.5) -> None:
        """Waits until nothing is sent or received for a while."""
        frames, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            now = len(self.visited.frames_sent) + len(self.visited.frames_received)
            if now != frames:
                frames, since = now, time.monotonic()
            self.page.wait_for_timeout(40)

    def list_runs(self) -> None:
        """Back to the list, and waits for it: open runs have rows as well."""
        self.page.get_by_role("button", name="All runs").click()
        self.page.get_by_role("textbox", name="Search").wait_for(timeout=LONG)

    def row(self, name: str) -> Locator:
        return self.page.locator(f"li.run[data-name='{name}']")

    def state(self, name: str, *states: str) -> None:
        """Waits until a run is in one of some states."""
        words = re.compile("|".join(states))
        expect(self.row(name).locator(".said")).to_have_text(words, timeout=LONG)

    def compare(self, *names: str) -> None:
        """Opens runs together; the address tells of them before their figures come."""
        for name in names:
            self.row(name).get_by_role("checkbox").check()
        self.page.get_by_role("button", name=re.compile("^Compare")).click()
        self.page.wait_for_function(
            "(names) => names.every((name) => location.search.includes(name))",
            arg=names,
            timeout=LONG,
        )
        self.see_points()

    def download(self, kind: str, name: str) -> Path:
        """The file that comes when a kind of download is chosen."""
        with self.page.expect_download(timeout=LONG) as caught:
            self.row(name).get_by_label(re.compile("^Download")).select_option(kind)
        return caught.value.path()

    def pause(self, name: str) -> None:
        """Pauses a run; then Continue, and not Cancel, is under the pointer."""
        pause = self.row(name).locator(".pause").bounding_box(timeout=LONG)
        self.press("pause", name)
        self.state(name, "paused")
        go_on = self.row(name).locator(".continue").bounding_box(timeout=LONG)
        assert pause is not None
        assert go_on is not None
        assert go_on["x"] == pause["x"]

    def press(self, act: str, name: str) -> None:
        """Presses a button for so long that the news of a running run come in between."""
        self.row(name).locator(f"button.{act}").click(delay=1300)


def fill(page: Page, label: str, text: str) -> None:
    """Types into a number's field."""
    field = page.get_by_label(label, exact=True).and_(page.locator("input"))
    field.fill(text)
    field.press("Enter")
