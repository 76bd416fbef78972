"""The figures that stream: how they look, their scale and axes, and which line a tap means."""

from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import (
    ColumnDataSource,
    GlyphRenderer,
    HoverTool,
    Patches,
    Range1d,
)
from bokeh.plotting import figure

from egop.figures.run_statistics import as_before
from egop.lab.views.scales import LOG, Height, Scale, hover, hover_code
from egop.lab.views.selection import Selection
from egop.ui.marks import MOVING, Level, lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

NEAR = 22.0
"""Pixels from a line within which a tap means it: half of what a finger covers."""
SIZE = (400.0, 200.0)
"""Pixels of a figure that has not said its size."""
WIDTHS = (2.2, 1.6)
"""Of the first run's lines, and of those it is compared with."""
LOOKS = ("color", "dash", "width", "alpha")
"""Columns of lines: what they look like."""
HOVER = {"name": "name", "rate": "rate_words", "trials": "trials_words"}
"""Columns of lines: what hover says of them, and the attribute of their key."""
POINT = ("x", "y", "color", "alpha", "marker")
RIM: dict[str, Any] = {"marker": "marker", "line_color": "color", "line_alpha": "alpha"}


class Chart:
    """A figure that fills its card, with its vertical axis and what its tooltips write.

    Args:
        prefix: of this page's sources.
        name: of the figure, by which the page's clock finds it.
        across: the label of the horizontal axis; "" where the title says it.
    """

    def __init__(self, prefix: str, name: str, across: str = ""):
        self.name = name
        self.figure: Any = empty_figure(f"{prefix}:{name}", across)
        self.height = Height(self.figure)
        self.hover = hover(LOG)
        self._scale: Scale | None = None

    def add_tooltip(self, renderer: GlyphRenderer, text: str, **how: Any) -> None:
        """Says something of a line or a point under the pointer."""
        style = "font: 12px/1.4 system-ui, sans-serif"
        tips = f'<div style="{style}">{text}</div>'
        self.figure.add_tools(HoverTool(renderers=[renderer], tooltips=tips, **how))

    def set_height(
        self, key: Hashable, scale: Scale, low: float, high: float
    ) -> tuple[float, float]:
        """Holds numbers placed from `low` to `high`, as `Height.show`."""
        if scale is not self._scale:
            self._scale = scale
            self.hover.code = hover_code(scale)
        return self.height.show(key, scale, low, high)


def empty_figure(name: str, across: str) -> figure:
    """Returns a figure without tools."""
    made: Any = figure(
        name=name,
        x_range=Range1d(0, 1),
        y_range=Range1d(0, 1),
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_both",
        min_height=60,
        min_width=60,
        min_border=2,
        x_axis_label=across or None,
    )
    made.axis.major_label_text_font_size = "11px"
    made.axis.axis_label_text_font_size = "12px"
    made.axis.axis_label_text_font_style = "normal"
    made.axis.axis_label_standoff = 2
    made.axis.minor_tick_line_color = None
    made.axis.axis_line_alpha = 0.4
    made.axis.major_tick_line_alpha = 0.4
    made.outline_line_color = None
    made.xgrid.visible = False
    return made


def looks_of(keys: Sequence[Any], selection: Selection) -> dict[str, list]:
    """Color, dash, width and opacity of each line: color is the method, dash is the basis."""
    groups = [(key.run, getattr(key, "method", ""), getattr(key, "basis", "")) for key in keys]
    known = dict(zip(groups, keys, strict=True))
    opacities = {group: selection.opacity(key) for group, key in known.items()}
    return {
        "color": [key.color for key in keys],
        "dash": [list(key.dash) for key in keys],
        "width": [WIDTHS[min(key.run, 1)] for key in keys],
        "alpha": [opacities[group] for group in groups],
    }


def hover_of(keys: Sequence[Any]) -> dict[str, list[str]]:
    """The columns that hover says of each line."""
    return {column: [getattr(key, name) for key in keys] for column, name in HOVER.items()}


