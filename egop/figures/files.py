"""Figures as SVG, PDF and PNG files, by matplotlib: panels, the key above, the caption below."""

from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

import holoviews as hv
import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from egop import theme
from egop.figures.elements import caption_of
from egop.figures.options import STYLE

ENDINGS = ("svg", "pdf", "png")
PANEL = (4.2, 3.0)
"""Width and height of a panel, in inches."""
BASES = {name: f"{name} coordinates" for name in ("original", "EGOP")}
"""Bases whose names in elements are short."""
_LOCK = Lock()
"""matplotlib's settings belong to the whole process."""


def render(layout: hv.Layout) -> Figure:
    """Returns a figure of matplotlib with the panels beside each other, its key and its caption."""
    panels = list(layout)
    made = Figure(figsize=(PANEL[0] * len(panels), PANEL[1] + 1.0), layout="constrained")
    with mpl.rc_context(STYLE):
        row = made.subplots(1, len(panels), squeeze=False)[0]
        for axes, panel in zip(row, panels, strict=True):
            plain = panel.opts(backend="matplotlib", show_legend=False, clone=True)
            hv.renderer("matplotlib").get_plot(plain, fig=made, axis=axes)
            axes.grid(True)  # which HoloViews switches off for overlays of overlays
            axes.set_axisbelow(True)
        _add_key(made, panels)
        _add_caption(made, caption_of(layout))
    return made


def to_bytes(layout: hv.Layout, ending: str) -> bytes:
    """Returns a figure as a file, the same bytes for the same result.

    It may be called from any thread.
    """
    if ending not in ENDINGS:
        raise ValueError(f"figures are written as {', '.join(ENDINGS)}, got {ending!r}")
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[ending]
    file = BytesIO()
    with _LOCK, mpl.rc_context(STYLE):
        render(layout).savefig(file, format=ending, metadata=undated)
    return file.getvalue()


def write(figures: dict[str, hv.Layout], folder: Path) -> list[Path]:
    """Writes the SVG, PDF and PNG files of figures by their number; returns their paths.

    Raises:
        OSError: the folder cannot be written.
    """
    paths = []
    folder.mkdir(parents=True, exist_ok=True)
    for number, layout in figures.items():
        for ending in ENDINGS:
            paths.append(folder / f"figure-{number.replace(' ', '-')}.{ending}")
            paths[-1].write_bytes(to_bytes(layout, ending))
    return paths


def _add_key(made: Figure, panels: list[Any]) -> None:
    """Above the panels: the color of each method and the dash of each basis, or each line."""
    handles = _handles(_overlays_of(hv.Curve, panels), _overlays_of(hv.Points, panels))
    if len(handles) < 2:
        return
    columns = len(handles) if made.get_figwidth() > 2 * PANEL[0] else 2
    legend = made.legend(
        handles=handles, loc="outside upper center", ncols=columns, handlelength=3, fontsize=8
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # names of others may hold a $


def _handles(overlays: list[hv.NdOverlay], dots: list[hv.NdOverlay]) -> list[Line2D]:
    """Returns lines for the colors, and where a dash has a name of its own for the dashes.

    Those of which single numbers are drawn have their mark.
    """
    colors: dict[str, Line2D] = {}
    dashes: dict[str, Line2D] = {}
    for names, curve in (item for overlay in overlays for item in overlay.data.items()):
        style = hv.Store.lookup_options("matplotlib", curve, "style").kwargs
        color, dash = style["color"], {"linestyle": style["linestyle"]}
        dash["linewidth"] = style["linewidth"]
        alone = dash if len(names) == 1 else {}
        colors.setdefault(names[0], Line2D([], [], color=color, label=names[0], **alone))
        for name in names[1:]:
            gray, label = theme.LIGHT["muted"], BASES.get(name, name)
            dashes.setdefault(name, Line2D([], [], color=gray, label=label, **dash))
    for names, points in (item for overlay in dots for item in overlay.data.items()):
        style = hv.Store.lookup_options("matplotlib", points, "style").kwargs
        line = (colors | dashes)[names[-1]]
        inside = "white" if style["facecolors"] == "white" else line.get_color()
        line.set(marker=style["marker"], markerfacecolor=inside, markersize=5)
    return [*colors.values(), *dashes.values()]


def _overlays_of(kind: type, panels: list[Any]) -> list[hv.NdOverlay]:
    """Returns the overlays of curves, or of points, of all panels."""
    parts = [each for panel in panels for each in panel if isinstance(each, hv.NdOverlay)]
    return [each for each in parts if each.type is kind]


def _add_caption(made: Figure, text: str) -> None:
    label = made.supxlabel(text, fontsize=7.5, color=theme.LIGHT["muted"])
    label.set_parse_math(False)  # a name in it may hold a $
