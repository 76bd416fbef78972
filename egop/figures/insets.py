"""The inset of figure 2, which no element carries: drawn by a hook of each backend."""

from typing import Any

import numpy as np
from bokeh.models import Range1d

from egop import theme

Points = tuple[np.ndarray, np.ndarray]
TITLE = "the first 100, linear"
PLACE = (0.5, 0.47, 0.97, 0.9)
"""Left, bottom, right and top, as shares of the panel."""


def inset_in_matplotlib(points: Points, plot: Any, element: Any) -> None:
    """Draws points on linear axes into the panel."""
    left, bottom, right, top = PLACE
    inset = plot.handles["axis"].inset_axes((left, bottom, right - left, top - bottom))
    inset.plot(*points, color=theme.SPECTRUM)
    inset.set_title(TITLE, fontsize=7.5)
    inset.tick_params(labelsize=7)


def inset_in_bokeh(points: Points, plot: Any, element: Any) -> None:
    """Draws points on linear axes into the panel: in coordinates of their own within its frame."""
    panel = plot.state
    xs, ys = points
    left, bottom, right, top = PLACE
    ends = panel.x_range.start, panel.x_range.end
    logs = np.log10([panel.y_range.start, panel.y_range.end])
    across = [ends[0] + share * (ends[1] - ends[0]) for share in (left, right)]
    up = [float(10 ** (logs[0] + share * (logs[1] - logs[0]))) for share in (bottom, top)]
    right, top = float(xs[-1]), float(ys[0])
    inset: Any = panel.subplot(
        x_source=Range1d(start=0.0, end=right),
        y_source=Range1d(start=0.0, end=top),
        x_target=Range1d(start=across[0], end=across[1]),
        y_target=Range1d(start=up[0], end=up[1]),
    )
    gray = {"text_color": theme.SAMPLE, "text_font_size": "11px"}
    box = {"left": 0, "right": right, "bottom": 0, "top": top}
    inset.quad(**box, fill_alpha=0.0, line_color=theme.SAMPLE, line_alpha=0.5)
    inset.line(xs, ys, color=theme.SPECTRUM, line_width=1.5)
    inset.text([0], [top], [TITLE], y_offset=-4, **gray)
    inset.text([0, 0], [0, top], ["0", f"{top:g}"], x_offset=-4, text_align="right", **gray)
    inset.text([right], [0], [f"{right:g}"], y_offset=16, text_align="right", **gray)
