"""One step as arrows of length one: gradient, momentum, step, and the preconditioner's ellipse."""

from typing import Any, NamedTuple

import numpy as np
from bokeh.models import CustomJS, Ellipse, FixedTicker, Range1d, Segment, Text

from egop import theme
from egop.analysis.why import StepTrace
from egop.ui.axes import EQUAL_SCALES
from egop.ui.figures import label_axes, plain_figure, set_title
from egop.ui.marks import draw, points
from egop.ui.packing import Packet
from egop.ui.sources import source

REACH = 1.25
"""Half the side of the figure: the arrows have length 1."""
SHAPES = 240
"""Steps at which the ellipse is drawn anew, the early ones densely."""
FEW_SHAPES = 40
"""The same beyond `LARGE` variables."""
LARGE = 20
ROUND_OFF = 64 * np.finfo(float).eps
"""Relative to what it was computed of: a shorter vector has the direction of round-off."""
NAMES = ("−∇f", "−m", "step")
LABELS = ((1.12, -0.14), (0.6, -0.14), (0.85, 0.16))
"""Places of the names: along the arrow and to its left."""
WIDTHS = [6.0, 4.0, 2.0]
"""The gradient is the widest, so that arrows on top of each other are all seen."""

TEXT: dict[str, Any] = {
    "x": "label_x",
    "y": "label_y",
    "text": "text",
    "text_color": "color",
    "text_font_size": "12px",
    "text_font_style": "bold",
    "text_align": "center",
    "text_baseline": "middle",
}
"""Looks of the names."""


class Vectors(NamedTuple):
    """The columns of a figure of arrows.

    Attributes:
        arrows: by step (T+1,), one entry an arrow; the momentum is left out where it is the
            gradient itself.
        looks: of the arrows.
        shape: both diameters and the longer one's angle of the ellipse by step.
    """

    arrows: dict[str, list[np.ndarray]]
    looks: dict[str, list]
    shape: dict[str, list[np.ndarray]]


class Arrows:
    """The vectors of one run in one figure's coordinates."""

    def __init__(self, prefix: str, side: str):
        self.side = side
        ranges = {side: Range1d(-REACH, REACH, syncable=False) for side in ("x_range", "y_range")}
        self.figure = plain_figure(
            "", overhang=30, name=f"{prefix}:why-{side}", min_width=60, **ranges
        )
        square = CustomJS(args={"fig": self.figure, "reach": REACH}, code=EQUAL_SCALES)
        self.figure.js_on_change("inner_width", square)
        self.figure.js_on_change("inner_height", square)
        self.figure.axis.ticker = FixedTicker(ticks=[0])
        self.figure.axis.major_label_text_font_size = "0px"
        self.figure.axis.major_tick_line_color = None
        self.figure.axis.axis_label_standoff = 0
        self.figure.axis.axis_label_text_font_size = "12px"
        self._draw(prefix)

    def _draw(self, prefix: str) -> None:
        fig, name = self.figure, f"why-{self.side}"
        shape = source(prefix, f"{name}-shape", "width height angle color")
        arrows = source(prefix, f"{name}-arrows", "x y angle label_x label_y color line size text")
        circle = {"line_color": theme.SAMPLE, "line_width": 0.8, "line_dash": "dotted"}
        fig.ellipse(0, 0, 2, 2, fill_color=None, **circle)
        area = {"fill_color": "color", "fill_alpha": 0.15, "line_color": "color", "line_width": 1.2}
        sides = {"width": "width", "height": "height", "angle": "angle"}
        draw(fig, shape, Ellipse, x=0, y=0, **sides, **area)
        shaft = {"line_color": "color", "line_width": "line", "line_alpha": 0.85}
        draw(fig, arrows, Segment, x0=0, y0=0, x1="x", y1="y", **shaft)
        points(fig, arrows, marker="triangle", size="size", angle="angle", fill="color", color=None)
        draw(fig, arrows, Text, **TEXT)

    def name(self, title: str, axes: tuple[str, str]) -> None:
        """Sets the figure's title and the labels of its axes."""
        set_title(self.figure, title)
        label_axes(self.figure, axes)

    def pack(self, packet: Packet, vectors: Vectors) -> None:
        """The arrows and the ellipse by step."""
        packet.heads(f"why-{self.side}-arrows", vectors.arrows, **vectors.looks)
        color = vectors.looks["color"][-1:]
        packet.heads(f"why-{self.side}-shape", vectors.shape, color=color)


