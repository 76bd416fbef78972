"""Points, lines and other shapes of a figure, as one glyph each.

`figure.scatter` and its like make five glyphs for every one, for selections that no figure here
has; a page of such figures takes half a second longer to open.
"""

from typing import Any, Literal

from bokeh.models import (
    AllIndices,
    CDSView,
    ColumnDataSource,
    GlyphRenderer,
    MultiLine,
    Scatter,
)
from bokeh.plotting import figure

Level = Literal["underlay", "glyph", "overlay"]
MOVING: Level = "overlay"
"""The level of glyphs that move: it has a canvas of its own, so nothing below is painted anew."""
NAMES = {
    "fill": "fill_color",
    "color": "line_color",
    "width": "line_width",
    "dash": "line_dash",
    "alpha": "line_alpha",
}
"""Bokeh's names of the looks that most points and lines have."""


def points(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Markers at the columns x and y; `fill`, `color` and `width` are of their area and outline."""
    return draw(fig, source, Scatter, level, x="x", y="y", **named(looks))


def lines(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Lines of the columns xs and ys, which hold one array a line; looks as of `points`."""
    columns = {"xs": "xs", "ys": "ys", "line_join": "round"}
    return draw(fig, source, MultiLine, level, **columns, **named(looks))


def named(looks: dict[str, Any]) -> dict[str, Any]:
    """The looks by Bokeh's names."""
    return {NAMES.get(name, name): look for name, look in looks.items()}


def draw(
    fig: figure, source: ColumnDataSource, glyph: Any, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """A glyph, given by its class in Bokeh, that shows all rows.

    The model that says which rows are shown is the same for all glyphs of a figure.
    """
    everything = next((each.view.filter for each in fig.renderers), None) or AllIndices()
    return fig.add_glyph(source, glyph(**looks), level=level, view=CDSView(filter=everything))
