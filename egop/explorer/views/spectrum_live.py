"""The spectrum's cell: bars that follow the sample, whether it is enough, and a new draw."""

import time
from collections.abc import Iterator
from functools import cached_property
from html import escape
from itertools import accumulate
from typing import Any

import panel as pn

from egop.analysis.sample_adequacy import RULE, SampleAdequacy
from egop.analysis.samples import FIRST, SpectrumSnapshot, stream_spectrum
from egop.bootstrap import Bootstrap
from egop.eigenbasis import Eigenbasis
from egop.explorer.glossary import STYLE as TERM_STYLE
from egop.explorer.glossary import TERMS, explained
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.spectrum import (
    MOST_BARS,
    Axes,
    History,
    SpectrumView,
    n_moving,
)
from egop.ui.background import PAUSE, Background
from egop.ui.fields import Fields, button, side_by_side
from egop.ui.layout import column
from egop.ui.packing import Packet

BY_INDEX, BY_SAMPLES = "By eigenvalue", "By samples"
RELATIVE = ", λ₁ of the bars"
"""Words for that to which the points of refreshed runs are relative, far above 1 some of them."""
LONGEST = 0.5
"""Seconds that the bars follow the growing sample; what is not in by then shows all at once."""
GESTURE = 0.4
"""Seconds between changes of one drag, at most: they show the whole sample at once."""
LIGHT = TERMS["light"]
STYLE = (
    TERM_STYLE
    + """
div.line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 8px;
  white-space: nowrap; font: 13px/20px system-ui, sans-serif; }
.light i { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 50%; }
.light.yes i { background: #2e9d57; }
.light.no i { background: transparent; box-shadow: inset 0 0 0 3px #d08a00; }
"""
)
FILLING: dict[str, Any] = {"sizing_mode": "stretch_both", "margin": 0}

Bars = tuple[Bootstrap, Eigenbasis, SampleAdequacy, int | None]
"""Bands, basis, whether the sample is enough and, while samples arrive, how many there will be."""


class LiveSpectrum:
    """Bars or their history. After another objective, ρ, M or seed they grow with the sample."""

    def __init__(self, prefix: str):
        self._prefix, self.bars = prefix, SpectrumView(prefix)
        self._stream: Background[Bars] = Background(self._receive, self._fail)
        self._growth: Background[list[SpectrumSnapshot]] = Background(
            self._draw_history, lambda _: None
        )
        self._shown: ComparisonResult | None = None
        self._drawn: tuple = ()
        self._grown: Any = None
        self._changed = -GESTURE
        self.streaming = False
        self._at = BY_INDEX
        self._panes = {BY_INDEX: pn.pane.Bokeh(self.bars.figure, **FILLING)}
        self._line = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, stylesheets=[STYLE])
        self._pane = pn.Column(self._panes[BY_INDEX], **FILLING)
        self.fields = Fields(
            [side_by_side(button("again", look="plain"), button("other", look="plain"))],
            {"again": "Draw again", "other": BY_SAMPLES},
            self._set,
        )
        self.view = column(self._line, self._pane, self.fields, narrow="260px")

    def show(self, shown: ComparisonResult, packet: Packet) -> None:
        """Draws the estimate, from its first samples on where it is an isolated new one."""
        before, self._shown = self._shown, shown
        scene = shown.scene
        drawn = (shown.objective, scene.distribution, scene.n_samples, scene.seed)
        is_new = before is None or before.estimate is not shown.estimate
        isolated = drawn != self._drawn and time.monotonic() - self._changed > GESTURE
        grows = is_new and isolated and bool(self._drawn) and scene.n_samples > 2 * FIRST
        self._drawn = drawn
        if is_new:
            self._changed = time.monotonic()
            self._stream.cancel()
            self.streaming = grows
        self.bars.pack_now(packet, shown)
        if grows:
            self._stream.start(lambda: growing_bars(shown))
        elif not self.streaming:
            self.bars.pack(packet, shown.estimate.band, shown.estimate.basis, axes_of(shown))
            self._say(whole(shown))
        self._follow_samples()

    def hide(self) -> None:
        """The samples stop streaming."""
        self._stream.cancel()
        self._growth.cancel()
        self.streaming, self._drawn, self._grown = False, (), None

    def _receive(self, estimate: Bars) -> None:
        shown, (band, basis, _, all_of_them) = self._shown, estimate
        assert shown is not None
        self.streaming = all_of_them is not None
        self.bars.draw(band, basis, axes_of(shown))
        self._say(estimate)

    def _fail(self, sentence: str) -> None:
        if self._shown is not None:
            self._receive(whole(self._shown))

    def _say(self, estimate: Bars) -> None:
        band, _, adequacy, all_of_them = estimate
        title = "Spectrum λₖ/λ₁" if self._at == BY_INDEX else "λₖ/λ₁ by samples M"
        said = light(band.n_samples, adequacy, all_of_them)
        shown, term = self._shown, TERMS["λ"]
        if shown is not None and shown.refreshed is not None:
            term = f"{term} {TERMS['refreshed']}"
            fewer = n_moving(shown) < shown.objective.dim and self._at == BY_INDEX
            title += RELATIVE if self._at == BY_INDEX else ""
            title += f", moving to k = {n_moving(shown)}" if fewer else ""
        text = f'<div class="line"><span>{explained(title, term)}</span>{said}</div>'
        if text != self._line.object:
            self._line.object = text

    def _set(self, name: str, value: Any) -> None:
        if name == "other":
            self._look(self.fields.values["other"])
        elif self._shown is not None:
            scene = self._shown.scene
            scene.seed = (scene.seed + 1) % (scene.param.seed.bounds[1] + 1)

    def _look(self, at: str) -> None:
        self._at = at
        self.fields.show(other=BY_SAMPLES if at == BY_INDEX else BY_INDEX)
        if at in self._panes:
            self._pane[:] = [self._panes[at]]
        if self._shown is not None:
            self._say(whole(self._shown))
        self._follow_samples()

    @cached_property
    def history(self) -> History:
        """Made when it is first looked at."""
        return History(self._prefix)

    def _draw_history(self, snapshots: list[SpectrumSnapshot]) -> None:
        """Draws the estimates so far; a figure reaches the browser first with all of them."""
        if BY_SAMPLES in self._panes:
            self.history.draw(snapshots)
        elif snapshots[-1].share == 1:
            self.history.draw(snapshots)
            self._panes[BY_SAMPLES] = pn.pane.Bokeh(self.history.figure, **FILLING)
            self._pane[:] = [self._panes[self._at]]

    def _follow_samples(self) -> None:
        """Streams the estimate from 50 samples to M, where somebody watches and it is new."""
        shown = self._shown
        if shown is None or self._at == BY_INDEX or shown.estimate is self._grown:
            return
        self._grown = shown.estimate
        self._growth.start(lambda: growing_history(shown))


