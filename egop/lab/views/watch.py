"""Runs to look at: curves, spectra and weight paths that grow while they are trained."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import count
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop.explorer.background import Background
from egop.explorer.packing import Packet
from egop.explorer.playback import Channel, Playback
from egop.explorer.views.words import Words
from egop.lab.views.by_rate import RateCurves
from egop.lab.views.choice import BEST, CHOSEN, Choice
from egop.lab.views.curves import EpochCurves
from egop.lab.views.drawn import Ending, Export, exported, pictures_html
from egop.lab.views.key import Key
from egop.lab.views.medians import Kind, Line, Table, prepare, tables
from egop.lab.views.paths import Paths
from egop.lab.views.scales import METRICS, Metric
from egop.lab.views.sections import CLOCK, PAGE, PICTURES, Card, say_cards, say_spectra, section
from egop.lab.views.spectra import Spectra, Spectrum, spectra_of
from egop.lab.views.summary import (
    headline,
    notes,
    numbers_table,
    sentences,
    sentences_html,
)
from egop.lab.views.table import claims_table
from egop.lab.views.texts import STYLE
from egop.lab.views.watched import Watched
from egop.theme import number

__all__ = ["Export", "Watch", "Watched", "prepare"]

_NUMBERS = count()
RATES = {"best in original coordinates": CHOSEN, "best in each basis": BEST}
"""Which rates can be looked at besides given ones."""


class Watch:
    """One run, or several over one another; `view` is the Panel object.

    It is shown datasets again and again while they grow; figures are made once and keep their
    place. Call everything here from the page's event loop.

    Args:
        titled: whether it names the runs and says how far they are.
    """

    def __init__(self, titled: bool = False):
        self._titled = titled
        prefix = f"lab{next(_NUMBERS)}"
        self.choice = Choice()
        self.runs: list[Watched] = []
        self._tables: list[Table] = []
        self._drawing = self._opened = False
        self._make_figures(prefix)
        self._channel = Channel(prefix, self.training.figure)
        self.playback = Playback(prefix=prefix, autoplay=False, stylesheets=[CLOCK])
        self._make_controls()
        self._lay_out()
        self._slow: Background[tuple[str, str]] = Background(self._receive, self._fail)
        self._told: tuple = ()
        self.choice.param.watch(lambda *events: self._request(), list(Choice.param)[1:])
        self.playback.param.watch(lambda event: self._channel.confirm(event.new), "drawn")
        self._show_sections(paths=False, spectra=False)
        put(self.head, headline([]))

    def show(self, runs: Sequence[Watched]) -> None:
        """Draws the runs, the first one strongest; the same datasets again cost nothing.

        Raises:
            ValueError: a dataset has neither curves nor a spectrum.
        """
        runs = list(runs)
        known = [(run.label, run.dataset) for run in self.runs]
        if len(runs) == len(known) and all(
            run.label == label and run.dataset is dataset
            for run, (label, dataset) in zip(runs, known, strict=True)
        ):
            return
        self._tables = tables(runs)
        self.runs = runs
        self._request()

    def set_dark(self, dark: bool) -> None:
        """Draws the landscape of the weights in the colors of the dark or the light theme."""
        self.paths.set_dark(dark)

    def export(self, kind: Ending) -> Export:
        """The paper's figures of the runs as one file; several figures in a zip.

        It takes a second or more; it may be called from another thread.

        Raises:
            ValueError: nothing is shown, or a run is not finished.
        """
        return exported(list(self.runs), kind)

    def _make_figures(self, prefix: str) -> None:
        self.training = EpochCurves(prefix, "training", self.pick)
        self.measured = EpochCurves(prefix, "measured", self.pick)
        self.training_by_rate, self.measured_by_rate = (
            RateCurves(prefix, name, self.pick_rate, self._share)
            for name in ("training-by-rate", "measured-by-rate")
        )
        self.spectra = Spectra(prefix)
        self.paths = Paths(prefix, self.pick)
        figures = {
            "training": self.training.figure,
            "measured": self.measured.figure,
            "training by rate": self.training_by_rate.figure,
            "measured by rate": self.measured_by_rate.figure,
            "plane": self.paths.plane,
            "path loss": self.paths.loss.figure,
            "eigenvalues": self.spectra.values,
            "density": self.spectra.density,
        }
        self.cards = {name: Card(figure) for name, figure in figures.items()}

    def _make_controls(self) -> None:
        self.key = Key(self.choice.press, margin=0)
        self.rate = pmui.Select(
            label="Learning rate", options=RATES, value=CHOSEN, size="small", width=260,
            margin=(6, 10, 6, 0),
        )  # fmt: skip
        self.measure = pmui.Select(
            label="Beside the training loss", options={}, size="small", width=210,
            margin=(6, 10, 6, 0),
        )  # fmt: skip
        self.rate.param.watch(lambda event: setattr(self.choice, "rate", event.new), "value")
        self.measure.param.watch(
            lambda event: setattr(self.choice, "measure", event.new or ""), "value"
        )

    def _lay_out(self) -> None:
        self.head, self.words, self.numbers, self.claims, self.pictures = (
            Words(sizing_mode="stretch_width", margin=0, stylesheets=[STYLE, *more])
            for more in ([], [], [], [], [PICTURES])
        )
        cards = self.cards
        controls = pn.FlexBox(self.rate, self.measure, margin=0, sizing_mode="stretch_width")
        self.sections = {
            "controls": pn.Column(self.key, controls, sizing_mode="stretch_width", margin=0),
            "curves": section(*list(cards.values())[:4]),
            "words": pn.Column(self.words, self.numbers, sizing_mode="stretch_width", margin=0),
            "paths": section(cards["plane"], cards["path loss"]),
            "spectra": section(cards["eigenvalues"], cards["density"]),
            "pictures": pn.Column(self.pictures, sizing_mode="stretch_width", margin=0),
            "claims": pn.Column(self.claims, sizing_mode="stretch_width", margin=(8, 0)),
            "clock": self.playback,
        }
        self.view: Any = pn.Column(
            self.head, *self.sections.values(), sizing_mode="stretch_width", margin=0,
            stylesheets=[PAGE],
        )  # fmt: skip

    def pick(self, kind: Kind | None) -> None:
        """Highlights the method of a line that was tapped, everywhere."""
        if kind is None:
            self.choice.clear()
        else:
            self.choice.press("method", kind.method)

    def pick_rate(self, kind: Kind | None) -> None:
        """Looks at the rate and the method of a point that was tapped, everywhere."""
        if kind is None:
            self.choice.clear()
        elif (self.choice.rate, self.choice.method) == (repr(kind.rate), kind.method):
            self.choice.param.update(rate=CHOSEN, method="")
        else:
            self.choice.param.update(rate=repr(kind.rate), method=kind.method)

    @property
    def n_epochs(self) -> int:
        """Of the longest run."""
        return max((len(table.epochs) - 1 for table in self._tables), default=1)

    @property
    def metric(self) -> tuple[str, Metric]:
        """What is shown beside the training loss: its name in datasets, and the rest."""
        names = self._measures()
        name = self.choice.measure if self.choice.measure in names else next(iter(names), "")
        return name or "training_loss", METRICS[name or "training_loss"]

    def _measures(self) -> list[str]:
        """What at least one run has measured beside the training loss."""
        return [
            name
            for name in METRICS
            if name != "training_loss" and any(table.has(name) for table in self._tables)
        ]

    def _share(self) -> float:
        """Where the clock stands, from 0 to 1."""
        return min(1.0, self.playback.step / max(1, self.n_epochs))

    def _request(self) -> None:
        """Draws anew as soon as the browser has drawn the last picture."""
        if not self._drawing:
            self._channel.when_drawn(self._draw)

    def _draw(self) -> None:
        """From the runs and the choice to the page."""
        with pn.io.hold():
            self._drawing = True
            try:
                self._follow()
            finally:
                self._drawing = False
            packet = Packet(self.n_epochs)
            self._pack(packet)
            self._channel.send(packet)
        self._tell_slowly()

    def _follow(self) -> None:
        """The controls offer what the runs have."""
        rates = sorted({
            rate for table in self._tables for m in range(len(table.methods))
            for rate in table.rates[table.tried(m)]
        })  # fmt: skip
        options = RATES | {number(rate, 3): repr(float(rate)) for rate in rates}
        wanted = self.choice.rate if self.choice.rate in options.values() else CHOSEN
        show(self.rate, options=options, value=wanted)
        self.choice.rate = wanted
        measures = {METRICS[name].title: name for name in self._measures()}
        name, _ = self.metric
        show(self.measure, options=measures, value=name if measures else None)
        self.measure.visible = bool(measures)
        methods, bases = (
            list(dict.fromkeys(each for table in self._tables for each in getattr(table, names)))
            for names in ("methods", "bases")
        )
        for group, known in (("method", methods), ("basis", bases)):
            if getattr(self.choice, group) not in {"", *known}:
                setattr(self.choice, group, "")
        if self.choice.run >= len(self.runs):
            self.choice.run = -1
        self.key.draw(methods, bases, [run.label for run in self.runs], self.choice)

    def _pack(self, packet: Packet) -> None:
        choice, key = self.choice, (tuple(run.label for run in self.runs), self.choice.rate)
        name, metric = self.metric
        shown = {
            each: [line for table in self._tables for line in table.lines(each, choice)]
            for each in ("training_loss", name)
        }
        by_rate = {
            each: [
                row for table in self._tables for row in table.by_rate(each, choice, self.n_epochs)
            ]
            for each in ("training_loss", name)
        }
        loss = METRICS["training_loss"]
        self.training.pack(packet, shown["training_loss"], loss, choice, key)
        self.measured.pack(packet, shown[name], metric, choice, (*key, name))
        self.training_by_rate.pack(packet, by_rate["training_loss"], loss, choice, key[0])
        self.measured_by_rate.pack(packet, by_rate[name], metric, choice, (key[0], name))
        walked = next((t for t in self._paths_first() if "projection" in t.watched.dataset), None)
        self.paths.pack(packet, walked, choice, key)
        found = spectra_of(self.runs)
        self.spectra.draw(found, choice, key[0])
        self._show_sections(bool(self.paths.shares), bool(found))
        self._tell(packet, shown["training_loss"], shown[name], found)

    def _paths_first(self) -> list[Table]:
        """The tables, that of the highlighted run first: paths of one run are shown at a time."""
        return sorted(self._tables, key=lambda table: table.place != self.choice.run)

    def _show_sections(self, paths: bool, spectra: bool) -> None:
        curves = bool(self._tables)
        shown = {
            "controls": curves, "curves": curves, "words": curves, "paths": paths,
            "spectra": spectra, "clock": curves,
        }  # fmt: skip
        for name, visible in shown.items():
            if self.sections[name].visible != visible:
                self.sections[name].visible = visible
        if curves and not self._opened:
            self._opened, self.playback.step = True, self.n_epochs

    def _tell(
        self,
        packet: Packet,
        training: list[Line],
        measured: list[Line],
        found: list[Spectrum],
    ) -> None:
        """All words, on the page and for screen readers."""
        _, metric = self.metric
        said = sentences(self.runs, training, measured, metric)
        text = " ".join(each for _, each in said)
        packet.say(unit="epoch", opens="end", words=text)
        put(self.head, headline(self.runs) if self._titled or not self.runs else notes(self.runs))
        put(self.words, sentences_html(said))
        table = numbers_table(self.runs, training, measured, metric)
        put(self.numbers, f"<details><summary>Numbers</summary>{table}</details>")
        say_cards(self.cards, metric, text, self.paths.shares)
        say_spectra(self.cards, found, self.runs)

    def _tell_slowly(self) -> None:
        """The claims and the pictures of finished runs, off the event loop, when they change."""
        told = tuple(
            (run.label, run.finished, run.dataset if run.finished else None) for run in self.runs
        )
        same = len(told) == len(self._told) and all(
            a[:2] == b[:2] and a[2] is b[2] for a, b in zip(told, self._told, strict=True)
        )
        if not same:
            self._told = told
            runs = list(self.runs)
            self._slow.start(lambda: slow_parts(runs))

    def _receive(self, parts: tuple[str, str]) -> None:
        for words, html in zip((self.claims, self.pictures), parts, strict=True):
            put(words, html)

    def _fail(self, sentence: str) -> None:
        put(self.claims, f'<p role="alert">{escape(sentence)}</p>')


def slow_parts(runs: Sequence[Watched]) -> Iterator[tuple[str, str]]:
    """The tables of claims, and the pictures of runs that have no curves."""
    claims = claims_table(runs)
    drawn = [run for run in runs if run.kind == "drawn" and run.finished]
    if drawn:
        yield claims, ""
    yield claims, "".join(pictures_html(run) for run in drawn)


def put(words: Words, html: str) -> None:
    """Shows a text where it is another one."""
    if words.html != html:
        words.html = html


def show(select: pmui.Select, **values: Any) -> None:
    """Changes a control where it is another one."""
    changed = {name: value for name, value in values.items() if getattr(select, name) != value}
    if changed:
        select.param.update(**changed)
