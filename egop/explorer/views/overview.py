"""The first tab: the spectrum, the objective by step, and the verdict in words."""

from collections.abc import Iterator
from functools import cached_property
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from egop import metrics, theme
from egop.analysis.samples import Spectrum as Snapshot
from egop.analysis.samples import stream_spectrum
from egop.analysis.verdict import Verdict
from egop.bootstrap import enough_samples
from egop.explorer.background import Background
from egop.explorer.comparison import verdict_of
from egop.explorer.layout import cell, framed, row
from egop.explorer.packing import Packet
from egop.explorer.tabs import Shown
from egop.explorer.views.spectrum import MOST_BARS, History, Spectrum
from egop.explorer.views.values import Values
from egop.theme import number

SENTENCES = """
:host { overflow: auto; font: 12.5px/1.35 system-ui, sans-serif; }
@media (max-width: 900px) { :host { overflow: visible; min-height: max-content !important;
  padding-bottom: 64px; } }
ul { list-style: none; margin: 2px 0 6px; padding: 0; }
h4 { margin: 2px 0 4px; font-size: 13.5px; }
p { margin: 6px 0; opacity: 0.85; }
li { position: relative; padding-left: 14px; margin-bottom: 4px; }
li i { position: absolute; left: 0; top: 0.2em; width: 5px; height: 1em; border-radius: 2px; }
dl { display: grid; grid-template-columns: auto auto; gap: 2px 12px; margin: 0; opacity: 0.85; }
dl div { display: flex; gap: 5px; }
dt { order: 2; }
dd { margin: 0; font-weight: 600; }
"""


SPECTRUM, SAMPLES = "Spectrum", "By samples"


class Overview:
    """Spectrum, values and verdict."""

    title = "Spectrum and value"

    def __init__(self, prefix: str):
        self.spectrum, self.values = Spectrum(prefix), Values(prefix)
        self._prefix = prefix
        self._background: Background[list[Snapshot]] = Background(
            self._draw_history, lambda sentence: None
        )
        self._sample: Any = None
        self._shown: Shown | None = None
        self._bars = pn.pane.Bokeh(self.spectrum.figure, sizing_mode="stretch_both", margin=0)
        self._pane = pn.Column(self._bars, sizing_mode="stretch_both", margin=0)
        self.choice = pmui.RadioButtonGroup(
            label="Spectrum by", options=[SPECTRUM, SAMPLES], value=SPECTRUM, size="small",
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.choice.param.watch(lambda event: self._choose(), "value")
        left = pn.Column(
            self._pane, self.choice, sizing_mode="stretch_both", margin=0,
            stylesheets=cell("auto", "260px"),
        )  # fmt: skip
        self._sentences = pn.pane.HTML(
            "", sizing_mode="stretch_both", margin=0, stylesheets=[SENTENCES, *cell("auto", "auto")]
        )
        self.view = row(
            left,
            framed(self.values.figure, "auto", "260px"),
            self._sentences,
            columns="1fr 2fr 1.5fr",
        )

    def show(self, shown: Shown, packet: Packet) -> None:
        """Draws the comparison."""
        self._shown = shown
        self.spectrum.pack(packet, shown.estimate.band, shown.estimate.basis.eigenvectors)
        self._follow_samples()
        self.values.pack(packet, shown)
        verdict = verdict_of(shown)
        packet.say(words=verdict.text)
        self._sentences.object = to_html(verdict, facts(shown))

    def hide(self) -> None:
        """The samples stop streaming."""
        self._background.cancel()
        self._sample = None

    def _choose(self) -> None:
        if self.choice.value == SPECTRUM:
            self._pane[:] = [self._bars]
            return
        figure = self.history.figure
        self._pane[:] = [pn.pane.Bokeh(figure, sizing_mode="stretch_both", margin=0)]
        self._follow_samples()

    def _draw_history(self, snapshots: list[Snapshot]) -> None:
        self.history.draw(snapshots)

    @cached_property
    def history(self) -> History:
        """Made when it is first looked at."""
        return History(self._prefix)

    def _follow_samples(self) -> None:
        """Streams the estimate from 50 samples to M, where somebody watches and it is new."""
        shown = self._shown
        if shown is None or self.choice.value != SAMPLES or shown.estimate is self._sample:
            return
        self._sample = shown.estimate
        resamples = 500 if shown.objective.dim <= MOST_BARS else 100
        self._background.start(lambda: _growing(shown, resamples))


def _growing(shown: Shown, resamples: int) -> Iterator[list[Snapshot]]:
    """The estimates from 50, 100, 200, … samples: all so far, each time one more is known."""
    so_far: list[Snapshot] = []
    for snapshot in stream_spectrum(
        shown.objective,
        shown.distribution,
        shown.scene.n_samples,
        shown.scene.seed,
        n_resamples=resamples,
    ):
        so_far = [*so_far, snapshot]
        yield so_far


def facts(shown: Shown) -> list[tuple[str, str, str]]:
    """What the spectrum says: (name, value, explanation)."""
    band, basis = shown.estimate.band, shown.estimate.basis
    enough, why = enough_samples(band)
    return [
        ("stable rank", number(metrics.stable_rank(band.eigenvalues), 3),
         "Σ √(λᵢ/λ₁), between 1 and d: small when few directions matter (Eq. 3)"),
        ("density β₁", number(metrics.density(basis.eigenvectors)[0], 3),
         "‖v₁‖₁²/d, between 1/d (one coordinate) and 1 (all coordinates alike)"),
        ("λ₁/λ₂", number(metrics.spectral_gap(band.eigenvalues), 3),
         "the gap that makes the first eigenvector easy to estimate"),
        ("error of v₁", f"{number(band.angle_of_v1_degrees)}°",
         "90 % of bootstrap resamples have v₁ within this angle"),
        ("samples", ("● enough" if enough else "○ too few"), why),
    ]  # fmt: skip


def to_html(verdict: Verdict, figures: list[tuple[str, str, str]]) -> str:
    """The verdict, each method behind its color, and figures with explanations."""
    rows = "".join(
        f'<li><i style="background:{theme.color(each.method)}"></i>{escape(each.sentence)}</li>'
        for each in verdict.methods
    )
    cells = "".join(
        f'<div title="{escape(why)}"><dt>{escape(what)}</dt><dd>{escape(value)}</dd></div>'
        for what, value, why in figures
    )
    theory = f"<p>{escape(verdict.theory)}</p>" if verdict.theory else ""
    return f"<h4>{escape(verdict.headline)}</h4><ul>{rows}</ul><dl>{cells}</dl>{theory}"
