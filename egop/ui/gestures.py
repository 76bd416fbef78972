"""The place of a gesture on a figure, as a browser reports it."""

from collections.abc import Callable
from typing import Any

from bokeh.events import Tap
from bokeh.plotting import figure

FARTHEST = 1e100
"""Coordinates beyond which no figure shows anything, and squares of which overflow."""


def place_of(event: Any, farthest: float = FARTHEST) -> tuple[float, float] | None:
    """The coordinates of a gesture; None where it was beside the figure or names no place.

    Args:
        event: of Bokeh, with x and y.
        farthest: the largest coordinate that is one.
    """
    if not all(
        isinstance(each, int | float) and abs(each) <= farthest for each in (event.x, event.y)
    ):
        return None
    return float(event.x), float(event.y)


def on_tap(fig: figure, act: Callable[[float, float], Any], farthest: float = FARTHEST) -> None:
    """Calls `act` with the coordinates of each tap on a figure."""

    def tapped(event: Any) -> None:
        place = place_of(event, farthest)
        if place is not None:
            act(*place)

    fig.on_event(Tap, tapped)
