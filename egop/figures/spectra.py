"""Spectra of the EGOP and densities of its eigenvectors: figures 2, 6, 7 and 8."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import holoviews as hv
import xarray as xr

from egop.figures.captions import data_note, estimates_words, floor_words
from egop.figures.elements import figure, panel
from egop.figures.insets import inset_in_bokeh, inset_in_matplotlib
from egop.figures.options import level_style
from egop.figures.spectrum_series import LEADING, Spectrum, levels, spectra_in

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


def _level(level: float, name: str) -> Sequence[Any]:
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
        data_note(result),
    )
