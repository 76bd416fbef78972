"""The tabs "Why" and "Compare" in a browser."""

import pytest
from playwright.sync_api import Page, expect

MODEL = """
(name) => {
  for (const document of Bokeh.documents)
    for (const model of document._all_models.values())
      if (model.name?.endsWith(":" + name)) return model;
}
"""
COLUMN = f"([name, column]) => Array.from(({MODEL})(name)?.data[column] ?? [])"
PATIENCE = 60_000


def open_tab(page: Page, url: str, name: str) -> None:
    page.goto(url, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Pause")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Reset to the start").click()
    page.get_by_role("tab", name=name).click()


def pixels_drawn(page: Page) -> int:
    """Pixels that are not transparent on the canvases in the lower half, among some of them."""
    return page.evaluate("""() => {
      let count = 0;
      const look = (root) => {
        for (const each of root.querySelectorAll("*")) {
          if (each.tagName === "CANVAS" && each.getBoundingClientRect().top > 300 && each.width) {
            const {data} = each.getContext("2d").getImageData(0, 0, each.width, each.height);
            for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
          }
          if (each.shadowRoot) look(each.shadowRoot);
        }
      };
      look(document);
      return count;
    }""")


@pytest.mark.parametrize("width", [1280])
def test_arrows_move_with_playback_and_send_nothing(app_server, visit, width):
    visited = visit(viewport={"width": width, "height": 720})
    page = visited.page
    open_tab(page, app_server.url, "Why")
    arrows = ["why-left-arrows", "x"]
    page.wait_for_function(f"(of) => ({COLUMN})(of).length > 0", arg=arrows, timeout=PATIENCE)
    expect(page.get_by_text("predicted gain")).to_be_visible()
    expect(page.get_by_label("Method to look into")).to_be_attached()
    before = page.evaluate(COLUMN, arrows)
    page.wait_for_timeout(500)
    visited.frames_sent.clear()
    visited.frames_received.clear()
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(
        f"([of, old]) => ({COLUMN})(of)[0] !== old", arg=[arrows, before[0]], timeout=PATIENCE
    )
    page.wait_for_timeout(800)
    assert visited.frames_sent == []
    assert visited.frames_received == []
    assert pixels_drawn(page) > 5000
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visited.console == []