def growing_bars(shown: ComparisonResult) -> Iterator[Bars]:
    """Estimates from 100, 200, 400, … samples, and within half a second the one from all."""
    began = time.monotonic()
    scene = shown.scene
    snapshots = stream_spectrum(
        shown.objective, shown.distribution, scene.n_samples, scene.seed, n_resamples=200
    )
    pause = min(PAUSE, LONGEST / 4)
    for count, snapshot in enumerate(snapshots):
        if snapshot.share == 1 or time.monotonic() - began > LONGEST:
            break
        if count > 0 or snapshot.share > 0.5:
            basis = snapshot.basis.oriented(shown.estimate.basis)
            yield snapshot.band, basis, snapshot.adequacy, scene.n_samples
            time.sleep(pause)
    yield whole(shown)


def growing_history(shown: ComparisonResult) -> Iterator[list[SpectrumSnapshot]]:
    """The estimates from 50, 100, 200, … samples: all so far, each time one more is known."""
    scene = shown.scene
    resamples = 500 if shown.objective.dim <= MOST_BARS else 100
    snapshots = stream_spectrum(
        shown.objective, shown.distribution, scene.n_samples, scene.seed, n_resamples=resamples
    )
    return accumulate([each] for each in snapshots)


def whole(shown: ComparisonResult) -> Bars:
    """The estimate that the page shows; of a large one only the first samples may be in yet."""
    estimate, wanted = shown.estimate, shown.scene.n_samples
    to_come = len(estimate.sample.gradients) + estimate.sample.n_excluded < wanted
    return estimate.band, estimate.basis, estimate.adequacy, wanted if to_come else None


def axes_of(shown: ComparisonResult) -> Axes:
    """(d, 2) each: the axes of the left and of the right figure."""
    return shown.planes[0].axes, shown.planes[1].axes


def light(n_samples: int, adequacy: SampleAdequacy, all_of_them: int | None = None) -> str:
    """A green dot where the sample is enough, an amber ring where not; the reason on hover.

    Args:
        n_samples: of the sample so far.
        adequacy: of the sample so far.
        all_of_them: M while samples arrive.
    """
    words = adequacy.words
    if all_of_them is not None:
        words = f"{n_samples:,} of {all_of_them:,}"
    kind = "yes" if adequacy.enough else "no"
    explanation = f"{adequacy.sentence} {RULE} {LIGHT}"
    dot = explained(words, explanation, f"<i></i>{escape(words)}")
    return f'<span class="light {kind}">{dot}</span>'
