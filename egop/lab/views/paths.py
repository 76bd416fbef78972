"""Paths of the weights on the plane of the two leading EGOP directions, and their true loss.

The plane shows the loss at x_0 + a v_1 + b v_2; a path leaves it in all other directions, so the
loss that it truly has stands beside, with what the plane seems to say as a dotted line.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, Image, LinearColorMapper

from egop import theme
from egop.figures.run_statistics import RunStatistics, as_before
from egop.figures.series import Series, SeriesKey
from egop.lab.views.chart import (
    HOVER,
    LOOKS,
    add_tooltip,
    empty_figure,
    heads,
    hover_of,
    looks_of,
    nearest,
    pack_heads,
    strokes,
)
from egop.lab.views.line_chart import EpochChart
from egop.lab.views.loss_plane import LossPlane, landscape_of, picture_of
from egop.lab.views.scales import LOG, METRICS
from egop.lab.views.selection import Selection
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING, points
from egop.ui.packing import Packet
from egop.ui.sources import source

MARGIN = 1.12
"""Half the side of the window as a multiple of how far it must reach."""
TIP = "<b>@name</b><br>rate @rate<br>@trials"


class Path(NamedTuple):
    """A run of the first trial.

    Attributes:
        key: of the run.
        points: (E+1, 2) along v_1 and v_2; the start is 0.
        share: (E+1,) of the movement that the plane shows.
        loss: (E+1,) the true one.
    """

    key: SeriesKey
    points: np.ndarray
    share: np.ndarray
    loss: np.ndarray

    @property
    def shown(self) -> float:
        """The share of its movement that the plane shows at its end; NaN if it is not known."""
        return float(as_before(self.share)[-1])


class Paths:
    """The plane with the paths in all bases, and their true loss.

    Args:
        prefix: of this page's sources.
        pick: called with the key of the path that was tapped; None for none of them.
    """

    def __init__(self, prefix: str, pick: Callable[[SeriesKey | None], None]):
        self.plane: Any = empty_figure(f"{prefix}:plane", "along v₁")
        fig = self.plane
        fig.yaxis[0].axis_label = "along v₂"
        fig.grid.visible = False
        fig.x_range.syncable = fig.y_range.syncable = False
        self.loss = EpochChart(prefix, "path-loss", pick)
        self._pick = pick
        self._paths: list[Path] = []
        self._window: tuple[Hashable, float] = None, 0.0
        self._landscape = np.empty(0)
        self._mapper = LinearColorMapper(
            palette=theme.landscape_palette(theme.LIGHT), low=0, high=255
        )
        self._image = ColumnDataSource({name: [] for name in ("image", "x", "y", "dw", "dh")})
        self._levels = ColumnDataSource({"xs": [], "ys": []})
        picture = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self._mapper)
        fig.add_glyph(self._image, picture)
        ink = {"line_color": theme.LIGHT["contour"], "line_alpha": 0.8}
        self._contours = strokes(fig, self._levels, line_dash="solid", line_width=0.8, **ink).glyph
        drawn = strokes(fig, source(prefix, "plane-paths", "xs", "ys", *LOOKS, *HOVER), MOVING)
        ring = {"fill_color": "#ffffff", "line_color": "#10151c", "line_width": 2}
        points(fig, source(prefix, "plane-start", "x", "y"), MOVING, size=11, **ring)
        heads(fig, prefix, "plane", size=9)
        add_tooltip(fig, drawn, TIP, line_policy="nearest")
        slices = source(prefix, "path-slices", "xs", "ys", "color", "alpha")
        strokes(self.loss.figure, slices, line_dash="dotted", line_width=1.5)
        on_tap(fig, self.tap)

    def pack(
        self, packet: Packet, statistics: RunStatistics | None, selection: Selection, key: Hashable
    ) -> None:
        """Draws the paths of one run; arguments as in `EpochChart.pack`."""
        self._paths = paths = [] if statistics is None else paths_of(statistics, selection.rate)
        ground = None if statistics is None else landscape_of(statistics.result.dataset)
        keys = [path.key for path in paths]
        looks = looks_of(keys, selection)
        walked = [tuple(path.points.T) for path in paths]
        lines = {axis: [path[i] for path in walked] for i, axis in enumerate(("xs", "ys"))}
        said = hover_of(keys) | {"trials": [movement_words(path) for path in paths]}
        packet.growing("plane-paths", lines, **looks, **said)
        pack_heads(packet, "plane", keys, looks, walked)
        packet.fixed("plane-start", x=[0.0] * bool(paths), y=[0.0] * bool(paths))
        self._draw_ground(ground)
        self._frame(packet, ground if selection.rate == "chosen" else None, key)
        epochs = np.empty(0) if statistics is None else statistics.epochs
        losses = [Series(path.key, epochs, path.loss) for path in paths]
        self.loss.pack(packet, losses, METRICS["training_loss"], selection, key)
        nothing = np.full(len(epochs), np.nan)
        seen = [nothing if ground is None else ground.at(path.points) for path in paths]
        packet.growing(
            "path-slices",
            {"xs": [epochs] * len(paths), "ys": [LOG.place(each) for each in seen]},
            color=looks["color"],
            alpha=looks["alpha"],
        )

    def _draw_ground(self, ground: LossPlane | None) -> None:
        """The picture of the loss; a landscape is drawn once."""
        logs = np.empty(0) if ground is None else ground.logs
        if np.array_equal(self._landscape, logs):
            return
        self._landscape = logs
        image, levels = {key: [] for key in self._image.data}, {"xs": [], "ys": []}
        if ground is not None:
            picture, levels["xs"], levels["ys"] = picture_of(ground)
            (left, right), (low, high) = ground.a[[0, -1]], ground.b[[0, -1]]
            sizes = {"x": [left], "y": [low], "dw": [right - left], "dh": [high - low]}
            image = {"image": [picture], **sizes}
        self._image.data, self._levels.data = image, levels

    def _frame(self, packet: Packet, ground: LossPlane | None, key: Hashable) -> None:
        """A square window that holds the landscape, or the paths around their start, and grows."""
        reach = [abs(path.points[np.isfinite(path.points)]).max(initial=0) for path in self._paths]
        if not reach:
            return
        middle, half = [0.0, 0.0], MARGIN * max(*reach, 1e-9)
        if ground is not None:
            middle = [float(axis[[0, -1]].mean()) for axis in (ground.a, ground.b)]
            half = max(np.ptp(ground.a), np.ptp(ground.b)) / 2
        elif self._window[0] == key:
            half = max(half, self._window[1])
        self._window = key, float(half)
        packet.say(windows={"plane": [*middle, float(half)]})

    def set_dark(self, dark: bool) -> None:
        """The picture in the colors of the theme."""
        colors = theme.DARK if dark else theme.LIGHT
        self._mapper.palette = theme.landscape_palette(colors)
        self._contours.line_color = colors["contour"]

    def tap(self, x: float, y: float) -> None:
        """Picks the path that is meant."""
        paths = [(path.key, *path.points.T) for path in self._paths]
        self._pick(nearest(self.plane, paths, x, y, self._window[1] or 1.0))

    @property
    def shares(self) -> list[tuple[SeriesKey, float]]:
        """The share of its movement that the plane shows at the end, for each path."""
        return [(path.key, path.shown) for path in self._paths if np.isfinite(path.shown)]


def paths_of(statistics: RunStatistics, rate: str) -> list[Path]:
    """The paths of the first trial at the rates that are looked at, as far as they are known."""
    dataset = statistics.result.dataset
    if "projection" not in dataset:
        return []
    dims = ("optimizer", "basis", "learning_rate", "epoch")
    points = dataset["projection"].transpose(*dims, "axis").to_numpy()
    shares = dataset["share_of_movement"].transpose(*dims).to_numpy()
    losses, kept = statistics.of("training_loss"), statistics.kept
    return [
        Path(
            key._replace(counted=1, diverged=0),
            points[key.index][kept].astype(float),
            shares[key.index][kept],
            losses[key.index][0].astype(float),
        )
        for key in statistics.series_keys(rate)
        if np.isfinite(points[key.index][..., 0]).sum() > 1
    ]


def movement_words(path: Path) -> str:
    """The share of its movement that the plane shows."""
    share = 100 * path.shown
    return f"the plane shows {share:.0f} % of its movement" if np.isfinite(share) else ""


def plane_title(bases: Collection[str]) -> str:
    """The title of the plane of paths in some bases: of no EGOP where all of them are controls."""
    rotated = {*bases} - {"original"}
    if rotated and rotated <= {*theme.CONTROL_WIDTHS}:
        return "Weights on two directions of a control, in a run without EGOP bases"
    return "Weights on the two leading EGOP directions"


def paths_words(shares: Sequence[tuple[SeriesKey, float]]) -> str:
    """A warning before the picture is believed; "" without paths."""
    if not shares:
        return ""
    least, most = (100 * each(share for _, share in shares) for each in (min, max))
    much = f"{least:.0f} %" if round(least) == round(most) else f"{least:.0f} to {most:.0f} %"
    warning = " The picture hides most of it: trust the true loss." if most < 50 else ""
    return f"The plane shows {much} of how far the weights moved.{warning}"
