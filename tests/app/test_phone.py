"""Every tab on a phone: nothing lies over anything else, and the end of the page can be read."""

from collections.abc import Callable

from egop.explorer.explorer import TITLES
from tests.app.driver import Explorer
from tests.conftest import Server, Visit

WORDS = """() => {
  const HEADER = 52; // pixels, under which the page scrolls
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot && !element.shadowRoot.querySelector(".bar")) look(element.shadowRoot);
      const {left, top, right, bottom} = element.getBoundingClientRect();
      if (element.matches("p, li, dt, dd, h4, select, button, span.name") && right - left > 1
          && top > HEADER && element.checkVisibility())
        found.push({element, words: element.textContent.trim(), left, top, right, bottom});
    }
  };
  look(document);
  const across = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]) > 3;
  const over = found.flatMap((a, k) => found.slice(k + 1).filter((b) =>
    !a.element.contains(b.element) && across(a, b, "left", "right") && across(a, b, "top", "bottom")
  ).map((b) => [a.words, b.words]));
  return {over, places: found.map(({words, bottom}) => [words, bottom])};
}"""


def test_every_tab_can_be_read_to_its_end(visit: Callable[..., Visit], app_server: Server):
    opened = visit(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    explorer = Explorer(opened, app_server.url)
    explorer.pause()
    page = explorer.page
    for title in TITLES:
        tab = page.get_by_role("tab", name=title, exact=True)
        tab.evaluate("(tab) => tab.scrollIntoView({block: 'center'})")
        tab.click()
        explorer.rest(2.0)
        page.mouse.move(200, 400)
        for _ in range(4):
            page.mouse.wheel(0, 10_000)
            explorer.rest()
        seen = page.evaluate(WORDS)
        bar = explorer.bar.evaluate("(bar) => bar.getBoundingClientRect().top")
        words, lowest = max(seen["places"], key=lambda place: place[1])
        assert 0.6 * bar < lowest <= bar, (title, words)
        assert not seen["over"], title
    assert not opened.console
    assert not app_server.trouble()
