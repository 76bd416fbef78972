"""The gradient's two norms by step, of one method in both coordinate systems."""

import numpy as np

from egop import theme
from egop.analysis.why import StepTrace
from egop.explorer.compute import FLOOR
from egop.ui.axes import fit_range, set_range
from egop.ui.figures import label_powers, plain_figure
from egop.ui.marks import lines
from egop.ui.packing import Packet
from egop.ui.sources import source

NAME = "‖∇f‖₂ (thin: ‖∇f‖₁)"
WIDTHS = {"‖∇f‖₂": 2.6, "‖∇f‖₁": 1.2}
"""Line widths tell the norms apart; color and dash are taken."""


class Norms:
    """‖∇f‖₂ thick and ‖∇f‖₁ thin: whole runs faint, up to the playback step strong."""

    def __init__(self, prefix: str):
        self.figure = plain_figure(NAME, name=f"{prefix}:norms-figure")
        looks = {"color": "color", "dash": "dash", "width": "width"}
        for name, alpha in (("norms-whole", 0.3), ("norms", 1.0)):
            drawn = source(prefix, name, "xs ys color dash width")
            lines(self.figure, drawn, alpha=alpha, **looks)
        self.figure.xaxis.ticker.desired_num_ticks = 3
        self.figure.yaxis.ticker.desired_num_ticks = 5

    def pack(self, packet: Packet, original: StepTrace, rotated: StepTrace, linear: bool) -> None:
        """All four lines."""
        label_powers(self.figure.yaxis[0], linear)
        heights, dashes, widths = [], [], []
        for run, dash in ((original, theme.dash(False)), (rotated, theme.dash(True))):
            for norms, width in zip((run.norms_2, run.norms_1), WIDTHS.values(), strict=True):
                heights.append(norms if linear else np.log10(np.maximum(norms, FLOOR)))
                dashes.append(dash)
                widths.append(width)
        n_steps = len(original.norms_2) - 1
        curves = {"xs": [np.arange(n_steps + 1)] * len(heights), "ys": heights}
        color = [theme.color(original.method.name)] * len(heights)
        packet.lines("norms-whole", curves, color=color, dash=dashes, width=widths)
        packet.growing("norms", curves, color=color, dash=dashes, width=widths)
        set_range(self.figure.x_range, 0, 1.02 * n_steps)
        fit_range(self.figure.y_range, heights, 0.04)
