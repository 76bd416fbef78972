"""The explorer and the lab in JupyterLab, without a network."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.app.driver import FIND
from tests.app.lab_driver import fill
from tests.app.notebook_driver import LONG, jupyterlab, run_notebook, trouble, write_notebook
from tests.conftest import ROOT, Visit

Open = Callable[..., Visit]

PATHS = f"""() => {{ {FIND}
  return ["left", "right"].map((side) =>
    JSON.stringify(Array.from(find(`${{side}}-paths`).data.ys, (line) => Array.from(line))));
}}"""
CELLS = f"""() => {{ {FIND}
  return (find("cells-angles")?.data.image?.[0]?.length ?? 0) > 0;
}}"""


def moved(page: Page) -> None:
    """Moves a slider and waits until both figures show other paths."""
    page.get_by_role("button", name="Go to the end").first.click()
    page.wait_for_timeout(500)
    before = page.evaluate(PATHS)
    slider = page.get_by_role("slider", name=re.compile("rate$")).first
    slider.fill(str(float(slider.input_value()) - 0.3))
    page.wait_for_function(
        f"(old) => ({PATHS})().every((line, k) => line !== old[k])", arg=before, timeout=LONG
    )


def test_the_first_notebook_answers_offline(visit: Open, tmp_path: Path):
    shutil.copy(ROOT / "notebooks" / "01_first_steps.ipynb", tmp_path / "first.ipynb")
    with jupyterlab(tmp_path) as url:
        opened = visit(viewport={"width": 1400, "height": 1000})
        run_notebook(opened, url, "first.ipynb")
        page = opened.page
        page.locator(".bar[data-loads]").first.wait_for(timeout=LONG)
        page.wait_for_timeout(1000)
        # HoloViews' own cells ask for style sheets that change nothing there; ours ask for nothing.
        assert all(address.endswith(".css") or ".css?" in address for address in opened.foreign)
        opened.foreign.clear()
        opened.console.clear()
        moved(page)
        page.get_by_role("tab", name="Map").first.click()
        page.wait_for_function(CELLS, timeout=LONG)
        assert not trouble(opened)


def test_the_lab_finishes_a_run_in_a_cell(visit: Open, tmp_path: Path):
    write_notebook(tmp_path / "lab.ipynb", "import egop.lab\negop.lab.Lab()")
    with jupyterlab(tmp_path) as url:
        opened = visit(viewport={"width": 1400, "height": 1200})
        run_notebook(opened, url, "lab.ipynb")
        page = opened.page
        expect(page.get_by_text(re.compile("runs of 40 epochs"))).to_be_visible(timeout=LONG)
        fill(page, "Epochs", "2")
        fill(page, "Trials", "1")
        rates = page.get_by_role("textbox", name="Learning rates")
        rates.fill("0.05")
        rates.press("Enter")
        expect(page.get_by_text(re.compile(r"^8 runs of 2 epochs"))).to_be_visible(timeout=LONG)
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.locator("li.run .said").first).to_have_text(
            re.compile("finished"), timeout=LONG
        )
        assert not trouble(opened)
