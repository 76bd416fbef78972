"""All figures of the runs that are looked at, their titles, and what is packed for the browser."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from egop.lab.views.by_rate import RateCurves
from egop.lab.views.curves import EpochCurves
from egop.lab.views.labeled_result import LabeledResult
from egop.lab.views.paths import Paths, paths_of
from egop.lab.views.run_statistics import RunStatistics
from egop.lab.views.scales import METRICS
from egop.lab.views.sections import Card
from egop.lab.views.selection import Selection
from egop.lab.views.series_key import Line, SeriesKey
from egop.lab.views.spectra import Spectra, Spectrum, spectra_of
from egop.ui.packing import Packet

Pick = Callable[[SeriesKey | None], None]


class Drawn(NamedTuple):
    """What the figures show.

    Attributes:
        training: the training loss of each kind of run.
        measured: the measure beside it.
        spectra: of every layer.
        shares: of each path, how much of its movement the plane shows.
    """

    training: list[Line]
    measured: list[Line]
    spectra: list[Spectrum]
    shares: list[tuple[SeriesKey, float]]


class Figures:
    """Made once; they only get other numbers.

    Args:
        prefix: of this page's sources.
        pick: called with the kind of run whose line was tapped; None for none of them.
        pick_rate: the same for points by rate.
        share: where the clock stands, from 0 to 1.
    """

    def __init__(self, prefix: str, pick: Pick, pick_rate: Pick, share: Callable[[], float]):
        self.training = EpochCurves(prefix, "training", pick)
        self.measured = EpochCurves(prefix, "measured", pick)
        self.training_by_rate, self.measured_by_rate = (
            RateCurves(prefix, name, pick_rate, share)
            for name in ("training-by-rate", "measured-by-rate")
        )
        self._prefix, self._pick = prefix, pick
        self.dark = False
        self.cards = {
            "training": Card(self.training.figure),
            "measured": Card(self.measured.figure),
            "training by rate": Card(self.training_by_rate.figure),
            "measured by rate": Card(self.measured_by_rate.figure),
        }

    @cached_property
    def paths(self) -> Paths:
        """Made when there are some: a page with fewer figures opens sooner."""
        made = Paths(self._prefix, self._pick)
        made.set_dark(self.dark)
        self.cards |= {"plane": Card(made.plane), "path loss": Card(made.loss.figure)}
        return made

    @cached_property
    def spectra(self) -> Spectra:
        """Likewise."""
        made = Spectra(self._prefix)
        self.cards |= {"eigenvalues": Card(made.values), "density": Card(made.density)}
        return made

    def set_dark(self, dark: bool) -> None:
        """What has colors of its own in those of the dark or the light theme."""
        self.dark = dark
        if "plane" in self.cards:
            self.paths.set_dark(dark)

    def pack(
        self,
        packet: Packet,
        runs: Sequence[LabeledResult],
        tables: Sequence[RunStatistics],
        choice: Selection,
        beside: str,
    ) -> Drawn:
        """Draws the runs.

        Args:
            packet: to the browser.
            runs: all of them.
            tables: of those with curves.
            choice: what is looked at.
            beside: the name of the measure beside the training loss.
        """
        labels = tuple(run.label for run in runs)
        names = ("training_loss", beside)
        lines = [[line for t in tables for line in t.lines(name, choice)] for name in names]
        places = (self.training, self.measured), (self.training_by_rate, self.measured_by_rate)
        for i, name in enumerate(names):
            key = labels, choice.rate, name
            rows = [row for t in tables for row in t.by_rate(name, choice, packet.n_steps)]
            places[0][i].pack(packet, lines[i], METRICS[name], choice, key)
            places[1][i].pack(packet, rows, METRICS[name], choice, (labels, name))
        # Paths of one run are shown at a time, the highlighted one first: planes differ.
        first = sorted(tables, key=lambda table: table.place != choice.run)
        walked = next((table for table in first if paths_of(table, choice)), None)
        if walked is not None or "plane" in self.cards:
            self.paths.pack(packet, walked, choice, (labels, choice.rate))
        found = spectra_of(runs)
        if found or "eigenvalues" in self.cards:
            self.spectra.draw(found, choice, labels)
        return Drawn(lines[0], lines[1], found, [] if walked is None else self.paths.shares)
