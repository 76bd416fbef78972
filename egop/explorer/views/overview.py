"""The first tab: the spectrum, the objective by step, and the verdict in words."""

from collections.abc import Callable, Iterator
from html import escape

from egop import metrics
from egop.analysis.sample_adequacy import RULE
from egop.analysis.verdict import Verdict
from egop.explorer.glossary import TERMS, explained
from egop.explorer.tabs import ComparisonResult
from egop.explorer.verdict_inputs import can_be_thorough, verdict_of
from egop.explorer.views.method_sentences import SENTENCES, list_by_method
from egop.explorer.views.spectrum_live import LiveSpectrum
from egop.explorer.views.values import Values
from egop.sentences import fill
from egop.theme import number
from egop.ui.background import Background
from egop.ui.figure_text import describe
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import cell, framed, row
from egop.ui.packing import Packet
from egop.ui.sending import PacketSender


class Overview:
    """Spectrum, values and verdict.

    Args:
        prefix: names of the sources begin with it.
        send: sends a packet to the page.
    """

    title = "Spectrum and value"

    def __init__(self, prefix: str, send: Callable[[Packet], None]):
        self._sender = PacketSender(send)
        self.spectrum, self.values = LiveSpectrum(prefix), Values(prefix)
        self._check: Background[ComparisonResult] = Background(self._say, lambda _: None)
        self._sentences = HtmlPane(
            label="Verdict",
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[SENTENCES, *cell("auto", "auto")],
        )
        self.view = row(
            self.spectrum.view,
            framed(self.values.figure, "auto", "260px", "All runs"),
            self._sentences,
            columns="minmax(190px, 1fr) 1.55fr 1.95fr",
        )

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the comparison."""
        self.spectrum.show(shown, packet)
        self.values.pack(packet, shown)
        self._check.cancel()
        with self._sender.within(packet):
            thorough = can_be_thorough(shown)
            self._say(shown, thorough)
            if not thorough:
                self._check.start(lambda: compare_with_nearby(shown))

    def hide(self) -> None:
        """The samples stop streaming, and no verdict follows."""
        self.spectrum.hide()
        self._check.cancel()

    def _say(self, shown: ComparisonResult, thorough: bool = True) -> None:
        """One verdict for all: the sentences that are seen, spoken, and read of the figure."""
        verdict, remark = verdict_of(shown, thorough), "" if thorough else fill("not checked")
        words = f"{verdict.text} {remark}".rstrip()
        self._sentences.html = to_html(verdict, facts(shown), remark)
        describe(self.values.figure, words)
        with self._sender.packet(len(shown.schedule)) as packet:
            packet.say(words=words)


def compare_with_nearby(shown: ComparisonResult) -> Iterator[ComparisonResult]:
    """Computes the thorough verdict on a comparison, which takes longer than a frame."""
    verdict_of(shown)
    yield shown


def facts(shown: ComparisonResult) -> list[tuple[str, str, str]]:
    """Facts about the spectrum: (name, value, explanation)."""
    band, basis = shown.estimate.band, shown.estimate.basis
    adequacy = shown.estimate.adequacy
    error = f"{number(adequacy.angle_degrees)}°" if adequacy.angle_degrees < 90 else "unknown"
    return [
        ("stable rank", number(metrics.stable_rank(band.eigenvalues), 3), TERMS["sr"]),
        ("density β₁", number(metrics.density(basis.eigenvectors)[0], 3), TERMS["β"]),
        ("λ₁/λ₂", number(metrics.spectral_gap(band.eigenvalues), 3), TERMS["gap"]),
        ("error of v₁", error, f"{adequacy.sentence} {RULE}"),
    ]


def to_html(verdict: Verdict, figures: list[tuple[str, str, str]], remark: str = "") -> str:
    """The verdict, each method behind its color, a remark, and figures with explanations."""
    cells = "".join(
        f"<div><dt>{explained(what, why)}</dt><dd>{escape(value)}</dd></div>"
        for what, value, why in figures
    )
    told = list_by_method((each.method, each.sentence) for each in verdict.methods)
    note, *after = (
        f"<p>{escape(each)}</p>" if each else "" for each in (verdict.note, verdict.theory, remark)
    )
    return f"<h4>{escape(verdict.headline)}</h4>{note}{told}<dl>{cells}</dl>{''.join(after)}"
