"""Where the weights go on the plane of the two leading EGOP directions, and their true loss.

The plane shows the loss at x_0 + a v_1 + b v_2; a path leaves it in all other directions, so the
loss that it truly has stands beside, with what the plane seems to say as a dotted line.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, Image, LinearColorMapper, Scatter

from egop import theme
from egop.lab.views.charts import chart, nearest, strokes, tooltip
from egop.lab.views.curves import EpochCurves, looks_of
from egop.lab.views.last_known import as_before
from egop.lab.views.loss_plane import LossPlane, drawn, landscape_of
from egop.lab.views.run_statistics import RunStatistics
from egop.lab.views.scales import LOG, METRICS
from egop.lab.views.selection import Selection
from egop.lab.views.series_key import Line, SeriesKey
from egop.ui.gestures import on_tap
from egop.ui.marks import MOVING
from egop.ui.packing import Packet
from egop.ui.sources import source

MARGIN = 1.12
"""Half the side of the window as a multiple of how far it must reach."""
TIP = "<b>@name</b><br>rate @rate<br>@shown"


class Path(NamedTuple):
    """A run of the first trial.

    Attributes:
        kind: which.
        points: (E+1, 2) along v_1 and v_2; the start is 0.
        share: (E+1,) of the movement that the plane shows.
        loss: (E+1,) the true one.
    """

    kind: SeriesKey
    points: np.ndarray
    share: np.ndarray
    loss: np.ndarray


class Paths:
    """The plane with the paths in all bases, and their true loss.

    Args:
        prefix: of this page's sources.
        pick: called with the kind of run whose path was tapped; None for none of them.
    """

    def __init__(self, prefix: str, pick: Callable[[SeriesKey | None], None]):
        self.plane = fig = chart(f"{prefix}:plane", "along v₁")
        fig.yaxis[0].axis_label = "along v₂"
        fig.grid.visible = False
        fig.x_range.syncable = fig.y_range.syncable = False
        self.loss = EpochCurves(prefix, "path-loss", pick)
        self._pick = pick
        self._paths: list[Path] = []
        self._epochs = np.empty(0)
        self._window: tuple[Hashable, float] = None, 0.0
        self._landscape: tuple[Any, bool] | None = None
        self._dark = False
        self._mapper = LinearColorMapper(
            palette=theme.landscape_palette(theme.LIGHT), low=0, high=255
        )
        self._image = ColumnDataSource({name: [] for name in ("image", "x", "y", "dw", "dh")})
        self._levels = ColumnDataSource({"xs": [], "ys": []})
        picture = Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self._mapper)
        fig.add_glyph(self._image, picture)
        ink = {"line_color": theme.LIGHT["contour"], "line_alpha": 0.8}
        looks = {"line_dash": "solid", "line_width": 0.8, **ink}
        self._contours: Any = strokes(fig, self._levels, **looks).glyph
        looks = ("xs", "ys", "color", "dash", "alpha", "width", "name", "rate", "shown")
        drawn = strokes(fig, source(prefix, "plane-paths", *looks), MOVING)
        fig.add_glyph(
            source(prefix, "plane-start", "x", "y"),
            Scatter(x="x", y="y", size=11, fill_color="#ffffff", line_color="#10151c",
                    line_width=2),
            level=MOVING,
        )  # fmt: skip
        fig.add_glyph(
            source(prefix, "plane-heads", "x", "y", "color", "alpha", "marker"),
            Scatter(x="x", y="y", marker="marker", size=9, fill_color="color", fill_alpha="alpha",
                    line_color="#ffffff", line_alpha="alpha"),
            level=MOVING,
        )  # fmt: skip
        fig.add_tools(tooltip(drawn, TIP, line_policy="nearest"))
        strokes(
            self.loss.figure,
            source(prefix, "path-slices", "xs", "ys", "color", "alpha"),
            line_dash="dotted",
            line_width=1.5,
        )
        on_tap(fig, self.tap)

    def pack(
        self, packet: Packet, table: RunStatistics | None, choice: Selection, key: Hashable
    ) -> None:
        """The paths of one run; arguments as in `EpochCurves.pack`."""
        self._paths = paths = [] if table is None else paths_of(table, choice)
        self._epochs = np.empty(0) if table is None else table.epochs
        ground = None if table is None else landscape_of(table)
        kinds = [path.kind for path in paths]
        looks = looks_of(kinds, choice)
        points = [[as_before(path.points[:, axis]) for path in paths] for axis in (0, 1)]
        packet.growing(
            "plane-paths",
            {name: [path.points[:, axis] for path in paths]
             for axis, name in enumerate(("xs", "ys"))},
            **looks,
            name=[kind.name for kind in kinds],
            rate=[theme.number(kind.rate) for kind in kinds],
            shown=[movement_words(path) for path in paths],
        )  # fmt: skip
        packet.heads(
            "plane-heads",
            dict(zip(("x", "y"), points, strict=True)),
            color=looks["color"],
            alpha=looks["alpha"],
            marker=[theme.marker(kind.method) for kind in kinds],
        )
        packet.fixed("plane-start", x=[0.0] * bool(paths), y=[0.0] * bool(paths))
        self._draw_ground(ground)
        self._frame(packet, ground if choice.rate == "chosen" else None, key)
        self._pack_losses(packet, ground, choice, key)

    def _pack_losses(
        self, packet: Packet, ground: LossPlane | None, choice: Selection, key: Hashable
    ) -> None:
        nothing = [np.full(len(path.loss), np.nan) for path in self._paths]
        lines = [
            Line(path.kind, self._epochs, path.loss, none, none)
            for path, none in zip(self._paths, nothing, strict=True)
        ]
        self.loss.pack(packet, lines, METRICS["training_loss"], choice, key)
        looks = looks_of([path.kind for path in self._paths], choice)
        seen = nothing if ground is None else [ground.at(path.points) for path in self._paths]
        packet.growing(
            "path-slices",
            {"xs": [line.epochs for line in lines], "ys": [LOG.place(each) for each in seen]},
            color=looks["color"],
            alpha=looks["alpha"],
        )

    def _draw_ground(self, ground: LossPlane | None) -> None:
        """The picture of the loss; a landscape is drawn once."""
        known = self._landscape
        if ground is None:
            if known is not None:
                self._landscape = None
                self._image.data = {name: [] for name in self._image.data}
                self._levels.data = {"xs": [], "ys": []}
            return
        if known is not None and np.array_equal(known[0], ground.logs):
            return
        self._landscape = ground.logs, True
        picture, xs, ys = drawn(ground)
        self._image.data = {
            "image": [picture],
            "x": [ground.a[0]],
            "y": [ground.b[0]],
            "dw": [ground.a[-1] - ground.a[0]],
            "dh": [ground.b[-1] - ground.b[0]],
        }
        self._levels.data = {"xs": xs, "ys": ys}

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
        paths = [(path.points[:, 0], path.points[:, 1]) for path in self._paths]
        found = nearest(self.plane, paths, x, y, self._window[1] or 1.0)
        self._pick(None if found is None else self._paths[found].kind)

    @property
    def shares(self) -> list[tuple[SeriesKey, float]]:
        """Of each path, how much of its movement the plane shows at its end."""
        found = [(path.kind, as_before(path.share)[-1]) for path in self._paths]
        return [(kind, float(share)) for kind, share in found if np.isfinite(share)]


def paths_of(table: RunStatistics, choice: Selection) -> list[Path]:
    """Those of the first trial at the rates that are looked at, as far as they are known."""
    dataset = table.watched.dataset
    if "projection" not in dataset:
        return []
    dims = ("optimizer", "basis", "learning_rate", "epoch")
    points = dataset["projection"].transpose(*dims, "axis").to_numpy()
    shares = dataset["share_of_movement"].transpose(*dims).to_numpy()
    losses = table.of("training_loss")
    return [
        Path(kind._replace(counted=1, diverged=0), points[at][table.kept].astype(float),
             shares[at][table.kept], losses[at][0].astype(float))
        for kind in table.kinds(choice)
        if np.isfinite(points[(at := kind.index)][..., 0]).sum() > 1
    ]  # fmt: skip


def movement_words(path: Path) -> str:
    """How much of its movement the plane shows."""
    share = float(as_before(path.share)[-1])
    return f"the plane shows {100 * share:.0f} % of its movement" if np.isfinite(share) else ""


def paths_words(shares: Sequence[tuple[SeriesKey, float]]) -> str:
    """What is to be known before the picture is believed; "" without paths."""
    if not shares:
        return ""
    least, most = (100 * each(share for _, share in shares) for each in (min, max))
    much = f"{least:.0f} %" if round(least) == round(most) else f"{least:.0f} to {most:.0f} %"
    warning = " The picture hides most of it: trust the true loss." if most < 50 else ""
    return f"The plane shows {much} of how far the weights moved.{warning}"
