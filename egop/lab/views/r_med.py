"""R_med of one layer, by epoch and at the same training loss, while runs are trained."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import CustomJSHover, FixedTicker

from egop import theme
from egop.figures.r_med_series import R_MED, by_epoch_of, by_loss_of, layer_title
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import Series
from egop.lab.views.chart import POINT, RIM
from egop.lab.views.line_chart import LineChart
from egop.lab.views.scales import LOG, extremes
from egop.lab.views.selection import Selection
from egop.ui.axes import label_counts, set_range
from egop.ui.fields import Fields, choice
from egop.ui.marks import points
from egop.ui.packing import Packet
from egop.ui.sources import source

WARNING = "It compares runs in one basis, and is no reason why a basis helps."
BY_EPOCH = (
    "R_med = max|Hᵢᵢ|/median|Hᵢᵢ| of the Hessian in the coordinates that a method runs in (Jiang, "
    "Malik, Li); a dot is a measurement. Bases that are estimated anew in each run have none. "
    f"{WARNING}"
)
BY_LOSS = (
    "R_med changes as the loss falls, so methods are compared at the same loss, which is told as a "
    "share of that at the start. "
    f"{WARNING}"
)
ACROSS = "training loss / at the start"
LEAST = 0.1
"""Decades of the loss that its axis has at least."""
TIPS = (
    "<b>@name</b><br>rate @rate: R_med = $snap_y{custom} at epoch $snap_x{0}<br>@trials",
    "<b>@name</b><br>rate @rate: R_med = $snap_y{custom} at $snap_x{custom} of the loss at the "
    "start<br>@trials",
)


class DrawnRMed(NamedTuple):
    """R_med of a layer, in both figures.

    Attributes:
        layer: its name.
        by_epoch: a line of each method in each basis.
        by_loss: likewise.
    """

    layer: str
    by_epoch: list[Series]
    by_loss: list[Series]


class RMed:
    """Two figures: dots where R_med was measured, and lines at the same loss.

    Args:
        prefix: of this page's sources.
    """

    def __init__(self, prefix: str):
        across = "epoch", ACROSS
        named = zip(("r-med", "r-med-by-loss"), TIPS, across, strict=True)
        self.by_epoch, self.by_loss = (LineChart(prefix, *each, up="R_med") for each in named)
        for chart in (self.by_epoch, self.by_loss):
            dots = source(prefix, f"{chart.name}-dots", *POINT)
            points(chart.figure, dots, size=6, **(RIM | {"fill_color": "color"}))
        axis = self.by_loss.figure.xaxis[0]
        axis.ticker = self._ticker = FixedTicker()
        hover: Any = self.by_loss.figure.hover[0]
        hover.formatters = hover.formatters | {"$snap_x": CustomJSHover(code=LOG.script)}

    def pack(
        self, packet: Packet, found: DrawnRMed | None, selection: Selection, key: Hashable
    ) -> None:
        """Draws all lines; arguments as in `EpochChart.pack`."""
        layer, by_epoch, by_loss = found or DrawnRMed("", [], [])
        by_loss = [each._replace(x=LOG.place(each.x)) for each in by_loss]
        for chart, series in ((self.by_epoch, by_epoch), (self.by_loss, by_loss)):
            looks = chart.pack_lines(packet, series, LOG, selection)
            _pack_dots(packet, chart, series, looks)
            numbers = (n for each in series for n in each[2:] if n is not None)
            chart.set_height((key, layer), LOG, *extremes(*map(LOG.place, numbers)))
        last, figure = packet.last, self.by_epoch.figure
        if figure.x_range.end != 1.02 * last:
            set_range(figure.x_range, -0.02 * last, 1.02 * last)
            label_counts(figure.xaxis[0], last)
        self._set_losses(by_loss)

    def _set_losses(self, series: Sequence[Series]) -> None:
        """Fits the axis of losses, which fall from the left to the right."""
        low, high = extremes(*(each.x for each in series))
        if np.isfinite([low, high]).all():
            low = min(low, high - LEAST)
            room = 0.03 * (high - low)
            set_range(self.by_loss.figure.x_range, high + room, low - room)
            labels = LOG.ticks(low, high)
            self._ticker.ticks = list(labels)
            self.by_loss.figure.xaxis[0].major_label_overrides = labels


def _pack_dots(
    packet: Packet, chart: LineChart, series: Sequence[Series], looks: dict[str, list]
) -> None:
    """A dot at each measurement by epoch; by loss where a line would have a single point."""
    rows = [
        (x, y, color, alpha, each.key.marker)
        for each, color, alpha in zip(series, looks["color"], looks["alpha"], strict=True)
        for x, y, alone in zip(each.x, LOG.place(each.median), each.alone, strict=True)
        if np.isfinite(y) and (alone or chart.name == "r-med")
    ]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(POINT)}
    columns |= {axis: np.array(columns[axis]) for axis in ("x", "y")}
    packet.fixed(f"{chart.name}-dots", **columns)


def layers_of(statistics: Sequence[RunStatistics]) -> list[str]:
    """The layers of which some run has measured R_med."""
    known = [each.result.dataset for each in statistics if each.has(R_MED)]
    return list(dict.fromkeys(str(name) for one in known for name in one["layer"].values))


def r_med_of(statistics: Sequence[RunStatistics], selection: Selection) -> DrawnRMed | None:
    """R_med of the layer that is looked at, or of the first one; None where none was measured."""
    layers = layers_of(statistics)
    if not layers:
        return None
    layer, rate = selection.layer if selection.layer in layers else layers[0], selection.rate

    def series(one: RunStatistics, make: Callable[..., list[Series]]) -> list[Series]:
        dataset = one.result.dataset
        if not one.has(R_MED) or layer not in dataset["layer"].values:
            return []
        at = make.__name__, layer, *one.series_keys(rate)  # whose looks depend on other runs
        return one.result.once(at, lambda: make(one, dataset, layer, rate))

    both = ([line for one in statistics for line in series(one, make)] for make in MAKERS)
    return DrawnRMed(layer, *both)


MAKERS = (by_epoch_of, by_loss_of)


def matched_words(series: Sequence[Series]) -> str:
    """R_med of each line at the lowest loss that all have passed; "" where there is none."""
    ends = [each.x[np.isfinite(each.median)] for each in series]
    if not ends or not all(map(len, ends)) or min(map(max, ends)) < max(map(min, ends)):
        return ""
    level = max(map(min, ends))
    lines = "; ".join(f"{each.key.name}: {theme.number(_at(level, each))}" for each in series)
    return f"At {theme.number(float(level))} of the loss at the start: {lines}."


def _at(level: float, line: Series) -> float:
    """The median of a line at a loss that it passes, interpolated in logarithms."""
    known = np.isfinite(line.median)
    x, median = np.log(line.x[known]), np.log(line.median[known])
    return float(np.exp(np.interp(-np.log(level), -x, median)))


class LayerChoice:
    """The layer whose R_med is drawn; `view` is the Panel object.

    Args:
        selection: that it changes.
    """

    def __init__(self, selection: Selection):
        self._selection = selection
        small = {"sizing_mode": "fixed", "width": 220, "margin": (4, 0)}
        row = choice("layer", "R_med of", {})
        self.view = Fields([row], {"layer": None}, self.set, **small)

    def set(self, name: str, value: str) -> None:
        """Chooses a layer."""
        self._selection.layer = value

    def follow(self, layers: Sequence[str], shown: str) -> None:
        """Offers the layers that were measured."""
        options = {layer_title(each): each for each in layers}
        self.view.show(**{"layer:options": options, "layer": shown if layers else None})
