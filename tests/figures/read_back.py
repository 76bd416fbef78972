"""Numbers and looks of a figure, read back from what a backend draws of it."""

from typing import NamedTuple

import holoviews as hv
import numpy as np
from holoviews.plotting.bokeh import AreaPlot, CurvePlot, PointPlot
from holoviews.plotting.mpl import AreaPlot as Areas
from holoviews.plotting.mpl import CurvePlot as Curves
from holoviews.plotting.mpl import PointPlot as Points
from matplotlib.colors import to_hex

from egop import theme

BACKENDS = ("bokeh", "matplotlib")


class Line(NamedTuple):
    """A curve and its band as a backend drew them."""

    x: np.ndarray
    y: np.ndarray
    color: str
    dashed: bool
    width: float
    low: np.ndarray
    high: np.ndarray


class Panel(NamedTuple):
    title: str
    lines: dict[tuple[str, ...], Line]
    scales: tuple[str, str]


def panels(layout: hv.Layout, backend: str) -> list[Panel]:
    """The panels of a figure as a backend draws them: titles, lines with bands, scales."""
    return [_panel(hv.renderer(backend).get_plot(each), backend) for each in layout]


def points(panel: hv.Overlay, backend: str) -> np.ndarray:
    """The positions (n, 2) at which a backend draws the points of a panel."""
    plot = hv.renderer(backend).get_plot(panel)
    found = plot.traverse(lambda each: each.handles, [PointPlot, Points])
    if backend == "bokeh":
        columns = [[*each["source"].data.values()][:2] for each in found]
        return np.concatenate([np.transpose(both) for both in columns])
    return np.concatenate([each["artist"].get_offsets() for each in found])


def _panel(plot, backend: str) -> Panel:
    read = {"bokeh": _read_bokeh, "matplotlib": _read_matplotlib}[backend]
    drawn: dict[tuple[str, ...], dict] = {}
    for subplot in plot.traverse(lambda each: each, [CurvePlot, AreaPlot, Curves, Areas]):
        names = tuple(map(str, subplot.overlay_dims.values()))
        drawn.setdefault(names, {}).update(read(subplot))
    nothing = {"low": np.empty(0), "high": np.empty(0)}
    lines = {names: Line(**{**nothing, **each}) for names, each in drawn.items() if "y" in each}
    if backend == "bokeh":
        fig = plot.state
        scales = tuple("log" if "Log" in type(s).__name__ else "linear"
                       for s in (fig.x_scale, fig.y_scale))  # fmt: skip
        return Panel(fig.title.text, lines, scales)
    axes = plot.handles["axis"]
    return Panel(axes.get_title(), lines, (axes.get_xscale(), axes.get_yscale()))


def _read_bokeh(subplot) -> dict:
    columns, glyph = subplot.handles["source"].data, subplot.handles["glyph"]
    xs, ys = (np.asarray(columns[name]) for name in list(columns)[:2])
    if isinstance(subplot, AreaPlot):
        return edges(np.stack([xs, ys], axis=1))
    dashed = glyph.line_dash not in ("solid", [])
    return {
        "x": xs,
        "y": ys,
        "color": glyph.line_color,
        "dashed": dashed,
        "width": glyph.line_width,
    }


def _read_matplotlib(subplot) -> dict:
    artist = subplot.handles["artist"]
    if isinstance(subplot, Areas):
        return edges(
            np.concatenate([np.empty((0, 2)), *(path.vertices for path in artist.get_paths())])
        )
    xs, ys = map(np.asarray, artist.get_data())
    looks = {"color": to_hex(artist.get_color()), "dashed": artist.is_dashed()}
    return {"x": xs, "y": ys, **looks, "width": artist.get_linewidth()}


def edges(outline: np.ndarray) -> dict[str, np.ndarray]:
    """The lower and the upper edge of a band, from its outline."""
    rows: dict[float, list[float]] = {}
    for x, y in outline[np.isfinite(outline).all(axis=1)]:
        rows.setdefault(float(x), []).append(float(y))
    found = [rows[x] for x in sorted(rows)]
    return {
        "low": np.array([min(row) for row in found]),
        "high": np.array([max(row) for row in found]),
    }


def names_of(method: str, basis: str) -> tuple[str, str]:
    return theme.label(method), theme.BASIS_LABELS[basis].removesuffix(" coordinates")
