"""The tab "Why" in a browser: the arrows follow the clock, and nothing is sent for them."""

from playwright.sync_api import expect

from tests.app.driver import AT_REST, Explorer

PIXELS_DRAWN = """() => {
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
}"""
"""Pixels that are not transparent on the canvases in the lower half."""


def test_arrows_move_with_playback_and_send_nothing(app_server, visit):
    visited = visit(viewport={"width": 1280, "height": 720})
    page = Explorer(visited, app_server.url)
    page.pause()
    page.page.get_by_role("button", name="Reset to the start").click()
    page.page.get_by_role("tab", name="Why").click()
    page.until(lambda: len(page.column("why-left-arrows", "x")) > 0, 60)
    expect(page.page.get_by_text("suggested step")).to_be_visible()
    expect(page.page.get_by_label("Method to look into")).to_be_attached()
    legend = page.page.locator("p", has_text="preconditioner")
    expect(legend).to_have_css("opacity", "1")  # its colors are those of the arrows
    page.rest(AT_REST)
    before, frames = page.column("why-left-arrows", "x"), page.n_frames
    page.page.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: page.column("why-left-arrows", "x") != before, 60)
    page.page.wait_for_timeout(800)
    assert page.n_frames == frames
    assert page.evaluate(PIXELS_DRAWN) > 5000
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1280
    assert visited.console == []
    assert not app_server.trouble()
