"""The two landscapes: original coordinates, and the same function along the eigenvectors."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Image, LinearColorMapper, Range1d, Text
from bokeh.plotting import figure

from egop import theme
from egop.explorer.compute import SHOWN_SAMPLES, Window, best_so_far, ellipse
from egop.explorer.landscape import HIGHEST, UNDEFINED
from egop.explorer.tabs import ComparisonResult, heads_of, looks_of
from egop.explorer.views.contour_text import scene_text
from egop.explorer.views.steps import pack_arrivals, pack_dots
from egop.ui.figure_text import describe
from egop.ui.figures import label_axes, plain_figure, set_title
from egop.ui.marks import MOVING, lines, points
from egop.ui.packing import Packet
from egop.ui.sources import source

PIXELS = 190
"""Pixels of the turned image, along a window's side."""
TURNED_HATCH = (8, 1)
"""Pixels from line to line of its hatching, and their width, so that it looks like the left one."""
TITLE = 50
"""Pixels left of the axes, over their labels, at which the titles begin."""
SIDES = "left", "right"

AXIS_NAMES: dict[str, Any] = {
    "x": "x",
    "y": "y",
    "text": "text",
    "text_color": "color",
    "text_font_size": "13px",
    "text_font_style": "bold",
    "x_offset": 4,
    "y_offset": -4,
}


