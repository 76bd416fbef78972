"""Numbers that are typed: coordinates, a range and a number within bounds, or one sentence."""

from typing import Any

import numpy as np

from egop.bounds import SHOWN, shown
from egop.theme import number

LONGEST = 200
"""Characters of coordinates."""
FLOATS = 1e308
"""Below it whole numbers are floats."""


def read_point(text: str) -> tuple[float, ...]:
    """Two coordinates typed as "60, 80".

    Raises:
        ValueError: not two finite numbers.
    """
    text = text if isinstance(text, str) else shown(text)
    parts = text[:LONGEST].replace(";", ",").replace("(", "").replace(")", "").split(",")
    if len(parts) == 1:
        parts = parts[0].split()
    try:
        point = tuple(float(part.replace("−", "-")) for part in parts)
    except ValueError:
        point = ()
    if len(text) > LONGEST or len(point) != 2 or not np.isfinite(point).all():
        raise ValueError(f"A point takes 2 numbers such as 60, 80; got “{_short(text)}”.")
    return point


def read_window(window: Any) -> tuple[float, float]:
    """The ends of a range: two numbers, or a text such as "-500, 500".

    Raises:
        ValueError: not two finite numbers, the smaller first.
    """
    try:
        low, high = read_point(window) if isinstance(window, str) else map(float, window)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not (low < high and np.isfinite([low, high]).all()):
        raise ValueError(
            "A window takes two numbers, the smaller one first, such as −500, 500; got "
            f"“{_short(window)}”."
        )
    return low, high


def read_number(what: str, value: Any, bounds: tuple[float, float]) -> float:
    """A number within bounds.

    Raises:
        ValueError: none, or another one.
    """
    low, high = bounds
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        got = f"{float(value):g}" if is_number and abs(value) < FLOATS else _short(value)
        raise ValueError(
            f"{what} takes a number from {number(low, 4)} to {number(high, 4)}; got “{got}”."
        )
    return float(value)


def _short(value: Any) -> str:
    """The typed text, as a sentence repeats it."""
    return value.strip()[:SHOWN] if isinstance(value, str) else shown(value)
