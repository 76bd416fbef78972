"""The objective by step, all runs, on a log axis."""

import numpy as np
from bokeh.models import ColumnDataSource

from egop import theme
from egop.explorer.compute import gaps, smallest_gap
from egop.explorer.tabs import ComparisonResult, heads_of, looks_of
from egop.explorer.views.steps import pack_arrivals, pack_marks
from egop.theme import number
from egop.ui.axes import fit_range, set_range
from egop.ui.figures import label_powers, plain_figure, set_title
from egop.ui.marks import MOVING, lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

TICK_LABELS = 40
"""Pixels left of the axes, over which the title begins, so that it fits a narrow figure."""


class Values:
    """f − f* by step: whole runs faint, the part up to the playback step strong."""

    def __init__(self, prefix: str):
        self.figure = fig = plain_figure(
            "f − f* by step", overhang=TICK_LABELS, name=f"{prefix}:values-figure"
        )

        def empty(name: str, columns: str) -> ColumnDataSource:
            return source(prefix, name, columns)

        looks = {"color": "color", "dash": "dash"}
        lines(fig, empty("values-slices", "xs ys color"), color="color", dash="dotted", alpha=0.8)
        lines(fig, empty("tolerance", "xs ys"), color=theme.SAMPLE, dash="dotted", width=1.2)
        whole = empty("values-whole", "xs ys color dash")
        lines(fig, whole, MOVING, width=1.5, alpha=0.3, **looks)
        lines(fig, empty("values", "xs ys color dash"), MOVING, width=2.2, **looks)
        marks = empty("values-marks", "x y color marker")
        points(fig, marks, MOVING, marker="marker", size=6, fill="color", color=None)
        heads = empty("values-heads", "x y color marker")
        points(fig, heads, MOVING, marker="marker", size=8, fill="color", color="#ffffff")
        rings = {"marker": "circle", "size": "size", "fill": None}
        arrivals = empty("values-arrivals", "x y color size")
        points(fig, arrivals, MOVING, color="color", width=2, **rings)
        self.figure.axis.axis_label_text_font_size = "12px"
        self.figure.yaxis.ticker.desired_num_ticks = 5

    def pack(self, packet: Packet, shown: ComparisonResult) -> None:
        """All runs' gaps and the line of the tolerance."""
        linear = shown.scene.linear
        label_powers(self.figure.yaxis[0], linear)
        scale = (lambda gap: gap) if linear else np.log10
        runs = shown.runs
        heights = [scale(gaps(each.path, shown.target.level)) for each in runs]
        self._name(shown, linear, heights)
        steps = np.arange(packet.n_steps + 1)
        across = [steps] * len(runs)
        curves, looks = {"xs": across, "ys": heights}, looks_of(runs)
        packet.growing("values", curves, **looks)
        packet.lines("values-whole", curves, **looks)
        marked = [np.stack([steps, height], axis=1) for height in heights]
        pack_marks(packet, "values-marks", runs, marked)
        packet.heads("values-heads", {"x": across, "y": heights}, **heads_of(runs))
        self._pack_slices(packet, shown, scale)
        level = float(scale(np.float64(shown.target.tolerance)))
        at_level = np.stack([steps, np.full(len(steps), level)], axis=1)
        pack_arrivals(packet, "values-arrivals", runs, [at_level] * len(runs), shown, ring=11)
        packet.fixed("tolerance", xs=[[0.0, float(packet.n_steps)]], ys=[[level, level]])
        self._set_ranges(packet.n_steps, heights, level, linear)

    def _name(self, shown: ComparisonResult, linear: bool, heights: list[np.ndarray]) -> None:
        """Sets the title, with the lowest value drawn where a run has come down to round-off."""
        floor = smallest_gap(shown.target.level)
        at_floor = not linear and any((height <= np.log10(floor)).any() for height in heights)
        what = shown.target.axis_label
        by_step = f"{what} by step" if shown.target.known or not at_floor else what
        title = f"{by_step}, from {number(floor)}" if at_floor else by_step
        set_title(self.figure, title)

    @staticmethod
    def _pack_slices(packet: Packet, shown: ComparisonResult, scale) -> None:
        """Beyond two variables: what the figures' slices seem to say, as dotted lines."""
        floor = smallest_gap(shown.target.level)
        seen = [
            (pair.name, scale(np.maximum(path.slice_values - shown.target.level, floor)))
            for pair, both in zip(shown.pairs, shown.in_planes, strict=False)
            for path in both
        ]
        steps = np.arange(packet.n_steps + 1)
        curves = {"xs": [steps] * len(seen), "ys": [height for _, height in seen]}
        packet.lines("values-slices", curves, color=[theme.color(name) for name, _ in seen])

    def _set_ranges(self, n_steps: int, runs: list[np.ndarray], level: float, linear: bool) -> None:
        """Whole powers of ten, so that the axis stands still while the start is dragged."""
        set_range(self.figure.x_range, 0, 1.02 * n_steps)
        if linear:
            fit_range(self.figure.y_range, [*runs, np.array([level])], 0.04)
            return
        seen = np.concatenate([[level], *(run[np.isfinite(run)] for run in runs)])
        low, high = np.floor(seen.min() - 0.05), np.ceil(seen.max() + 0.05)
        set_range(self.figure.y_range, low, high)