class Contours:
    """Both figures; `left` shows x₁, x₂ and `right` z₁, z₂ = Vᵀx at the same scale and levels."""

    def __init__(self, prefix: str):
        self._mappers: list[LinearColorMapper] = []
        self._iso: list[Any] = []
        self._starts: list[Any] = []
        self.left = self._figure(prefix, "left", "Original coordinates", ("x₁", "x₂"))
        self.right = self._figure(prefix, "right", "EGOP coordinates  z = Vᵀx", ("z₁", "z₂"))
        self._image = ColumnDataSource(
            data={"image": [], "x": [], "y": [], "dw": [], "dh": []}, name=f"{prefix}:left-image"
        )
        self._lines = ColumnDataSource(data={"xs": [], "ys": []}, name=f"{prefix}:left-lines")
        self._right_image = source(prefix, "right-image", "image x y dw dh")
        self._right_lines = source(prefix, "right-lines", "xs ys")
        self._draw(prefix, "left", self.left, self._image, self._lines)
        self._draw(prefix, "right", self.right, self._right_image, self._right_lines)

    def _figure(self, prefix, side, title, axes) -> figure:
        made = plain_figure(
            title,
            ticks=5,
            overhang=TITLE,
            name=f"{prefix}:{side}",
            x_range=Range1d(-1, 1),
            y_range=Range1d(-1, 1),
            tools="wheel_zoom,reset",
            active_scroll=None,
            min_height=150,
            x_axis_label=axes[0],
            y_axis_label=axes[1],
        )
        made.grid.visible = False
        made.axis.axis_label_standoff = 2
        made.axis.axis_label_text_font_size = "13px"
        return made

    def _draw(self, prefix, side, fig, image, iso) -> None:
        mapper = LinearColorMapper(palette=palette(theme.LIGHT), low=0, high=255)
        self._mappers.append(mapper)
        shown = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=mapper)
        fig.add_glyph(image, shown)
        drawn = lines(fig, iso, color=theme.LIGHT["contour"], width=0.8, alpha=0.8)
        self._iso.append(drawn.glyph)

        def empty(name: str, columns: str) -> ColumnDataSource:
            return source(prefix, f"{side}-{name}", columns)

        gray = theme.SAMPLE
        points(fig, empty("samples", "x y"), size=2.5, fill=gray, fill_alpha=0.45, color=None)
        lines(fig, empty("rho", "xs ys"), color=gray, width=1.5, dash="dotted")
        axes = empty("axes", "xs ys color label width")
        lines(fig, axes, color="color", width="width", alpha=0.9)
        fig.add_glyph(empty("axis-names", "x y text color"), Text(**AXIS_NAMES))
        handles = {"marker": "square", "size": 7, "width": 1.5}
        points(fig, empty("handles", "x y"), fill="#ffffff", color=gray, **handles)
        star = {"marker": "star", "size": 19, "fill": theme.MINIMUM["fill"]}
        points(fig, empty("minimum", "x y"), color=theme.MINIMUM["line"], **star)
        paths = empty("paths", "xs ys color dash")
        lines(fig, paths, MOVING, color="color", dash="dash", width=2.2)
        points(fig, empty("dots", "x y color"), MOVING, size=5.5, fill="color", color=None)
        rings = {"size": "size", "fill": None, "width": 2.2}
        points(fig, empty("arrivals", "x y color size"), MOVING, color="color", **rings)
        points(fig, empty("best", "x y color"), MOVING, marker="x", size=9, color="color", width=2)
        disc = {"size": 14, "fill": "#ffffff", "width": 2.5}
        start = points(fig, empty("start", "x y"), MOVING, color="#10151c", **disc)
        self._starts.append(start.glyph)
        rim = {"size": 10, "color": "#ffffff", "width": 1.2}
        heads = empty("heads", "x y color marker")
        points(fig, heads, MOVING, marker="marker", fill="color", **rim)

    def draw(
        self, packet: Packet, shown: ComparisonResult, handles: list[list[np.ndarray]]
    ) -> None:
        """Draws a comparison; what moves with playback goes into the packet.

        Args:
            packet: to the browser.
            shown: the comparison.
            handles: for both figures, the mean of ρ and the ends of its axes, by which it is
                dragged, where they are.
        """
        sources = ((self._image, self._lines), (self._right_image, self._right_lines))
        for picture, (image, iso) in zip(shown.pictures, sources, strict=False):
            (x, y), side = picture.corner, picture.side
            image.data = {"image": [picture.image], "x": [x], "y": [y], "dw": [side], "dh": [side]}
            iso.data = {"xs": picture.xs, "ys": picture.ys}
        turned = "  z = Vᵀx" if shown.objective.dim == 2 else ""
        names = [
            ("Original coordinates", "Original"),
            (f"{shown.basis_name} coordinates{turned}", shown.basis_title),
        ]
        if shown.refreshed is not None and shown.objective.dim == 2:
            names[1] = f"{shown.basis_name}, seen in x₁, x₂", ""
        both = zip((self.left, self.right), shown.planes, names, shown.remarks, strict=True)
        for fig, plane, name, remark in both:
            set_title(fig, remark.title(*name))
            label_axes(fig, plane.names)
            describe(fig, scene_text(shown, rotated=fig is self.right))
        self._pack_windows(packet, shown)
        self.pack_scene(packet, shown)
        self._pack_runs(packet, shown)
        for side, held in zip(SIDES, handles, strict=True):
            packet.fixed(f"{side}-handles", **columns(np.reshape(held, (-1, 2))))

    @staticmethod
    def _pack_windows(packet: Packet, shown: ComparisonResult) -> None:
        """The windows and, in two variables, the right landscape as the left one turned by V."""
        left = shown.windows[0]
        packet.say(
            windows={
                side: [*window.center.tolist(), window.half]
                for side, window in zip(SIDES, shown.windows, strict=True)
            }
        )
        if shown.objective.dim == 2:
            V = shown.planes[1].axes
            area = {"center": left.center.tolist(), "half": left.wide * left.half}
            looks = {"pixels": round(PIXELS * left.wide), "hatch": [UNDEFINED, *TURNED_HATCH]}
            packet.turned("right-image", "left-image", V, **area, **looks)
            packet.turned("right-lines", "left-lines", V)

    def pack_scene(self, packet: Packet, shown: ComparisonResult) -> None:
        """ρ with its samples, the axes of the basis and the minimum, in both figures."""
        points = shown.estimate.sample.points[:SHOWN_SAMPLES]
        turning = turning_axes(shown)
        axes = shown.basis.eigenvectors[:, :2]
        figures = zip(SIDES, shown.planes, shown.windows, strict=True)
        for slot, (side, plane, window) in enumerate(figures):
            packet.fixed(f"{side}-samples", **columns(plane.project(points)))
            curve = ellipse(shown.distribution, plane)
            packet.lines(f"{side}-rho", {"xs": [curve[:, 0]], "ys": [curve[:, 1]]})
            packet.fixed(f"{side}-minimum", **columns(plane.project(shown.minimizers(slot))))
            directions = axes.T @ plane.axes if turning is None else turning @ plane.axes
            self._pack_axes(packet, side, window, directions, shown.axes_of_egop)

    @staticmethod
    def _pack_axes(
        packet: Packet, side: str, window: Window, directions: np.ndarray, of_egop: bool
    ) -> None:
        """The right figure's axes as the rows of `directions`, from the middle of the window.

        They are v₁ and v₂ in the colors of λ₁ and λ₂ where they are eigenvectors of the EGOP.
        Directions (T+1, 2, 2) turn with the clock.
        """
        ends = window.center + 0.42 * window.half * directions
        names = ["v₁", "v₂"] if of_egop else ["z₁", "z₂"]
        colors = {"color": list(theme.EIGENVECTORS) if of_egop else [theme.SPECTRUM] * 2}
        if ends.ndim == 3:
            from_middle = np.stack([np.broadcast_to(window.center, ends.shape), ends], axis=2)
            moving = {
                name: [from_middle[:, k, :, axis] for k in (0, 1)]
                for axis, name in enumerate(("xs", "ys"))
            }
            looks = {"label": names, "width": [2.5, 2.5]}
            packet.frames(f"{side}-axes", len(ends), lines=moving, **looks, **colors)
            flat = {"x": ends[..., 0], "y": ends[..., 1]}
            packet.frames(f"{side}-axis-names", len(ends), flat=flat, text=names, **colors)
            return
        lines = {
            name: [np.array([window.center[axis], end[axis]]) for end in ends]
            for axis, name in enumerate(("xs", "ys"))
        }
        packet.lines(f"{side}-axes", lines, label=names, width=[2.5, 2.5], **colors)
        packet.fixed(f"{side}-axis-names", **columns(ends), text=names, **colors)

    @staticmethod
    def _pack_runs(packet: Packet, shown: ComparisonResult) -> None:
        """The start and every path: original ones on the left, rotated ones on the right."""
        original, rotated = (
            [each for each in shown.runs if each.rotated is turned] for turned in (False, True)
        )
        left = original + (rotated if shown.scene.mapped_back else [])
        for slot, (side, runs) in enumerate(zip(SIDES, (left, rotated), strict=True)):
            packet.fixed(f"{side}-start", **columns(shown.planes[slot].project(shown.start)[None]))
            seen = [shown.coordinates(each, slot) for each in runs]
            x, y = ([path[:, axis] for path in seen] for axis in (0, 1))
            looks = looks_of(runs)
            packet.growing(f"{side}-paths", {"xs": x, "ys": y}, **looks)
            pack_dots(packet, f"{side}-dots", seen, looks["color"], shown.windows[slot])
            pack_arrivals(packet, f"{side}-arrivals", runs, seen, shown)
            packet.heads(f"{side}-heads", {"x": x, "y": y}, **heads_of(runs))
            values = [each.path.values for each in runs]
            best = [path[best_so_far(f)] for path, f in zip(seen, values, strict=True)]
            x, y = ([path[:, axis] for path in best] for axis in (0, 1))
            packet.heads(f"{side}-best", {"x": x, "y": y}, color=looks["color"])

    def set_dark(self, dark: bool) -> None:
        """Landscape and iso-lines in the colors of the theme."""
        colors = theme.DARK if dark else theme.LIGHT
        for mapper in self._mappers:
            mapper.palette = palette(colors)
        for glyph in self._iso:
            glyph.line_color = colors["contour"]
        for glyph in self._starts:
            glyph.update(line_color=colors["text"], fill_color=colors["background"])


def turning_axes(shown: ComparisonResult) -> np.ndarray | None:
    """(T+1, 2, d) v₁ and v₂ of the first method's run by step; None where they stay.

    Signs are those nearest the estimate of the page, so that they turn on without a jump.
    """
    bases = shown.pairs[0].rotated.bases if shown.pairs else None
    if bases is None:
        return None
    frames, before = [], shown.basis
    for step in bases.steps:
        before = bases.at(int(step)).oriented(before)
        frames.append(before.eigenvectors[:, :2].T)
    return np.stack(frames)[bases.indices(len(shown.schedule))]


def columns(points: np.ndarray) -> dict[str, np.ndarray]:
    """Points (n, 2) as columns x and y."""
    return {"x": points[:, 0], "y": points[:, 1]}


def palette(colors: dict) -> list[str]:
    """The color of each value of a landscape's image."""
    return [*theme.landscape_palette(colors, HIGHEST + 1), *colors["undefined"]]
