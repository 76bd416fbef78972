"""The page by keys, by touch and for screen readers: few stops, names, and explanations."""

from collections.abc import Callable

import pytest

from tests.app.driver import AT_REST, Explorer
from tests.conftest import Server, Visit

FOCUSED = """(() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
})()"""
MOST_STOPS = 8
"""From the top of the page to Play."""


@pytest.fixture
def explorer(visit: Callable[..., Visit], app_server: Server):
    """The page, at rest."""
    page = Explorer(visit(has_touch=True), app_server.url)
    page.pause()
    page.rest(AT_REST)
    yield page
    assert not page.visit.console
    assert not app_server.trouble()


class Reader:
    """The accessibility tree that the browser gives to assistive technology."""

    def __init__(self, explorer: Explorer):
        self.channel = explorer.page.context.new_cdp_session(explorer.page)

    def focused(self) -> tuple[str, str]:
        """Role and name of the element that has the focus."""
        found = self.channel.send("Runtime.evaluate", {"expression": FOCUSED})["result"]
        query = {"objectId": found["objectId"], "fetchRelatives": False}
        return self.of(self.channel.send("Accessibility.getPartialAXTree", query)["nodes"][0])[:2]

    def images(self) -> dict[str, str]:
        """Descriptions of the images in the accessibility tree, by name."""
        nodes = map(self.of, self.channel.send("Accessibility.getFullAXTree")["nodes"])
        return {name: words for role, name, words in nodes if role == "image"}

    @staticmethod
    def of(node: dict) -> tuple[str, str, str]:
        role, name, words = (
            node.get(part, {}).get("value") or "" for part in ("role", "name", "description")
        )
        return role, name, words


def test_keys_reach_play_in_a_few_stops_and_every_stop_has_a_name(explorer: Explorer):
    reader = Reader(explorer)
    explorer.page.locator(".bar .speed").focus()
    explorer.press("Tab")
    assert reader.focused()[0] == "none"  # past the end of the page: the next stop is its first
    stops: list[tuple[str, str]] = []
    while not stops or stops[-1][1] != "Skip to the playback":
        explorer.press("Tab")
        stops.append(reader.focused())
        assert len(stops) < MOST_STOPS, stops
    explorer.press("Enter")
    assert reader.focused() == ("button", "Play")
    step = explorer.step
    explorer.press("Enter")
    explorer.until(lambda: explorer.playing or explorer.step != step)
    explorer.pause()
    explorer.page.locator(".bar .speed").focus()
    explorer.press("Tab")
    for _ in range(70):
        explorer.press("Tab")
        role, name = reader.focused()
        if role == "none":  # past the end of the page
            break
        assert name, (role, stops[-1])
        stops.append((role, name))
    assert ("region", "Verdict") in stops


def test_figures_are_images_with_a_name_and_words_that_follow_the_scene(explorer: Explorer):
    reader = Reader(explorer)
    before = reader.images()
    assert len(before) >= 4
    (left,) = [name for name in before if "Original coordinates" in name]
    (right,) = [name for name in before if "EGOP coordinates" in name]
    assert "Start at x₁ = " in before[left]
    assert "Start at z₁ = " in before[right]
    assert all(words for words in before.values())
    explorer.after(lambda: explorer.choose("Objective", "Rosenbrock"))
    explorer.until(lambda: "Minimum at x₁ = 1, x₂ = 1." in reader.images().get(left, ""))
    explorer.page.get_by_role("tab", name="Map", exact=True).click()
    explorer.until(
        lambda: any("Heat map" in name and words for name, words in reader.images().items())
    )


def test_a_term_is_explained_to_pointers_fingers_and_keys(explorer: Explorer):
    page, bubble = explorer.page, explorer.page.locator(".egop-explanation")
    term = page.get_by_role("button", name="EGOP axes")
    term.hover()
    explorer.until(lambda: "expected gradient outer product" in bubble.inner_text())
    page.mouse.move(640, 300)
    explorer.until(lambda: not bubble.is_visible())
    page.get_by_role("button", name="minimum", exact=True).tap()
    explorer.until(lambda: bubble.inner_text().startswith("The minimum of f, where it is known"))
    page.get_by_role("textbox", name="Width c of ρ, exactly").focus()
    explorer.press("Shift+Tab")
    explorer.until(lambda: "How wide ρ is" in bubble.inner_text())
    explorer.press("Escape")
    explorer.until(lambda: not bubble.is_visible())
