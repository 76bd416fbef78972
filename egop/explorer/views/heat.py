"""A heat map whose cells can be tapped: what ends low is bright, what diverged is hatched gray."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    BasicTicker,
    ColorBar,
    ColumnDataSource,
    CustomJSHover,
    CustomJSTickFormatter,
    HoverTool,
    Image,
    LinearColorMapper,
    Quad,
    Span,
)
from bokeh.palettes import Cividis256, interp_palette

from egop import theme
from egop.ui.axes import POWER_TICKS, RATE_TICKS, label_quarter_turn, set_range
from egop.ui.bundle import function_body
from egop.ui.figure_text import describe
from egop.ui.figures import plain_figure, set_title
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING, draw, named, points
from egop.ui.sources import empty

DIVERGED = "rgba(140, 145, 153, 0.55)"
"""Color of cells whose run diverged."""
RATIO = interp_palette(["#9c3d00", "#e8a36b", "#f2f2f2", "#7fb2dc", "#1f5f99"], 256)
"""Colors from "original ends lower" to "rotated ends lower"."""
HATCH = "#3d434b"
KEY = {"low": Cividis256[-1], "original": RATIO[0], "rotated": RATIO[-1], "gone": HATCH}
"""Colors of what a legend names."""
LARGEST_POWER = 300.0
"""The largest power of ten of a tap, which is at angles or powers of ten."""
LOOKUP = Path(__file__).with_name("heat.js")
"""The script that finds the cell under the pointer."""

HATCHED: dict[str, Any] = {
    "fill_color": None,
    "line_color": None,
    "hatch_pattern": "right_diagonal_line",
    "hatch_scale": 7,
    "hatch_color": HATCH,
    "hatch_alpha": 0.8,
    "hatch_weight": 1,
}
BAR: dict[str, Any] = {
    "width": 10,
    "padding": 2,
    "margin": 0,
    "major_label_text_font_size": "11px",
    "background_fill_alpha": 0,
}
RINGS = ((17, "#10151c", None, 1.5), (14, "#ffffff", None, 2), (11, "color", "fill", 2.5))
"""Rings of a run's marker: size, color, filling and width."""


class Cells(NamedTuple):
    """The cells of a heat map; rows follow the vertical axis upwards.

    Attributes:
        colors: (n, m) between `ends`; NaN, which is gray, where there is nothing to compare.
        hatched: (n, m) where a run diverged.
        words: (n, m) what each cell is, in words.
        x: (m,) evenly spaced centers, degrees or log₁₀ rates.
        y: (n,) the same.
        columns: (m,) the centers in words.
        rows: (n,) the same.
        ends: of the colors.
    """

    colors: np.ndarray
    hatched: np.ndarray
    words: list[str]
    x: np.ndarray
    y: np.ndarray
    columns: list[str]
    rows: list[str]
    ends: tuple[float, float]