def vectors_of(run: StepTrace, axes: np.ndarray) -> Vectors:
    """Returns one run's arrows and ellipse by step, along orthonormal columns `axes` (d, 2)."""
    spacing = np.linalg.norm(run.points[:-1], axis=1)
    every = [(-run.gradients,), (-run.momenta,), (np.diff(run.points, axis=0), spacing)]
    same = np.array_equal(run.gradients, run.momenta, equal_nan=True)
    kept = [0, 2] if same else [0, 1, 2]
    x, y = np.moveaxis([directions(*every[k], axes=axes) for k in kept], 2, 0)
    along, aside = np.array([LABELS[k] for k in kept]).T[:, :, None]
    width, height, angle = ellipses(run, axes)
    colors = arrow_colors(theme.color(run.method.name))
    arrows = {
        "x": x,
        "y": y,
        "angle": np.arctan2(-x, y),
        "label_x": along * x - aside * y,
        "label_y": along * y + aside * x,
    }
    return Vectors(
        {name: list(rows) for name, rows in arrows.items()},
        {
            "color": [colors[k] for k in kept],
            "line": [WIDTHS[k] for k in kept],
            "size": [WIDTHS[k] + 7 for k in kept],
            "text": [NAMES[k] for k in kept],
        },
        {"width": [width], "height": [height], "angle": [angle]},
    )


def arrow_colors(method: str) -> tuple[str, str, str]:
    """Colors of gradient, momentum and step, the last one the method's own."""
    return theme.SAMPLE, theme.EIGENVECTORS[1], method


def directions(
    vectors: np.ndarray, sizes: np.ndarray | float = 0.0, *, axes: np.ndarray
) -> np.ndarray:
    """Vectors (T, d) seen along axes (d, 2) as unit vectors (T+1, 2), NaN where there is none.

    A vector that is short as round-off has no direction. The last step is shown twice: a run of T
    steps has T+1 points.

    Args:
        vectors: of each step.
        sizes: (T,) of what they are differences of, beside the longest vector so far.
        axes: orthonormal columns.
    """
    longest = np.fmax.accumulate(np.linalg.norm(vectors, axis=1))
    seen = vectors @ axes
    lengths = np.linalg.norm(seen, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = seen / lengths[:, None]
        told = np.isfinite(lengths) & (lengths > ROUND_OFF * np.fmax(longest, sizes))
    seen = np.where(told[:, None], seen, np.nan)
    return np.concatenate([seen, seen[-1:]])


def ellipses(run: StepTrace, axes: np.ndarray) -> np.ndarray:
    """Both diameters and the longer one's angle of the preconditioner's ellipse, (3, T+1).

    NaN from divergence on.
    """
    last, n = run.last_step, len(run.gradients)
    count = SHAPES if len(axes) <= LARGE else FEW_SHAPES
    steps = np.unique(np.r_[: min(count // 4, last + 1), np.linspace(0, last, count).astype(int)])
    curves = np.stack([run.at(step).ellipse(axes, n=5) for step in steps])
    longest, shortest = curves[:, 0], curves[:, 1]
    diameters = 2 * np.linalg.norm([longest, shortest], axis=2)
    shapes = np.stack([*diameters, np.arctan2(longest[:, 1], longest[:, 0])])
    by_step = shapes[:, np.searchsorted(steps, np.arange(n + 1), side="right") - 1]
    if run.diverged_at >= 0:
        by_step[:, run.diverged_at :] = np.nan
    return by_step
