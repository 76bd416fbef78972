"""Points and lines of a figure, as one glyph each.

`figure.scatter` and its like make five glyphs for every one, for selections that no figure here
has; a page of such figures takes half a second longer to open.
"""

from typing import Any, Literal

from bokeh.models import (
    AllIndices,
    CDSView,
    ColumnDataSource,
    Glyph,
    GlyphRenderer,
    MultiLine,
    Scatter,
)
from bokeh.plotting import figure

Level = Literal["glyph", "overlay"]
MOVING: Level = "overlay"
"""The level of glyphs that move: it has a canvas of its own, so nothing below is painted anew."""


def points(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Markers at the columns x and y."""
    return _add(fig, source, Scatter(x="x", y="y", **looks), level)


def lines(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Lines of the columns xs and ys, which hold one array a line."""
    return _add(fig, source, MultiLine(xs="xs", ys="ys", line_join="round", **looks), level)


def _add(fig: figure, source: ColumnDataSource, glyph: Glyph, level: Level) -> GlyphRenderer:
    """A glyph that shows all rows; the model that says so is the same for all of a figure."""
    everything = next((each.view.filter for each in fig.renderers), None) or AllIndices()
    return fig.add_glyph(source, glyph, level=level, view=CDSView(filter=everything))
