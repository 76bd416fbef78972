"""A heat map whose cells can be tapped: what ends low is bright, what diverged is gray."""

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.events import Tap
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    CustomJSHover,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    LinearColorMapper,
    Range1d,
    Title,
)
from bokeh.palettes import Cividis256, interp_palette
from bokeh.plotting import figure

from egop import theme
from egop.explorer.views.values import POWERS

POWER = (
    "const v = 10 ** {}; return v >= 0.01 && v < 1e4 ? String(+v.toPrecision(2))"
    " : v.toExponential(1)"
)
DIVERGED = "#8c9199"
"""Color of cells whose run diverged."""
RATIO = interp_palette(["#9c3d00", "#e8a36b", "#f2f2f2", "#7fb2dc", "#1f5f99"], 256)
"""From "original ends lower" to "rotated ends lower"."""


class Heat:
    """One image with a color bar, a marker where the scene stands, and a tap.

    Args:
        tap: called with (x, y) of a tapped cell, in the axes' units (logarithms on log axes).
        angles: whether the horizontal axis is an angle in degrees; else it is a log₁₀ rate.
        names: of the horizontal and the vertical axis.
    """

    def __init__(self, tap: Callable[[float, float], None], angles: bool, names: tuple[str, str]):
        palette = Cividis256[::-1] if angles else RATIO
        self._mapper = LinearColorMapper(palette=palette, low=0, high=1, nan_color=DIVERGED)
        self._image = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self._now = ColumnDataSource({"x": [], "y": [], "color": []})
        self._title = Title(text="", text_font_size="13px")
        self.figure = figure(
            x_range=Range1d(0, 1),
            y_range=Range1d(0, 1),
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=60,
            min_border=2,
            x_axis_label=names[0],
            y_axis_label=names[1],
        )
        self._draw(angles)
        self.figure.on_event(Tap, lambda event: None if event.x is None else tap(event.x, event.y))

    def _draw(self, angles: bool) -> None:
        fig: Any = self.figure
        fig.add_layout(self._title, "above")
        image = fig.image("image", "x", "y", "dw", "dh", source=self._image,
                          color_mapper=self._mapper)  # fmt: skip
        for size, color in ((13, "#ffffff"), (9, "color")):
            fig.scatter("x", "y", source=self._now, marker="circle", size=size, line_width=2,
                        fill_color=None, line_color=color)  # fmt: skip
        power = CustomJSTickFormatter(code=POWER.format("tick"))
        hover = {"rate": CustomJSHover(code=POWER.format("value"))}
        fig.yaxis.formatter = power
        if angles:
            fig.xaxis.ticker = FixedTicker(ticks=list(range(0, 91, 15)))
            where = [("angle", "$x{0}°"), ("rate", "$y{custom}")]
            formatters = {"$y": hover["rate"]}
        else:
            fig.xaxis.formatter = power
            where = [("original rate", "$x{custom}"), ("rotated rate", "$y{custom}")]
            formatters = {"$x": hover["rate"], "$y": hover["rate"]}
        shown = [*where, ("log₁₀", "@image{0.0}")]
        fig.add_tools(HoverTool(renderers=[image], tooltips=shown, formatters=formatters))
        bar = ColorBar(color_mapper=self._mapper, width=10, padding=2, margin=0,
                       major_label_text_font_size="11px", background_fill_alpha=0,
                       formatter=CustomJSTickFormatter(code=POWERS))  # fmt: skip
        fig.add_layout(bar, "right")
        fig.grid.visible = False
        fig.axis.major_label_text_font_size = "11px"
        fig.axis.axis_label_text_font_size = "12px"
        fig.axis.axis_label_standoff = 2

    def draw(self, cells: np.ndarray, x: np.ndarray, y: np.ndarray, ends, title: str) -> None:
        """New cells (len(y), len(x)) at evenly spaced centers; NaN is drawn as diverged."""
        step_x, step_y = x[1] - x[0], y[1] - y[0]
        left, bottom = x[0] - step_x / 2, y[0] - step_y / 2
        width, height = step_x * len(x), step_y * len(y)
        self._image.data = {
            "image": [np.asarray(cells, dtype=np.float32)],
            "x": [left], "y": [bottom], "dw": [width], "dh": [height],
        }  # fmt: skip
        self._mapper.update(low=ends[0], high=ends[1])
        self.figure.x_range.update(start=left, end=left + width)
        self.figure.y_range.update(start=bottom, end=bottom + height)
        self._title.text = title

    def mark(self, x: float, y: float, method: str) -> None:
        """Where the scene stands."""
        self._now.data = {"x": [x], "y": [y], "color": [theme.color(method)]}
