"""Lines with their bands: medians over the trials, and the middle half of them."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from bokeh.models import Patches

from egop.figures.series import Series, SeriesKey
from egop.lab.views.chart import (
    HOVER,
    LOOKS,
    POINT,
    RIM,
    Chart,
    add_tooltip,
    heads,
    hover_of,
    looks_of,
    nearest,
    pack_heads,
    polygon,
    strokes,
)
from egop.lab.views.scales import Metric, Scale, extremes
from egop.lab.views.selection import Selection, mark_of
from egop.ui.axes import label_counts, set_range
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING, draw, points
from egop.ui.packing import Packet
from egop.ui.sources import source

BAND = 0.13
"""Opacity of the bands; the thin lines of controls have none."""
BANDS = 6
"""The number of bands from which on they are fainter, or they would hide each other."""
MARKS = 7
"""The number of marks on each line of a run that is compared with the first."""
TIP = "<b>@name</b><br>rate @rate, epoch $snap_x{0}: $snap_y{custom}<br>@trials"


class LineChart(Chart):
    """Lines, their bands, and marks on those of the runs that are compared with the first.

    Args:
        prefix: of this page's sources.
        name: of the figure.
        tip: what is said of a line under the pointer.
        across: the label of the horizontal axis; "" where the title says it.
        level: of the lines; `MOVING` where they follow the clock.
        up: the label of the vertical axis, likewise.
    """

    def __init__(
        self,
        prefix: str,
        name: str,
        tip: str,
        across: str = "",
        level: Any = "glyph",
        up: str = "",
    ):
        super().__init__(prefix, name, across, up)
        self._placed: list[Series] = []
        self._grows = level == MOVING
        bands = source(prefix, f"{name}-bands", "xs", "ys", "color", "alpha")
        inside = {"fill_color": "color", "fill_alpha": "alpha", "line_color": None}
        draw(self.figure, bands, Patches, xs="xs", ys="ys", **inside)
        lines = source(prefix, f"{name}-lines", "xs", "ys", *LOOKS, *HOVER)
        drawn = strokes(self.figure, lines, level)
        marks = source(prefix, f"{name}-marks", *POINT)
        points(self.figure, marks, level, size=7, fill_color=None, line_width=1.4, **RIM)
        how = {"line_policy": "nearest", "point_policy": "snap_to_data"}
        add_tooltip(self.figure, drawn, tip, formatters={"$snap_y": self.hover}, **how)

    def pack_lines(
        self, packet: Packet, series: Sequence[Series], scale: Scale, selection: Selection
    ) -> dict[str, list]:
        """Draws lines with their bands and marks; returns what each looks like.

        Args:
            packet: to the browser.
            series: the lines.
            scale: of the vertical axis.
            selection: what is highlighted.
        """
        keys = [each.key for each in series]
        looks = looks_of(keys, selection)
        self._placed = placed = [each.mapped(scale.place) for each in series]
        curves = {"xs": [each.x for each in placed], "ys": [each.median for each in placed]}
        pack = packet.growing if self._grows else packet.lines
        pack(f"{self.name}-lines", curves, **looks, **hover_of(keys))
        outlines = [polygon(each) for each in placed]
        packet.lines(
            f"{self.name}-bands",
            {axis: [each[i] for each in outlines] for i, axis in enumerate(("xs", "ys"))},
            color=looks["color"],
            alpha=_band_alphas(keys, looks["alpha"]),
        )
        marks = [
            (each.x[at], each.median[at], color, alpha, mark_of(each.key.run))
            for each, color, alpha in zip(placed, looks["color"], looks["alpha"], strict=True)
            if mark_of(each.key.run)
            for at in np.unique(np.linspace(0, len(each.x) - 1, MARKS + 2).astype(int))[1:-1]
            if np.isfinite(each.median[at])
        ]
        found = {name: [mark[i] for mark in marks] for i, name in enumerate(POINT)}
        found |= {axis: np.array(found[axis]) for axis in ("x", "y")}
        packet.fixed(f"{self.name}-marks", **found)
        return looks


def _band_alphas(keys: Sequence[Any], alphas: Sequence[float]) -> list[float]:
    """The opacity of the band of each line, as strong as those of the lines that are not faded."""
    shares = [alpha * (key.width == 1) for key, alpha in zip(keys, alphas, strict=True)]
    return [BAND * share * min(1.0, BANDS / (sum(shares) or 1.0)) for share in shares]


class EpochChart(LineChart):
    """One measure by epoch: whole lines faint, the part up to the clock's epoch strong.

    Args:
        prefix: of this page's sources.
        name: of the figure.
        pick: called with the key of the line that was tapped; None for none of them.
    """

    def __init__(self, prefix: str, name: str, pick: Callable[[SeriesKey | None], None]):
        super().__init__(prefix, name, TIP, level=MOVING)
        self._pick = pick
        strokes(self.figure, source(prefix, f"{name}-whole", "xs", "ys", *LOOKS))
        heads(self.figure, prefix, name, size=8)
        on_tap(self.figure, self.tap)

    def pack(
        self,
        packet: Packet,
        series: Sequence[Series],
        metric: Metric,
        selection: Selection,
        key: Hashable,
    ) -> None:
        """Draws the lines of all runs.

        Args:
            packet: to the browser.
            series: the lines.
            metric: what they measure.
            selection: what is highlighted.
            key: of what is shown, for an axis that stands still.
        """
        looks = self.pack_lines(packet, series, metric.scale, selection)
        placed = self._placed
        whole = {"xs": [each.x for each in placed], "ys": [each.median for each in placed]}
        faint = [0.3 * alpha for alpha in looks["alpha"]]
        packet.lines(f"{self.name}-whole", whole, **{**looks, "alpha": faint})
        known = [(each.x + 0 * each.median, each.median) for each in placed]
        pack_heads(packet, self.name, [each.key for each in series], looks, known)
        self._set_axes(packet.last, metric, key)

    def _set_axes(self, n_epochs: float, metric: Metric, key: Hashable) -> None:
        """Fits the axes."""
        if self.figure.x_range.end != 1.02 * n_epochs:
            set_range(self.figure.x_range, -0.01 * n_epochs, 1.02 * n_epochs)
            label_counts(self.figure.xaxis[0], n_epochs)
        medians = [each.median for each in self._placed]
        low, high = extremes(*medians, *(p.low for p in self._placed if p.low is not None))
        self.set_height(key, metric.scale, low, high, [median[:1] for median in medians])

    def tap(self, x: float, y: float) -> None:
        """Picks the line that is meant."""
        lines = [(each.key, each.x, each.median) for each in self._placed]
        self._pick(nearest(self.figure, lines, x, y))
