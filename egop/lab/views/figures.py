"""All figures of the runs that are looked at, their titles, and what is packed for the browser."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from egop.explorer.packing import Packet
from egop.lab.views.by_rate import RateCurves
from egop.lab.views.choice import Choice
from egop.lab.views.curves import EpochCurves
from egop.lab.views.kinds import Kind, Line
from egop.lab.views.medians import Table
from egop.lab.views.paths import Paths
from egop.lab.views.scales import METRICS
from egop.lab.views.sections import Card
from egop.lab.views.spectra import Spectra, Spectrum, spectra_of
from egop.lab.views.watched import Watched

Pick = Callable[[Kind | None], None]


class Drawn(NamedTuple):
    """What the figures show.

    Attributes:
        training: the training loss of each kind of run.
        measured: the measure beside it.
        spectra: of every layer.
        paths: whether there are any.
    """

    training: list[Line]
    measured: list[Line]
    spectra: list[Spectrum]
    paths: bool


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
        self.spectra = Spectra(prefix)
        self.paths = Paths(prefix, pick)
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

    def pack(
        self,
        packet: Packet,
        runs: Sequence[Watched],
        tables: Sequence[Table],
        choice: Choice,
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
        walked = next((table for table in first if table.has("projection")), None)
        self.paths.pack(packet, walked, choice, (labels, choice.rate))
        found = spectra_of(runs)
        self.spectra.draw(found, choice, labels)
        return Drawn(lines[0], lines[1], found, bool(self.paths.shares))
