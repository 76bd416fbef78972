"""Adagrad in two variables, and the schedule of the rate: figures 1 (left) and 13."""

import json
from collections.abc import Iterator

import holoviews as hv
import numpy as np
import xarray as xr
from contourpy import contour_generator

from egop import theme
from egop.experiments.claims.summaries import gap
from egop.experiments.two_dimensions import Config, objective
from egop.figures.captions import counted
from egop.figures.curves import KEYS, by_epoch, diverged, statistics_of
from egop.figures.elements import figure
from egop.figures.options import SQUARE, line_style, panel_style, styled
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import FLOOR

GRID = 121
"""Points along each side of the contours."""
MARGIN = 0.1
"""Around the paths, as a share of their extent."""
AXES = ["θ₁", "θ₂"]


def two_dimensions(result: xr.Dataset) -> hv.Layout:
    """The paths of the first trial over the contours of its objective, and f − f* by step."""
    statistics = statistics_of(result.assign(gap=gap(result)))
    rate = repr(float(statistics.rates[0]))
    losses = by_epoch(statistics, "gap", "all trials", up="f − f*", across="step", rate=rate)
    said = counted(result, diverged(statistics, rate))
    words = f"Rate {theme.number(statistics.rates[0])}; the star is θ*."
    plane = _plane(result.isel(learning_rate=0, trial=0), statistics, rate)
    return figure([plane, losses], said, words)


def schedule(result: xr.Dataset) -> hv.Layout:
    """The learning rate by epoch."""
    columns = result["epoch"].to_numpy(), result["learning_rate"].to_numpy()
    curve = line_style(hv.Curve(columns, "epoch", "learning rate"), theme.SPECTRUM)
    return figure([panel_style(hv.Overlay([curve]), "cosine annealing")])


def _plane(result: xr.Dataset, statistics: RunStatistics, rate: str) -> hv.Overlay:
    """Returns the paths over level lines of f − f*, each ten to the quarter apart."""
    points = result["points"].transpose("optimizer", "basis", "epoch", "coordinate").to_numpy()
    paths = {
        key.names: line_style(hv.Curve(points[key.index[:2]], *AXES), key.color, key.dash)
        for key in statistics.series_keys(rate)
    }
    gray = theme.LIGHT["contour"]
    window = _window(points)
    lines = [{AXES[0]: xs, AXES[1]: ys} for xs, ys in _contours(result, *window)]
    ground = hv.Path(lines, AXES)
    styled(ground, {"color": gray, "line_width": 0.6}, {"color": gray, "linewidth": 0.5})
    star = hv.Points([tuple(result["minimizer"].to_numpy())], AXES)
    styled(
        star,
        {"marker": "star", "size": 10, "color": theme.SAMPLE},
        {"marker": "*", "s": 60, "color": theme.LIGHT["text"]},
    )
    overlay = hv.Overlay([ground, hv.NdOverlay(paths, list(KEYS), sort=False), star])
    limits = {"xlim": (window[0][0], window[0][-1]), "ylim": (window[1][0], window[1][-1])}
    title = "paths of the first trial"
    return panel_style(overlay, title, SQUARE, {"aspect": "equal"}, **limits)


def _window(points: np.ndarray) -> list[np.ndarray]:
    """Returns the grid's sides, equally long, around finite points."""
    low, high = np.nanmin(points, axis=(0, 1, 2)), np.nanmax(points, axis=(0, 1, 2))
    half = (0.5 + MARGIN) * max(high - low)
    return [np.linspace(middle - half, middle + half, GRID) for middle in (low + high) / 2]


def _contours(result: xr.Dataset, *sides: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields level lines."""
    stored = json.loads(result.attrs["config"])
    stored["singular_values"] = tuple(stored["singular_values"])
    f = objective(Config(**stored), int(result["trial"]))
    gaps = f.value(np.stack(np.meshgrid(*sides), axis=-1)) - float(result["minimum"])
    logs = np.log10(np.maximum(gaps, FLOOR))
    traced = contour_generator(sides[0], sides[1], logs)
    for level in np.arange(np.floor(logs.min()), logs.max() + 0.25, 0.25):
        for line in traced.lines(level):
            yield np.asarray(line)[:, 0], np.asarray(line)[:, 1]
