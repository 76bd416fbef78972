"""The eigenspectrum of the EGOP with its bootstrap band."""

import numpy as np
from bokeh.models import FactorRange, Title, Whisker
from bokeh.plotting import figure

from egop import theme
from egop.explorer.compute import Estimate
from egop.explorer.packing import Packet
from egop.explorer.views.sources import source

LEAST = 1e-12
"""Share of λ₁ below which a bar is not drawn: the axis ends there."""


class Spectrum:
    """Bars λ_k/λ₁ on a log axis and, as whiskers, the band that holds each in 90 %."""

    def __init__(self, prefix: str):
        bars = source(prefix, "spectrum", "k", "top", "bottom", "low", "high", "color")
        self.figure = figure(
            name=f"{prefix}:spectrum-figure",
            x_range=FactorRange(factors=["1", "2"]),
            y_axis_type="log",
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=60,
            min_border=2,
        )
        self.figure.add_layout(Title(text="Spectrum λₖ/λ₁", text_font_size="13px"), "above")
        self.figure.vbar("k", 0.5, "top", "bottom", source=bars, color="color", alpha=0.75)
        self.figure.add_layout(
            Whisker(base="k", upper="high", lower="low", source=bars, line_color=theme.SAMPLE)
        )
        self.figure.xgrid.visible = False
        self.figure.axis.major_label_text_font_size = "11px"
        self.figure.axis.axis_label_text_font_size = "12px"
        self.figure.yaxis.ticker.desired_num_ticks = 4

    def pack(self, packet: Packet, found: Estimate) -> None:
        """The bars, relative to λ₁."""
        band = found.band
        largest = band.eigenvalues[0] or 1.0
        tops = np.maximum(band.eigenvalues / largest, LEAST)
        low = np.maximum(band.eigenvalue_low / largest, LEAST)
        high = np.where(np.isfinite(band.eigenvalue_high), band.eigenvalue_high / largest, 10.0)
        high = np.maximum(high, LEAST)
        bottom = 10.0 ** np.floor(np.log10(min(low.min(), 0.1)) - 0.3)
        dim = len(tops)
        colors = [*theme.EIGENVECTORS, *[theme.SPECTRUM] * dim][:dim]
        packet.fixed(
            "spectrum",
            k=[str(k + 1) for k in range(dim)],
            top=tops, bottom=np.full(dim, bottom), low=low, high=high, color=colors,
        )  # fmt: skip
        self.figure.y_range.start, self.figure.y_range.end = bottom, max(2.0, 1.5 * high.max())
