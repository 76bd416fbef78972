"""Texts of the page: their style, the heads of figures, and tables."""

from collections.abc import Sequence
from html import escape

from egop.figures.spectrum_series import Spectrum
from egop.ui.layout import NARROW

STYLE = """
:host { display: block; width: 100%; font: 13px/1.45 system-ui, sans-serif; }
h2 { font-size: 16px; margin: 2px 0; font-weight: 600; }
h3 { font-size: 13px; margin: 0; font-weight: 600; }
p { margin: 2px 0; opacity: 0.85; }
p.more { opacity: 0.7; }
ul { list-style: none; margin: 4px 0; padding: 0; }
li { position: relative; padding-left: 14px; margin-bottom: 4px; max-width: 72em; }
li i { position: absolute; left: 0; top: 0.2em; width: 5px; height: 1em; border-radius: 2px; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font: 13px/1.4 system-ui, sans-serif; width: 100%; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
th { font-weight: 600; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td i { display: inline-block; width: 5px; height: 0.9em; border-radius: 2px; margin-right: 7px; }
.scroll:focus-visible { outline: 2px solid #2b7fc4; outline-offset: 2px; }
.yes { color: var(--mui-palette-success-main, inherit); font-weight: 600; }
.no { color: var(--mui-palette-error-main, inherit); font-weight: 600; }
td.path { border: 1px solid var(--panel-background-color, #fff); border-radius: 4px;
  padding: 4px 8px; }
td.path.changed { background: #2b5f9e; color: #fff; }
td.path.unchanged { background: color-mix(in srgb, currentColor 10%, transparent); }
td.path.conditional { background: color-mix(in srgb, #2b5f9e 28%, transparent); }
.sign { font-weight: 400; margin-left: 14px; white-space: nowrap; }
.sign svg { margin-right: 5px; vertical-align: middle; }
"""
"""The style of all texts here."""
PHONE = f"""
@media (max-width: {NARROW}px) {{
  table.cells {{ table-layout: fixed; font-size: 12px; }}
  table.cells th:first-child {{ width: 23%; }}
  table.cells th {{ font-size: 10.5px; padding-right: 1px; }}
  table.cells th, table.cells td {{ overflow-wrap: break-word; }}
  table.cells td:not(.path) {{ padding-right: 2px; }}
  td.path {{ padding: 4px; }}
}}
"""
"""The style of tables whose columns are alike, where they share the width of a phone."""


def heading(title: str, spoken: str, more: str = "", key: Sequence[Spectrum] = ()) -> str:
    """A figure's title, its key, what of it is to be known, and what a screen reader says."""
    signs = "".join(
        '<span class="sign"><svg viewBox="0 0 26 8" width="26" height="8" aria-hidden="true">'
        f'<path d="M1 4H25" stroke="{sign.color}" stroke-width="2.2" stroke-dasharray="'
        f'{" ".join(map(str, sign.dash))}"/></svg>{escape(sign.name)}</span>'
        for sign in key
    )
    seen = f'<p class="more">{escape(more)}</p>' if more else ""
    heard = f'<p class="spoken">{escape(spoken)}</p>' if spoken != more else ""
    return f"<h3>{escape(title)}{signs}</h3>{seen}{heard}"


def html_table(
    caption: str, names: Sequence[str], rows: Sequence[str], *, cells: bool = False
) -> str:
    """A table that scrolls sideways where it is too wide.

    Args:
        caption: what it holds.
        names: of the columns.
        rows: as HTML, each a <tr>.
        cells: whether its columns are alike, and share the width of a phone.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table{' class=cells' * cells}>"
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
