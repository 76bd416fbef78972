"""Vertical axes: losses on a log axis, accuracies on one of their error, whole decades."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from egop.figures.series import FLOOR
from egop.theme import number
from egop.ui.axes import NUMBERS
from egop.ui.bundle import function_body

LEAST_ERROR = 5e-4
"""Accuracies above 99.95 % are drawn there."""
SHARES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)
"""Accuracies that are labelled."""


class Scale(NamedTuple):
    """The placing of a kind of number on an axis.

    Attributes:
        place: from numbers to places on the axis, ascending.
        ends: from the places of the lowest and the highest number to those of the axis.
        ticks: from the ends to labels by place.
        script: writes the number at a place.
    """

    place: Callable[[Any], np.ndarray]
    ends: Callable[[float, float], tuple[float, float]]
    ticks: Callable[[float, float], dict[float, str]]
    script: str


class Metric(NamedTuple):
    """Something that is measured by epoch.

    Attributes:
        title: of its figure.
        short: in sentences.
        scale: of its axis.
        write: from a number to words.
    """

    title: str
    short: str
    scale: Scale
    write: Callable[[float], str] = number


def percent(share: float) -> str:
    """0.9625 as 96.2 %."""
    return "undefined" if np.isnan(share) else f"{number(100 * share, 3)} %"


def _log(values: Any) -> np.ndarray:
    return np.log10(np.maximum(values, FLOOR))


def _decades(low: float, high: float) -> tuple[float, float]:
    """Up to 1, 2 or 5 times a power of ten; down to such a number, or a whole decade."""
    top = _ones(high, up=True)
    bottom = _ones(low, up=False)
    if top - bottom > 1:
        bottom = float(np.floor(low + 1e-9))
    return (bottom, top) if top > bottom else (bottom - 0.3, top)


def _ones(place: float, up: bool) -> float:
    """The next 1, 2 or 5 times a power of ten, as a logarithm."""
    whole = float(np.floor(place))
    steps = whole + np.log10([1.0, 2.0, 5.0, 10.0])
    if up:
        return float(steps[steps >= place - 1e-9].min())
    return float(steps[steps <= place + 1e-9].max())


def _powers(low: float, high: float) -> dict[float, str]:
    factors = (1, 2, 5) if high - low < 1.6 else (1,)
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    stride = max(1, int(np.ceil((high - low) / 6)))
    found = {
        power + float(np.log10(factor)): number(factor * 10.0**power)
        for power in powers
        if power % stride == 0
        for factor in factors
    }
    return {at: text for at, text in found.items() if low - 1e-9 <= at <= high + 1e-9}


def _error(values: Any) -> np.ndarray:
    return np.log10(1 / np.maximum(1 - np.asarray(values, dtype=float), LEAST_ERROR))


def _accurate(low: float, high: float) -> tuple[float, float]:
    marks = _error(SHARES)
    return 0.0, float(marks[marks >= high - 1e-9].min(initial=marks[-1]))


def _percents(low: float, high: float) -> dict[float, str]:
    marks = dict(zip(_error(SHARES).tolist(), SHARES, strict=True))
    return {at: f"{100 * s:g} %" for at, s in marks.items() if low - 1e-9 <= at <= high + 1e-9}


LOG = Scale(_log, _decades, _powers, function_body(NUMBERS, "formatNumber(10 ** value, 3)"))
ACCURACY = Scale(
    _error,
    _accurate,
    _percents,
    function_body(NUMBERS, "formatNumber(100 - 100 * 10 ** -value, 3) + ' %'"),
)


METRICS = {
    "training_loss": Metric("Training loss", "training loss", LOG),
    "validation_accuracy": Metric("Validation accuracy", "validation accuracy", ACCURACY, percent),
    "test_accuracy": Metric("Test accuracy", "test accuracy", ACCURACY, percent),
    "validation_loss": Metric("Validation loss", "validation loss", LOG),
    "test_loss": Metric("Test loss", "test loss", LOG),
    "gradient_norm": Metric("Gradient norm ‖∇f‖₂", "gradient norm", LOG),
}
"""Measures that can be looked at, in the order in which it is offered."""


def extremes(*places: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest finite number; NaN of none."""
    ends = [(each.min(), each.max()) for each in (p[np.isfinite(p)] for p in places) if each.size]
    if not ends:
        return np.nan, np.nan
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))
