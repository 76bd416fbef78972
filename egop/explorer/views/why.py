"""The tab "Why": a method's arrows at the playback step, and facts beside the theory."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from egop.explorer.step_diagnostics import StepDiagnostics, find_reasons, key_of
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.arrows import Arrows, Vectors, vectors_of
from egop.explorer.views.choice_tab import ChoiceTab
from egop.explorer.views.norms import Norms
from egop.explorer.views.why_words import STYLE, to_html
from egop.theme import label
from egop.ui.packing import Packet
from egop.ui.playback import Playback

ARROWS = "Gradient, momentum and step as arrows, and the preconditioner as an ellipse"
NO_METHOD = "Choose a method among the controls to look into it."


class Picture(NamedTuple):
    """The tab's data: the reasons, and the arrows by figure."""

    reasons: StepDiagnostics
    left: Vectors
    right: Vectors


class WhyTab(ChoiceTab[Picture]):
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
        self._playback = playback
        if playback is not None:
            playback.param.watch(lambda event: self._tell(), "step")
        self.left, self.right = Arrows(prefix, "left"), Arrows(prefix, "right")
        self.norms = Norms(prefix)
        figures = [
            (self.left.figure, "280px", ARROWS),
            (self.right.figure, "280px", ARROWS),
            (self.norms.figure, "220px", "Gradient norms"),
        ]
        columns = "minmax(0, 0.8fr) minmax(0, 0.8fr) minmax(0, 1.2fr) minmax(0, 1.6fr)"
        super().__init__(send, "Method to look into", figures, columns, STYLE)

    def options(self, shown: ComparisonResult) -> dict[str, str]:
        """The methods."""
        return {label(name): name for name in shown.methods}

    def refusal(self, shown: ComparisonResult) -> str:
        """The sentence that asks for a method."""
        return NO_METHOD

    def key_of(self, shown: ComparisonResult, name: str) -> tuple:
        """The plain values on which the reasons depend."""
        return key_of(shown, name)

    def work_of(self, shown: ComparisonResult, name: str) -> Iterator[Picture]:
        """The picture of one method."""
        reasons = find_reasons(shown, name)
        runs = zip((reasons.original, reasons.rotated), shown.planes, strict=True)
        yield Picture(reasons, *(vectors_of(run, plane.axes) for run, plane in runs))

    def pack(self, packet: Packet, shown: ComparisonResult, data: Picture) -> None:
        """The three figures."""
        reasons = data.reasons
        self.left.name("Original", shown.planes[0].names)
        self.right.name(shown.basis_title, shown.planes[1].names)
        self.left.pack(packet, data.left)
        self.right.pack(packet, data.right)
        self.norms.pack(packet, reasons.original, reasons.rotated, shown.scene.linear)

    def facts(self, shown: ComparisonResult, data: Picture) -> str:
        """The facts at the step at which playback stands."""
        return to_html(shown, data.reasons, 0 if self._playback is None else self._playback.step)

    def _tell(self) -> None:
        """Says the facts of another step."""
        shown, picture = self._shown, self._work.result
        if shown is not None and picture is not None and self._work.is_current:
            self._facts = self.facts(shown, picture)
            self._say()
