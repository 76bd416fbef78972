"""Axe-core finds no serious fault on the pages, at both sizes and in both themes."""

import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from egop import experiments
from tests.app.driver import AT_REST, Explorer, reading
from tests.app.lab_driver import LONG, Networks
from tests.conftest import Server, serve

WIDE, PHONE = (1280, 720), (390, 844)
SERIOUS = {"serious", "critical"}
NOT_OURS = {"aria-dialog-name"}
"""The drawer of panel-material-ui 0.16 has no name, and takes none."""


def serious_faults(page) -> list[str]:
    """Each serious violation of an accessibility rule, with the place of the first one."""
    return [
        f"{each['id']}: {each['help']} at {each['nodes'][0]['html'][:200]}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in SERIOUS and each["id"] not in NOT_OURS
    ]


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_the_explorer_has_no_serious_fault(app_server, visit, size, scheme):
    width, height = size
    visited = visit(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = Explorer(visited, app_server.url)
    page.pause()
    page.rest(AT_REST)
    if size == PHONE:
        page.page.get_by_role("button", name="Open drawer").click()
        page.rest(AT_REST)
    assert serious_faults(page.page) == []


@pytest.fixture(scope="module")
def lab_with_a_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose lab has a finished run."""
    folder = tmp_path_factory.mktemp("lab")
    experiments.run("digits", trials=1, epochs=2, rates=[0.05], device="cpu", out=folder / "runs")
    command = sys.executable, "-m", "panel", "serve", "app"
    with serve(folder / "panel.log", *command, EGOP_RUNS=str(folder / "runs")) as server:
        yield server


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_the_lab_has_no_serious_fault(lab_with_a_run, visit, size, scheme):
    width, height = size
    visited = visit(viewport={"width": width, "height": height}, color_scheme=scheme)
    lab = Networks(visited, lab_with_a_run.url)
    lab.rest()
    assert serious_faults(lab.page) == []
    assert lab.page.get_by_role("button", name="New run").is_visible() == (size == PHONE)
    lab.page.locator("li.run button.label").click()
    lab.see_points()
    lab.rest()
    lab.page.get_by_role("button", name="Draw the figures as in the paper").click()
    lab.page.get_by_text("Figure 10 of the paper, from").wait_for(timeout=LONG)
    lab.rest()
    assert serious_faults(lab.page) == []
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert reading(lab.page)[0] == []
    assert visited.console == []
