"""The gradient's two norms by step, of one method in both coordinate systems."""

import numpy as np
from bokeh.models import BasicTickFormatter, CustomJSTickFormatter, Range1d, Title
from bokeh.plotting import figure

from egop import theme
from egop.analysis.why import StepTrace
from egop.explorer.compute import FLOOR
from egop.ui.axes import POWER_TICKS, set_range, style_tick_labels
from egop.ui.packing import Packet
from egop.ui.sources import source

WIDTHS = {"‖∇f‖₂": 2.6, "‖∇f‖₁": 1.2}
"""Line widths tell the norms apart; color and dash are taken."""


class Norms:
    """‖∇f‖₂ thick and ‖∇f‖₁ thin: whole runs faint, up to the playback step strong."""

    def __init__(self, prefix: str):
        self.figure = figure(
            name=f"{prefix}:norms-figure",
            x_range=Range1d(0, 1),
            y_range=Range1d(-4, 0),
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=60,
            min_border=2,
        )
        title = Title(text="‖∇f‖₂ (thin: ‖∇f‖₁)", text_font_size="13px")
        self.figure.add_layout(title, "above")
        columns = "xs", "ys", "color", "dash", "width"
        lines = {
            "line_color": "color", "line_dash": "dash", "line_width": "width", "line_join": "round"
        }  # fmt: skip
        whole, so_far = (source(prefix, name, *columns) for name in ("norms-whole", "norms"))
        self.figure.multi_line("xs", "ys", source=whole, alpha=0.3, **lines)
        self.figure.multi_line("xs", "ys", source=so_far, **lines)
        style_tick_labels(self.figure)
        self.figure.xaxis.ticker.desired_num_ticks = 3
        self.figure.yaxis.ticker.desired_num_ticks = 5
        self._plain, self._powers = BasicTickFormatter(), CustomJSTickFormatter(code=POWER_TICKS)

    def pack(self, packet: Packet, original: StepTrace, rotated: StepTrace, linear: bool) -> None:
        """All four lines."""
        self.figure.yaxis[0].formatter = self._plain if linear else self._powers
        heights, dashes, widths = [], [], []
        for run, dash in ((original, theme.ORIGINAL_DASH), (rotated, theme.ROTATED_DASH)):
            for norms, width in zip((run.norms_2, run.norms_1), WIDTHS.values(), strict=True):
                heights.append(norms if linear else np.log10(np.maximum(norms, FLOOR)))
                dashes.append(list(dash))
                widths.append(width)
        n_steps = len(original.norms_2) - 1
        lines = {"xs": [np.arange(n_steps + 1)] * len(heights), "ys": heights}
        color = [theme.color(original.method.name)] * len(heights)
        packet.lines("norms-whole", lines, color=color, dash=dashes, width=widths)
        packet.growing("norms", lines, color=color, dash=dashes, width=widths)
        seen = np.concatenate([height[np.isfinite(height)] for height in heights] or [[]])
        low, high = (seen.min(), seen.max()) if seen.size else (-1.0, 1.0)
        margin = 0.04 * (high - low) or 1.0
        set_range(self.figure.x_range, 0, 1.02 * n_steps)
        set_range(self.figure.y_range, low - margin, high + margin)