class Heat:
    """One image with a color bar, markers where the scene's runs stand, and a tap.

    Args:
        tap: called with (x, y) of a tapped cell, in the axes' units (logarithms on rate axes).
        angles: whether the horizontal axis is an angle in degrees; else it is a log₁₀ rate.
        names: of both axes, of the cells' rows in the tooltip.
    """

    def __init__(self, tap: Callable[[float, float], None], angles: bool, names: tuple[str, ...]):
        palette = Cividis256[::-1] if angles else RATIO
        self._mapper = LinearColorMapper(palette=palette, low=0, high=1, nan_color=DIVERGED)
        empty = ("image", "x", "y", "dw", "dh", "rows", "columns", "words")
        self._image = ColumnDataSource(
            {name: [] for name in empty}, name="tab:cells-angles" if angles else "tab:cells-rates"
        )
        self._gone = ColumnDataSource({"left": [], "right": [], "bottom": [], "top": []})
        self._runs = ColumnDataSource({"x": [], "y": [], "color": [], "fill": []})
        self._egop = [
            Span(dimension="height", visible=False, level="overlay", **named(looks))
            for looks in (
                {"color": HATCH, "width": 3, "dash": "solid"},
                {"color": "#ffffff", "width": 1.2, "dash": "dashed"},
            )
        ]
        self._names = names
        self.figure = plain_figure(
            "",
            name="tab:map-angles" if angles else "tab:map-rates",
            x_axis_label=names[0],
            y_axis_label=names[1],
        )
        self._draw()
        self._write_axes(angles)
        on_tap(self.figure, tap, farthest=LARGEST_POWER)

    def _draw(self) -> None:
        fig: Any = self.figure
        box = {"left": "left", "right": "right", "top": "top", "bottom": "bottom"}
        cells = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self._mapper)
        image = fig.add_glyph(self._image, cells)
        draw(fig, self._gone, Quad, **box, **HATCHED)
        for span in self._egop:
            fig.add_layout(span)
        for size, color, fill, width in RINGS:
            ring = {"size": size, "color": color, "fill": fill, "width": width}
            points(fig, self._runs, MOVING, marker="circle", **ring)
        self._hover = HoverTool(
            renderers=[image],
            point_policy="follow_mouse",
            attachment="horizontal",
            formatters={
                field: CustomJSHover(
                    args={"cells": self._image},
                    code=function_body(LOOKUP, f"cellAt(cells.data, special_vars).{name}"),
                )
                for field, name in (("$x", "column"), ("$y", "row"), ("@image", "words"))
            },
        )
        fig.add_tools(self._hover)
        ticks = BasicTicker(desired_num_ticks=4)
        powers = CustomJSTickFormatter(code=POWER_TICKS)
        bar = ColorBar(color_mapper=self._mapper, ticker=ticks, formatter=powers, **BAR)
        fig.add_layout(bar, "right")

    def _write_axes(self, angles: bool) -> None:
        fig: Any = self.figure
        fig.yaxis.formatter = CustomJSTickFormatter(code=RATE_TICKS)
        if angles:
            label_quarter_turn(fig.xaxis[0])
        else:
            fig.xaxis.formatter = CustomJSTickFormatter(code=RATE_TICKS)
            fig.xaxis.ticker = BasicTicker(desired_num_ticks=5, min_interval=1)
        fig.yaxis.ticker = BasicTicker(desired_num_ticks=4, min_interval=1)
        fig.grid.visible = False
        fig.axis.axis_label_text_font_size = "12px"
        fig.axis.axis_label_standoff = 2
        fig.xaxis.minor_tick_line_color = fig.yaxis.minor_tick_line_color = None

    def draw(self, cells: Cells, title: str, what: str) -> None:
        """New cells.

        Args:
            cells: all of them.
            title: of the figure.
            what: the cells' words are, in the tooltip.
        """
        (left, width), (bottom, height) = (_reach(centers) for centers in (cells.x, cells.y))
        texts = {"rows": cells.rows, "columns": cells.columns, "words": cells.words}
        area = {"x": left, "y": bottom, "dw": width, "dh": height}
        picture = np.clip(cells.colors, *cells.ends).astype(np.float32)
        row = {"image": picture} | area | texts
        self._image.data = {name: [value] for name, value in row.items()}
        size = [width / len(cells.x), height / len(cells.y)] * 2
        ends = ([left, bottom] * 2 + boxes_of(cells.hatched) * size).T
        self._gone.data = dict(zip(("left", "bottom", "right", "top"), ends, strict=True))
        self._mapper.update(low=cells.ends[0], high=cells.ends[1])
        set_range(self.figure.x_range, left, left + width)
        set_range(self.figure.y_range, bottom, bottom + height)
        set_title(self.figure, title)
        fields = zip((self._names[2], self._names[3], what), ("$x", "$y", "@image"), strict=True)
        self._hover.tooltips = [(name, f"{field}{{custom}}") for name, field in fields]

    def mark(self, runs: list[tuple[float, float, bool]], method: str, egop: float | None) -> None:
        """Marks the scene's runs on the map.

        Args:
            runs: (x, y, filled) of each.
            method: whose color they take.
            egop: x of a line at the EGOP angle; None: there is none.
        """
        color = theme.color(method)
        self._runs.data = {
            "x": [x for x, _, _ in runs],
            "y": [y for _, y, _ in runs],
            "color": [color for _ in runs],
            "fill": [color if filled else "rgba(255, 255, 255, 0.85)" for _, _, filled in runs],
        }
        for span in self._egop:
            span.update(location=egop, visible=egop is not None)

    def clear(self) -> None:
        """Leaves nothing of earlier cells and runs, in the picture and in words."""
        empty(self.figure)
        set_title(self.figure, "")
        describe(self.figure, "")
        for span in self._egop:
            span.visible = False


def boxes_of(mask: np.ndarray) -> np.ndarray:
    """Rectangles that cover the True cells of (n, m): columns left, bottom, right, top, (k, 4).

    One for each stretch of a column: a box for each cell would be thousands.
    """
    edges = np.diff(np.pad(mask.T.astype(int), ((0, 0), (1, 1))))
    column, bottom = np.nonzero(edges > 0)
    return np.stack([column, bottom, column + 1, np.nonzero(edges < 0)[1]], axis=1)


def _reach(centers: np.ndarray) -> tuple[float, float]:
    """Returns the begin and the extent of evenly spaced cells."""
    step = float(centers[1] - centers[0])
    return float(centers[0] - step / 2), step * len(centers)
