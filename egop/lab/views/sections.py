"""Layout of the figures: two beside each other, stacked on a phone."""

from collections.abc import Sequence
from typing import Any

import panel as pn
from bokeh.plotting import figure

from egop.figures.spectrum_series import Spectrum
from egop.lab.views.html import STYLE, heading
from egop.ui.html_pane import HtmlPane
from egop.ui.layout import AWAY, NARROW, WIDE

PAGE = f"""
:host {{ width: 100%; box-sizing: border-box; }}
@media (max-width: {NARROW}px) {{ :host {{ padding-bottom: 56px; }} }}
"""
"""The style of all sections; on a phone the clock covers the bottom of the screen."""
GRID = f"""
:host {{ display: grid !important; gap: 8px 16px; width: 100%; height: auto !important;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); margin: 4px 0 10px;
  --egop-card: clamp(210px, calc(50vh - 150px), 400px); }}
.scroll-button {{ display: none !important; }} /* Panel's, a cell before cards that come later */
@media (max-width: {NARROW}px) {{ :host {{ grid-template-columns: minmax(0, 1fr);
  --egop-card: 270px; }} }}
"""
ALONE = """
:host { grid-template-columns: minmax(0, 1fr); --egop-card: 380px !important; }
"""
"""The style of a card that has the whole width to itself, with sentences above."""
READABLE = f"""
:host {{ --egop-card: 330px !important; }}
@media (max-width: {NARROW}px) {{ :host {{ --egop-card: 370px !important; }} }}
"""
"""The style of cards with sentences above their figures, of more lines on a phone."""
TALL = ":host { --egop-card: 410px !important; }"
"""The style of cards whose figures have their legend below."""
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
"""The style of the clock: always in sight while the figures scroll."""


class Card(pn.viewable.Viewer):
    """A figure below its title; the title and what a screen reader says of it change in place."""

    def __init__(self, fig: figure):
        super().__init__()
        self._head = HtmlPane(stylesheets=[STYLE], **WIDE)
        pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", margin=0)
        self._view = pn.Column(self._head, pane, height=CARD_HEIGHT, stylesheets=[CARD], **WIDE)

    def say(self, title: str, spoken: str, more: str = "", key: Sequence[Spectrum] = ()) -> None:
        """Names the figure.

        Args:
            title: its heading.
            spoken: what it shows, in words.
            more: what everybody must know of it.
            key: spectra whose colors and dashes it explains.
        """
        self._head.html = heading(title, spoken, more, key)

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
