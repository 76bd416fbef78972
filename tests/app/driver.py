"""The explorer's page as a person uses it: figures, keys, controls and sentences."""

import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from egop.explorer.scene import OPENING
from egop.ui.layout import NARROW
from tests.conftest import Visit

FIND = """
const find = (name) => {
  for (const document of Bokeh.documents)
    for (const model of document._all_models.values())
      if ((model.name ?? "").endsWith(":" + name)) return model;
};
"""
PLACE = """([side, x, y]) => {
  const figure = find(side), view = Bokeh.index.find_one(figure);
  const {x: left, y: top, width, height} = view.frame.bbox;
  const box = view.el.getBoundingClientRect(), {x_range, y_range} = figure;
  return [
    box.x + left + (width * (x - x_range.start)) / (x_range.end - x_range.start),
    box.y + top + (height * (y_range.end - y)) / (y_range.end - y_range.start),
  ];
}"""
FRAME = """(side) => {
  const view = Bokeh.index.find_one(find(side)), box = view.el.getBoundingClientRect();
  const {x, y, width, height} = view.frame.bbox;
  return {x: box.x + x, y: box.y + y, width, height};
}"""
COVERED = """() => ["left", "right"].every((side) => {
  const {x_range, y_range} = find(side), {x, y, dw, dh} = find(side + "-image").data;
  const near = 1e-6 * (x_range.end - x_range.start);
  return x[0] <= x_range.start + near && x[0] + dw[0] >= x_range.end - near
    && y[0] <= y_range.start + near && y[0] + dh[0] >= y_range.end - near;
})"""
COLUMN = """([name, column]) => {
  const values = find(name)?.data[column] ?? []; // a tab's sources come when it is first opened
  return Array.from(values, (v) => (ArrayBuffer.isView(v) ? Array.from(v) : v));
}"""

READING = """() => {
  const HEADER = 52; // pixels, under which the page scrolls
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot && !element.shadowRoot.querySelector(".bar")) look(element.shadowRoot);
      const {left, top, right, bottom} = element.getBoundingClientRect();
      if (element.matches("p, li, dt, dd, h3, h4, select, button, span.name") && right - left > 1
          && top > HEADER && element.checkVisibility())
        found.push({element, words: element.textContent.trim(), left, top, right, bottom});
    }
  };
  look(document);
  const across = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]) > 3;
  const over = found.flatMap((a, k) => found.slice(k + 1).filter((b) =>
    !a.element.contains(b.element) && across(a, b, "left", "right") && across(a, b, "top", "bottom")
  ).map((b) => [a.words, b.words]));
  return [over, found.map(({words, bottom}) => [words, bottom])];
}"""

N_STEPS = OPENING.n_steps
"""Of the opening scene."""
AT_REST = 2.5
"""Seconds without a frame after which also a busy machine's page has nothing more to say."""


def reading(page: Page) -> tuple[list, list]:
    """Words that lie over others, in pairs, and all words with where they end, in pixels."""
    over, places = page.evaluate(READING)
    return over, places


class Explorer:
    """One visitor's page, opened and ready.

    Attributes:
        visit: with what the page said, asked for and sent.
        page: Playwright's page.
    """

    def __init__(self, visit: Visit, url: str):
        self.visit, self.page = visit, visit.page
        self.page.goto(url, timeout=120_000)
        self.bar = self.page.locator(".bar[data-loads]")
        self.bar.wait_for(timeout=120_000)
        self.until(lambda: len(self.column("left-start", "x")) == 1)
        self.until(lambda: self.evaluate(FRAME, "right")["width"] > 50)
        self.page.locator("#loader").wait_for(state="hidden", timeout=60_000)
        if self.page.evaluate("window.innerWidth") > NARROW:  # else they are in a closed drawer
            last = self.page.get_by_role("button", name="More", exact=True)
            last.wait_for(state="attached", timeout=60_000)
        self.until(lambda: self.evaluate(COVERED))  # a wide window asks for wider landscapes

    def evaluate(self, code: str, argument: object = None):
        return self.page.evaluate(
            f"(argument) => {{ {FIND} return ({code})(argument); }}", argument
        )

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Waits until something holds; fails when it does not within some seconds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen"
            self.page.wait_for_timeout(40)

    def rest(self, seconds: float = 0.4) -> None:
        """Waits until nothing was sent or received for a while."""
        frames, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            if frames != self.n_frames:
                frames, since = self.n_frames, time.monotonic()
            self.page.wait_for_timeout(40)

    @property
    def n_frames(self) -> int:
        return len(self.visit.frames_sent) + len(self.visit.frames_received)

    @property
    def step(self) -> int:
        return int(self.bar.get_attribute("data-step") or 0)

    @property
    def playing(self) -> bool:
        return self.bar.get_attribute("data-playing") == "true"

    @property
    def loads(self) -> int:
        return int(self.bar.get_attribute("data-loads") or 0)

    def pause(self) -> None:
        if self.playing:
            self.page.get_by_role("button", name="Pause").click()
        self.until(lambda: not self.playing)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def column(self, source: str, name: str) -> list:
        return self.evaluate(COLUMN, [source, name])

    def points(self, source: str) -> np.ndarray:
        return np.stack([self.column(source, name) for name in ("x", "y")], axis=-1)

    def paths(self, side: str) -> list:
        return self.column(f"{side}-paths", "xs")

    def place(self, side: str, point) -> tuple[float, float]:
        """The place on the page of a point (2,) of a figure."""
        x, y = self.evaluate(PLACE, [side, float(point[0]), float(point[1])])
        return x, y

    def pixels(self, side: str) -> np.ndarray:
        """The pixels of a figure inside its axes, (height, width, 3)."""
        shot = self.page.screenshot(clip=self.evaluate(FRAME, side))
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)

    def drag(self, side: str, point, by: tuple[float, float]) -> None:
        """Drags from a point (2,) of a figure by pixels of the page."""
        x, y = self.place(side, point)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, 9):
            mouse.move(x + by[0] * i / 8, y + by[1] * i / 8)
            self.page.wait_for_timeout(16)
        mouse.up()

    def after(self, act: Callable[[], None]) -> None:
        """Acts, and waits until the page has drawn what came of it."""
        before = self.loads
        act()
        self.until(lambda: self.loads > before)
        self.rest(0.25)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def turn(self, label: str, *keys: str) -> None:
        """Presses keys on a slider."""
        slider = self.page.get_by_role("slider", name=label, exact=True)
        slider.focus()
        self.press(*keys)

    def field(self, label: str):
        return self.page.get_by_role("textbox", name=label)

    @property
    def sentences(self) -> str:
        """The errors beside the controls."""
        return " ".join(self.page.locator(".egop-error:visible").all_inner_texts())

    @property
    def verdict(self) -> str:
        return " ".join(self.page.locator("h4, li").all_inner_texts())
