"""Eigenvalues of the EGOP of each layer, and the density of its eigenvectors, while they grow."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from bokeh.models import Text

from egop import theme
from egop.figures.labeled_result import LabeledResult
from egop.figures.series import Series
from egop.figures.spectrum_series import LEADING, Spectrum, levels, spectra_in
from egop.lab.views.chart import strokes
from egop.lab.views.line_chart import LineChart
from egop.lab.views.scales import LOG, extremes
from egop.lab.views.selection import Selection
from egop.ui.axes import label_counts, set_range
from egop.ui.packing import Packet
from egop.ui.sources import source

MOST_POINTS = 400
"""The most points of a curve; the leading ones are all kept."""
TIP = "<b>@name</b><br>{what} at k = $snap_x{{0}}: $snap_y{{custom}}<br>@trials"
ABOVE_ONE = 0.1
"""Part of the height of the densities that is left above 1 for the name of a level."""


class Spectra:
    """Two figures with a line for each layer: λ_k/λ_1 by k, and β_k of the leading eigenvectors."""

    def __init__(self, prefix: str):
        self.values = LineChart(prefix, "eigenvalues", TIP.format(what="λₖ/λ₁"), "k")
        self.density = LineChart(prefix, "densities", TIP.format(what="βₖ"), "k")
        levels = source(prefix, "density-levels", "xs", "ys")
        looks: dict[str, Any] = {"line_color": theme.SAMPLE, "line_dash": "dotted"}
        strokes(self.density.figure, levels, line_width=1.2, line_alpha=1.0, **looks)
        ink = {"text_color": theme.SAMPLE, "text_font_size": "11px", "y_offset": -2}
        names = Text(text="text", text_align="right", text_baseline="bottom", **ink)
        self.density.figure.add_glyph(source(prefix, "density-names", "x", "y", "text"), names)

    def pack(
        self, packet: Packet, found: Sequence[Spectrum], selection: Selection, key: Hashable
    ) -> None:
        """Draws all lines; arguments as in `EpochChart.pack`."""
        longest = max((len(each.k) for each in found), default=1)
        dim = max((each.dim for each in found), default=1)
        shown = min(longest, LEADING)
        ratios = [each.ratio_series for each in found], longest
        densities = [each.density_series for each in found], shown
        for chart, (series, last) in ((self.values, ratios), (self.density, densities)):
            thin = [_thin(each) for each in series]
            chart.pack_lines(packet, thin, LOG, selection)
            if chart.figure.x_range.end != 1.01 * last + 0.1:
                set_range(chart.figure.x_range, 1 - 0.01 * last, 1.01 * last + 0.1)
                label_counts(chart.figure.xaxis[0], last)
            low, high = extremes(
                *(LOG.place(n) for each in thin for n in each[2:4] if n is not None)
            )
            if chart is self.density:
                decades = np.log10(dim)
                low, high = min(low, -decades), ABOVE_ONE * decades  # where a level is named
            chart.set_height((key, chart.name), LOG, low, high)
        named = levels(dim)
        places = np.log10(list(named))
        ends = np.array([1.0, shown])
        rows = [np.full(2, place) for place in places]
        packet.lines("density-levels", {"xs": [ends, ends], "ys": rows})
        packet.fixed("density-names", x=np.full(2, shown), y=places, text=list(named.values()))


def spectra_of(runs: Sequence[LabeledResult]) -> list[Spectrum]:
    """The known spectra of every layer, distribution and data set of the runs."""
    return [each._replace(run=place) for place, run in enumerate(runs) for each in parts_of(run)]


def parts_of(run: LabeledResult) -> list[Spectrum]:
    """The spectra of one run."""
    return run.once("spectra", lambda: spectra_in(run.dataset))


def thinned(n: int) -> np.ndarray:
    """Places of the points of a curve that are drawn: the leading ones, then ever fewer."""
    if n <= MOST_POINTS:
        return np.arange(n)
    rest = np.geomspace(MOST_POINTS // 2, n - 1, MOST_POINTS // 2)
    return np.unique(np.r_[: MOST_POINTS // 2, np.round(rest).astype(int)])


def _thin(series: Series) -> Series:
    at = thinned(len(series.x))
    return series.mapped(lambda numbers: numbers[at])._replace(x=series.x[at])
