"""The layout of the explorer: one screen on a laptop, stacked on a phone."""

from typing import Any

import panel as pn
from bokeh.plotting import figure

from egop.ui.figure_text import make_readable

WIDE: Any = {"sizing_mode": "stretch_width", "margin": 0}
"""Layout of what is as wide as what it is in."""
NARROW = 900
"""Pixels of width below which everything is stacked."""

OWN_HEIGHT = "max-height: none !important; flex: none !important;"
"""The height of what is stacked: Bokeh's rules would shrink it to the rest of the screen."""
GROWING = f":host {{ {OWN_HEIGHT} }}"
"""The style of what is as high as what it holds, within something that scrolls."""

LOWEST = 190
"""Pixels of height below which the upper figures do not shrink: the page scrolls instead."""
LEAST = 612
"""Pixels of height that the whole scene takes at least."""
HINT = """
:host { --hint: var(--panel-surface-color, #ffffff); background:
  linear-gradient(var(--hint) 40%, transparent) local top / 100% 26px no-repeat,
  linear-gradient(transparent, var(--hint) 60%) local bottom / 100% 26px no-repeat,
  linear-gradient(rgb(128 128 128 / 40%), transparent) top / 100% 7px no-repeat,
  linear-gradient(transparent, rgb(128 128 128 / 40%)) bottom / 100% 7px no-repeat; }
"""
"""A shadow at the ends of sentences at which there is more to be scrolled to."""

AWAY = "away"
"""Class of a grid that is not shown."""
GRID = f"""
:host {{ display: grid !important; gap: 4px 10px; width: 100%; box-sizing: border-box;
  --egop-own-height: var(--egop-height, 680px); /* a notebook's cell is not as high as its window */
  height: var(--egop-own-height) !important; min-height: {LEAST}px !important;
  max-height: none !important; padding: 4px 10px 2px;
  --egop-tabs: clamp(276px, min(38vh, 0.48 * var(--egop-own-height)), 470px);
  grid-template: auto auto minmax({LOWEST}px, 1fr) var(--egop-tabs) 44px / 1fr 1fr; }}
:host(.{AWAY}) {{ display: none !important; }}
@media (max-width: {NARROW}px) {{ :host {{ grid-template: none; grid-auto-rows: auto;
  grid-template-columns: minmax(0, 1fr); height: auto !important; min-height: 0 !important;
  padding-bottom: 52px; {OWN_HEIGHT} }} }}
"""


EARLIER = """
:host { transition: opacity 0.15s; }
:host(.earlier) { opacity: 0.4; filter: grayscale(0.7); }
"""
"""Style of what shows an earlier scene, since the present one cannot be shown."""


def dim(view: pn.viewable.Viewable, earlier: bool) -> None:
    """Dims what shows an earlier scene; its stylesheets hold `EARLIER`."""
    classes = ["earlier"] if earlier else []
    if view.css_classes != classes:
        view.css_classes = classes


def cell(area: str, narrow: str) -> list[str]:
    """Styles of a child of a grid: its area, and its height when the page is stacked."""
    return [
        f":host {{ grid-area: {area}; min-width: 0; min-height: 0 !important;"
        f" width: 100% !important; }}"
        f"@media (max-width: {NARROW}px) {{"
        f" :host {{ grid-area: auto; height: {narrow} !important; {OWN_HEIGHT} }}"
        f" .tabs, .MuiBox-root {{ height: auto !important; overflow: visible !important; }} }}"
    ]


def framed(fig: figure, area: str, narrow: str, name: str = "") -> pn.FlexBox:
    """A figure that fills its cell; screen readers call it by the name and its title.

    It lies in a FlexBox since Bokeh gives no size to the figures of the tabs, and the page loads
    for ever, where three Rows or Columns around them have figures of their own: Bokeh's
    `LayoutDOMView._propagate_layout` does not look into the third. A FlexBox does not count.
    """
    make_readable(fig, name)
    pane = pn.pane.Bokeh(fig, sizing_mode="stretch_both", margin=0)
    styles = [*cell(area, narrow), EARLIER]
    return pn.FlexBox(pane, sizing_mode="stretch_both", margin=0, stylesheets=styles)


def row(*children: Any, columns: str) -> pn.Column:
    """Children beside each other in columns such as "1fr 2fr", stacked when narrow."""
    style = f"""
:host {{ display: grid !important; gap: 0 12px; min-height: 0 !important;
  height: 100% !important;
  grid-template: minmax(0, 1fr) / {columns}; }}
:host(.{AWAY}) {{ display: none !important; }}
@media (max-width: {NARROW}px) {{ :host {{ grid-template: none; grid-auto-rows: auto;
  grid-template-columns: minmax(0, 1fr); height: auto !important; {OWN_HEIGHT} }} }}
"""
    return pn.Column(*children, sizing_mode="stretch_both", margin=0, stylesheets=[style])


def column(*children: Any, narrow: str = "auto") -> pn.Column:
    """Children above each other in one cell of a row, so high when the page is stacked."""
    styles = [*cell("auto", narrow), EARLIER]
    return pn.Column(*children, sizing_mode="stretch_both", margin=0, stylesheets=styles)


def text_pane(style: str, sizing_mode: str = "stretch_both") -> pn.pane.HTML:
    """Sentences that change, as HTML, in a cell of a row."""
    styles = [style, *cell("auto", "auto")]
    return pn.pane.HTML("", sizing_mode=sizing_mode, margin=0, stylesheets=styles)


def beside(controls: Any, height: int, view: Any) -> pn.Row:
    """Controls at the left of a view, in a column that scrolls; when narrow, below the view.

    Below them the narrow page leaves room for the playback, which is fixed to its end.
    """
    stacked = _narrow("flex-direction: column-reverse !important; padding-bottom: 52px;")
    free = _narrow("width: 100% !important; overflow: visible !important;")
    column = pn.Column(controls, width=300, height=height, scroll="y", stylesheets=[free])
    return pn.Row(column, view, sizing_mode="stretch_width", stylesheets=[stacked])


def _narrow(rules: str) -> str:
    """Rules of what is stacked, as high as what it holds."""
    return (
        f"@media (max-width: {NARROW}px) {{"
        f" :host {{ {rules} height: auto !important; {OWN_HEIGHT} }} }}"
    )


def show(grid: pn.viewable.Viewable, shown: bool) -> None:
    """Shows or hides a grid, whose own `display` is stronger than Panel's `visible`."""
    grid.param.update(visible=shown, css_classes=[] if shown else [AWAY])