def bands(fig: figure, source: ColumnDataSource) -> GlyphRenderer:
    """Filled polygons of the columns xs, ys, color and alpha."""
    patches: Any = Patches  # whose type Bokeh hides
    glyph = patches(xs="xs", ys="ys", fill_color="color", fill_alpha="alpha", line_color=None)
    return fig.add_glyph(source, glyph)


def strokes(
    fig: figure, source: ColumnDataSource, level: Level = "glyph", **looks: Any
) -> GlyphRenderer:
    """Lines of the columns xs, ys and `LOOKS`."""
    return lines(fig, source, level, **({f"line_{name}": name for name in LOOKS} | looks))


def heads(fig: figure, prefix: str, name: str, size: float) -> None:
    """Markers that follow the clock on the lines of a figure."""
    rim = RIM | {"line_color": "#ffffff", "fill_color": "color", "fill_alpha": "alpha"}
    points(fig, source(prefix, f"{name}-heads", *POINT), MOVING, size=size, **rim)


def pack_heads(
    packet: Packet,
    name: str,
    keys: Sequence[Any],
    looks: dict[str, list],
    paths: Sequence[tuple[np.ndarray, np.ndarray]],
) -> None:
    """Puts a figure's `heads` on its lines; where nothing is known yet they stay."""
    ends = {axis: [as_before(path[i]) for path in paths] for i, axis in enumerate(("x", "y"))}
    found = {column: looks[column] for column in ("color", "alpha")}
    packet.heads(f"{name}-heads", ends, marker=[key.marker for key in keys], **found)


def nearest(
    fig: figure,
    paths: Sequence[tuple[Any, np.ndarray, np.ndarray]],
    x: float,
    y: float,
    half: float | None = None,
) -> Any:
    """The key of the line or point that a tap means; None if it is far from all.

    Args:
        fig: the figure.
        paths: the key, abscissas and ordinates of each, on the figure's axes; NaN for nothing.
        x: of the tap.
        y: of the tap.
        half: half the side of the square that the frame holds, where the browser fits it.
    """
    view: Any = fig
    size = SIZE
    with suppress(UnsetValueError):  # before the browser has told it
        size = view.inner_width, view.inner_height
    if half is None:
        spans = [axis.end - axis.start for axis in (view.x_range, view.y_range)]
    else:
        spans = [2 * half * max(1.0, size[i] / size[1 - i]) for i in (0, 1)]
    scales = [pixels / span for pixels, span in zip(size, spans, strict=True)]
    away = [
        _distance((np.asarray(xs) - x) * scales[0], (np.asarray(ys) - y) * scales[1])
        for _, xs, ys in paths
    ]
    best = int(np.argmin(away)) if away else -1
    return paths[best][0] if away and away[best] < NEAR else None


def _distance(xs: np.ndarray, ys: np.ndarray) -> float:
    """From the origin to a line through points (n,), or to a single point."""
    kept = np.isfinite(xs) & np.isfinite(ys)
    if not kept.any():
        return np.inf
    if len(xs) == 1:
        return float(np.hypot(xs[0], ys[0]))
    starts = np.stack([xs[:-1], ys[:-1]], axis=-1)
    steps = np.stack([np.diff(xs), np.diff(ys)], axis=-1)
    lengths = np.maximum((steps**2).sum(axis=-1), 1e-300)
    shares = np.clip(-(starts * steps).sum(axis=-1) / lengths, 0, 1)
    points = starts + shares[:, None] * steps
    away = np.hypot(points[:, 0], points[:, 1])
    return float(np.nanmin(away)) if np.isfinite(away).any() else np.inf


def polygon(xs: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between two curves; gaps part it, as NaN does in Bokeh's patches."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    parts = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    outlines = [
        (np.r_[xs[part], xs[part][::-1], np.nan], np.r_[low[part], high[part][::-1], np.nan])
        for part in parts
        if part.size
    ]
    if not outlines:
        return np.zeros(0), np.zeros(0)
    around, up = (np.concatenate(each)[:-1] for each in zip(*outlines, strict=True))
    return around, up
