"""Vertical axes: losses on a log axis, accuracies on one of their error, whole decades."""

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import CustomJSHover, FixedTicker, Range1d
from bokeh.plotting import figure

from egop.figures.series import FLOOR
from egop.theme import number
from egop.ui.axes import NUMBERS, set_range
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
    """

    place: Callable[[Any], np.ndarray]
    ends: Callable[[float, float], tuple[float, float]]
    ticks: Callable[[float, float], dict[float, str]]


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


WRITTEN_LOSS = function_body(NUMBERS, "formatNumber(10 ** value, 3)")
WRITTEN_SHARE = function_body(NUMBERS, "formatNumber(100 - 100 * 10 ** -value, 3) + ' %'")
"""Scripts that write the number at a place on the axis."""

LOG = Scale(_log, _decades, _powers)
ACCURACY = Scale(_error, _accurate, _percents)


def hover(scale: Scale) -> CustomJSHover:
    """Text of a tooltip for a place on the axis."""
    return CustomJSHover(code=hover_code(scale))


def hover_code(scale: Scale) -> str:
    """JavaScript of `hover`, to be changed in place: a new model costs as a new ticker does."""
    return WRITTEN_LOSS if scale is LOG else WRITTEN_SHARE


METRICS = {
    "training_loss": Metric("Training loss", "training loss", LOG),
    "validation_accuracy": Metric("Validation accuracy", "validation accuracy", ACCURACY, percent),
    "test_accuracy": Metric("Test accuracy", "test accuracy", ACCURACY, percent),
    "validation_loss": Metric("Validation loss", "validation loss", LOG),
    "gradient_norm": Metric("Gradient norm ‖∇f‖₂", "gradient norm", LOG),
}
"""Measures that can be looked at, in the order in which it is offered."""


class Height:
    """The vertical axis of a figure: it only grows while the same thing is shown.

    Its ticker is made once: for a new one Bokeh would go through all models of the page, 0.2 s in
    which the server answers nobody.
    """

    def __init__(self, fig: figure):
        self._range, self._ticker = Range1d(0, 1), FixedTicker()
        axis: Any = fig.yaxis[0]
        fig.y_range, axis.ticker = self._range, self._ticker
        self._axis = axis
        self._key: Hashable = None
        self._ends: tuple[float, float] | None = None

    def show(self, key: Hashable, scale: Scale, low: float, high: float) -> tuple[float, float]:
        """Holds numbers placed from `low` to `high`; the ends of the axis.

        Args:
            key: of what is shown; another one may make the axis shorter.
            scale: of the numbers.
            low: the lowest place; NaN where nothing is known.
            high: the highest.
        """
        known = self._ends if key == self._key else None
        if not np.isfinite([low, high]).all():
            low, high = known or (-1.0, 0.0)
        ends = scale.ends(low, high)
        if known is not None:
            ends = min(ends[0], known[0]), max(ends[1], known[1])
        if (key, ends) == (self._key, self._ends):
            return ends
        self._key, self._ends = key, ends
        room = 0.03 * (ends[1] - ends[0])
        set_range(self._range, ends[0] - room, ends[1] + room)
        labels = scale.ticks(*ends)
        self._ticker.ticks = list(labels)
        self._axis.major_label_overrides = labels
        return ends


def extremes(*places: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest finite number; NaN of none."""
    ends = [(each.min(), each.max()) for each in (p[np.isfinite(p)] for p in places) if each.size]
    if not ends:
        return np.nan, np.nan
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))
