"""What is reached by learning rate: figures 3, 10 and 11."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from egop.experiments.claims.summaries import trials
from egop.figures.curves import FLOOR, bases, by_epoch, floored, methods, rates_words
from egop.figures.panels import (
    caption,
    counted,
    data_note,
    draw_band,
    floor_words,
    key,
    panels,
)

HEADROOM = 10.0
"""Losses above that of the start by more than this factor are outside of the panel."""


def linear(result: xr.Dataset) -> Figure:
    """(a) training loss by epoch, (b) final loss and (c) final validation loss by rate."""
    figure, row = panels(["(a) training", "(b) final training loss", "(c) final validation loss"])
    diverged = by_epoch(row[0], result, result["training_loss"])
    row[0].set_ylabel("training loss")
    diverged += by_rate(row[1], result, "training_loss")
    by_rate(row[2], result, "validation_loss")
    key(figure, methods(result), bases(result))
    floor = floor_words(result["training_loss"], FLOOR)
    caption(figure, counted(result.sizes["trial"], diverged), rates_words(result), floor)
    return figure


def classifier(result: xr.Dataset) -> Figure:
    """Final training loss and final test accuracy by rate."""
    figure, row = panels(["final training loss", "final test accuracy"])
    diverged = by_rate(row[0], result, "training_loss")
    by_rate(row[1], result, "test_accuracy", log=False)
    row[1].set_ylabel("test accuracy")
    row[0].set_ylabel("training loss")
    key(figure, methods(result), bases(result))
    floor = floor_words(result["training_loss"], FLOOR)
    caption(figure, counted(result.sizes["trial"], diverged), floor, data_note(result))
    return figure


def by_rate(axes: Axes, result: xr.Dataset, variable: str, log: bool = True) -> int:
    """Draws medians at the last epoch of every method and basis; how many runs diverged.

    A rate at which half of the trials diverged is a gap in the line.
    """
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    diverged = 0
    for method in methods(result):
        tried = _tried(result, method)
        for basis in bases(result):
            found = [
                trials(result, variable, rate, optimizer=method, basis=basis).last for rate in tried
            ]
            diverged += sum(int(each.diverged.sum()) for each in found)
            found = [floored(each) if log else each for each in found]
            numbers = np.array([(each.median, *each.quartiles) for each in found]).T
            draw_band(axes, tried, numbers, method, basis)
    if log:
        axes.set_yscale("log")
        _limit(axes, result, variable)
    return diverged


def _tried(result: xr.Dataset, method: str) -> np.ndarray:
    """The rates at which a method was run."""
    status = result["status"].sel({"optimizer": method})
    was_run = (status != "not run").any(["basis", "trial"])
    return result["learning_rate"].to_numpy()[was_run.to_numpy()]


def _limit(axes: Axes, result: xr.Dataset, variable: str) -> None:
    """Keeps losses that grew far above the start from pressing the others together."""
    start = float(result[variable].isel(epoch=0).median())
    if np.isfinite(start) and axes.get_ylim()[1] > HEADROOM * start:
        axes.set_ylim(top=HEADROOM * start)
