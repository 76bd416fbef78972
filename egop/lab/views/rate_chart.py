"""Numbers reached by learning rate, at the clock's epoch: a point for each rate that was tried."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from bokeh.models import BasicTicker, CustomJSTickFormatter, Segment

from egop.figures.series import RateSeries, SeriesKey
from egop.lab.views.chart import (
    HOVER,
    LOOKS,
    RIM,
    Chart,
    add_tooltip,
    hover_of,
    looks_of,
    nearest,
    strokes,
)
from egop.lab.views.scales import LOG, Metric, extremes
from egop.lab.views.selection import Selection
from egop.ui.axes import RATE_TICKS, set_range
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING, draw, points
from egop.ui.packing import Packet
from egop.ui.sources import source

TIP = """<b>@name</b><br>rate @rate: @y{custom}<br>
middle half @low{custom} – @high{custom}<br>@trials"""
POINT = ("x", "y", "low", "high", "color", "alpha", "marker", "size", "fill", "ring")


class RateChart(Chart):
    """Medians and the middle half of the trials at each rate; × where half of them diverged.

    It stands at the worst end of the axis.

    Args:
        prefix: of this page's sources.
        name: of the figure.
        pick: called with the key of the point that was tapped; None for none of them.
        epoch: the share of the run at which the clock stands, from 0 to 1.
    """

    def __init__(
        self,
        prefix: str,
        name: str,
        pick: Callable[[SeriesKey | None], None],
        epoch: Callable[[], float],
    ):
        super().__init__(prefix, name)
        fig = self.figure
        self._pick, self._epoch = pick, epoch
        self._points: tuple[list[SeriesKey], np.ndarray, np.ndarray]
        self._points = [], np.zeros(0), np.zeros((1, 0))
        columns = source(prefix, f"{name}-points", *POINT, *HOVER)
        ink = {"line_color": "color", "line_alpha": "alpha", "line_width": 1.2}
        draw(fig, columns, Segment, MOVING, x0="x", x1="x", y0="low", y1="high", **ink)
        strokes(fig, source(prefix, f"{name}-lines", "xs", "ys", *LOOKS), MOVING)
        looks = RIM | {"fill_color": "color", "fill_alpha": "fill", "line_width": "ring"}
        drawn = points(fig, columns, MOVING, size="size", **looks)
        gone = source(prefix, f"{name}-gone", "x", "y", "color", "alpha")
        points(fig, gone, size=7, line_width=1.5, **(RIM | {"marker": "x"}))
        formatters = dict.fromkeys(("@y", "@low", "@high"), self.hover)
        add_tooltip(fig, drawn, TIP, formatters=formatters)
        fig.xaxis.formatter = CustomJSTickFormatter(code=RATE_TICKS)
        fig.xaxis.ticker = BasicTicker(desired_num_ticks=5, min_interval=1)
        on_tap(fig, self.tap)

    def pack(
        self,
        packet: Packet,
        rows: Sequence[RateSeries],
        metric: Metric,
        selection: Selection,
        key: Hashable,
    ) -> None:
        """Draws all points and lines, arguments as in `EpochChart.pack`."""
        xs = [np.log10([each.rate for each in row.keys]) for row in rows]
        frames = [metric.scale.place(row.frames) for row in rows]
        n_frames = frames[0].shape[1] if frames else 1
        looks = looks_of([row.keys[0] for row in rows], selection)
        looks["width"] = [0.75 * width for width in looks["width"]]
        lines = {"ys": [each[0] for each in frames]}
        listed = [x.tolist() for x in xs]
        packet.frames(f"{self.name}-lines", n_frames, lines=lines, xs=listed, **looks)
        numbers = np.concatenate([np.zeros((3, n_frames, 0)), *frames], axis=2)
        keys = [each for row in rows for each in row.keys]
        self._points = keys, np.concatenate([np.zeros(0), *xs]), numbers[0]
        worst = self._set_axes(xs, frames, metric, key)
        looks = looks_of(keys, selection)
        self._pack_points(packet, rows, looks, numbers)
        lost = np.array([each.lost for each in keys], dtype=bool)
        packet.fixed(
            f"{self.name}-gone",
            x=self._points[1][lost],
            y=np.full(lost.sum(), worst),
            color=[color for color, out in zip(looks["color"], lost, strict=True) if out],
            alpha=[alpha for alpha, out in zip(looks["alpha"], lost, strict=True) if out],
        )

    def _pack_points(
        self, packet: Packet, rows: Sequence[RateSeries], looks: dict, numbers: np.ndarray
    ) -> None:
        """Draws a point for each rate; the one that is looked at is large."""
        keys, xs, _ = self._points
        strong = np.array([i == row.shown for row in rows for i in range(len(row.keys))], bool)
        filled = [0.0 if key.basis == "original" else 1.0 for key in keys]
        packet.frames(
            f"{self.name}-points",
            len(numbers[0]),
            flat=dict(zip(("y", "low", "high"), numbers, strict=True)),
            x=xs,
            color=looks["color"],
            alpha=looks["alpha"],
            marker=[key.marker for key in keys],
            size=np.where(strong, 10.0, 5.0),
            ring=np.where(strong, 2.0, 1.2),
            fill=np.array(filled) * looks["alpha"],
            **hover_of(keys),
        )

    def _set_axes(
        self, xs: list[np.ndarray], frames: list[np.ndarray], metric: Metric, key: Hashable
    ) -> float:
        """Fits the axes; the worst end of the vertical one."""
        first, last = extremes(*xs)
        if np.isfinite([first, last]).all():
            room = 0.05 * max(last - first, 1.0)
            set_range(self.figure.x_range, first - room, last + room)
        low, high = extremes(*(each[:2] for each in frames))
        starts = [each[0, 0] for each in frames]
        low, high = self.set_height(key, metric.scale, low, high, starts)
        return high if metric.scale is LOG else low

    def tap(self, x: float, y: float) -> None:
        """Picks the point that is meant."""
        keys, xs, frames = self._points
        ys = frames[round(self._epoch() * (len(frames) - 1))]
        self._pick(nearest(self.figure, [*zip(keys, xs[:, None], ys[:, None], strict=True)], x, y))
