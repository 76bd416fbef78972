"""Losses and gradient norms by epoch: figures 1 (right), 4, 5, 9 and 12."""

import holoviews as hv
import xarray as xr

from egop.experiments.claims.summaries import gap
from egop.figures.captions import counted, floor_words, notes, rates_words
from egop.figures.elements import figure, panel
from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import BEST, CHOSEN

KEYS = ("method", "basis")
TITLES = {
    "digits": "Digits",
    "fashion": "Fashion-MNIST, four classes",
    "linear": "Linear network",
    "linear_blocks": "Linear network, parts of the EGOP",
}
"""The title of a training experiment's panel."""
PROBLEMS = {
    "log_sum_exp": "(a) log-sum-exp",
    "logistic_regression": "(b) logistic regression",
    "least_squares": "(c) least squares",
    "logistic_informative": "logistic, labels that depend on the inputs",
}
"""The title of a convex problem's panel."""


def statistics_of(result: xr.Dataset) -> RunStatistics:
    """Returns the medians and quartiles of a result."""
    return RunStatistics(LabeledResult("", result))


def losses(result: xr.Dataset) -> hv.Layout:
    """Training loss by epoch, each method at the rate that is best in original coordinates."""
    statistics = statistics_of(result)
    drawn = by_epoch(statistics, "training_loss", TITLES[result.attrs["experiment"]])
    return figure(
        [drawn],
        counted(result, diverged(statistics)),
        rates_words(statistics),
        floor_words(result["training_loss"]),
        notes(result),
    )


def convex(result: xr.Dataset) -> hv.Layout:
    """f − f* by step of each convex problem, at the rate that is best in original coordinates."""
    return _problems(
        result.assign(gap=gap(result)),
        "gap",
        "f − f*",
        CHOSEN,
        "Where f* is not known, the least value of any run of the trial stands for it.",
        "Numbers below the rounding of float64 are drawn there.",
    )


def convex_tuned(result: xr.Dataset) -> hv.Layout:
    """‖∇f‖₂ by step of each convex problem, each method at the best rate in each basis."""
    return _problems(
        result,
        "gradient_norm",
        "‖∇f‖₂",
        BEST,
        "The rate is tuned in each basis; a run stops at its tolerance of ‖∇f‖₂.",
        floor_words(result["gradient_norm"]),
    )


def by_epoch(
    statistics: RunStatistics,
    variable: str,
    title: str,
    *,
    up: str = "",
    across: str = "epoch",
    rate: str = CHOSEN,
) -> hv.Overlay:
    """Returns medians and bands by epoch of every method and basis.

    Args:
        statistics: of a result.
        variable: its name.
        title: of the panel.
        up: the label of the vertical axis; "" for the variable.
        across: that of the horizontal one.
        rate: `CHOSEN`, `BEST` or a number.
    """
    drawn = [each.floored() for each in statistics.by_epoch(variable, rate)]
    return panel(drawn, KEYS, title, across, up or variable.replace("_", " "), logy=True)


def diverged(statistics: RunStatistics, rate: str = CHOSEN) -> int:
    """Returns how many runs diverged; all of a method that has no rate."""
    keys = list(statistics.series_keys(rate))
    lines = int(statistics.planned.sum())
    return sum(key.diverged for key in keys) + statistics.n_trials * (lines - len(keys))


def _problems(result: xr.Dataset, variable: str, up: str, rate: str, *sentences: str) -> hv.Layout:
    """Returns a panel for each convex problem."""
    names = result["problem"].values.tolist()
    found = {name: statistics_of(result.sel(problem=name)) for name in names}
    panels = [
        by_epoch(each, variable, PROBLEMS[name], up=up, across="step", rate=rate)
        for name, each in found.items()
    ]
    lost = sum(diverged(each, rate) for each in found.values())
    return figure(panels, counted(result, lost), *sentences)
