"""Adagrad in two variables, and the schedule of the rate: figures 1 (left) and 13."""

import json

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from egop import theme
from egop.experiments.claims.summaries import chosen_rate, gap
from egop.experiments.two_dimensions import Config, objective
from egop.figures.curves import bases, by_epoch, methods
from egop.figures.panels import caption, counted, key, line, panels

GRID = 121
"""Points along each side of the contours."""
MARGIN = 0.1
"""Around the paths, as a share of their extent."""


def two_dimensions(result: xr.Dataset) -> Figure:
    """The paths of the first trial over the contours of its objective, and f − f* by step."""
    figure, (plane, axes) = panels(["paths of the first trial", "all trials"])
    for method in methods(result):
        _paths(plane, result, method)
    diverged = by_epoch(axes, result, gap(result))
    axes.set_xlabel("step")
    axes.set_ylabel("f − f*")
    key(figure, methods(result), bases(result))
    rates = ", ".join(theme.number(chosen_rate(result, method)) for method in methods(result))
    caption(figure, counted(result.sizes["trial"], diverged), f"Rate {rates}; the star is θ*.")
    return figure


def schedule(result: xr.Dataset) -> Figure:
    """The learning rate by epoch."""
    figure, (axes,) = panels(["cosine annealing"])
    axes.plot(result["epoch"], result["learning_rate"], color=theme.SPECTRUM)
    axes.set_xlabel("epoch")
    axes.set_ylabel("learning rate")
    axes.margins(x=0)
    return figure


def _paths(axes: Axes, result: xr.Dataset, method: str) -> None:
    where = {"optimizer": method, "learning_rate": chosen_rate(result, method), "trial": 0}
    points = result["points"].sel(where).transpose("basis", "epoch", "coordinate")
    _contours(axes, result, points.to_numpy())
    for basis in bases(result):
        path = points.sel({"basis": basis}).to_numpy().T
        axes.plot(*path, color=theme.color(method), **line(basis))
    axes.plot(*result["minimizer"].sel(trial=0).to_numpy(), "*", color=theme.LIGHT["text"])
    axes.set_xlabel("θ₁")
    axes.set_ylabel("θ₂")
    axes.set_aspect("equal", adjustable="datalim")


def _contours(axes: Axes, result: xr.Dataset, points: np.ndarray) -> None:
    """Level lines of f − f*, each ten to the quarter apart, around finite points."""
    low, high = np.nanmin(points, axis=(0, 1)), np.nanmax(points, axis=(0, 1))
    around = MARGIN * max(high - low)
    sides = [np.linspace(a - around, b + around, GRID) for a, b in zip(low, high, strict=True)]
    stored = json.loads(result.attrs["config"])
    stored["singular_values"] = tuple(stored["singular_values"])
    f = objective(Config(**stored), 0)
    plane = np.stack(np.meshgrid(*sides), axis=-1)
    values = np.log10(np.maximum(f.value(plane) - float(result["minimum"].sel(trial=0)), 1e-16))
    levels = np.arange(np.floor(values.min()), values.max() + 0.25, 0.25)
    axes.contour(*sides, values, levels=levels, colors=theme.LIGHT["contour"], linewidths=0.5)
