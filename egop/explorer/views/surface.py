"""The surface of f with the paths on it, drawn and turned in the browser."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import param
from bokeh.models import CustomJS
from bokeh.plotting import figure

from egop import theme
from egop.explorer.height_field import HeightField, height_field_of
from egop.explorer.landscape import LEVELS
from egop.explorer.tabs import ComparisonResult, heads_of, looks_of
from egop.theme import number
from egop.ui.bundle import bundle
from egop.ui.component import Component
from egop.ui.markers import OUTLINES
from egop.ui.packing import Packet
from egop.ui.sources import source

STYLE = """
:host { display: block; }
.surface { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr) 260px; gap: 0 16px;
  height: 100%; font: 12.5px/1.35 system-ui, sans-serif; color: var(--ink, inherit); }
.surface canvas { width: 100%; height: 100%; min-height: 0; cursor: grab; touch-action: pan-y;
  display: block; }
.surface canvas:active { cursor: grabbing; }
.surface .stage { position: relative; min-width: 0; min-height: 0; overflow: hidden; }
.surface aside { overflow: auto; padding-top: 4px; }
.surface ul { list-style: none; margin: 0 0 8px; padding: 0; }
.surface li { display: flex; align-items: center; gap: 8px; margin-bottom: 3px; }
.surface label { display: grid; grid-template-columns: 38px minmax(0, 1fr); align-items: center;
  gap: 8px; margin: 2px 0; }
.surface input { accent-color: #2b7fc4; height: 22px; margin: 0; }
.surface :focus-visible { outline: 2px solid #2b7fc4; outline-offset: 2px; }
.surface p { margin: 8px 0 0; opacity: 0.85; }
@media (max-width: 900px) { :host { height: auto; max-height: none; flex: none; }
  .surface { height: auto; grid-template: 250px auto / minmax(0, 1fr); }
  .surface aside { overflow: visible; } }
"""
HEIGHT = (
    "Height is the rank of f: each of the {levels} lines encloses the same further share of the "
    "window. Drag to turn."
)
HOLES = " Where there is none, f is not defined."
SLICE = (
    "The surface is the slice of the left figure. Paths stand at their true value, so they may "
    "hover above it or dive below it."
)


class Turntable(Component):
    """A canvas on which the surface is turned by dragging, or by two sliders."""

    _esm: Any = bundle(Path(__file__).with_name("surface.js"))
    _stylesheets: ClassVar[list[str]] = [STYLE]

    prefix: Any = param.String(doc="Names of this scene's sources begin with it.")
    colors: Any = param.Dict(default={"light": theme.LIGHT, "dark": theme.DARK})
    markers: Any = param.Dict(default=OUTLINES, doc="Their outlines by name, of `SIZE` units.")
    minimum: Any = param.Dict(default=theme.MINIMUM, doc="Colors of its star.")
    words: Any = param.String(doc="What the height is.")


class Surface:
    """f over the left figure's window, and every path of both figures on it.

    Args:
        prefix: of the scene's sources.
        anchor: a figure of the page, through which the sources become part of it.
    """

    title = "Surface"

    def __init__(self, prefix: str, anchor: figure):
        mesh = source(prefix, "surface-mesh", "heights us vs ws names ends marks")
        paths = source(prefix, "surface-paths", "xs ys zs color dash marker label")
        anchor.js_on_event("reset", CustomJS(args={"mesh": mesh, "paths": paths}, code=""))
        self.view = Turntable(prefix=prefix, sizing_mode="stretch_both", margin=0)
        self._height_field: HeightField | None = None
        self._key: tuple = ()

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Sends the surface, which the browser turns, and the paths, which grow with playback."""
        height_field = self._find_height_field(shown)
        window = height_field.window
        us, vs, ws = height_field.lines.T
        packet.fixed(
            "surface-mesh",
            heights=height_field.heights,
            us=us,
            vs=vs,
            ws=ws,
            names=list(height_field.plane.names),
            ends=[
                [number(window.center[axis] + side * window.half, 3) for side in (-1, 1)]
                for axis in (0, 1)
            ],
            marks=minima(shown, height_field),
        )
        runs = shown.runs
        placed = [height_field.place(shown.coordinates(each, 0), each.path.values) for each in runs]
        x, y, z = ([path[:, axis] for path in placed] for axis in range(3))
        bases = ["original", shown.basis_name]
        labels = [f"{theme.label(each.method)}, {bases[each.rotated]}" for each in runs]
        looks = looks_of(runs) | heads_of(runs) | {"label": labels}
        packet.growing("surface-paths", {"xs": x, "ys": y, "zs": z}, **looks)
        words = HEIGHT.format(levels=LEVELS)
        words += HOLES if np.isnan(height_field.heights).any() else ""
        words = words if shown.objective.dim == 2 else f"{SLICE} {words}"
        if self.view.words != words:
            self.view.words = words

    def hide(self) -> None:
        """Nothing runs on."""

    def _find_height_field(self, shown: ComparisonResult) -> HeightField:
        """The surface, computed where the objective, the plane or the window is another one."""
        plane, window = shown.planes[0], shown.windows[0]
        key = (shown.objective, *plane.names, window.half, *window.center)
        if self._height_field is None or key != self._key:
            self._height_field, self._key = height_field_of(shown.objective, plane, window), key
        return self._height_field


def minima(shown: ComparisonResult, height_field: HeightField) -> list[list[float]]:
    """The known minimizers in the window, across, up and height."""
    minimizer = shown.objective.minimizer
    if minimizer is None:
        return []
    placed = height_field.place(
        height_field.plane.project(minimizer), shown.objective.value(minimizer)
    )
    return placed[np.isfinite(placed).all(axis=-1)].tolist()
