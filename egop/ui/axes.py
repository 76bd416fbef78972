"""Axes whose labels are written as people write numbers."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.models import Axis, FixedTicker, NoOverlap, PrintfTickFormatter, Range1d
from bokeh.plotting import figure

from egop.theme import number
from egop.ui.bundle import function_body

NUMBERS = Path(__file__).with_name("numbers.js")
"""The script that writes numbers as `egop.theme.number` does."""
POWER_TICKS = function_body(NUMBERS, "powerLabel(tick)")
"""Ticks of log₁₀ values as powers of ten."""
RATE_TICKS = function_body(NUMBERS, "rateLabel(tick)")
"""Ticks of log₁₀ rates: 0.01, 0.1, 1, 10 and powers beyond."""
EQUAL_SCALES = function_body(
    Path(__file__).with_name("square_window.js"), "fitSquare(fig, [0, 0, reach])"
)
"""Shows the square ±`reach` of the figure `fig`, with equal scales on both axes."""

MOST_LABELS = 5
"""The most labels of an axis that is labeled here."""


def style_tick_labels(fig: figure) -> None:
    """Writes the numbers on the axes small, and leaves out those that would touch another one."""
    fig.axis.major_label_text_font_size = "11px"
    for axis in fig.axis:
        axis.major_label_policy = NoOverlap(min_distance=8)


def label_decades(axis: Axis, low: float, high: float) -> None:
    """Labels powers of ten on an axis of log₁₀ values between two logarithms."""
    first, last = int(np.ceil(low)), int(np.floor(high))
    stride = max(1, int(np.ceil((last - first + 1) / MOST_LABELS)))
    powers = [power for power in range(first, last + 1) if power % stride == 0]
    _label(axis, {power: number(10.0**power) for power in powers})


def label_counts(axis: Axis, high: float) -> None:
    """Labels round numbers from 0 to `high` on a linear axis."""
    stride = next(
        digit * 10.0**power
        for power in range(9)
        for digit in (1, 2, 5)
        if high / (digit * 10.0**power) <= MOST_LABELS
    )
    _label(axis, {tick: f"{tick:,}" for tick in range(0, int(high) + 1, int(stride))})


def label_quarter_turn(axis: Axis) -> None:
    """Labels an axis of degrees from 0° to 90°."""
    axis.ticker = FixedTicker(ticks=list(range(0, 91, 15)))
    axis.formatter = PrintfTickFormatter(format="%d°")


def set_range(ends: Range1d, start: float, end: float) -> None:
    """Sets the ends of a range that are others now; Bokeh takes 0.4 ms to look at each, in vain."""
    if ends.start != start:
        ends.start = float(start)
    if ends.end != end:
        ends.end = float(end)


def fit_range(ends: Range1d, heights: Iterable[np.ndarray], room: float) -> float:
    """Fits a range to the finite ones of heights, and returns its upper end.

    Args:
        ends: the range.
        heights: arrays of any length.
        room: the share of their reach that is left at both ends.
    """
    seen = np.concatenate([np.empty(0), *(each[np.isfinite(each)] for each in heights)])
    low, high = (seen.min(), seen.max()) if seen.size else (-1.0, 1.0)
    margin = room * (high - low) or 1.0
    set_range(ends, low - margin, high + margin)
    return float(high + margin)


def _label(axis: Any, labels: dict[int, str]) -> None:
    axis.ticker = FixedTicker(ticks=list(labels))
    axis.major_label_overrides = labels
