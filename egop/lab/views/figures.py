"""All figures of the runs that are looked at, their titles, and what is packed for the browser."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from egop import theme
from egop.figures.common_epoch import last_common, reached_words
from egop.figures.labeled_result import LabeledResult
from egop.figures.r_med_series import layer_title
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import Series, SeriesKey
from egop.figures.spectrum_series import Spectrum
from egop.lab.views.epoch_spectra import (
    ABOUT,
    TITLE,
    EpochSpectra,
    EpochSpectrum,
    epoch_spectra,
)
from egop.lab.views.line_chart import EpochChart
from egop.lab.views.paths import Paths, paths_of, paths_words, plane_title
from egop.lab.views.r_med import BY_EPOCH, BY_LOSS, DrawnRMed, RMed, matched_words, r_med_of
from egop.lab.views.rate_chart import RateChart
from egop.lab.views.scales import METRICS, Metric
from egop.lab.views.sections import Card
from egop.lab.views.selection import Selection
from egop.lab.views.spectra import Spectra, spectra_of
from egop.lab.views.summary import spectra_words
from egop.ui.packing import Packet

Pick = Callable[[SeriesKey | None], None]


class Drawn(NamedTuple):
    """Contents of the figures.

    Attributes:
        training: the training loss of each method in each basis.
        measured: the measure beside it.
        reached: of each of these two, the epoch that points by rate stand at if it is no later one.
        spectra: of every layer.
        shares: of each path, how much of its movement the plane shows.
        moving: spectra around the weights, by epoch.
        r_med: of a layer; None where it was not measured.
    """

    training: list[Series]
    measured: list[Series]
    reached: list[str]
    spectra: list[Spectrum]
    shares: list[tuple[SeriesKey, float]]
    moving: list[EpochSpectrum]
    r_med: DrawnRMed | None


class Figures:
    """Made once; they only get other numbers.

    Args:
        prefix: of this page's sources.
        pick: called with the key of the line that was tapped; None for none of them.
        pick_rate: the same for points by rate.
        share: where the clock stands, from 0 to 1.
    """

    def __init__(self, prefix: str, pick: Pick, pick_rate: Pick, share: Callable[[], float]):
        self.training = EpochChart(prefix, "training", pick)
        self.measured = EpochChart(prefix, "measured", pick)
        self.training_by_rate, self.measured_by_rate = (
            RateChart(prefix, name, pick_rate, share)
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
        self.cards |= {
            "eigenvalues": Card(made.values.figure),
            "density": Card(made.density.figure),
        }
        return made

    @cached_property
    def moving_spectra(self) -> EpochSpectra:
        """Likewise."""
        made = EpochSpectra(self._prefix)
        self.cards["moving spectra"] = Card(made.figure)
        return made

    @cached_property
    def r_med(self) -> RMed:
        """Likewise."""
        made = RMed(self._prefix)
        self.cards |= {
            "R_med": Card(made.by_epoch.figure),
            "R_med by loss": Card(made.by_loss.figure),
        }
        return made

    def set_dark(self, dark: bool) -> None:
        """Draws pictures in the colors of the dark or the light theme."""
        self.dark = dark
        if "plane" in self.cards:
            self.paths.set_dark(dark)

    def pack(
        self,
        packet: Packet,
        runs: Sequence[LabeledResult],
        statistics: Sequence[RunStatistics],
        selection: Selection,
        beside: str,
    ) -> Drawn:
        """Draws the runs.

        Args:
            packet: to the browser.
            runs: all of them.
            statistics: of those with curves.
            selection: what is looked at.
            beside: the name of the measure beside the training loss.
        """
        labels = tuple(run.label for run in runs)
        rate = selection.rate
        lines, reached = [], []
        for name, by_epoch, by_rate in (
            ("training_loss", self.training, self.training_by_rate),
            (beside, self.measured, self.measured_by_rate),
        ):
            lines.append([line for each in statistics for line in each.by_epoch(name, rate)])
            by_epoch.pack(packet, lines[-1], METRICS[name], selection, (labels, rate, name))
            most = last_common([each.reached(name) for each in statistics if each.has(name)])
            at = rate, packet.n_steps, most
            rows = [row for each in statistics for row in each.by_rate(name, *at)]
            by_rate.pack(packet, rows, METRICS[name], selection, (labels, name))
            reached.append(f"{reached_words(most)}." if most < packet.last else "")
        # Paths of one run are shown at a time, the highlighted one first: planes differ.
        first = sorted(statistics, key=lambda each: each.place != selection.run)
        walked = next((each for each in first if paths_of(each, rate)), None)
        if walked is not None or "plane" in self.cards:
            self.paths.pack(packet, walked, selection, (labels, rate))
        found = spectra_of(runs)
        if found or "eigenvalues" in self.cards:
            self.spectra.pack(packet, found, selection, labels)
        moving = next(filter(None, (epoch_spectra(each, rate) for each in first)), [])
        if moving or "moving spectra" in self.cards:
            self.moving_spectra.pack(packet, moving, selection, (labels, rate))
        r_med = r_med_of(statistics, selection)
        if r_med is not None or "R_med" in self.cards:
            self.r_med.pack(packet, r_med, selection, (labels, rate))
        shares = [] if walked is None else self.paths.shares
        return Drawn(lines[0], lines[1], reached, found, shares, moving, r_med)

    def say(self, drawn: Drawn, runs: Sequence[LabeledResult], metric: Metric, text: str) -> None:
        """Gives the figures their titles, and screen readers their text.

        Args:
            drawn: what they show.
            runs: all of them.
            metric: beside the training loss.
            text: what the curves end with.
        """
        cards, losses = self.cards, ("Training loss", metric.title)
        bases = {line.key.basis for line in drawn.training}
        bare = "; controls have none" if bases & {*theme.CONTROL_WIDTHS} else ""
        about = f"Lines are medians over the trials, bands the middle half of them{bare}. {text}"
        for name, title in zip(("training", "measured"), losses, strict=True):
            cards[name].say(f"{title} by epoch", about)
        about = "At the epoch of the clock; a large point is the rate looked at, × is divergence."
        names = "training by rate", "measured by rate"
        for name, title, reached in zip(names, losses, drawn.reached, strict=True):
            cards[name].say(f"{title} by learning rate", f"{about} {reached}".strip(), reached)
        if "plane" in cards:
            words = paths_words(drawn.shares)
            title = plane_title({key.basis for key, _ in drawn.shares})
            cards["plane"].say(title, words, words)
            cards["path loss"].say(
                "True loss of these weights",
                f"The training loss of the first trial, and dotted what the plane shows. {text}",
                "Solid or dashed: the true loss. Dotted: what the plane seems to say.",
            )
        if "moving spectra" in cards:
            cards["moving spectra"].say(TITLE, ABOUT, ABOUT)
        if drawn.r_med is not None:
            title = f"R_med of {layer_title(drawn.r_med.layer)}"
            cards["R_med"].say(f"{title} by epoch", BY_EPOCH, BY_EPOCH)
            words = f"{BY_LOSS} {matched_words(drawn.r_med.by_loss)}"
            cards["R_med by loss"].say(f"{title} by training loss", words, BY_LOSS)
        if drawn.spectra:
            words = spectra_words(drawn.spectra, runs)
            key = list({(each.name, each.place): each for each in drawn.spectra}.values())
            cards["eigenvalues"].say("Eigenvalues of the EGOP, λₖ/λ₁", words, words, key)
            about = (
                "‖vₖ‖₁²/d of the leading ones: 1/d for a coordinate, 2/π for a random direction."
            )
            cards["density"].say("Density of the eigenvectors, βₖ", about, "", key)
