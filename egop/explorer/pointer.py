"""The start is dragged, clicked or tapped on either figure; the last of many events wins."""

from collections.abc import Callable

import numpy as np
from bokeh.events import Pan, PanEnd, PanStart, Tap
from bokeh.plotting import figure

NEAR = 0.15
"""How close to the start a drag must begin to move it, as a share of the window's half."""


class Pointer:
    """Turns a figure's gestures into points in the figure's coordinates.

    Args:
        fig: whose gestures are read.
        position: where the dragged thing is now, (2,), and how close is close.
        move: called with each new position, (2,).
    """

    def __init__(
        self,
        fig: figure,
        position: Callable[[], tuple[np.ndarray, float]],
        move: Callable[[np.ndarray], None],
    ):
        self._position, self._move = position, move
        self._held = False
        fig.on_event(Tap, self._tap)
        fig.on_event(PanStart, self._grab)
        fig.on_event(Pan, self._drag)
        fig.on_event(PanEnd, self._release)

    def _tap(self, event) -> None:
        self._go(event)

    def _grab(self, event) -> None:
        point, near = self._position()
        # A Pan event comes with the offset at which the gesture was recognized, so be generous.
        self._held = event.x is not None and bool(
            np.hypot(event.x - point[0], event.y - point[1]) < near
        )

    def _drag(self, event) -> None:
        if self._held:
            self._go(event)

    def _release(self, event) -> None:
        self._held = False

    def _go(self, event) -> None:
        if event.x is not None and event.y is not None:
            self._move(np.array([event.x, event.y], dtype=float))
