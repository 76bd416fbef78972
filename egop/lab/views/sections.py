"""Layout of the figures: two beside each other, stacked on a phone."""

from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn
from bokeh.plotting import figure

from egop.figures.labeled_result import LabeledResult
from egop.figures.series import SeriesKey
from egop.figures.spectrum_series import Spectrum
from egop.lab.views.html import STYLE, Swatch, heading
from egop.lab.views.paths import paths_words
from egop.lab.views.scales import Metric
from egop.lab.views.spectra import swatches
from egop.lab.views.summary import spectra_words
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import AWAY, NARROW, WIDE

PAGE = f"""
:host {{ width: 100%; box-sizing: border-box; }}
@media (max-width: {NARROW}px) {{ :host {{ padding-bottom: 56px; }} }}
"""
"""Of all sections; on a phone the clock covers the bottom of the screen."""
GRID = f"""
:host {{ display: grid !important; gap: 8px 16px; width: 100%; height: auto !important;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); margin: 4px 0 10px;
  --egop-card: clamp(210px, calc(50vh - 150px), 400px); }}
@media (max-width: {NARROW}px) {{ :host {{ grid-template-columns: minmax(0, 1fr);
  --egop-card: 270px; }} }}
"""
TALL = ":host { --egop-card: 410px !important; }"
"""Of cards whose figures have their legend below."""
CARD_HEIGHT = 270
"""Without a height Panel would stretch all that a card is in; the style sheet says it better."""
CARD = """
:host { width: 100% !important; min-width: 0; height: var(--egop-card) !important;
  min-height: 0 !important; }
"""
CLOCK = f"""
:host {{ position: sticky; bottom: 0; z-index: 4;
  background: var(--panel-background-color, var(--panel-surface-color, #fff)); }}
:host(.{AWAY}) {{ display: none !important; }}
"""
"""Of the clock: always in sight while the figures scroll."""


class Card(pn.viewable.Viewer):
    """A figure below its title; the title and what a screen reader says of it change in place."""

    def __init__(self, fig: figure):
        super().__init__()
        self._head = HtmlPane(stylesheets=[STYLE], **WIDE)
        pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", margin=0)
        self._view = pn.Column(self._head, pane, height=CARD_HEIGHT, stylesheets=[CARD], **WIDE)

    def say(self, title: str, spoken: str, more: str = "", key: Sequence[Swatch] = ()) -> None:
        """Names the figure.

        Args:
            title: its heading.
            spoken: what it shows, in words.
            more: what everybody must know of it.
            key: what its own colors and dashes mean.
        """
        put(self._head, heading(title, spoken, more, key))

    def __panel__(self) -> Any:
        return self._view


class Section:
    """Cards two by two; `view` is the Panel object.

    Args:
        *cards: of the section.
        styles: of their grid.
    """

    def __init__(self, *cards: Card, styles: Sequence[str] = (GRID,)):
        self._grid = pn.Column(stylesheets=[*styles], **WIDE)
        self._grid[:] = cards
        # What is hidden is no grid: a grid would be seen.
        self.view = pn.Column(self._grid, **WIDE)

    def fill(self, *cards: Card) -> bool:
        """Puts cards into an empty section; whether it was."""
        empty = not len(self._grid)
        if empty:
            self._grid[:] = cards
        return empty


def say_cards(
    cards: Mapping[str, Card], metric: Metric, text: str, shares: Sequence[tuple[SeriesKey, float]]
) -> None:
    """The titles of the figures of curves and paths, and their text.

    Args:
        cards: by name.
        metric: beside the training loss.
        text: what the curves end with.
        shares: of the movement, which the plane shows.
    """
    about = "Lines are medians over the trials, bands the middle half of them."
    cards["training"].say("Training loss by epoch", f"{about} {text}")
    cards["measured"].say(f"{metric.title} by epoch", f"{about} {text}")
    about = "At the epoch of the clock; a large point is the rate looked at, × is divergence."
    cards["training by rate"].say("Training loss by learning rate", about)
    cards["measured by rate"].say(f"{metric.title} by learning rate", about)
    if "plane" not in cards:
        return
    words = paths_words(shares)
    cards["plane"].say("Weights on the two leading EGOP directions", words, words)
    cards["path loss"].say(
        "True loss of these weights",
        f"The training loss of the first trial, and dotted what the plane shows. {text}",
        "Solid or dashed: the true loss. Dotted: what the plane seems to say.",
    )


def say_spectra(
    cards: Mapping[str, Card], found: Sequence[Spectrum], runs: Sequence[LabeledResult]
) -> None:
    """The titles of the figures of spectra, and their text."""
    if not found:
        return
    words, key = spectra_words(found, runs), swatches(found)
    cards["eigenvalues"].say("Eigenvalues of the EGOP, λₖ/λ₁", words, words, key)
    about = "‖vₖ‖₁²/d of the leading eigenvectors: 1/d for one coordinate, 2/π for a random one."
    cards["density"].say("Density of the eigenvectors, βₖ", about, "", key)


def put(words: HtmlPane, html: str) -> None:
    """Shows a text where it is another one."""
    if words.html != html:
        words.html = html
