"""Every tab at the sizes of laptops, projectors and tablets: nothing lies over anything else."""

from collections.abc import Callable

import pytest

from egop.explorer.explorer import TITLES
from tests.app.driver import Explorer, reading
from tests.conftest import Server, Visit

SIZES = [(1280, 720), (1024, 768), (1024, 576), (1920, 1080), (820, 1180)]
BOXES = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      const {left, top, right, bottom} = element.getBoundingClientRect();
      const name = [".bk-Figure", "[role=tab]", "ul[aria-label=Legend]", "aside", ".stage"]
        .find((selector) => element.matches(selector));
      if (name && right - left > 1 && element.checkVisibility())
        found.push([`${name} ${element.textContent.slice(0, 20)}`, left, top, right, bottom]);
    }
  };
  look(document);
  return found;
}"""
CUT = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (element.role === "region" && element.scrollHeight > element.clientHeight + 1)
        found.push([element.ariaLabel, element.scrollHeight, element.clientHeight]);
    }
  };
  look(document);
  return found;
}"""

CUT_TITLES = """() => {
  const found = [];
  for (const {_all_models} of Bokeh.documents)
    for (const figure of _all_models.values()) {
      const view = figure.type === "Figure" ? Bokeh.index.find_one(figure) : null;
      if (!view?.el.checkVisibility() || view.frame.bbox.width < 5) continue;
      for (const title of figure.above.filter(({type}) => type === "Title")) {
        const drawn = [...view.renderer_views.values()].find(({model}) => model === title);
        const end = view.frame.bbox.left + title.offset + drawn._get_size().width;
        const over = Math.round(end - view.bbox.width);
        if (over > 1) found.push([title.text, over]);
      }
    }
  return found;
}"""

RIGHT_TITLE = '() => find("right").above.find(({type}) => type.endsWith("Title")).text'


def overlaps(boxes: list) -> list[tuple[str, str]]:
    """Pairs of boxes that share more than a few pixels."""
    return [
        (a[0], b[0])
        for i, a in enumerate(boxes)
        for b in boxes[i + 1 :]
        if min(a[3], b[3]) - max(a[1], b[1]) > 3 and min(a[4], b[4]) - max(a[2], b[2]) > 3
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_lies_over_anything_else(
    visit: Callable[..., Visit], app_server: Server, scheme: str
):
    width, height = SIZES[0]
    opened = visit(viewport={"width": width, "height": height}, color_scheme=scheme)
    explorer = Explorer(opened, app_server.url)
    explorer.pause()
    explorer.press("End")
    page, faults = explorer.page, []
    for title in TITLES if scheme == "light" else TITLES[:1]:
        page.get_by_role("tab", name=title, exact=True).click()
        explorer.rest(1.0)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(350)
            boxes = page.evaluate(BOXES)
            assert len(boxes) > 5
            faults += [(title, width, height, pair) for pair in overlaps(boxes)]
            faults += [(title, width, height, pair) for pair in reading(page)[0]]
            faults += [(title, width, height, cut) for cut in page.evaluate(CUT_TITLES)]
            if any(box[1] < 0 or box[3] > width + 1 for box in boxes if "Figure" in box[0]):
                faults.append((title, width, height, "wider than the page"))
        width, height = SIZES[0]
        page.set_viewport_size({"width": width, "height": height})
    assert not faults
    page.get_by_role("tab", name=TITLES[0], exact=True).click()
    explorer.rest(1.0)
    assert page.evaluate(CUT) == []
    assert not opened.console
    assert not app_server.trouble()


def test_titles_fit_where_no_minimum_is_known(visit: Callable[..., Visit], app_server: Server):
    explorer = Explorer(visit(viewport={"width": 1280, "height": 720}), app_server.url)
    explorer.choose("Objective", "Monkey saddle")
    page, faults = explorer.page, []
    for title in TITLES:
        page.get_by_role("tab", name=title, exact=True).click()
        explorer.rest(1.0)
        for width, height in [(1024, 768), (390, 844)]:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(350)
            faults += [(title, width, cut) for cut in page.evaluate(CUT_TITLES)]
        page.set_viewport_size({"width": 1280, "height": 720})
    assert not faults


@pytest.mark.parametrize("basis", ["Random rotation", "EGOP, refreshed every τ steps"])
def test_titles_fit_where_the_picture_misleads(
    visit: Callable[..., Visit], app_server: Server, basis
):
    explorer = Explorer(visit(viewport={"width": 1280, "height": 720}), app_server.url)
    explorer.choose("Objective", "Associative memory")
    explorer.choose("Basis of the right figure", basis)
    name = {"Random rotation": "Randomly rotated"}.get(basis, "Refreshed EGOP")
    explorer.until(lambda: explorer.evaluate(RIGHT_TITLE).endswith(f"movement · {name}"))
    assert explorer.evaluate(RIGHT_TITLE).startswith("Misleads: ")
    for width, height in [(1280, 720), (390, 844)]:
        explorer.page.set_viewport_size({"width": width, "height": height})
        explorer.page.wait_for_timeout(500)
        assert explorer.page.evaluate(CUT_TITLES) == []
