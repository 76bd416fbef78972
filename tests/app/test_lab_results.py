"""Results of the lab in a browser: what is shown fits into the window, and no words are cut."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

import egop.lab
from egop import experiments
from egop.lab.views.html import PHONE, STYLE
from tests.app.lab_driver import LONG, Networks
from tests.conftest import Server, serve
from tests.lab.fakes import result

SIZES = [(1280, 720), (390, 844)]
MUON = "muon(orthogonalization=polar_express, iterations=7, weight_decay=0.1)"
WIDTHS = """(html) => {
  const host = document.body.appendChild(document.createElement("div"));
  host.attachShadow({mode: "open"}).innerHTML = html;
  const inside = host.shadowRoot.querySelector(".scroll");
  return [inside.scrollWidth, inside.clientWidth];
}"""
CUT = """(found) => found.filter((each) => {
  const style = getComputedStyle(each), pen = document.createElement("canvas").getContext("2d");
  if (each.tagName !== "SELECT") return each.scrollWidth > each.clientWidth;
  pen.font = style.font;
  const room = each.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return pen.measureText(each.selectedOptions[0].label).width > room;
}).map((each) => each.textContent)"""
BEYOND = "(found) => found.filter((each) => each.getBoundingClientRect().right > innerWidth).length"


@pytest.mark.parametrize("width", [1280, 390])
def test_all_columns_of_the_rotations_are_in_view(visit, width):
    names = {"optimizer": ["normalized_momentum", "kl_shampoo"], "basis": ["original", "kronecker"]}
    html = egop.lab.open(result().assign_coords(names)).dashboard.rotations.html
    page = visit(viewport={"width": width, "height": 844}).page
    needed, given = page.evaluate(WIDTHS, f"<style>{STYLE}{PHONE}</style>{html}")
    assert needed <= given


@pytest.fixture(scope="module")
def lab_with_a_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose lab has a run with long names, refreshed bases and R_med."""
    folder = tmp_path_factory.mktemp("lab")
    config = replace(experiments.configure("digits", quick=True), hidden=(8,), n_samples=200)
    experiments.run(
        "digits",
        config=replace(config, trials=1, epochs=2, r_med_epochs=2),
        methods=["adam", MUON],
        bases=["kronecker", "refreshed", "random_global"],
        rates=[0.05],
        device="cpu",
        out=folder / "runs",
    )
    command = sys.executable, "-m", "panel", "serve", "app"
    with serve(folder / "panel.log", *command, EGOP_RUNS=str(folder / "runs")) as server:
        yield server


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_name_is_cut_and_figures_are_high_enough(lab_with_a_run, visit, width, height):
    visited = visit(viewport={"width": width, "height": height}, has_touch=width < 900)
    lab = Networks(visited, lab_with_a_run.url)
    lab.page.locator("li.run button.label").click(timeout=LONG)
    lab.see_points()
    lab.page.get_by_role("heading", name="R_med of W1 by training loss").wait_for(timeout=LONG)
    lab.rest()
    legend = lab.page.get_by_title("Highlight", exact=False).and_(lab.page.locator("button"))
    assert legend.count() == 2 + 4
    for found in (legend, lab.page.get_by_label("Learning rate").and_(lab.page.locator("select"))):
        assert found.evaluate_all(CUT) == []
        assert found.evaluate_all(BEYOND) == 0
    for title in ("Eigenvalues of the EGOP around the weights", "R_med of W1 by epoch"):
        card = lab.page.locator(".bk-panel-models-layout-Column").filter(
            has=lab.page.get_by_role("heading", name=title)
        )
        assert card.last.locator(".bk-Figure").bounding_box()["height"] >= 220
    assert visited.console == []
