"""The tab "Why": a method's arrows at the playback step, and facts beside the theory."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from egop.explorer.step_diagnostics import StepDiagnostics, find_reasons, key_of
from egop.explorer.tab_work import TabWork, dim_pictures
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.arrows import Arrows, Vectors, vectors_of
from egop.explorer.views.norms import Norms
from egop.explorer.views.why_words import STYLE, to_html
from egop.theme import label
from egop.ui.background import SCENES
from egop.ui.fields import Fields, choice
from egop.ui.layout import column, framed, row, text_pane
from egop.ui.messages import status
from egop.ui.packing import Packet
from egop.ui.playback import Playback

ARROWS = "Gradient, momentum and step as arrows, and the preconditioner as an ellipse"
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
        playback: at whose step the facts are, once it stands; None: at the start.
    """

    title = "Why"

    def __init__(
        self, prefix: str, send: Callable[[Packet], None], playback: Playback | None = None
    ):
        self._send, self._playback = send, playback
        if playback is not None:
            playback.param.watch(lambda event: self._tell(), "step")
        self._shown: ComparisonResult | None = None
        self._packet: Packet | None = None
        self._facts = ""
        self._work: TabWork[Picture] = TabWork(self._draw, self._say, lambda _: 1.0, SCENES)
        self.left, self.right = Arrows(prefix, "left"), Arrows(prefix, "right")
        self.norms = Norms(prefix)
        rows = [choice("method", "Method to look into", {}, inline=True)]
        self.fields = Fields(rows, {"method": ""}, self._set)
        self.message = text_pane(STYLE)
        self.view = row(
            framed(self.left.figure, "auto", "280px", ARROWS),
            framed(self.right.figure, "auto", "280px", ARROWS),
            framed(self.norms.figure, "auto", "220px", "Gradient norms"),
            column(self.fields, self.message),
            columns="minmax(0, 0.8fr) minmax(0, 0.8fr) minmax(0, 1.2fr) minmax(0, 1.6fr)",
        )
        self.view.min_height = 60  # or Panel adds up those of the columns

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the chosen method; what has changed is looked into off the event loop."""
        self._shown = shown
        options = {label(name): name for name in shown.methods}
        if not options:
            self._facts = ""
            self._work.refuse(status(NO_METHOD))
            return
        self._packet = packet
        kept = self.method if self.method in shown.methods else next(iter(shown.methods))
        self.fields.show(**{"method": kept, "method:options": options})
        self._ask()
        self._packet = None

    def hide(self) -> None:
        """Stops unfinished work; it begins again when the tab opens."""
        self._work.leave()

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
        begun = self._work.ask(key_of(shown, method), lambda: work_of(shown, method))
        picture = self._work.result
        if not begun and self._work.is_current and picture is not None:
            self._draw(picture._replace(shown=shown))
            self._say()

    def _say(self) -> None:
        """Words about the work over the facts."""
        dim_pictures(self.view, self._work)
        progress = self._work.progress
        above = self._work.message or (status(progress) if progress else "")
        self.message.object = above + self._facts

    def _tell(self) -> None:
        """Says the facts of the step at which playback stands."""
        picture = self._work.result
        if picture is not None and self._facts:
            self._write_facts(picture)
            self._say()

    def _write_facts(self, picture: Picture) -> None:
        step = 0 if self._playback is None else self._playback.step
        self._facts = to_html(picture.shown, picture.reasons, step)

    def _draw(self, picture: Picture) -> None:
        """Into the packet of the update at hand, or into one of its own."""
        shown, reasons = picture.shown, picture.reasons
        packet = self._packet or Packet(len(shown.schedule))
        basis = shown.basis_name
        self.left.name("Original", shown.planes[0].names)
        self.right.name(f"{basis[:1].upper()}{basis[1:]}", shown.planes[1].names)
        self.left.pack(packet, picture.left)
        self.right.pack(packet, picture.right)
        self.norms.pack(packet, reasons.original, reasons.rotated, shown.scene.linear)
        self._write_facts(picture)
        if self._packet is None:
            self._send(packet)


def work_of(shown: ComparisonResult, method: str) -> Iterator[Picture]:
    """The picture of one method, made elsewhere."""
    reasons = find_reasons(shown, method)
    runs = zip((reasons.original, reasons.rotated), shown.planes, strict=True)
    yield Picture(shown, reasons, *(vectors_of(run, plane.axes) for run, plane in runs))
