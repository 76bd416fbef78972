"""The legend above the figures: what colors, dashes and marks mean, each with its explanation."""

from html import escape

from egop import theme
from egop.explorer.glossary import STYLE as TERM_STYLE
from egop.explorer.glossary import TERMS, explained
from egop.explorer.tabs import ComparisonResult
from egop.ui.markers import marker_path

STYLE = (
    TERM_STYLE
    + """
:host { display: block; width: 100%; max-height: none !important;
  color: var(--panel-on-background-color, #1c2430); font: 12px/18px system-ui, sans-serif; }
ul { display: flex; flex-wrap: wrap; gap: 0 11px; margin: 0; padding: 0; list-style: none; }
li { white-space: nowrap; }
svg { vertical-align: -2px; margin-right: 4px; }
.term { text-decoration: none; padding: 0 1px; }
.term:hover { background: color-mix(in srgb, currentColor 9%, transparent); }
"""
)
SHAFT = '<path d="M0 7H14" stroke="{}" stroke-width="4"/>'
"""The line of an arrow."""
LINE = '<path d="M0 7H26" fill="none" stroke="currentColor" stroke-width="2.2"{}/>'
DASH = ' stroke-dasharray="{}"'.format(" ".join(map(str, theme.ORIGINAL_DASH)))
RING = '<circle cx="7" cy="7" r="{}" fill="none" stroke="{}" stroke-width="{}"{}/>'
DOT = '<circle cx="{}" cy="{}" r="{}" fill="{}"/>'
AXIS = '<path d="M1 12 12 2" stroke="{}" stroke-width="2.5"/>'
SQUARE = '<rect x="3" y="3" width="8" height="8" fill="#ffffff" stroke="{}" stroke-width="1.5"/>'
DOTTED = '<path d="M0 7H14" stroke="{}" stroke-width="2" stroke-dasharray="2 2"/>'
STAR = 'fill="{fill}" stroke="{line}"'.format_map(theme.MINIMUM)
RUN, GRAY = "#d55e00", theme.SAMPLE
SPREAD = RING.format(5.5, GRAY, 1.5, ' stroke-dasharray="1.5 2"') + DOT.format(6, 8, 1.3, GRAY)
MARKS = (
    ("start", "start", RING.format(5, "currentColor", 2, "")),
    ("minimum", "star", marker_path("star", 7, 7, 13, STAR)),
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


def to_html(shown: ComparisonResult) -> str:
    """The list: methods by color and marker, bases by dash, and every other mark."""
    methods, basis = [pair.name for pair in shown.pairs], shown.basis_name
    absent = {"z₁, z₂"} if shown.axes_of_egop else {"v₁", "v₂"}
    absent |= set() if shown.target.known else {"minimum"}
    rows = [f"<span>{head_of(name)}{escape(theme.label(name))}</span>" for name in methods]
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


def head_of(method: str) -> str:
    """The marker of a method in its color."""
    return picture(marker_path(theme.marker(method), 7, 7, 10), theme.color(method))


def picture(inside: str, color: str = "currentColor", width: int = 14) -> str:
    """A small drawing."""
    return (
        f'<svg viewBox="0 0 {width} 14" width="{width}" height="14" fill="{color}" '
        f'aria-hidden="true">{inside}</svg>'
    )
