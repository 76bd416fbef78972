"""What is measured by epoch: medians over the trials, and the middle half of them as a band."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from bokeh.models import Scatter

from egop import theme
from egop.lab.views.charts import (
    bands,
    chart,
    nearest,
    polygon,
    strokes,
    tooltip,
)
from egop.lab.views.last_known import as_before
from egop.lab.views.scales import HEADROOM, LOG, Height, Metric, Scale, extremes, hover, hover_code
from egop.lab.views.selection import MARKS, Selection
from egop.lab.views.series_key import Line, SeriesKey
from egop.ui.axes import label_counts, set_range
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING
from egop.ui.packing import Packet
from egop.ui.sources import source

WIDTHS = (2.2, 1.6)
"""Of the first run's lines, and of those it is compared with."""
BAND = 0.13
"""Opacity of the bands."""
TIP = "<b>@name</b><br>rate @rate, epoch $snap_x{0}: $snap_y{custom}<br>@trials"


class EpochCurves:
    """One measure by epoch: whole lines faint, the part up to the clock's epoch strong.

    Args:
        prefix: of this page's sources.
        name: of the figure.
        pick: called with the kind of run whose line was tapped; None for none of them.
    """

    def __init__(self, prefix: str, name: str, pick: Callable[[SeriesKey | None], None]):
        self.name = name
        self.figure = fig = chart(f"{prefix}:{name}")
        self.height = Height(fig)
        self._scale: Scale | None = None
        self._pick = pick
        self._drawn: list[tuple[SeriesKey, np.ndarray, np.ndarray]] = []
        looks = ("xs", "ys", "color", "dash", "alpha", "width")
        said = ("name", "rate", "trials")
        bands(fig, source(prefix, f"{name}-bands", "xs", "ys", "color", "alpha"))
        strokes(fig, source(prefix, f"{name}-whole", *looks))
        drawn = strokes(fig, source(prefix, f"{name}-lines", *looks, *said), MOVING)
        fig.add_glyph(
            source(prefix, f"{name}-marks", "x", "y", "color", "alpha", "marker"),
            Scatter(x="x", y="y", marker="marker", size=7, fill_color=None, line_color="color",
                    line_alpha="alpha", line_width=1.4),
            level=MOVING,
        )  # fmt: skip
        fig.add_glyph(
            source(prefix, f"{name}-heads", "x", "y", "color", "alpha", "marker"),
            Scatter(x="x", y="y", marker="marker", size=8, fill_color="color", fill_alpha="alpha",
                    line_color="#ffffff", line_alpha="alpha"),
            level=MOVING,
        )  # fmt: skip
        self._hover = hover(LOG)
        how = {"line_policy": "nearest", "point_policy": "snap_to_data"}
        tip = tooltip(drawn, TIP, formatters={"$snap_y": self._hover}, **how)
        fig.add_tools(tip)
        on_tap(fig, self.tap)

    def pack(
        self,
        packet: Packet,
        lines: Sequence[Line],
        metric: Metric,
        choice: Selection,
        key: Hashable,
    ) -> None:
        """All lines.

        Args:
            packet: to the browser.
            lines: of all runs.
            metric: what they measure.
            choice: what is highlighted.
            key: of what is shown, for an axis that stands still.
        """
        place, name = metric.scale.place, self.name
        kinds = [line.kind for line in lines]
        epochs = [line.epochs for line in lines]
        heights = [place(line.median) for line in lines]
        self._drawn = list(zip(kinds, epochs, heights, strict=True))
        looks = looks_of(kinds, choice)
        said = {
            "name": [kind.name for kind in kinds],
            "rate": [theme.number(kind.rate) for kind in kinds],
            "trials": [trials_words(kind) for kind in kinds],
        }
        curves = {"xs": epochs, "ys": heights}
        packet.growing(f"{name}-lines", curves, **looks, **said)
        faint = [0.3 * alpha for alpha in looks["alpha"]]
        packet.lines(f"{name}-whole", curves, **{**looks, "alpha": faint})
        outlines = [polygon(line.epochs, place(line.low), place(line.high)) for line in lines]
        packet.lines(
            f"{name}-bands",
            {axis: [each[i] for each in outlines] for i, axis in enumerate(("xs", "ys"))},
            color=looks["color"],
            alpha=[BAND * alpha for alpha in looks["alpha"]],
        )
        self._pack_points(packet, kinds, looks)
        self._set_axes(packet.last, lines, metric, key)

    def _pack_points(self, packet: Packet, kinds: list[SeriesKey], looks: dict[str, list]) -> None:
        """The ends of the lines at the clock's epoch, and the marks of the runs compared with."""
        ends = [(as_before(epochs + 0 * height), as_before(height))
                for _, epochs, height in self._drawn]  # fmt: skip
        packet.heads(
            f"{self.name}-heads",
            {"x": [x for x, _ in ends], "y": [y for _, y in ends]},
            color=looks["color"],
            alpha=looks["alpha"],
            marker=[theme.marker(kind.method) for kind in kinds],
        )
        marks = [
            (epochs[at], height[at], kind, color, alpha)
            for (kind, epochs, height), color, alpha in zip(
                self._drawn, looks["color"], looks["alpha"], strict=True
            )
            if mark_of(kind)
            for at in np.unique(np.linspace(0, len(epochs) - 1, 9).astype(int))[1:-1]
            if np.isfinite(height[at])
        ]
        packet.fixed(
            f"{self.name}-marks",
            x=np.array([each[0] for each in marks]),
            y=np.array([each[1] for each in marks]),
            marker=[mark_of(each[2]) for each in marks],
            color=[each[3] for each in marks],
            alpha=[each[4] for each in marks],
        )

    def _set_axes(
        self, n_epochs: float, lines: Sequence[Line], metric: Metric, key: Hashable
    ) -> None:
        if self.figure.x_range.end != 1.02 * n_epochs:
            set_range(self.figure.x_range, -0.01 * n_epochs, 1.02 * n_epochs)
            label_counts(self.figure.xaxis[0], n_epochs)
        low, high = limits(lines, metric)
        self.height.show(key, metric.scale, low, high)
        if metric.scale is not self._scale:
            self._scale = metric.scale
            self._hover.code = hover_code(metric.scale)

    def tap(self, x: float, y: float) -> None:
        """Picks the line that is meant."""
        found = nearest(self.figure, [(xs, ys) for _, xs, ys in self._drawn], x, y)
        self._pick(None if found is None else self._drawn[found][0])


