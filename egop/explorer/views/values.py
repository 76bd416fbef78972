"""The objective by step, all runs, on a log axis."""

import numpy as np
from bokeh.models import Range1d, Title
from bokeh.plotting import figure

from egop import theme
from egop.explorer.compute import FLOOR, gaps
from egop.explorer.packing import Packet
from egop.explorer.tabs import Shown
from egop.explorer.views.sources import source


class Values:
    """f − f* by step: whole runs faint, the part up to the playback step strong."""

    def __init__(self, prefix: str):
        self.figure = figure(
            name=f"{prefix}:values-figure",
            y_axis_type="log",
            x_range=Range1d(0, 1),
            y_range=Range1d(1e-4, 1),
            tools="",
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=150,
            min_border=2,
            x_axis_label="step",
        )
        self._title = Title(text="f − f* by step", text_font_size="13px")
        self.figure.add_layout(self._title, "above")
        whole = source(prefix, "values-whole", "xs", "ys", "color", "dash")
        so_far = source(prefix, "values", "xs", "ys", "color", "dash")
        heads = source(prefix, "values-heads", "x", "y", "color", "marker")
        tolerance = source(prefix, "tolerance", "xs", "ys")
        lines = {"line_color": "color", "line_dash": "dash", "line_join": "round"}
        self.figure.multi_line("xs", "ys", source=tolerance, line_color=theme.SAMPLE,
                               line_dash="dotted", line_width=1.2)  # fmt: skip
        self.figure.multi_line("xs", "ys", source=whole, line_width=1.5, alpha=0.3, **lines)
        self.figure.multi_line("xs", "ys", source=so_far, line_width=2.2, **lines)
        self.figure.scatter("x", "y", source=heads, marker="marker", size=8, fill_color="color",
                            line_color="#ffffff")  # fmt: skip
        self.figure.axis.major_label_text_font_size = "11px"
        self.figure.axis.axis_label_text_font_size = "12px"
        self.figure.yaxis.ticker.desired_num_ticks = 5

    def pack(self, packet: Packet, shown: Shown) -> None:
        """All runs' gaps and the line of the tolerance."""
        title = f"{shown.yardstick.axis_label} by step"
        if self._title.text != title:
            self._title.text = title
        steps = np.arange(packet.n_steps + 1)
        runs = [
            (pair.name, gaps(path, shown.reference), dash)
            for pair in shown.pairs
            for path, dash in (
                (pair.original, theme.ORIGINAL_DASH),
                (pair.rotated, theme.ROTATED_DASH),
            )
        ]
        lines = {"xs": [steps] * len(runs), "ys": [gap for _, gap, _ in runs]}
        colors = [theme.color(name) for name, _, _ in runs]
        looks = {"color": colors, "dash": [list(dash) for _, _, dash in runs]}
        markers = [theme.MARKERS.get(name, "hex") for name, _, _ in runs]
        packet.growing("values", lines, **looks)
        packet.lines("values-whole", lines, **looks)
        packet.heads("values-heads", {"x": lines["xs"], "y": lines["ys"]}, color=colors,
                     marker=markers)  # fmt: skip
        tolerance = shown.tolerance
        packet.fixed("tolerance", xs=[[0.0, float(packet.n_steps)]], ys=[[tolerance, tolerance]])
        self._set_ranges(packet.n_steps, [gap for _, gap, _ in runs], tolerance)

    def _set_ranges(self, n_steps: int, runs: list[np.ndarray], tolerance: float) -> None:
        seen = [gap[np.isfinite(gap)] for gap in runs]
        low = min([g.min() for g in seen if len(g)] + [tolerance])
        high = max([g.max() for g in seen if len(g)] + [tolerance])
        self.figure.x_range.end = n_steps
        self.figure.y_range.start = max(low, FLOOR) / 2
        self.figure.y_range.end = 2 * min(max(high, 10 * low), 1e30)
