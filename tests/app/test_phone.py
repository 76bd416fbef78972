"""Every tab on a phone: nothing lies over anything else, and the end of the page can be read."""

from collections.abc import Callable

from egop.explorer.explorer import TITLES
from tests.app.driver import Explorer, reading
from tests.conftest import Server, Visit


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
        over, places = reading(page)
        bar = explorer.bar.evaluate("(bar) => bar.getBoundingClientRect().top")
        words, lowest = max(places, key=lambda place: place[1])
        assert 0.6 * bar < lowest <= bar, (title, words)
        assert not over, title
    assert not opened.console
    assert not app_server.trouble()
