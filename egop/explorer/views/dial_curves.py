"""A figure over the dial's angles, 0° to 90°: one curve a method, and a handle to drag."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from bokeh.events import Pan, PanStart, Tap
from bokeh.models import ColumnDataSource, FixedTicker, PrintfTickFormatter, Range1d, Span, Title
from bokeh.plotting import figure

from egop import theme
from egop.explorer.dialing import QUARTER

MARGIN = 1.5
"""Degrees of room at both ends, so that the handle is whole there."""


class DialCurves:
    """Curves by angle, the EGOP angle as a line, and the angle of the right figure as a handle.

    Args:
        turn: called with each angle (degrees, 0 to 90) that is tapped or dragged to.
        axis: "log" or "linear".
    """

    def __init__(self, turn: Callable[[float], None], axis: Literal["log", "linear"]):
        self._turn, self._axis = turn, axis
        self._heights = (0.1, 1.0)
        self.figure = figure(
            x_range=Range1d(start=-MARGIN, end=QUARTER + MARGIN),
            y_range=Range1d(start=0.1, end=1.0),
            y_axis_type=axis,
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=60,
            min_border=2,
        )
        self._title = Title(text="", text_font_size="13px")
        self.figure.add_layout(self._title, "above")
        self._curves = ColumnDataSource({"xs": [], "ys": [], "color": []})
        self._missing = ColumnDataSource({"x": [], "y": [], "color": []})
        self._runs = ColumnDataSource({"x": [], "y": [], "color": [], "marker": []})
        self._ends = ColumnDataSource({"x": [0.0, 0.0], "y": [0.1, 1.0], "angle": [0.0, np.pi]})
        self._egop = Span(dimension="height", line_color=theme.EIGENVECTORS[0], line_width=5,
                          line_alpha=0.4, level="underlay")  # fmt: skip
        self._now = Span(dimension="height", location=0.0, line_color=theme.SAMPLE, line_width=1.5)
        self._draw()
        for event in (Tap, PanStart, Pan):
            self.figure.on_event(event, self._point)

    def _draw(self) -> None:
        fig = self.figure
        fig.add_layout(self._egop)
        fig.add_layout(self._now)
        fig.multi_line("xs", "ys", source=self._curves, line_color="color", line_width=2.2,
                       line_join="round")  # fmt: skip
        fig.scatter("x", "y", source=self._missing, marker="x", size=5, color="color")
        fig.scatter("x", "y", source=self._runs, marker="marker", size=9, fill_color="color",
                    line_color="#ffffff")  # fmt: skip
        fig.scatter("x", "y", source=self._ends, marker="triangle", size=13, angle="angle",
                    color=theme.SAMPLE, line_color="#ffffff")  # fmt: skip
        fig.xaxis.ticker = FixedTicker(ticks=list(range(0, 91, 15)))
        fig.xaxis.formatter = PrintfTickFormatter(format="%d°")
        fig.xgrid.visible = False
        fig.axis.major_label_text_font_size = "11px"
        fig.axis.axis_label_text_font_size = "12px"
        fig.axis.axis_label_standoff = 2
        ticker: Any = fig.yaxis.ticker
        ticker.desired_num_ticks = 4

    def _point(self, event) -> None:
        if event.x is not None and np.isfinite(event.x):
            self._turn(float(np.clip(event.x, 0.0, QUARTER)))

    def draw(self, angles: np.ndarray, curves: Mapping[str, np.ndarray], title: str, ends) -> None:
        """New curves.

        Args:
            angles: (A,) degrees.
            curves: (A,) by method: NaN is left out, +∞ leaves a gap and a cross at the top.
            title: of the figure.
            ends: of the vertical axis.
        """
        known = {name: ~np.isnan(curve) for name, curve in curves.items()}
        finite = {name: np.where(np.isinf(curve), np.nan, curve) for name, curve in curves.items()}
        self._curves.data = {
            "xs": [angles[known[name]] for name in curves],
            "ys": [finite[name][known[name]] for name in curves],
            "color": [theme.color(name) for name in curves],
        }
        gone = [(name, angles[np.isinf(curve)]) for name, curve in curves.items()]
        top = ends[1] - 0.06 * (ends[1] - ends[0])
        if self._axis == "log":
            top = ends[1] * (ends[0] / ends[1]) ** 0.06
        self._missing.data = {
            "x": np.concatenate([x for _, x in gone]) if gone else [],
            "y": np.full(sum(len(x) for _, x in gone), top),
            "color": [theme.color(name) for name, x in gone for _ in x],
        }
        self._title.text = title
        self.figure.y_range.update(start=ends[0], end=ends[1])
        self._heights, at = ends, self._now.location
        self._ends.data = {"x": [at, at], "y": list(ends), "angle": [0.0, np.pi]}

    def mark(self, now: float, egop: float, runs: Mapping[str, float]) -> None:
        """The handle, the EGOP angle, and where the runs of the right figure end.

        Args:
            now: degrees, the angle of the right figure.
            egop: degrees.
            runs: height by method; NaN is not drawn.
        """
        self._now.location, self._egop.location = now, egop
        self._ends.data = {"x": [now, now], "y": list(self._heights), "angle": [0.0, np.pi]}
        seen = {name: y for name, y in runs.items() if np.isfinite(y)}
        self._runs.data = {
            "x": np.full(len(seen), now),
            "y": np.array(list(seen.values())),
            "color": [theme.color(name) for name in seen],
            "marker": [theme.MARKERS.get(name, "hex") for name in seen],
        }
