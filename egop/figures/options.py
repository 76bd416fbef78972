"""Options of the figures in each backend: colors, dashes, axes and sizes, in one place.

A method is a color, a basis is a line style (`egop.theme`). `styled` gives an element the options
of Bokeh, for pages and notebooks, and of matplotlib, for files.
"""

from collections.abc import Sequence
from typing import Any

import holoviews.plotting.bokeh  # noqa: F401 - a backend takes options once it is loaded
import holoviews.plotting.mpl  # noqa: F401

from egop import theme

STYLE: Any = {
    "axes.edgecolor": theme.LIGHT["border"],
    "axes.grid": True,
    "axes.labelcolor": theme.LIGHT["text"],
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "font.size": 9,
    "grid.color": theme.LIGHT["grid"],
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "egop",
    "text.color": theme.LIGHT["text"],
    "text.usetex": False,
    "xtick.color": theme.LIGHT["muted"],
    "ytick.color": theme.LIGHT["muted"],
}
"""matplotlib's settings while a figure is drawn and written."""


def square_frame(plot: Any, element: Any) -> None:
    """Makes a panel as high as wide, in Bokeh."""
    plot.state.update(frame_width=300, frame_height=300)


LINE_WIDTH = 1.5
BAND_OPACITY = 0.16
POINTS = {"title": 10, "labels": 9, "ticks": 8, "legend": 8}
"""Sizes of letters."""
BELOW = {"legend_cols": 2, "legend_position": "bottom"}
BOKEH_PANEL = {
    "autohide_toolbar": True,
    "click_policy": "hide",
    "fontsize": {name: f"{size}pt" for name, size in POINTS.items()},
    "height": 360,
    "legend_opts": {"glyph_width": 22, "padding": 2, "spacing": 0},
    "min_width": 280,
    "responsive": True,
    **BELOW,
}
MARKERS = (
    ("circle", "o"),
    ("square", "s"),
    ("triangle", "^"),
    ("diamond", "D"),
    ("inverted_triangle", "v"),
    ("hex", "h"),
    ("star", "*"),
    ("plus", "P"),
)
"""Marks of single numbers, one for each dash of a panel: Bokeh's name and matplotlib's."""
ALONE = {"legend_cols": 1, "legend_position": "right"}
"""Options of a panel that is alone, in Bokeh."""
SQUARE = {"height": 360, "hooks": [square_frame], "responsive": False, "width": 380}
"""Options of a panel whose axes have the same scale, likewise."""
MATPLOTLIB_PANEL = {"aspect": "auto", "fontsize": POINTS, "legend_position": "right"}


def styled(element: Any, bokeh: dict[str, Any], matplotlib: dict[str, Any]) -> Any:
    """Returns the element with options of both backends."""
    return element.opts(backend="bokeh", **bokeh).opts(backend="matplotlib", **matplotlib)


def line_style(curve: Any, color: str, dash: Sequence[int] = (), width: float = LINE_WIDTH) -> Any:
    """Returns a curve in a color and a dash, whose lengths are pixels."""
    scaled = tuple(length / width for length in dash)
    bokeh = {"line_dash": list(dash) or "solid", "line_width": width, "tools": ["hover"]}
    matplotlib = {"linestyle": (0, scaled) if dash else "-", "linewidth": width}
    return styled(curve, {"color": color, **bokeh}, {"color": color, **matplotlib})


def band_style(area: Any, color: str) -> Any:
    """Returns a band between two curves in a color."""
    bokeh = {"fill_color": color, "fill_alpha": BAND_OPACITY, "line_alpha": 0.0}
    matplotlib = {"color": color, "facecolor": color, "alpha": BAND_OPACITY, "linewidth": 0}
    return styled(area, bokeh, matplotlib)


def point_style(points: Any, key: Any, marker: tuple[str, str]) -> Any:
    """Returns points in a key's color, of one of `MARKERS`, filled where its lines are solid."""
    inside = "white" if key.dash else key.color
    bokeh, matplotlib = marker
    return styled(
        points,
        {"size": 7, "line_color": key.color, "fill_color": inside, "marker": bokeh},
        {"s": 24, "edgecolors": key.color, "facecolors": inside, "marker": matplotlib},
    )


def panel_style(
    overlay: Any,
    title: str,
    bokeh: dict[str, Any] | None = None,
    matplotlib: dict[str, Any] | None = None,
    **both: Any,
) -> Any:
    """Returns an overlay with its title and axes.

    Args:
        overlay: of curves and bands.
        title: above it.
        bokeh: options of this backend alone.
        matplotlib: likewise.
        **both: options of both, such as xlabel and logy.
    """
    both["title"] = title
    return styled(
        overlay,
        BOKEH_PANEL | both | (bokeh or {}),
        MATPLOTLIB_PANEL | both | (matplotlib or {}),
    )


def level_style(line: Any, name: Any) -> list[Any]:
    """Returns a horizontal line and its name in gray."""
    gray = theme.LIGHT["muted"]
    styled(line, {"color": gray, "line_width": 1}, {"color": gray, "linewidth": 0.8})
    return [line, styled(name, {"text_color": gray}, {"color": gray})]


def below(panel: Any) -> Any:
    """Returns a panel with its legend below, as where it is narrow."""
    return panel.opts(backend="bokeh", clone=True, **BELOW)
