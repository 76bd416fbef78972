"""The landscapes of a scene, with the premise and the legend above and a notice over them."""

from collections.abc import Callable
from html import escape
from typing import Any

from egop.explorer.handles import handles_of
from egop.explorer.pointer import NEAR, Handle, Pointer
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views import legend, premise
from egop.explorer.views.contours import Contours
from egop.explorer.views.notice import Notice
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import cell, dim, framed
from egop.ui.packing import Packet

LANDSCAPE = "Contours of f and the paths of the methods"


class SceneFigures:
    """The upper part of a scene's grid.

    Args:
        prefix: of the scene's sources.
        request: called after a handle was dragged.

    Attributes:
        shown: the comparison that was drawn last; None before the first one.
        dimmed: what is dimmed while a scene cannot be shown; others may be added.
    """

    def __init__(self, prefix: str, request: Callable[[], None]):
        self.contours, self.notice = Contours(prefix), Notice()
        styles = [premise.STYLE, *cell("1 / 1 / 2 / 3", "auto")]
        self.premise = HtmlPane(scrolls=False, margin=0, stylesheets=styles)
        styles = [legend.STYLE, *cell("2 / 1 / 3 / 3", "auto")]
        self.legend = HtmlPane(scrolls=False, margin=0, stylesheets=styles)
        self.shown: ComparisonResult | None = None
        both = self.contours.left, self.contours.right
        areas = "3 / 1 / 4 / 2", "3 / 2 / 4 / 3"
        self.dimmed: list[Any] = [
            framed(fig, area, "340px", LANDSCAPE) for fig, area in zip(both, areas, strict=True)
        ]
        self._pointers = [
            Pointer(fig, lambda side=side: self._handles(side), request)
            for side, fig in enumerate(both)
        ]

    @property
    def parts(self) -> list[Any]:
        """All that the grid shows of it, from top to bottom."""
        return [self.premise, self.legend, self.notice, *self.dimmed]

    @property
    def is_dragged(self) -> bool:
        """True while a handle is dragged."""
        return any(pointer.drags for pointer in self._pointers)

    def draw(self, packet: Packet, shown: ComparisonResult) -> None:
        """Draws a comparison; what moves with playback goes into the packet."""
        self.shown = shown
        self.premise.html = f"<p>{escape(premise.premise_of(shown), quote=False)}</p>"
        self.legend.html = legend.to_html(shown)
        handles = [[each.position for each in self._handles(side)[0][1:]] for side in (0, 1)]
        self.contours.draw(packet, shown, handles)

    def report(self, message: str, wrong: bool = True) -> None:
        """Shows a message over the figures, and that they are of an earlier scene; "" hides it.

        Args:
            message: one sentence.
            wrong: whether it says what is wrong; False: for what one waits.
        """
        self.notice.tell(message, "" if self.shown is None else self.shown.name, wrong)
        for view in self.dimmed:
            dim(view, bool(message))

    def _handles(self, side: int) -> tuple[list[Handle], float]:
        """The handles of a figure, and the distance from them within which a drag begins."""
        if self.shown is None:
            return [], 0.0
        return handles_of(self.shown, side), NEAR * self.shown.windows[side].half
