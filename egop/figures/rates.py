"""What is reached by learning rate: figures 3, 10 and 11."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from egop.experiments.claims.summaries import Trials, trials
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
from egop.trials import start_value

Reduce = Callable[[Trials, str], Trials]
"""From curves of a variable to one number of each trial."""

HEADROOM = 10.0
"""Losses above that of the start by more than this factor are outside of the panel."""


def last_epoch(curves: Trials, variable: str) -> Trials:
    """At the last epoch, whatever the variable."""
    return curves.last


def best_epoch(curves: Trials, variable: str) -> Trials:
    """At the best epoch: the least loss, or the highest accuracy."""
    return curves.best(highest=variable.endswith("accuracy"))


def linear(result: xr.Dataset) -> Figure:
    """(a) training loss by epoch, (b) final loss and (c) minimal validation loss by rate."""
    figure, row = panels(["(a) training", "(b) final training loss", "(c) minimal validation loss"])
    diverged = by_epoch(row[0], result, result["training_loss"])
    row[0].set_ylabel("training loss")
    diverged += by_rate(row[1], result, "training_loss")
    by_rate(row[2], result, "validation_loss", reduce=best_epoch)
    key(figure, methods(result), bases(result))
    floor = floor_words(result["training_loss"], FLOOR)
    caption(figure, counted(result.sizes["trial"], diverged), rates_words(result), floor)
    return figure


def digits(result: xr.Dataset) -> Figure:
    """Final training loss and final test accuracy by rate."""
    return _classifier(result, "test_accuracy", last_epoch)


def fashion(result: xr.Dataset) -> Figure:
    """Final training loss and maximal validation accuracy by rate."""
    return _classifier(result, "validation_accuracy", best_epoch)


def _classifier(result: xr.Dataset, accuracy: str, reduce: Reduce) -> Figure:
    name = accuracy.replace("_", " ")
    extent = "final" if reduce is last_epoch else "maximal"
    figure, row = panels(["final training loss", f"{extent} {name}"])
    diverged = by_rate(row[0], result, "training_loss")
    by_rate(row[1], result, accuracy, log=False, reduce=reduce)
    row[1].set_ylabel(name)
    row[0].set_ylabel("training loss")
    key(figure, methods(result), bases(result))
    floor = floor_words(result["training_loss"], FLOOR)
    caption(figure, counted(result.sizes["trial"], diverged), floor, data_note(result))
    return figure


def by_rate(
    axes: Axes,
    result: xr.Dataset,
    variable: str,
    log: bool = True,
    reduce: Reduce = last_epoch,
) -> int:
    """Draws medians by rate of every method and basis; how many runs diverged.

    A rate at which half of the trials diverged is a gap in the line.
    """
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    diverged = 0
    for method in methods(result):
        tried = _tried(result, method)
        for basis in bases(result):
            found = [
                reduce(trials(result, variable, rate, optimizer=method, basis=basis), variable)
                for rate in tried
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
    start = start_value(result[variable].isel(epoch=0).to_numpy()) or 1.0
    if not np.isfinite(axes.dataLim.y1):  # every run diverged: log axes need limits above 0
        axes.set_ylim(start / HEADROOM, start)
        rates = result["learning_rate"].to_numpy()
        axes.set_xlim(rates.min() / 2, rates.max() * 2)
    elif axes.get_ylim()[1] > HEADROOM * start:
        axes.set_ylim(top=HEADROOM * start)
