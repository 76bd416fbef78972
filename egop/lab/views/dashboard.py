"""Runs to look at: curves, spectra and weight paths that grow while they are trained."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import panel as pn

from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics, statistics_of
from egop.figures.series import CHOSEN, SeriesKey
from egop.lab.views.bases_table import bases_table
from egop.lab.views.claims_table import claims_table
from egop.lab.views.controls import Controls
from egop.lab.views.figures import Drawn, Figures
from egop.lab.views.html import PHONE, STYLE
from egop.lab.views.paper_figures import PaperFigures
from egop.lab.views.r_med import LayerChoice, layers_of
from egop.lab.views.rotations_table import rotations_table
from egop.lab.views.scales import METRICS, Metric
from egop.lab.views.sections import ALONE, CLOCK, GRID, PAGE, READABLE, Section
from egop.lab.views.selection import Selection
from egop.lab.views.summary import (
    headline,
    notes,
    numbers_table,
    sentences,
    sentences_html,
    without_rate,
)
from egop.ui.background import SETTLE, SWEEPS, Background
from egop.ui.document import current_page, hold
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import WIDE, show
from egop.ui.messages import alert
from egop.ui.packing import Packet
from egop.ui.playback import Channel, Playback
from egop.ui.widgets import fold

_NUMBERS = count()
PARTS = {
    "paths": ("plane", "path loss"),
    "spectra": ("eigenvalues", "density"),
    "moving spectra": ("moving spectra",),
    "R_med": ("R_med", "R_med by loss"),
}
"""The cards of the sections that are made when there is something to show."""
STYLES = {"moving spectra": (GRID, ALONE), "R_med": (GRID, READABLE)}
"""The styles of those that have others than the usual one."""


class Dashboard:
    """One run, or several over one another; `view` is the Panel object.

    It is shown datasets again and again while they grow; figures are made once and keep their
    place. Call everything here from the page's event loop.

    Args:
        titled: whether it names the runs and says how far they are.
    """

    def __init__(self, titled: bool = False):
        self._titled = titled
        prefix = f"lab{next(_NUMBERS)}"
        self.selection = Selection()
        self.runs: list[LabeledResult] = []
        self._statistics: list[RunStatistics] = []
        self._drawing = self._opened = False
        self.figures = Figures(prefix, self.pick, self.pick_rate, self._share)
        self._channel = Channel(prefix, self.figures.training.figure)
        self.playback = Playback(prefix=prefix, autoplay=False, stylesheets=[CLOCK])
        self.controls = Controls(self.selection)
        self._lay_out()
        self._claims: Background[str] = Background(self._receive, self._fail, SWEEPS)
        self._told: list[LabeledResult | tuple[str, str]] = []
        self.selection.param.watch(
            lambda *events: self._request(), [name for name in Selection.param if name != "name"]
        )
        self.playback.param.watch(lambda event: self._channel.confirm(event.new), "drawn")
        self._show_sections(dict.fromkeys(PARTS, False))
        self.head.html = headline([])

    def show(self, runs: Sequence[LabeledResult]) -> None:
        """Draws the runs, the first one strongest; the same datasets again cost nothing.

        Raises:
            ValueError: a dataset has neither curves nor a spectrum.
        """
        runs = list(runs)
        if runs == self.runs:
            return
        self._statistics = statistics_of(runs)
        self.runs = runs
        self._request()

    def set_dark(self, dark: bool) -> None:
        """Draws the landscape of the weights in the colors of the dark or the light theme."""
        self.figures.set_dark(dark)

    def _lay_out(self) -> None:
        self.head, self.words, self.numbers, self.rotations, self.claims, self.bases = (
            HtmlPane(stylesheets=[STYLE, PHONE], **WIDE) for _ in range(6)
        )
        self._rotations_fold = fold("Rotations that can matter", self.rotations)
        self.paper_figures = PaperFigures()
        curves = Section(*self.figures.cards.values())
        self._more = {name: Section(styles=STYLES.get(name, (GRID,))) for name in PARTS}
        self.layers = LayerChoice(self.selection)
        self.sections = {
            "controls": self.controls.view,
            "curves": curves.view,
            "words": pn.Column(
                self.words, fold("Numbers", self.numbers), self._rotations_fold, **WIDE
            ),
            "paths": self._more["paths"].view,
            "spectra": pn.Column(self._more["spectra"].view, fold("Bases", self.bases), **WIDE),
            "moving spectra": self._more["moving spectra"].view,
            "R_med": pn.Column(self.layers.view, self._more["R_med"].view, **WIDE),
            "paper figures": self.paper_figures.view,
            "claims": pn.Column(self.claims, sizing_mode="stretch_width", margin=(8, 0)),
            "clock": self.playback,
        }
        sections = self.head, *self.sections.values()
        self.view: Any = pn.Column(*sections, stylesheets=[PAGE], **WIDE)

    def pick(self, key: SeriesKey | None) -> None:
        """Highlights the method of a line that was tapped, everywhere."""
        if key is None:
            self.selection.clear()
        else:
            self.selection.press("method", key.method)

    def pick_rate(self, key: SeriesKey | None) -> None:
        """Looks at the rate and the method of a point that was tapped, everywhere."""
        if key is None:
            self.selection.clear()
        elif (self.selection.rate, self.selection.method) == (repr(key.rate), key.method):
            self.selection.param.update(rate=CHOSEN, method="")
        else:
            self.selection.param.update(rate=repr(key.rate), method=key.method)

    @property
    def n_epochs(self) -> int:
        """The number of epochs of the longest run, as far as they are shown."""
        return max((len(each.epochs) - 1 for each in self._statistics), default=1)

    @property
    def _labels(self) -> np.ndarray | None:
        """The epochs that the clock's steps stand for; None where they are the same."""
        longest = max(self._statistics, key=lambda each: len(each.epochs), default=None)
        return None if longest is None or longest.spacing == 1 else longest.epochs

    @property
    def metric(self) -> tuple[str, Metric]:
        """The measure beside the training loss: its name in datasets, and the rest."""
        names = self._measures()
        name = self.selection.measure if self.selection.measure in names else next(iter(names), "")
        return name or "training_loss", METRICS[name or "training_loss"]

    def _measures(self) -> list[str]:
        """Measures that at least one run has beside the training loss."""
        return [
            name
            for name in METRICS
            if name != "training_loss" and any(each.has(name) for each in self._statistics)
        ]

    def _share(self) -> float:
        """The place of the clock, from 0 to 1."""
        return min(1.0, self.playback.step / max(1, self.n_epochs))

    def _request(self) -> None:
        """Draws anew as soon as the browser has drawn the last picture."""
        if not self._drawing:
            self._channel.when_drawn(self._draw)

    def _draw(self) -> None:
        """Brings the runs and the selection to the page."""
        with hold():
            self._drawing = True
            try:
                self.controls.follow(self._statistics, self.runs, self._measures(), self.metric[0])
            finally:
                self._drawing = False
            packet = Packet(self.n_epochs, self._labels)
            name, _ = self.metric
            drawn = self.figures.pack(packet, self.runs, self._statistics, self.selection, name)
            self._tell(packet, drawn)
            self._channel.send(packet)
            parts = drawn.shares, drawn.spectra, drawn.moving, drawn.r_med is not None
            if drawn.r_med is not None:
                self.layers.follow(layers_of(self._statistics), drawn.r_med.layer)
            self._show_sections(dict(zip(PARTS, map(bool, parts), strict=True)))
        self._tell_claims()

    def _show_sections(self, parts: dict[str, bool]) -> None:
        curves = bool(self._statistics)
        shown = {
            **dict.fromkeys(("controls", "curves", "words", "clock"), curves),
            **parts,
            "paper figures": self.paper_figures.show(self.runs),
        }
        for name, visible in shown.items():
            if self.sections[name].visible != visible:
                show(self.sections[name], visible)
        for name, wanted in PARTS.items():
            cards = self.figures.cards
            if shown[name] and self._more[name].fill(*(cards[each] for each in wanted)):
                self._draw_again()
        if curves and not self._opened:
            self._opened, self.playback.step = True, self.n_epochs

    def _draw_again(self) -> None:
        """Draws once more when the browser has built figures that came later.

        It hands them what the clock moves only then: a change while it builds them would fail.
        """
        page = current_page()
        if page.waits:
            page.call(self._request, after=SETTLE)

    def _tell(self, packet: Packet, drawn: Drawn) -> None:
        """All words, on the page and for screen readers."""
        measure, metric = self.metric
        curves = drawn.training, drawn.measured
        said = sentences(self.runs, self._statistics, *curves, measure)
        said += without_rate(self.runs, self._statistics, drawn.training)
        text = " ".join(each for _, each in said)
        packet.say(unit="epoch", opens="end", words=text)
        self.head.html = headline(self.runs) if self._titled or not self.runs else notes(self.runs)
        self.words.html = sentences_html(said, self._statistics)
        self.numbers.html = numbers_table(self.runs, *curves, metric)
        self.bases.html = bases_table(drawn.spectra, self.runs)
        self.rotations.html = rotations_table(self.runs, self._statistics)
        self._rotations_fold.visible = bool(self.rotations.html)
        self.figures.say(drawn, self.runs, metric, text)

    def _tell_claims(self) -> None:
        """The claims, off the event loop, when what they are decided by changes."""
        told = [run if run.finished else (run.label, run.experiment) for run in self.runs]
        if told != self._told:
            self._told, runs = told, list(self.runs)
            self._claims.start(lambda: iter([claims_table(runs)]))

    def _receive(self, claims: str) -> None:
        self.claims.html = claims

    def _fail(self, sentence: str) -> None:
        self.claims.html = alert(sentence)
