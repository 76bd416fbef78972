"""The explorer and the lab in JupyterLab, without a network."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import bokeh
import panel as pn
from playwright.sync_api import Page, expect

from egop.explorer import explore
from egop.ui.live_check import LiveCheck
from egop.ui.notebook import COMM_MANAGER
from tests.app.driver import FIND
from tests.app.lab_driver import fill
from tests.app.notebook_driver import LONG, jupyterlab, run_notebook, trouble, write_notebook
from tests.conftest import ROOT, Visit

Open = Callable[..., Visit]
PANEL = Path(pn.__file__).parent
BOKEH = Path(bokeh.__file__).parent / "server" / "static"
SHOW_CHECK = """async (script) => {
  const {render} = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  window.calls = {};
  window.model = {asked: 0, answers: false, on: (name, call) => { calls[name] = call; }};
  document.body.append(render({model}));
}"""
CHANGES = """(script) => {
  eval(script);
  const Manager = Bokeh.Models.get("panel.models.comm_manager.CommManager");
  const shown = new (Bokeh.require("document").Document)();
  const manager = new Manager({plot_id: "here"});
  shown.add_root(manager);
  const sent = (change) => {
    manager._event_buffer = [];
    change();
    return manager._event_buffer.length;
  };
  const change = {kind: "ModelChanged", model: {id: manager.id}, attr: "name", new: "Python's"};
  return [
    sent(() => shown.apply_json_patch({events: [change]})),
    sent(() => { manager.name = "the browser's"; }),
  ];
}"""
NO_ANSWER = re.compile("^No Python answers here")

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
        expect(page.get_by_text(NO_ANSWER)).to_have_count(0)
        assert not trouble(opened)


def test_a_cell_that_no_python_answers_says_so_until_it_does(visit: Open):
    assert len(pn.panel(explore()).select(LiveCheck)) == 1
    page = visit().page
    page.clock.install()
    page.evaluate(SHOW_CHECK, LiveCheck._esm)
    page.clock.run_for(9_000)
    expect(page.get_by_text(NO_ANSWER)).to_have_count(0)
    page.clock.run_for(2_000)
    expect(page.get_by_text(NO_ANSWER)).to_be_visible()
    page.evaluate("() => { model.answers = true; calls.answers(); }")
    expect(page.get_by_text(NO_ANSWER)).to_be_hidden()


def test_a_question_of_the_browser_is_answered():
    check = LiveCheck()
    check.asked = 1
    assert check.answers


def test_the_browser_sends_python_what_it_changed_itself_alone(visit: Open):
    page = visit().page
    for part in ("", "-gl", "-widgets", "-tables"):
        page.add_script_tag(path=BOKEH / "js" / f"bokeh{part}.min.js")
    page.add_script_tag(path=PANEL / "dist" / "panel.min.js")
    assert page.evaluate(CHANGES, COMM_MANAGER.read_text(encoding="utf-8")) == [0, 1]


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
        expect(page.get_by_text(re.compile(r"^12 runs of 2 epochs"))).to_be_visible(timeout=LONG)
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.locator("li.run .said").first).to_have_text(
            re.compile("finished"), timeout=LONG
        )
        titles = ("Weights on the two leading EGOP directions", "True loss of these weights")
        found = [page.get_by_text(title, exact=True).first for title in titles]
        ends = [each.bounding_box(timeout=LONG) or {} for each in found]
        assert ends[0]["y"] == ends[1]["y"]  # cards that come later stand side by side
        assert ends[0]["x"] < ends[1]["x"]
        assert not trouble(opened)
