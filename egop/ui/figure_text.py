"""Text of a figure for screen readers: its name, and what it shows at present."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from bokeh.models import ColumnDataSource, CustomJS, Title
from bokeh.plotting import figure

from egop.ui.bundle import function_body

READ = function_body(
    Path(__file__).with_name("figure_text.js"), "describeFigure(figure, text.tags)"
)
"""Bokeh's canvas is one element that can be focused and has no name."""


def make_readable(fig: figure, name: str = "") -> None:
    """Gives a figure a name for screen readers, followed by its title."""
    text = text_of(fig)
    text.tags = [name, *text.tags[1:]]
    read: Any = text.js_property_callbacks["change:tags"][0]
    for title in fig.above:
        if isinstance(title, Title):
            title.js_on_change("text", read)


def describe(fig: figure, words: str) -> None:
    """Says what a readable figure shows at present."""
    text = text_of(fig)
    name, *before = text.tags
    if before != [words]:
        text.tags = [name, words]


def text_of(fig: figure) -> ColumnDataSource:
    """Returns the model whose tags are the figure's name and words; made at the first call.

    Each change of the figure itself, also of its own tags, would paint all of it anew.
    """
    for callback in fig.js_property_callbacks.get("change:inner_width", []):
        if isinstance(callback, CustomJS) and "text" in callback.args:
            return callback.args["text"]
    text = ColumnDataSource(tags=[""])
    read = CustomJS(args={"figure": fig, "text": text}, code=READ)
    fig.js_on_change("inner_width", read)  # it is drawn
    text.js_on_change("tags", read)
    return text


def plain(html: str) -> str:
    """The words of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
