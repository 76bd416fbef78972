"""A figure over the dial's angles, 0° to 90°: one curve a method, and a handle to drag."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from bokeh.events import Pan, PanStart, Tap
from bokeh.models import (
    ColumnDataSource,
    Label,
    Range1d,
    Span,
)

from egop import theme
from egop.explorer.basis_angle import QUARTER
from egop.explorer.views.dial_words import Heights
from egop.ui.axes import label_counts, label_decades, label_quarter_turn, set_range
from egop.ui.figures import plain_figure, set_title
from egop.ui.gestures import place_of
from egop.ui.marks import lines, points

MARGIN = 1.5
"""Degrees of room at both ends, so that the handle is whole there."""

BESIDE_ITS_TOP: dict[str, Any] = {
    "x": 0.0,
    "y": 1.0,
    "x_offset": 8,
    "y_offset": -14,
    "text_font_size": "11px",
    "text_font_style": "bold",
    "text_baseline": "middle",
}
"""Place and looks of a line's name."""


class DialCurves:
    """Curves by angle, the EGOP angle as a line, and the angle of the right figure as a handle.

    Args:
        turn: called with each angle (degrees, 0 to 90) that is tapped or dragged to.
    """

    def __init__(self, turn: Callable[[float], None]):
        self._turn = turn
        self._log = True
        ends = Range1d(start=-MARGIN, end=QUARTER + MARGIN)
        self.figure = plain_figure("", name="tab:dial", x_range=ends)
        self._curves = ColumnDataSource({"xs": [], "ys": [], "color": []}, name="tab:dial-curves")
        self._missing = ColumnDataSource({"x": [], "y": [], "color": []})
        self._runs = ColumnDataSource(
            {"x": [], "y": [], "color": [], "marker": []}, name="tab:dial-runs"
        )
        self._ends = ColumnDataSource({"x": [0.0, 0.0], "y": [0.0, 1.0], "angle": [0.0, np.pi]})
        violet = theme.EIGENVECTORS[0]
        line = {"line_color": violet, "line_width": 5, "line_alpha": 0.4}
        self._egop = Span(dimension="height", level="underlay", **line)
        self._now = Span(dimension="height", location=0.0, line_color=theme.SAMPLE, line_width=1.5)
        self._name = Label(text="EGOP", text_color=violet, **BESIDE_ITS_TOP)
        self._draw()
        for event in (Tap, PanStart, Pan):
            self.figure.on_event(event, self._point)

    def _draw(self) -> None:
        fig = self.figure
        fig.add_layout(self._egop)
        fig.add_layout(self._now)
        fig.add_layout(self._name)
        lines(fig, self._curves, color="color", width=2.2)
        points(fig, self._missing, marker="x", size=5, color="color")
        rim = {"color": "#ffffff"}
        points(fig, self._runs, marker="marker", size=9, fill="color", **rim)
        ends = {"marker": "triangle", "size": 15, "angle": "angle"}
        points(fig, self._ends, fill=theme.SAMPLE, **ends, **rim)
        label_quarter_turn(fig.xaxis[0])
        fig.xgrid.visible = False
        fig.axis.axis_label_text_font_size = "12px"
        fig.axis.axis_label_standoff = 2

    def _point(self, event) -> None:
        place = place_of(event)
        if place is not None:
            self._turn(float(np.clip(place[0], 0.0, QUARTER)))

    def draw(self, angles: np.ndarray, heights: Heights, title: str) -> None:
        """New curves: pending angles are left out, a run without an end leaves a cross at the top.

        Args:
            angles: (A,) degrees.
            heights: the curves; gaps get a log axis, counts a linear one.
            title: of the figure.
        """
        self._log = not heights.counts
        curves = {name: self._scaled(curve) for name, curve in heights.curves.items()}
        known = {name: ~np.isnan(curve) for name, curve in curves.items()}
        self._curves.data = {
            "xs": [angles[known[name]] for name in curves],
            "ys": [np.where(np.isinf(c), np.nan, c)[known[name]] for name, c in curves.items()],
            "color": [theme.color(name) for name in curves],
        }
        low, high = self._frame(np.array([*curves.values()]))
        gone = [(name, angles[np.isinf(curve)]) for name, curve in curves.items()]
        crosses = [theme.color(name) for name, x in gone for _ in x]
        self._missing.data = {
            "x": np.concatenate([x for _, x in gone]) if gone else [],
            "y": np.full(len(crosses), high - 0.06 * (high - low)),
            "color": crosses,
        }
        set_title(self.figure, title)
        self._place_handle()

    def mark(self, now: float, egop: float, runs: Mapping[str, float]) -> None:
        """The handle, the EGOP angle, and where the runs of the right figure end.

        Args:
            now: degrees, the angle of the right figure.
            egop: degrees.
            runs: height by method; what is not finite is not drawn.
        """
        self._now.location, self._egop.location = now, egop
        self._name.x = egop
        seen = {name: height for name, height in runs.items() if np.isfinite(height)}
        self._runs.data = {
            "x": np.full(len(seen), now),
            "y": self._scaled(np.array(list(seen.values()))),
            "color": [theme.color(name) for name in seen],
            "marker": [theme.marker(name) for name in seen],
        }
        self._place_handle()

    def _scaled(self, heights: np.ndarray) -> np.ndarray:
        return np.log10(heights) if self._log else heights

    def _frame(self, curves: np.ndarray) -> tuple[float, float]:
        """The vertical axis that holds all curves, with at least a decade or ten steps."""
        seen = curves[np.isfinite(curves)]
        low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
        if self._log:
            room = 0.5 * max(1.0 - (high - low), 0.0) + 0.08 * (high - low)
            low, high = low - room - 0.1, high + room + 0.1
            label_decades(self.figure.yaxis[0], low, high)
        else:
            low, high = 0.0, 1.15 * max(high, 10.0)
            label_counts(self.figure.yaxis[0], high)
        set_range(self.figure.y_range, low, high)
        self._name.y = high
        return low, high

    def _place_handle(self) -> None:
        now, frame = self._now.location, self.figure.y_range
        self._ends.data = {"x": [now, now], "y": [frame.start, frame.end], "angle": [0.0, np.pi]}
