"""The two landscapes: original coordinates, and the same function along the eigenvectors."""

import numpy as np
from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d, Title
from bokeh.plotting import figure

from egop import theme
from egop.explorer.compute import SHOWN_SAMPLES, Estimate, Landscape, Pair, Window
from egop.explorer.packing import Packet
from egop.explorer.views.sources import source

PIXELS = 300
WIDEST = 1.6
"""Ratio of a figure's sides up to which the turned image fills it."""


class Contours:
    """Both figures; `left` shows x₁, x₂ and `right` z₁, z₂ = Vᵀx at the same scale and levels."""

    def __init__(self, prefix: str):
        self._mappers: list[LinearColorMapper] = []
        self.left = self._figure(prefix, "left", "Original coordinates", ("x₁", "x₂"))
        self.right = self._figure(prefix, "right", "EGOP coordinates  z = Vᵀx", ("z₁", "z₂"))
        self._image = ColumnDataSource(
            data={"image": [], "x": [], "y": [], "dw": [], "dh": []}, name=f"{prefix}:left-image"
        )
        self._lines = ColumnDataSource(data={"xs": [], "ys": []}, name=f"{prefix}:left-lines")
        right_image = source(prefix, "right-image", "image", "x", "y", "dw", "dh")
        right_lines = source(prefix, "right-lines", "xs", "ys")
        self._draw(prefix, "left", self.left, self._image, self._lines)
        self._draw(prefix, "right", self.right, right_image, right_lines)

    def _figure(self, prefix, side, title, axes) -> figure:
        made = figure(
            name=f"{prefix}:{side}",
            x_range=Range1d(-1, 1),
            y_range=Range1d(-1, 1),
            tools="wheel_zoom,reset",
            active_scroll=None,
            toolbar_location=None,
            sizing_mode="stretch_both",
            min_height=220,
            min_border=2,
            x_axis_label=axes[0],
            y_axis_label=axes[1],
        )
        made.add_layout(Title(text=title, text_font_size="13px"), "above")
        made.grid.visible = False
        made.axis.axis_label_standoff = 2
        made.axis.axis_label_text_font_size = "13px"
        made.axis.major_label_text_font_size = "11px"
        made.xaxis.ticker.desired_num_ticks = 5
        made.yaxis.ticker.desired_num_ticks = 5
        return made

    def _draw(self, prefix, side, fig, image, lines) -> None:
        mapper = LinearColorMapper(palette=ramp(theme.LIGHT), low=0, high=255)
        self._mappers.append(mapper)
        fig.image("image", "x", "y", "dw", "dh", source=image, color_mapper=mapper)
        fig.multi_line(
            "xs", "ys", source=lines, line_color=theme.LIGHT["contour"], line_width=0.8,
            line_alpha=0.8, name="iso-lines",
        )  # fmt: skip

        def empty(name, *columns):
            return source(prefix, f"{side}-{name}", *columns)

        start = empty("start", "x", "y")
        fig.scatter("x", "y", source=empty("samples", "x", "y"), size=2.5, alpha=0.45,
                    color=theme.SAMPLE)  # fmt: skip
        fig.multi_line("xs", "ys", source=empty("rho", "xs", "ys"), color=theme.SAMPLE,
                       line_width=1.5, line_dash="dotted")  # fmt: skip
        fig.multi_line("xs", "ys", source=empty("axes", "xs", "ys", "color", "label"),
                       color="color", line_width=2.5, alpha=0.9)  # fmt: skip
        fig.text("x", "y", "text", source=empty("axis-names", "x", "y", "text", "color"),
                 color="color", text_font_size="13px", text_font_style="bold", x_offset=4,
                 y_offset=-4)  # fmt: skip
        fig.multi_line(
            "xs", "ys", source=empty("paths", "xs", "ys", "color", "dash"), line_color="color",
            line_dash="dash", line_width=2.2, line_join="round",
        )  # fmt: skip
        fig.scatter("x", "y", source=empty("minimum", "x", "y"), marker="star", size=15,
                    fill_color="#f0c419", line_color="#5a4a00")  # fmt: skip
        fig.scatter("x", "y", source=start, marker="circle", size=15,
                    fill_color=None, line_color="#10151c", line_width=2.5, name="start")  # fmt: skip
        fig.scatter("x", "y", source=start, marker="circle", size=11,
                    fill_color="#ffffff", line_color=None)  # fmt: skip
        fig.scatter(
            "x", "y", source=empty("heads", "x", "y", "color", "marker"), marker="marker",
            fill_color="color", line_color="#ffffff", line_width=1.2, size=10,
        )  # fmt: skip

    def show_landscape(self, picture: Landscape) -> None:
        """A new landscape; the right figure's is turned from it in the browser."""
        (x, y), side = picture.corner, picture.side
        self._image.data = {
            "image": [picture.image], "x": [x], "y": [y], "dw": [side], "dh": [side]
        }  # fmt: skip
        self._lines.data = {"xs": picture.xs, "ys": picture.ys}

    def pack_scene(self, packet: Packet, window: Window, found: Estimate, rho, objective) -> None:
        """The window, the turned landscape, ρ with its samples, the axes and the minimum."""
        V = found.basis.eigenvectors
        turned_center = window.center @ V
        packet.say(
            windows={
                packet_name: [*center.tolist(), window.half]
                for packet_name, center in (("left", window.center), ("right", turned_center))
            }
        )
        packet.turned(
            "right-image", "left-image", V,
            center=window.center.tolist(), half=WIDEST * window.half, pixels=PIXELS,
        )  # fmt: skip
        packet.turned("right-lines", "left-lines", V)
        points = found.sample.points[:SHOWN_SAMPLES]
        minimizer = np.empty((0, 2)) if objective.minimizer is None else objective.minimizer
        for side, to in (("left", np.eye(2)), ("right", V)):
            packet.fixed(f"{side}-samples", **columns(points @ to))
            curve = rho @ to
            packet.fixed(f"{side}-rho", xs=[curve[:, 0].tolist()], ys=[curve[:, 1].tolist()])
            packet.fixed(f"{side}-minimum", **columns(minimizer @ to))
            self._pack_axes(packet, side, window, to.T @ V, window.center @ to)

    @staticmethod
    def _pack_axes(packet: Packet, side: str, window: Window, directions, center) -> None:
        ends = center + 0.42 * window.half * directions.T
        packet.fixed(
            f"{side}-axes",
            xs=[[float(center[0]), float(x)] for x in ends[:, 0]],
            ys=[[float(center[1]), float(y)] for y in ends[:, 1]],
            color=list(theme.EIGENVECTORS),
            label=["v₁", "v₂"],
        )
        packet.fixed(
            f"{side}-axis-names", **columns(ends), text=["v₁", "v₂"], color=list(theme.EIGENVECTORS)
        )

    def pack_runs(self, packet: Packet, pairs: list[Pair], start, V, mapped_back: bool) -> None:
        """The start and every path: original ones on the left, rotated ones on the right."""
        start = np.atleast_2d(start)
        left = [(pair.name, pair.original.points, True) for pair in pairs]
        if mapped_back:
            left += [(pair.name, pair.rotated.points, False) for pair in pairs]
        right = [(pair.name, pair.rotated.points @ V, False) for pair in pairs]
        for side, paths, to in (("left", left, np.eye(2)), ("right", right, V)):
            packet.fixed(f"{side}-start", **columns(start @ to))
            x, y = ([path[:, axis] for _, path, _ in paths] for axis in (0, 1))
            colors = [theme.color(name) for name, _, _ in paths]
            dashes = [list(theme.ORIGINAL_DASH if dashed else theme.ROTATED_DASH)
                      for _, _, dashed in paths]  # fmt: skip
            packet.growing(f"{side}-paths", {"xs": x, "ys": y}, color=colors, dash=dashes)
            markers = [theme.MARKERS.get(name, "hex") for name, _, _ in paths]
            packet.heads(f"{side}-heads", {"x": x, "y": y}, color=colors, marker=markers)

    def set_dark(self, dark: bool) -> None:
        """Landscape and iso-lines in the colors of the theme."""
        colors = theme.DARK if dark else theme.LIGHT
        for mapper in self._mappers:
            mapper.palette = ramp(colors)
        for fig in (self.left, self.right):
            fig.select_one({"name": "iso-lines"}).glyph.line_color = colors["contour"]


def columns(points: np.ndarray) -> dict[str, np.ndarray]:
    """Points (n, 2) as columns x and y."""
    return {"x": points[:, 0], "y": points[:, 1]}


def ramp(colors: dict, n: int = 64) -> list[str]:
    """The landscape's colors from low to high, interpolated."""
    low, high = (
        np.array([int(end[i : i + 2], 16) for i in (1, 3, 5)]) for end in colors["landscape"]
    )
    rows = low + np.linspace(0, 1, n)[:, None] * (high - low)
    return ["#" + "".join(f"{round(c):02x}" for c in row) for row in rows]
