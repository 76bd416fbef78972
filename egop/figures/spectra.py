"""Spectra of the EGOP and densities of its eigenvectors: figures 2, 6, 7 and 8."""

from functools import partial
from typing import Any

import holoviews as hv
import numpy as np
import xarray as xr
from bokeh.models import Range1d

from egop import theme
from egop.figures.captions import estimates_words, floor_words, notes
from egop.figures.elements import figure, panel
from egop.figures.options import level_style
from egop.figures.spectrum_series import LEADING, Spectrum, levels, spectra_in

Points = tuple[np.ndarray, np.ndarray]
INSET = "the first 100, linear"
"""The title of the inset of figure 2, which no element carries: a hook of each backend draws it."""
PLACE = (0.5, 0.47, 0.97, 0.9)
"""Its left, bottom, right and top, as shares of the panel."""
RATIO, DENSITY = "λ_k/λ_1", "β_k = ‖v_k‖₁²/d"


def spectrum(result: xr.Dataset) -> hv.Layout:
    """λ_k/λ_1 over all k on a log axis; inset: the first 100 on a linear one."""
    first = spectra_in(result)[0]
    leading = first.k[:LEADING], first.eigenvalues[0, :LEADING]
    drawn = _ratios(
        [first],
        "distribution",
        "EGOP spectrum, digits network",
        bokeh={"hooks": [partial(inset_in_bokeh, leading)], "show_legend": False},
        matplotlib={"hooks": [partial(inset_in_matplotlib, leading)], "show_legend": False},
    )
    return _figure([drawn], result, f"ρ = {result['distribution'].values[0]}.")


def sampling(result: xr.Dataset) -> hv.Layout:
    """λ_k/λ_1 under each sampling distribution."""
    drawn = _ratios(spectra_in(result), "distribution", "EGOP spectrum under each ρ")
    return _figure([drawn], result)


def blocks(result: xr.Dataset, note: str = "") -> hv.Layout:
    """λ_k/λ_1 of each layer, a panel for each, a line for each data set."""
    found = spectra_in(result)
    names = result["block"].values.tolist()
    panels = [
        _ratios(
            [
                each._replace(name=each.group, place=place)
                for place, each in enumerate(one for one in found if one.block == block)
            ],
            "data",
            f"layer {layer + 1} ({block})",
        )
        for layer, block in enumerate(names)
    ]
    return _figure(panels, result, note)


def density(result: xr.Dataset) -> hv.Layout:
    """β_k of the leading eigenvectors under each sampling distribution, beside 1/d and 2/π."""
    found = spectra_in(result)
    dim = found[-1].dim
    drawn = panel(
        [each.density_series for each in found],
        ("distribution",),
        "density of the leading eigenvectors",
        "k",
        DENSITY,
        [part for level in levels(dim).items() for part in _level(*level)],
        logy=True,
        ylim=(0.7 / dim, 1.0),
    )
    return _figure([drawn], result)


def _level(level: float, name: str) -> list[Any]:
    words = hv.Text(1, level, f" {name}", fontsize=7, halign="left", valign="bottom")
    return level_style(hv.HLine(level), words)


def _ratios(found: list[Spectrum], key: str, title: str, **options: Any) -> hv.Overlay:
    series = [each.ratio_series for each in found]
    return panel(series, (key,), title, "k", RATIO, logy=True, **options)


def _figure(panels: list[hv.Overlay], result: xr.Dataset, *sentences: str) -> hv.Layout:
    values = result["eigenvalues"]
    return figure(
        panels,
        *sentences,
        estimates_words(result),
        floor_words(values / values.isel(k=0)),
        notes(result),
    )


def inset_in_matplotlib(points: Points, plot: Any, element: Any) -> None:
    """Draws points on linear axes into the panel."""
    left, bottom, right, top = PLACE
    inset = plot.handles["axis"].inset_axes((left, bottom, right - left, top - bottom))
    inset.plot(*points, color=theme.SPECTRUM)
    inset.set_title(INSET, fontsize=7.5)
    inset.tick_params(labelsize=7)


def inset_in_bokeh(points: Points, plot: Any, element: Any) -> None:
    """Draws points on linear axes into the panel: in coordinates of their own within its frame."""
    panel = plot.state
    xs, ys = points
    left, bottom, right, top = PLACE
    ends = panel.x_range.start, panel.x_range.end
    logs = np.log10([panel.y_range.start, panel.y_range.end])
    across = [ends[0] + share * (ends[1] - ends[0]) for share in (left, right)]
    up = [float(10 ** (logs[0] + share * (logs[1] - logs[0]))) for share in (bottom, top)]
    right, top = float(xs[-1]), float(ys[0])
    inset: Any = panel.subplot(
        x_source=Range1d(start=0.0, end=right),
        y_source=Range1d(start=0.0, end=top),
        x_target=Range1d(start=across[0], end=across[1]),
        y_target=Range1d(start=up[0], end=up[1]),
    )
    gray = {"text_color": theme.SAMPLE, "text_font_size": "11px"}
    box = {"left": 0, "right": right, "bottom": 0, "top": top}
    inset.quad(**box, fill_alpha=0.0, line_color=theme.SAMPLE, line_alpha=0.5)
    inset.line(xs, ys, color=theme.SPECTRUM, line_width=1.5)
    inset.text([0], [top], [INSET], y_offset=-4, **gray)
    inset.text([0, 0], [0, top], ["0", f"{top:g}"], x_offset=-4, text_align="right", **gray)
    inset.text([right], [0], [f"{right:g}"], y_offset=16, text_align="right", **gray)
