"""The two figures of a fair comparison: gap against rate, and gap by step from many starts."""

import numpy as np
from bokeh.models import ColumnDataSource, Patches
from bokeh.plotting import figure

from egop import theme
from egop.analysis.starts import Band, Bands
from egop.analysis.stopping_target import gap_label
from egop.analysis.tuning import Tuning
from egop.explorer.compute import FLOOR
from egop.ui.axes import fit_range, set_range
from egop.ui.figures import label_powers, plain_figure, set_title
from egop.ui.marks import draw, lines, points

MOST_POINTS = 300
"""The most points of a band, by step."""


class TuningCurves:
    """Median final gap against rate; a larger marker at the best rate, × where runs diverge."""

    def __init__(self):
        self.figure = fig = _figure("Median f − f* by rate")
        self.lines = _source("xs", "ys", "color", "dash")
        self.best = _source("x", "y", "color", "marker", "fill")
        self.diverged = _source("x", "y", "color")
        lines(fig, self.lines, color="color", dash="dash", width=2)
        points(fig, self.diverged, marker="x", size=6, color="color")
        looks = {"color": "color", "fill": "color", "fill_alpha": "fill", "width": 1.5}
        points(fig, self.best, marker="marker", size=10, **looks)
        label_powers(fig.xaxis[0])

    def draw(self, tuning: Tuning, axis_label: str) -> None:
        """All curves."""
        rows = [
            (curve, place) for curve in tuning.curves.values() for place in range(len(curve.gap))
        ]
        rates = [np.log10(curve.rates) for curve, _ in rows]
        heights = [_logs(curve.gap[place]) for curve, place in rows]
        top = fit_range(self.figure.y_range, heights, 0.06)
        if rates:
            low, high = min(each[0] for each in rates), max(each[-1] for each in rates)
            set_range(self.figure.x_range, low - 0.15, high + 0.15)
        colors = [theme.color(curve.method) for curve, _ in rows]
        dashes = [theme.dash(place == 1) for _, place in rows]
        self.lines.data = {"xs": rates, "ys": heights, "color": colors, "dash": dashes}
        found = [
            (
                curve,
                place,
                curve.best[place],
                height[np.abs(curve.rates - curve.best[place]).argmin()],
            )
            for (curve, place), height in zip(rows, heights, strict=True)
            if np.isfinite(curve.best[place])
        ]
        self.best.data = {
            "x": [np.log10(best) for _, _, best, _ in found],
            "y": [height for *_, height in found],
            "color": [theme.color(curve.method) for curve, *_ in found],
            "marker": [theme.marker(curve.method) for curve, *_ in found],
            "fill": [float(place) for _, place, *_ in found],
        }
        gone = [
            (rate, color)
            for each, height, color in zip(rates, heights, colors, strict=True)
            for rate in each[np.isnan(height)]
        ]
        self.diverged.data = {
            "x": [rate for rate, _ in gone],
            "y": [top] * len(gone),
            "color": [color for _, color in gone],
        }
        set_title(self.figure, f"{axis_label} by rate")


class StartBands:
    """Median and quantile band of the gap by step, from many starts."""

    def __init__(self):
        self.figure = fig = _figure("f − f*, many starts")
        self.medians = _source("xs", "ys", "color", "dash")
        self.bands = _source("xs", "ys", "color")
        area = {"fill_color": "color", "fill_alpha": 0.14, "line_color": None}
        draw(fig, self.bands, Patches, xs="xs", ys="ys", **area)
        lines(fig, self.medians, color="color", dash="dash", width=2.2)

    def draw(self, bands: Bands, methods: list[str]) -> None:
        """All bands.

        Args:
            bands: of contenders in pairs, in original coordinates and in the basis.
            methods: their methods' names, one a pair.
        """
        steps = np.unique(np.linspace(0, bands.n_steps, MOST_POINTS).astype(int))
        places = sorted(bands.bands)
        medians = [_logs(bands.bands[place].median[steps]) for place in places]
        lowest = [_logs(bands.bands[place].low[steps]) for place in places]
        top = fit_range(self.figure.y_range, [*medians, *lowest], 0.06)
        colors = [theme.color(methods[place // 2]) for place in places]
        self.medians.data = {
            "xs": [steps] * len(places),
            "ys": medians,
            "color": colors,
            "dash": [theme.dash(place % 2 == 1) for place in places],
        }
        self.bands.data = {
            "xs": [np.r_[steps, steps[::-1]]] * len(places),
            "ys": [_outline(bands.bands[place], steps, top) for place in places],
            "color": colors,
        }
        set_range(self.figure.x_range, 0, 1.02 * max(bands.n_steps, 1))
        label = gap_label(bands.known)
        set_title(self.figure, f"{label}, {theme.count_words(bands.n_starts, 'start')}")


def _figure(title: str) -> figure:
    made = plain_figure(title, ticks=5)
    label_powers(made.yaxis[0])
    return made


def _source(*columns: str) -> ColumnDataSource:
    return ColumnDataSource(data={column: [] for column in columns}, syncable=False)


def _logs(gaps: np.ndarray) -> np.ndarray:
    """log₁₀ of gaps, NaN where they are infinite."""
    return np.where(np.isfinite(gaps), np.log10(np.maximum(gaps, FLOOR)), np.nan)


def _outline(band: Band, steps: np.ndarray, top: float) -> np.ndarray:
    """Lower end forward and upper end back; what is infinite lies on the figure's upper end."""
    low, high = (np.nan_to_num(_logs(end[steps]), nan=top) for end in (band.low, band.high))
    return np.r_[low, high[::-1]]
