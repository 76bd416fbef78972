"""HoloViews elements that figures are made of: curves with bands, and panels with a caption."""

import textwrap
from collections.abc import Sequence
from html import escape
from itertools import cycle
from typing import Any

import holoviews as hv
import numpy as np

from egop.figures.options import (
    ALONE,
    LINE_WIDTH,
    MARKERS,
    band_style,
    line_style,
    panel_style,
    point_style,
    styled,
)
from egop.figures.series import Series

CAPTION_WIDTH = 58
"""Letters of a line of the caption for each panel."""

NOTHING = "every run diverged"
"""Stands in a panel without a line."""


def panel(
    series: Sequence[Series],
    keys: Sequence[str],
    title: str,
    across: str,
    up: str,
    beside: Sequence[Any] = (),
    **axes: Any,
) -> hv.Overlay:
    """Returns curves over their bands, in their colors and dashes; thin ones have no band.

    A number that has none beside it, of which a line shows nothing, is a mark of the dash's own.

    Args:
        series: what is drawn, those without a number are not, those without quartiles have no band.
        keys: what the names of a series are: ("method", "basis"), or ("layer",).
        title: of the panel.
        across: the name of the horizontal axis.
        up: the name of the vertical one.
        beside: other elements.
        **axes: as in `panel_style`.
    """
    dashes = dict.fromkeys(one.key.dash for one in series)
    shapes = dict(zip(dashes, cycle(MARKERS)))
    series = [one for one in series if np.isfinite(one.median).any()]
    bands = {
        one.key.names: band_style(
            _element(hv.Area, (across, up, f"third quartile of {up}"), one.x, one.low, one.high),
            one.key.color,
        )
        for one in series
        if one.low is not None and one.key.width == 1
    }
    lines = {
        one.key.names: line_style(
            _element(hv.Curve, (across, up), one.x, one.median),
            one.key.color,
            one.key.dash,
            LINE_WIDTH * one.key.width,
        )
        for one in series
    }
    dots = {
        one.key.names: point_style(
            hv.Points((one.x[one.alone], one.median[one.alone]), [across, up]),
            one.key,
            shapes[one.key.dash],
        )
        for one in series
        if one.alone.any()
    }
    parts = [hv.NdOverlay(each, list(keys), sort=False) for each in (bands, lines, dots) if each]
    if not parts:
        parts = [hv.Text(0.5, 0.5, NOTHING)]
        axes = {"xlim": (0.0, 1.0), "ylim": (0.0, 1.0)}
    overlay = hv.Overlay([*parts, *beside])
    return panel_style(overlay, title, xlabel=across, ylabel=up, **axes)


def figure(panels: Sequence[Any], *sentences: str) -> hv.Layout:
    """Returns the panels beside each other, with a caption."""
    text = textwrap.fill(" ".join(filter(None, sentences)), CAPTION_WIDTH * len(panels))
    html = f'<span style="font: 12px/1.4 system-ui; color: #7a8594">{escape(text)}</span>'
    if len(panels) == 1:
        panels[0].opts(backend="bokeh", **ALONE)
    layout = hv.Layout(list(panels)).cols(len(panels))
    return styled(layout, {"title": html, "shared_axes": False}, {"title": text})


def caption_of(layout: hv.Layout) -> str:
    """Returns the caption of a figure."""
    return hv.Store.lookup_options("matplotlib", layout, "plot").kwargs.get("title", "")


def _element(kind: Any, dims: Sequence[str], *columns: np.ndarray) -> Any:
    """Returns an element of columns that need no check: a third of the time."""
    table = dict(zip(dims, columns, strict=True))
    return kind(table, list(dims[:1]), list(dims[1:]), datatype=["dictionary"])
