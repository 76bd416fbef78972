"""What is reached by learning rate, at the clock's epoch: a point for each rate that was tried."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from bokeh.models import BasicTicker, CustomJSTickFormatter, Scatter, Segment

from egop import theme
from egop.lab.views.charts import chart, nearest, strokes, tooltip
from egop.lab.views.curves import looks_of, trials_words
from egop.lab.views.scales import HEADROOM, LOG, Height, Metric, Scale, extremes, hover, hover_code
from egop.lab.views.selection import Selection
from egop.lab.views.series_key import ByRate, SeriesKey
from egop.ui.axes import RATE_TICKS, set_range
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING
from egop.ui.packing import Packet
from egop.ui.sources import source

TIP = """<b>@name</b><br>rate @rate: @y{custom}<br>
middle half @low{custom} – @high{custom}<br>@trials"""


class RateCurves:
    """Medians and the middle half of the trials at each rate; × where half of them diverged.

    It stands at the worst end of the axis.

    Args:
        prefix: of this page's sources.
        name: of the figure.
        pick: called with the kind of run whose point was tapped; None for none of them.
        epoch: the share of the run at which the clock stands, from 0 to 1.
    """

    def __init__(
        self,
        prefix: str,
        name: str,
        pick: Callable[[SeriesKey | None], None],
        epoch: Callable[[], float],
    ):
        self.name = name
        self.figure = fig = chart(f"{prefix}:{name}")
        self.height = Height(fig)
        self._scale: Scale | None = None
        self._pick, self._epoch = pick, epoch
        self._points: tuple[list[SeriesKey], np.ndarray, np.ndarray] = (
            [],
            np.zeros(0),
            np.zeros((1, 0)),
        )
        looks = ("xs", "ys", "color", "dash", "alpha", "width")
        columns = ("x", "y", "low", "high", "color", "alpha", "marker", "size", "fill", "ring",
                   "name", "rate", "trials")  # fmt: skip
        points = source(prefix, f"{name}-points", *columns)
        fig.add_glyph(
            points,
            Segment(x0="x", x1="x", y0="low", y1="high", line_color="color", line_alpha="alpha",
                    line_width=1.2),
            level=MOVING,
        )  # fmt: skip
        strokes(fig, source(prefix, f"{name}-lines", *looks), MOVING)
        drawn = fig.add_glyph(
            points,
            Scatter(x="x", y="y", marker="marker", size="size", fill_color="color",
                    fill_alpha="fill", line_color="color", line_alpha="alpha", line_width="ring"),
            level=MOVING,
        )  # fmt: skip
        fig.add_glyph(
            source(prefix, f"{name}-gone", "x", "y", "color", "alpha"),
            Scatter(x="x", y="y", marker="x", size=7, line_color="color", line_alpha="alpha",
                    line_width=1.5),
        )  # fmt: skip
        self._hover = hover(LOG)
        formatters = dict.fromkeys(("@y", "@low", "@high"), self._hover)
        fig.add_tools(tooltip(drawn, TIP, formatters=formatters))
        fig.xaxis.formatter = CustomJSTickFormatter(code=RATE_TICKS)
        fig.xaxis.ticker = BasicTicker(desired_num_ticks=5, min_interval=1)
        on_tap(fig, self.tap)

    def pack(
        self,
        packet: Packet,
        rows: Sequence[ByRate],
        metric: Metric,
        choice: Selection,
        key: Hashable,
    ) -> None:
        """All points and lines, arguments as in `EpochCurves.pack`."""
        place, name = metric.scale.place, self.name
        kinds = [row.kinds[0] for row in rows]
        xs = [np.log10([kind.rate for kind in row.kinds]) for row in rows]
        frames = [place(row.frames) for row in rows]
        n_frames = frames[0].shape[1] if frames else 1
        looks = looks_of(kinds, choice)
        low, high = self._set_axes(xs, frames, metric, key)
        lines = {"ys": [each[0] for each in frames]}
        thin = {**looks, "width": [0.75 * width for width in looks["width"]]}
        packet.frames(f"{name}-lines", n_frames, lines=lines, xs=[x.tolist() for x in xs], **thin)
        every = [kind for row in rows for kind in row.kinds]
        numbers = np.concatenate(frames, axis=2) if frames else np.zeros((3, n_frames, 0))
        self._points = every, np.concatenate([np.zeros(0), *xs]), numbers[0]
        strong = np.concatenate([np.zeros(0, int), *(
            np.arange(len(row.kinds)) == row.shown for row in rows
        )]).astype(bool)  # fmt: skip
        points = looks_of(every, choice)
        packet.frames(
            f"{name}-points",
            n_frames,
            flat={"y": numbers[0], "low": numbers[1], "high": numbers[2]},
            x=self._points[1],
            color=points["color"],
            alpha=points["alpha"],
            marker=[theme.marker(kind.method) for kind in every],
            size=np.where(strong, 10.0, 5.0),
            ring=np.where(strong, 2.0, 1.2),
            fill=[0.0 if kind.basis == "original" else alpha
                  for kind, alpha in zip(every, points["alpha"], strict=True)],
            name=[kind.name for kind in every],
            rate=[theme.number(kind.rate) for kind in every],
            trials=[trials_words(kind) for kind in every],
        )  # fmt: skip
        gone = np.array([kind.lost for kind in every], dtype=bool)
        packet.fixed(
            f"{name}-gone",
            x=self._points[1][gone],
            y=np.full(gone.sum(), high if metric.scale is LOG else low),
            color=[c for c, out in zip(points["color"], gone, strict=True) if out],
            alpha=[a for a, out in zip(points["alpha"], gone, strict=True) if out],
        )

    def _set_axes(
        self, xs: list[np.ndarray], frames: list[np.ndarray], metric: Metric, key: Hashable
    ) -> tuple[float, float]:
        first, last = extremes(*xs)
        if np.isfinite([first, last]).all():
            room = 0.05 * max(last - first, 1.0)
            set_range(self.figure.x_range, first - room, last + room)
        low, high = extremes(*(each[:2] for each in frames))
        starts = [each[0, 0] for each in frames if np.isfinite(each[0, 0]).any()]
        if metric.scale is LOG and starts:
            most = max(float(np.nanmax(each)) for each in starts) + np.log10(HEADROOM)
            high = min(high, most)
        if metric.scale is not self._scale:
            self._scale = metric.scale
            self._hover.code = hover_code(metric.scale)
        return self.height.show(key, metric.scale, low, high)

    def tap(self, x: float, y: float) -> None:
        """Picks the point that is meant."""
        kinds, xs, frames = self._points
        ys = frames[round(self._epoch() * (len(frames) - 1))]
        points = [(np.array([a]), np.array([b])) for a, b in zip(xs, ys, strict=True)]
        found = nearest(self.figure, points, x, y)
        self._pick(None if found is None else kinds[found])
