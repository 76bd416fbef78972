"""The table of methods and rotations as an SVG: `python -m egop.figures.equivariance FILE`."""

import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path

from egop import theme
from egop.methods.equivariance import CHANGED, UNCHANGED, equivariance_table, families

COLUMNS = {"left": "Left", "right": "Right", "kronecker": "Kronecker", "whole": "All entries"}
"""Headings of the kinds of rotations."""
FORMULAS = {"left": "UᵀW", "right": "WV", "kronecker": "UᵀWV", "whole": "Qᵀ vec W"}
WORDS = {UNCHANGED: "same path", CHANGED: "another path"}
"""Words of the cells that hold no condition."""
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

NAMES, CELL, ROW, GAP, TOP = 190, 118, 26, 12, 58


def equivariance_svg(table: Mapping[str, Mapping[str, str]]) -> str:
    """A drawing of a table as `egop.methods.equivariance_table` gives it.

    Methods with equal rows stand together; conditions are numbered, and told below.
    """
    conditions = conditions_of(table)
    looks = theme.method_looks(table)
    parts, y = [_head()], TOP
    for family in families(table):
        for name in family:
            parts.append(_row(name, looks[name].color, table[name], conditions, y))
            y += ROW
        y += GAP
    for note in notes_of(conditions):
        parts.append(f'<text class="note" x="4" y="{y + 14}">{escape(note)}</text>')
        y += 20
    width = NAMES + CELL * len(COLUMNS) + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 4}" '
        f'width="{width}" height="{y + 4}" role="img">\n<title>Rotations that leave the paths of '
        f"methods the same</title>\n<style>{_style()}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def conditions_of(table: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Every condition of a table once, family by family."""
    cells = [cell for family in families(table) for n in family for cell in table[n].values()]
    return [cell for cell in dict.fromkeys(cells) if cell not in WORDS]


def words_of(cell: str, conditions: list[str]) -> str:
    """The words of a cell, with the number of its condition."""
    return WORDS.get(cell) or f"same path if {_mark(conditions.index(cell))}"


def notes_of(conditions: list[str]) -> list[str]:
    """The conditions, each after its number."""
    return [f"{_mark(place)} {each}" for place, each in enumerate(conditions)]


def _mark(place: int) -> str:
    return str(place + 1).translate(RAISED)


def _head() -> str:
    middles = {kind: NAMES + CELL * k + CELL / 2 for k, kind in enumerate(COLUMNS)}
    return "\n".join(
        f'<text class="head" x="{x}" y="22">{COLUMNS[kind]}</text>'
        f'<text class="formula" x="{x}" y="42">{FORMULAS[kind]}</text>'
        for kind, x in middles.items()
    )


def _row(name: str, color: str, cells: Mapping[str, str], conditions: list[str], y: int) -> str:
    parts = [
        f'<rect x="4" y="{y + 5}" width="5" height="{ROW - 10}" rx="2" fill="{color}"/>'
        f'<text x="16" y="{y + 18}">{escape(theme.label(name))}</text>'
    ]
    for k, kind in enumerate(COLUMNS):
        cell, x = cells[kind], NAMES + CELL * k
        look = cell if cell in WORDS else "conditional"
        parts.append(
            f'<rect class="{look}" x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{ROW - 2}" '
            f'rx="3"/><text class="cell {look}" x="{x + CELL / 2}" y="{y + 18}">'
            f"{words_of(cell, conditions)}</text>"
        )
    return "".join(parts)


def _style() -> str:
    shared = (
        "text{font:13px system-ui,sans-serif}.head,.formula,.cell{text-anchor:middle}"
        ".head{font-weight:600}.formula,.note,.cell{font-size:12px}"
        f"rect.{CHANGED}{{fill:{theme.LIGHT['accent']}}}text.{CHANGED}{{fill:#fff}}"
    )
    dark = f"@media (prefers-color-scheme:dark){{{_colors(theme.DARK)}}}"
    return shared + _colors(theme.LIGHT) + dark


def _colors(colors: Mapping[str, object]) -> str:
    return (
        f"text{{fill:{colors['text']}}}.formula,text.{UNCHANGED},.note{{fill:{colors['muted']}}}"
        f"rect.{UNCHANGED}{{fill:{colors['grid']}}}"
        f"rect.conditional{{fill:{colors['surface']};stroke:{colors['accent']}}}"
        f"text.{CHANGED}{{fill:#fff}}"
    )


def main() -> None:
    """Writes the drawing of every built-in method."""
    Path(sys.argv[1]).write_text(equivariance_svg(equivariance_table()), encoding="utf-8")


if __name__ == "__main__":
    main()
