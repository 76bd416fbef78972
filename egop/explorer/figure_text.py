"""Text of a figure for screen readers: its name, and what it shows at present."""

import re
from html import unescape

from bokeh.models import CustomJS, Title
from bokeh.plotting import figure

READ = """
const area = window.Bokeh?.index.find_one(figure)?.canvas_view?.events_el;
if (area == null) return;
const [name = "", words = ""] = figure.tags;
const titles = figure.above.filter((each) => each.type === "Title").map((each) => each.text);
area.role = "img";
area.tabIndex = -1; // there is nothing that keys could do in it
area.ariaLabel = [name, ...titles].filter(Boolean).join(": ");
area.setAttribute("aria-description", words);
"""
"""Bokeh's canvas is one element that can be focused and has no name."""


def make_readable(fig: figure, name: str = "") -> None:
    """Gives a figure a name for screen readers, followed by its title."""
    fig.tags = [name, *fig.tags[1:]]
    read = CustomJS(args={"figure": fig}, code=READ)
    fig.js_on_change("inner_width", read)  # it is drawn
    fig.js_on_change("tags", read)
    for title in fig.above:
        if isinstance(title, Title):
            title.js_on_change("text", read)


def describe(fig: figure, words: str) -> None:
    """Says what a readable figure shows at present."""
    name, *before = fig.tags or [""]
    if before != [words]:
        fig.tags = [name, words]


def plain(html: str) -> str:
    """The words of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
