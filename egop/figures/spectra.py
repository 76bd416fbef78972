"""Spectra and densities: figures 2, 6, 7 and 8."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from egop import theme
from egop.experiments.claims.summaries import relative_spectrum
from egop.figures.panels import caption, data_note, floor_words, panels
from egop.trials import quantiles

COLORS = (theme.SPECTRUM, *theme.EIGENVECTORS, theme.LIGHT["warning"])
"""Of the distributions or data sets of a figure, in their order."""
DASHES = ("-", "--", "-.", ":")
"""Of the same, so that they differ without color as well."""
LEADING = 100
"""How many eigenvalues the inset of figure 2 shows, and how many densities figure 8."""
FLOOR = 1e-16
"""λ_k/λ_1 below is drawn here: it is round-off, and a log axis has no 0."""


def spectrum(result: xr.Dataset) -> Figure:
    """λ_k/λ_1 over all k on a log axis; inset: the first 100 on a linear one."""
    figure, (axes,) = panels(["EGOP spectrum, digits network"])
    values = relative_spectrum(result.isel(distribution=0, block=0))
    k = np.arange(1, len(values) + 1)
    _log(axes, k, values, 0, "")
    inset = axes.inset_axes((0.5, 0.5, 0.47, 0.45))
    inset.plot(k[:LEADING], values[:LEADING], color=COLORS[0])
    inset.set_title("the first 100, linear", fontsize=7.5)
    inset.tick_params(labelsize=7)
    _caption(figure, result, f"ρ = {result['distribution'].values[0]}.")
    return figure


def sampling(result: xr.Dataset) -> Figure:
    """λ_k/λ_1 under each sampling distribution."""
    figure, (axes,) = panels(["EGOP spectrum under each ρ"])
    for place, name in enumerate(result["distribution"].values.tolist()):
        values = relative_spectrum(result.sel(distribution=name).isel(block=0))
        _log(axes, np.arange(1, len(values) + 1), values, place, name)
    axes.legend()
    _caption(figure, result)
    return figure


def blocks(result: xr.Dataset) -> Figure:
    """λ_k/λ_1 of each layer, a panel for each, a line for each data set."""
    names = result["block"].values.tolist()
    figure, row = panels([f"layer {place + 1} ({name})" for place, name in enumerate(names)])
    for axes, block in zip(row, names, strict=True):
        for place, data in enumerate(result["data"].values.tolist()):
            values = relative_spectrum(result.sel(data=data, block=block))
            _log(axes, np.arange(1, len(values) + 1), values, place, data)
        axes.legend()
    _caption(figure, result)
    return figure


def density(result: xr.Dataset) -> Figure:
    """β_k of the leading eigenvectors under each sampling distribution, beside 1/d and 2/π."""
    figure, (axes,) = panels(["density of the leading eigenvectors"])
    size = 1
    for place, name in enumerate(result["distribution"].values.tolist()):
        values = result["density"].sel(distribution=name).isel(block=0).transpose("trial", "k")
        values = quantiles(values.to_numpy(), 0, (0.5,))[0]
        values = values[~np.isnan(values)]
        size = len(values)
        k = np.arange(1, min(size, LEADING) + 1)
        style = {"color": COLORS[place % len(COLORS)], "linestyle": DASHES[place % len(DASHES)]}
        axes.plot(k, values[:LEADING], label=name, **style)
    levels = {f"one coordinate, 1/d = {theme.number(1 / size)}": 1 / size}
    levels["a random direction, 2/π"] = 2 / np.pi
    for name, level in levels.items():
        axes.axhline(level, color=theme.LIGHT["muted"], linewidth=0.8)
        axes.annotate(name, (1, level), (2, 3), textcoords="offset points", fontsize=7)
    axes.set_yscale("log")
    axes.set_xlabel("k")
    axes.set_ylabel("β_k = ‖v_k‖₁²/d")
    axes.legend(loc="center")
    _caption(figure, result)
    return figure


def _log(axes: Axes, k: np.ndarray, values: np.ndarray, place: int, name: str) -> None:
    style = {"color": COLORS[place % len(COLORS)], "linestyle": DASHES[place % len(DASHES)]}
    axes.plot(k, np.maximum(values, FLOOR), label=name, **style)
    axes.set_yscale("log")
    axes.set_xlabel("k")
    axes.set_ylabel("λ_k/λ_1")
    axes.margins(x=0)


def _caption(figure: Figure, result: xr.Dataset, *sentences: str) -> None:
    n = result.sizes["trial"]
    said = "One estimate." if n == 1 else f"Medians of {n} estimates."
    samples = np.unique(result["n_samples"]).astype(int).tolist() if "n_samples" in result else []
    gradients = f"M = {' and '.join(map(str, samples))} gradients." if samples else ""
    values = result["eigenvalues"]
    floor = floor_words(values / values.isel(k=0), FLOOR)
    caption(figure, *sentences, said, gradients, floor, data_note(result))
