"""Handles on a figure that can be dragged: the start, ρ's mean and the ends of its axes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bokeh.events import Pan, PanEnd, PanStart, Tap
from bokeh.plotting import figure

from egop.explorer.compute import DEVIATIONS
from egop.ui.gestures import place_of

NEAR = 0.12
"""Distance from a handle within which a drag moves it, as a share of the window's half.

A pan gesture is recognized some pixels after it began, so this is generous."""


@dataclass(frozen=True)
class Handle:
    """Something that a drag moves.

    Attributes:
        position: (2,) in the figure's coordinates.
        move: called with each new position, (2,).
    """

    position: np.ndarray
    move: Callable[[np.ndarray], None]


class Pointer:
    """Turns a figure's gestures into moves of the nearest handle; a tap moves the first one.

    Args:
        fig: whose gestures are read.
        handles: gives what can be moved now, and how near is near.
        let_go: called when a handle that was dragged is let go.
    """

    def __init__(
        self,
        fig: figure,
        handles: Callable[[], tuple[list[Handle], float]],
        let_go: Callable[[], None] = lambda: None,
    ):
        self._handles, self._let_go = handles, let_go
        self._held: Callable[[np.ndarray], None] | None = None
        fig.on_event(Tap, self._tap)
        fig.on_event(PanStart, self._grab)
        fig.on_event(Pan, self._drag)
        fig.on_event(PanEnd, self._release)

    @property
    def drags(self) -> bool:
        """True while a handle is being dragged."""
        return self._held is not None

    def _tap(self, event) -> None:
        point, (handles, _) = _point(event), self._handles()
        if point is not None and handles:
            handles[0].move(point)

    def _grab(self, event) -> None:
        point, (handles, near) = _point(event), self._handles()
        self._held = None
        if point is None or not handles:
            return
        away = [float(np.linalg.norm(each.position - point)) for each in handles]
        if min(away) < near:
            self._held = handles[int(np.argmin(away))].move

    def _drag(self, event) -> None:
        point = _point(event)
        if self._held is not None and point is not None:
            self._held(point)

    def _release(self, event) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._let_go()


def _point(event) -> np.ndarray | None:
    place = place_of(event)
    return None if place is None else np.array(place)


def stretch(
    lengths: tuple[float, float], pulled: int, arm: np.ndarray
) -> tuple[float, float, float]:
    """Width, elongation and tilt of an ellipse after one end of an axis was pulled.

    Args:
        lengths: of the longer and the shorter half axis, at `DEVIATIONS`.
        pulled: 0 for the longer one, 1 for the shorter one.
        arm: (2,) from the mean to the end.

    Returns:
        c, the ratio of the axes (≥ 1) and the longer axis's tilt in degrees, in (−90, 90].
    """
    halves = list(lengths)
    halves[pulled] = float(np.linalg.norm(arm))
    tilt = tilt_of(arm, pulled)
    if halves[1] > halves[0]:
        halves.reverse()
        tilt = tilt_of(arm, 1 - pulled)
    long, short = halves
    return np.sqrt(long * short) / DEVIATIONS, long / short, tilt


def tilt_of(arm: np.ndarray, axis: int) -> float:
    """The longer axis's tilt in degrees, in (−90, 90], where an axis lies along an arm (2,).

    Args:
        arm: from the mean to the axis's end.
        axis: 0 for the longer one, 1 for the shorter one.
    """
    angle = np.degrees(np.arctan2(arm[1], arm[0])) - 90.0 * axis
    return float(90.0 - (90.0 - angle) % 180.0)
