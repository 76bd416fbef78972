"""Points and lines of a figure, as one glyph each.

`figure.scatter` and its like make five glyphs for every one, for selections that no figure here
has; a page of such figures takes half a second longer to open.
"""

from typing import Any, Literal

from bokeh.models import ColumnDataSource, GlyphRenderer, MultiLine, Scatter
from bokeh.plotting import figure

Level = Literal["glyph", "overlay"]
MOVING: Level = "overlay"
"""The level of glyphs that move: it has a canvas of its own, so nothing below is painted anew."""


def points(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Markers at the columns x and y."""
    return fig.add_glyph(source, Scatter(x="x", y="y", **looks), level=level)


def lines(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Lines of the columns xs and ys, which hold one array a line."""
    return fig.add_glyph(
        source, MultiLine(xs="xs", ys="ys", line_join="round", **looks), level=level
    )
