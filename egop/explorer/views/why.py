"""The tab "Why": a method's arrows at the playback step, and facts beside the theory."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, NamedTuple

import panel as pn

from egop.explorer.step_diagnostics import StepDiagnostics, find_reasons, key_of
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.arrows import Arrows, Vectors, vectors_of
from egop.explorer.views.norms import Norms
from egop.explorer.views.why_words import STYLE, to_html
from egop.sentences import as_sentence
from egop.theme import label
from egop.ui.background import Background
from egop.ui.fields import Fields, choice
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.packing import Packet

ARROWS = "Gradient, momentum and step as arrows, and the preconditioner as an ellipse"
COMPUTING = "computing…"
NO_METHOD = "Choose a method among the controls to look into it."


class Picture(NamedTuple):
    """The tab's data: the comparison they come from, the reasons, and the arrows by figure."""

    shown: ComparisonResult
    reasons: StepDiagnostics
    left: Vectors
    right: Vectors


class WhyTab:
    """Arrows and ellipse in both coordinate systems, gradient norms, and the theory's numbers.

    Args:
        prefix: names of the sources begin with it.
        send: sends a packet to the page.
    """

    title = "Why"

    def __init__(self, prefix: str, send: Callable[[Packet], None]):
        self._send = send
        self._shown: ComparisonResult | None = None
        self.picture: Picture | None = None
        self._key: tuple | None = None
        self._packet: Packet | None = None
        self._background: Background[Picture] = Background(
            self._receive, self._fail, wait=self._say_waiting
        )
        self.left = Arrows(prefix, "left", "Original", ("x₁", "x₂"))
        self.right = Arrows(prefix, "right", "EGOP", ("z₁", "z₂"))
        self.norms = Norms(prefix)
        rows = [choice("method", "Method to look into", {}, inline=True)]
        self.fields = Fields(rows, {"method": ""}, self._set)
        self.busy = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False)
        self.message = text_pane(STYLE)
        self.view = row(
            framed(self.left.figure, "auto", "280px", ARROWS),
            framed(self.right.figure, "auto", "280px", ARROWS),
            framed(self.norms.figure, "auto", "220px", "Gradient norms"),
            column(self.fields, self.busy, self.message),
            columns="minmax(0, 0.8fr) minmax(0, 0.8fr) minmax(0, 1.2fr) minmax(0, 1.6fr)",
        )
        self.view.min_height = 60  # or Panel adds up those of the columns

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the chosen method; what has changed is looked into off the event loop."""
        self._shown = shown
        options = {label(name): name for name in shown.methods}
        if not options:
            self.hide()
            self._key = None
            self._say(NO_METHOD)
            return
        self._packet = packet
        kept = self.method if self.method in shown.methods else next(iter(shown.methods))
        self.fields.show(**{"method": kept, "method:options": options})
        self._ask()
        self._packet = None

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._background.cancel()
        if self.busy.visible:
            self._key = None

    @property
    def method(self) -> str:
        """The one that is looked into."""
        return self.fields.values["method"]

    def _set(self, name: str, value: Any) -> None:
        self.fields.show(**{name: value})
        if self._shown is not None and value in self._shown.methods:
            self._ask()

    def _ask(self) -> None:
        shown, method = self._shown, self.method
        assert shown is not None
        key = key_of(shown, method)
        if key != self._key:
            self._key = key
            self._say(COMPUTING)
            self._background.start(lambda: work_of(shown, method))
        elif self.picture is not None and not self.busy.visible:
            self._draw(self.picture._replace(shown=shown))

    def _receive(self, picture: Picture) -> None:
        self.picture = picture
        self._say("")
        self._draw(picture)

    def _say_waiting(self, sentence: str) -> None:
        """Says that the picture is to wait, unless it is drawn."""
        if self.busy.visible:
            self._say(sentence)

    def _fail(self, sentence: str) -> None:
        self._say(as_sentence(sentence), role="alert")

    def _say(self, sentence: str, role: str = "status") -> None:
        self.busy.object = f'<div role="{role}">{escape(sentence)}</div>'
        self.busy.visible = bool(sentence)

    def _draw(self, picture: Picture) -> None:
        """Into the packet of the update at hand, or into one of its own."""
        shown, reasons = picture.shown, picture.reasons
        packet = self._packet or Packet(len(shown.schedule))
        basis, in_two = shown.basis_name, shown.objective.dim == 2
        scene = shown.scene
        axes = (scene.first_axis, scene.second_axis)
        names = ("x₁", "x₂") if in_two else (f"x{axes[0]}", f"x{axes[1]}")
        self.left.name("Original", names)
        self.right.name(f"{basis[:1].upper()}{basis[1:]}", ("z₁", "z₂"))
        self.left.pack(packet, picture.left)
        self.right.pack(packet, picture.right)
        self.norms.pack(packet, reasons.original, reasons.rotated, scene.linear)
        self.message.object = to_html(shown, reasons)
        if self._packet is None:
            self._send(packet)


def work_of(shown: ComparisonResult, method: str) -> Iterator[Picture]:
    """The picture of one method, made elsewhere."""
    reasons = find_reasons(shown, method)
    left = vectors_of(reasons.original, reasons.axes[0])
    yield Picture(shown, reasons, left, vectors_of(reasons.rotated, reasons.axes[1]))