def limits(lines: Sequence[Line], metric: Metric) -> tuple[float, float]:
    """Places of the lowest and highest number; losses far above the start are left out."""
    place = metric.scale.place
    low, high = extremes(*(place(each) for line in lines for each in (line.median, line.low)))
    if metric.scale is LOG:
        starts = [line.median[0] for line in lines if np.isfinite(line.median[0])]
        if starts:
            high = min(high, float(place(HEADROOM * max(starts))))
    return low, high


def looks_of(kinds: Sequence[SeriesKey], choice: Selection) -> dict[str, list]:
    """Color, dash, width and opacity of each line: color is the method, dash is the basis."""
    opacities = {
        key: choice.opacity(*key) for key in {(kind.run, kind.method, kind.basis) for kind in kinds}
    }
    return {
        "color": [theme.color(kind.method) for kind in kinds],
        "dash": [list(theme.BASIS_DASHES.get(kind.basis, ())) for kind in kinds],
        "width": [WIDTHS[min(kind.run, 1)] for kind in kinds],
        "alpha": [opacities[kind.run, kind.method, kind.basis] for kind in kinds],
    }


def mark_of(kind: SeriesKey) -> str:
    """The marker of a line's run; "" for the first run."""
    return MARKS[min(kind.run, len(MARKS) - 1)]


def trials_words(kind: SeriesKey) -> str:
    """Such as "median of 5 trials, of which 1 diverged"."""
    n = kind.counted + kind.diverged
    gone = f", of which {kind.diverged} diverged" if kind.diverged else ""
    return f"{'one trial' if n == 1 else f'median of {n:,} trials'}{gone}" if n else "no trial"
