"""Losses and gradient norms by epoch: figures 1 (right), 4, 5, 9 and 12."""

import math

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from egop import theme
from egop.experiments.claims.summaries import Trials, best_rate, chosen_rate, gap, trials
from egop.figures.panels import (
    caption,
    counted,
    data_note,
    floor_words,
    key,
    median,
    panels,
)

TITLES = {
    "digits": "Digits",
    "fashion": "Fashion-MNIST, four classes",
    "linear": "Linear network",
    "linear_blocks": "Linear network, parts of the EGOP",
}
"""What a training experiment is called above its panel."""
PROBLEMS = {
    "log_sum_exp": "(a) log-sum-exp",
    "logistic_regression": "(b) logistic regression",
    "least_squares": "(c) least squares",
    "logistic_informative": "logistic, labels that depend on the inputs",
}
"""What a convex problem is called above its panel."""
FLOOR = 1e-16
"""Lower numbers are drawn here: a log axis has no 0."""


def losses(result: xr.Dataset) -> Figure:
    """Training loss by epoch, each method at the rate that is best in original coordinates."""
    figure, (axes,) = panels([TITLES[result.attrs["experiment"]]])
    diverged = by_epoch(axes, result, result["training_loss"])
    axes.set_ylabel("training loss")
    key(figure, methods(result), bases(result))
    floor = floor_words(result["training_loss"], FLOOR)
    said = counted(result.sizes["trial"], diverged), rates_words(result)
    caption(figure, *said, floor, data_note(result))
    return figure


def convex(result: xr.Dataset) -> Figure:
    """f − f* by step of each convex problem, at the rate that is best in original coordinates."""
    values = gap(result)
    figure, row = panels([PROBLEMS[name] for name in problems(result)])
    diverged = 0
    for axes, name in zip(row, problems(result), strict=True):
        diverged += by_epoch(axes, result, values, problem=name)
        axes.set_xlabel("step")
    row[0].set_ylabel("f − f*")
    key(figure, methods(result), bases(result))
    unknown = "Where f* is not known, the least value of any run of the trial stands for it."
    floor = "Numbers below the rounding of float64 are drawn there."
    caption(figure, counted(result.sizes["trial"], diverged), unknown, floor)
    return figure


def convex_tuned(result: xr.Dataset) -> Figure:
    """‖∇f‖₂ by step of each convex problem, each method at the best rate in each basis."""
    figure, row = panels([PROBLEMS[name] for name in problems(result)])
    diverged = 0
    for axes, name in zip(row, problems(result), strict=True):
        diverged += by_epoch(axes, result, result["gradient_norm"], tuned=True, problem=name)
        axes.set_xlabel("step")
    row[0].set_ylabel("‖∇f‖₂")
    key(figure, methods(result), bases(result))
    tuned = "The rate is tuned in each basis; a run stops at its tolerance of ‖∇f‖₂."
    floor = floor_words(result["gradient_norm"], FLOOR)
    caption(figure, counted(result.sizes["trial"], diverged), tuned, floor)
    return figure


def by_epoch(
    axes: Axes, result: xr.Dataset, values: xr.DataArray, tuned: bool = False, **where: str
) -> int:
    """Draws the medians of every method and basis; how many runs diverged.

    Args:
        axes: where.
        result: of a training experiment.
        values: with its dims.
        tuned: at the best rate in each basis, not in original coordinates.
        **where: problem, where there is one.
    """
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    diverged = 0
    for method in methods(result):
        for basis in bases(result):
            which = {"optimizer": method, "basis": basis, **where}
            rate = best_rate(result, **which) if tuned else None
            some = trials(result, values, rate, **which)
            diverged += int(some.diverged.sum())
            median(axes, result["epoch"].to_numpy(), floored(some), method, basis)
    axes.margins(x=0)
    return diverged


def floored(some: Trials) -> Trials:
    """The trials with numbers that a log axis can show."""
    return some._replace(values=np.maximum(some.values, FLOOR))


def rates_words(result: xr.Dataset) -> str:
    """The rate of each method."""
    found = {method: chosen_rate(result, method) for method in methods(result)}
    words = ", ".join(
        f"{theme.label(method)} {'none converges' if math.isnan(rate) else theme.number(rate)}"
        for method, rate in found.items()
    )
    return f"Rates, the best in original coordinates: {words}."


def methods(result: xr.Dataset) -> list[str]:
    """Of a result."""
    return result["optimizer"].values.tolist()


def bases(result: xr.Dataset) -> list[str]:
    """Of a result."""
    return result["basis"].values.tolist()


def problems(result: xr.Dataset) -> list[str]:
    """Of a result with convex problems."""
    return result["problem"].values.tolist()
