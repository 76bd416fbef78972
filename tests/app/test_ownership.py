"""Two browsers at one public server: only the one that began a run may change it."""

import sys

from playwright.sync_api import expect

from tests.app.lab_driver import LONG, Networks
from tests.conftest import serve

PUBLIC = ("-m", "panel", "serve", "app", "--allow-websocket-origin", "egop.example.org")
"""With a name under which others reach the server, it is nobody's own."""

APART = """(button) => {
  const text = document.createRange(), sentence = button.parentElement.firstElementChild;
  text.selectNodeContents(sentence);
  const end = [...text.getClientRects()].at(-1);
  const {left, top, bottom} = button.getBoundingClientRect();
  return [left - end.right, (top + bottom - end.top - end.bottom) / 2, sentence.id];
}"""
"""Pixels from the end of the sentence before a button to the button, across and from middle to
middle, and the sentence's name."""


def test_a_run_is_changed_by_the_browser_that_began_it_also_after_a_reload(tmp_path, visit):
    runs = str(tmp_path / "runs")
    with serve(tmp_path / "log", sys.executable, *PUBLIC, EGOP_RUNS=runs) as server:
        mine = Networks(visit(), server.url)
        mine.choose_small(20)
        name = mine.begin()
        theirs = Networks(visit(), server.url)
        theirs.state(name, "finished")
        expect(theirs.row(name).get_by_label("Download")).to_have_count(1)
        expect(theirs.row(name).locator("button.act")).to_have_count(0)
        mine.page.goto(f"{server.url}?page=networks", timeout=LONG)
        mine.press("delete", name)
        expect(theirs.row(name)).to_have_count(0, timeout=LONG)
        undo = mine.page.get_by_role("button", name="Undo")
        for width, height in ((1280, 720), (390, 844)):
            mine.page.set_viewport_size({"width": width, "height": height})
            across, down, sentence = undo.evaluate(APART)
            assert 0 < across < 20
            assert abs(down) < 5
            assert undo.get_attribute("aria-describedby") == sentence
        mine.page.set_viewport_size({"width": 1280, "height": 720})
        undo.click()
        expect(mine.row(name).locator("button.delete")).to_have_count(1, timeout=LONG)
