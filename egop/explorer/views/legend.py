"""The legend above the figures: what colors, dashes and marks mean, each with its explanation."""

from html import escape
from pathlib import Path
from typing import Any, ClassVar

import param

from egop import theme
from egop.explorer.glossary import STYLE, TERMS, explained
from egop.explorer.tabs import ComparisonResult
from egop.ui.bundle import bundle
from egop.ui.component import Component

LOOK = """
:host { display: block; width: 100%; max-height: none !important;
  color: var(--panel-on-background-color, #1c2430); font: 12px/18px system-ui, sans-serif; }
ul { display: flex; flex-wrap: wrap; gap: 0 11px; margin: 0; padding: 0; list-style: none; }
li { white-space: nowrap; }
svg { vertical-align: -2px; margin-right: 4px; }
.term { text-decoration: none; padding: 0 1px; }
.term:hover { background: color-mix(in srgb, currentColor 9%, transparent); }
"""
SHAPES = {
    "circle": '<circle cx="7" cy="7" r="4.5"/>',
    "square": '<rect x="2.5" y="2.5" width="9" height="9"/>',
    "diamond": '<path d="M7 1.5 12 7 7 12.5 2 7z"/>',
    "triangle": '<path d="M7 2 12.5 12h-11z"/>',
    "hex": '<path d="M7 1.5 12 4.2v5.6L7 12.5 2 9.8V4.2z"/>',
}
"""Markers of `theme.MARKERS`."""
LINE = '<path d="M0 7H26" fill="none" stroke="currentColor" stroke-width="2.2"{}/>'
DASH = ' stroke-dasharray="{}"'.format(" ".join(map(str, theme.ORIGINAL_DASH)))
STAR = "M7 1l1.8 4 4.2.4-3.2 2.8 1 4.3L7 10.2l-3.8 2.3 1-4.3L1 5.4 5.2 5z"
RING = '<circle cx="7" cy="7" r="{}" fill="none" stroke="{}" stroke-width="{}"{}/>'
DOT = '<circle cx="{}" cy="{}" r="{}" fill="{}"/>'
AXIS = '<path d="M1 12 12 2" stroke="{}" stroke-width="2.5"/>'
SQUARE = '<rect x="3" y="3" width="8" height="8" fill="#ffffff" stroke="{}" stroke-width="1.5"/>'
DOTTED = '<path d="M0 7H14" stroke="{}" stroke-width="2" stroke-dasharray="2 2"/>'
RUN, GRAY = "#d55e00", theme.SAMPLE
SPREAD = RING.format(5.5, GRAY, 1.5, ' stroke-dasharray="1.5 2"') + DOT.format(6, 8, 1.3, GRAY)
MARKS = (
    ("start", "start", RING.format(5, "currentColor", 2, "")),
    ("minimum", "star", f'<path d="{STAR}" fill="#f0c419" stroke="#5a4a00"/>'),
    ("arrived", "arrived", RING.format(5, RUN, 1.8, "") + DOT.format(7, 7, 2, RUN)),
    ("best", "best", f'<path d="M3 3l8 8M11 3l-8 8" stroke="{RUN}" stroke-width="2"/>'),
    ("ρ", "ρ", SPREAD),
    ("drag ρ", "squares", SQUARE.format(GRAY)),
    ("v₁", "v₁", AXIS.format(theme.EIGENVECTORS[0])),
    ("v₂", "v₂", AXIS.format(theme.EIGENVECTORS[1])),
    ("z₁, z₂", "axes", AXIS.format(theme.SPECTRUM)),
    ("tolerance", "tolerance", DOTTED.format(GRAY)),
)
"""Name of each mark, its term in `TERMS`, and its picture in a box of 14 pixels."""


class LegendLine(Component):
    """One line on a wide page; it follows the chosen methods and the basis."""

    _esm: Any = bundle(Path(__file__).with_name("legend.js"))
    _stylesheets: ClassVar[list[str]] = [STYLE, LOOK]

    html: Any = param.String(doc="What is shown; whoever sets it has escaped it.")

    def follow(self, shown: ComparisonResult) -> None:
        """Shows the legend of a comparison."""
        methods = [pair.name for pair in shown.pairs]
        html = to_html(methods, shown.basis_name, shown.axes_of_egop, shown.is_minimum)
        if html != self.html:
            self.html = html


def to_html(methods: list[str], basis: str, of_egop: bool = True, minimum: bool = True) -> str:
    """The list: methods by color and marker, bases by dash, and every other mark.

    Args:
        methods: their names.
        basis: what the rotated coordinates are called.
        of_egop: whether the axes drawn are v₁ and v₂; else they are z₁ and z₂.
        minimum: whether one is known.
    """
    absent = {"z₁, z₂"} if of_egop else {"v₁", "v₂"}
    absent |= set() if minimum else {"minimum"}
    rows = [
        f"<span>{picture(SHAPES[theme.MARKERS.get(name, 'hex')], theme.color(name))}"
        f"{escape(theme.label(name))}</span>"
        for name in methods
    ]
    solid = f"{TERMS['solid']} {TERMS['EGOP'] if 'EGOP' in basis else ''}".strip()
    rows += [
        mark("original axes", TERMS["dashed"], picture(LINE.format(DASH), width=26)),
        mark(f"{basis} axes", solid, picture(LINE.format(""), width=26)),
    ]
    rows += [
        mark(name, TERMS[term], picture(inside))
        for name, term, inside in MARKS
        if name not in absent
    ]
    items = "".join(f"<li>{row}</li>" for row in rows)
    return f'<ul aria-label="Legend">{items}</ul>'


def mark(name: str, explanation: str, drawn: str) -> str:
    """A mark with its name and its explanation."""
    return explained(name, explanation, f"{drawn}{escape(name)}")


def picture(inside: str, color: str = "currentColor", width: int = 14) -> str:
    """A small drawing."""
    return (
        f'<svg viewBox="0 0 {width} 14" width="{width}" height="14" fill="{color}" '
        f'aria-hidden="true">{inside}</svg>'
    )
