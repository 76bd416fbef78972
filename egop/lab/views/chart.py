"""The figures that stream: how they look, their scale and axes, and which line a tap means."""

from collections.abc import Hashable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.models import (
    ColumnDataSource,
    CustomJSHover,
    FixedTicker,
    GlyphRenderer,
    HoverTool,
    Range1d,
)
from bokeh.plotting import figure

from egop.figures.run_statistics import as_before
from egop.figures.series import HEADROOM, Series
from egop.lab.views.scales import LOG, Scale, extremes
from egop.lab.views.selection import Selection
from egop.ui.axes import set_range
from egop.ui.figures import plain_figure
from egop.ui.marks import MOVING, Level, lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

NEAR = 22.0
"""Pixels from a line within which a tap means it: half of what a finger covers."""
PLACES = 1000
"""Points of a line that a tap is compared with: closer than pixels."""
SIZE = (400.0, 200.0)
"""Pixels of a figure that has not said its size."""
WIDTHS = (2.2, 1.6)
"""Widths of the first run's lines, and of those it is compared with."""
LOOKS = ("color", "dash", "width", "alpha")
"""Columns of lines: what they look like."""
HOVER = {"name": "name", "rate": "rate_words", "trials": "trials_words"}
"""Columns of lines: what hover says of them, and the attribute of their key."""
POINT = ("x", "y", "color", "alpha", "marker")
RIM: dict[str, Any] = {"marker": "marker", "line_color": "color", "line_alpha": "alpha"}


class Chart:
    """A figure of numbers on a scale: its vertical axis, and how its tooltips write them.

    Args:
        prefix: of this page's sources.
        name: of the figure, by which the page's clock finds it.
        across: the label of the horizontal axis; "" where the title says it.
        up: that of the vertical one, likewise.
    """

    def __init__(self, prefix: str, name: str, across: str = "", up: str = ""):
        self.name = name
        self.figure: Any = empty_figure(f"{prefix}:{name}", across, up)
        self.figure.yaxis[0].ticker = self._ticker = FixedTicker()
        self.hover = CustomJSHover(code=LOG.script)
        self._key: Hashable = None
        self._ends: tuple[float, float] | None = None

    def set_height(
        self,
        key: Hashable,
        scale: Scale,
        low: float,
        high: float,
        starts: Sequence[np.ndarray] = (),
    ) -> tuple[float, float]:
        """Makes the vertical axis hold numbers placed from `low` to `high`; returns its ends.

        It only grows while the same is shown. Its ticker, and what writes the numbers in tooltips,
        are made once: for new ones Bokeh would go through all models of the page, 0.2 s in which
        the server answers nobody.

        Args:
            key: of what is shown; another one may make the axis shorter.
            scale: of the numbers.
            low: the lowest place; NaN where nothing is known.
            high: the highest.
            starts: places of losses at the start: what is far above them is left out.
        """
        if scale is LOG and np.isfinite(start := extremes(*starts)[1]):
            high = min(high, start + np.log10(HEADROOM))
        known = self._ends if key == self._key else None
        if not np.isfinite([low, high]).all():
            low, high = known or (-1.0, 0.0)
        ends = scale.ends(low, high)
        if known is not None:
            ends = min(ends[0], known[0]), max(ends[1], known[1])
        if ends != known:
            self._key, self._ends = key, ends
            room = 0.03 * (ends[1] - ends[0])
            set_range(self.figure.y_range, ends[0] - room, ends[1] + room)
            labels = scale.ticks(*ends)
            self._ticker.ticks = list(labels)
            self.figure.yaxis[0].major_label_overrides = labels
            self.hover.code = scale.script
        return ends


def empty_figure(name: str, across: str, up: str = "") -> figure:
    """Returns a figure without tools."""
    labels = {"x_axis_label": across or None, "y_axis_label": up or None}
    made: Any = plain_figure(name=name, y_range=Range1d(0, 1), min_width=60, **labels)
    made.axis.axis_label_text_font_size = "12px"
    made.axis.axis_label_text_font_style = "normal"
    made.axis.axis_label_standoff = 2
    made.axis.minor_tick_line_color = None
    made.axis.axis_line_alpha = 0.4
    made.axis.major_tick_line_alpha = 0.4
    made.outline_line_color = None
    made.xgrid.visible = False
    return made


def add_tooltip(fig: figure, renderer: GlyphRenderer, text: str, **how: Any) -> None:
    """Says something of a line or a point under the pointer."""
    tips = f'<div style="font: 12px/1.4 system-ui, sans-serif">{text}</div>'
    fig.add_tools(HoverTool(renderers=[renderer], tooltips=tips, **how))


def looks_of(keys: Sequence[Any], selection: Selection) -> dict[str, list]:
    """Color, dash, width and opacity of each line: color is the method, dash is the basis."""
    return {
        "color": [key.color for key in keys],
        "dash": [list(key.dash) for key in keys],
        "width": [key.width * WIDTHS[min(key.run, 1)] for key in keys],
        "alpha": selection.opacities(keys),
    }


def hover_of(keys: Sequence[Any]) -> dict[str, list[str]]:
    """The columns that hover says of each line."""
    return {column: [getattr(key, name) for key in keys] for column, name in HOVER.items()}


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
    """The distance from the origin to a line through points (n,), or to a single point."""
    places = np.linspace(0, len(xs) - 1, PLACES)
    x, y = (np.interp(places, np.arange(len(each)), each) for each in (xs, ys))
    return float(np.fmin.reduce(np.hypot(x, y), initial=np.inf))


def polygon(line: Series) -> tuple[np.ndarray, np.ndarray]:
    """Around the band of a line, if it has one; gaps part it, as NaN does in Bokeh's patches."""
    if line.low is None:
        return np.empty(0), np.empty(0)
    parts = np.ma.clump_unmasked(np.ma.masked_invalid(line.low + line.high))
    around = [np.r_[line.x[part], line.x[part][::-1], np.nan] for part in parts]
    up = [np.r_[line.low[part], line.high[part][::-1], np.nan] for part in parts]
    return np.concatenate([[], *around])[:-1], np.concatenate([[], *up])[:-1]
