"""The page of a report of bases, as text and as HTML that needs nothing else."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from egop.networks import report_words
from egop.networks.bases_report import BasesReport, BlockReport
from egop.networks.gain_words import METHODS, percent
from egop.networks.measured_gains import measured_gains
from egop.networks.report_words import with_error
from egop.theme import label, number

Column = tuple[str, str, Callable[[BlockReport], str]]

COLUMNS: tuple[Column, ...] = (
    ("block", "", lambda each: each.block.name),
    ("shape", "", lambda each: " × ".join(map(str, each.block.shape))),
    ("structure", "", lambda each: each.basis.structure),
    ("numbers", "", lambda each: f"{each.basis.n_numbers:,}"),
    ("stable rank", "Σ√(λ_k/λ_1)", lambda each: number(each.basis.stable_rank)),
    ("λ₁/λ₂", "near 1, v₁ is arbitrary", lambda each: _or_dash(each.gap)),
    (
        "β₁",
        "density of v₁, 1/d along an axis and about 0.64 at random",
        lambda each: number(each.leading_density),
    ),
)
WITH_GRADIENTS: tuple[Column, ...] = (
    (
        "effective samples",
        "gradients of equal length that would weigh as much",
        lambda each: number(each.measured.effective) if each.measured else "–",
    ),
    (
        "v₁ within",
        "in 90 % of bootstrap resamples",
        lambda each: (
            f"{number(each.measured.bootstrap.angle_of_v1_degrees)}°" if each.measured else "–"
        ),
    ),
    (
        "error",
        "‖EGOP − V diag(λ) Vᵀ‖/‖EGOP‖, of eigenvalues and axes together",
        lambda each: with_error(each.measured.error) if each.measured else "–",
    ),
)
SHARES = "Off-diagonal share of the EGOP (0: an eigenbasis), with standard errors"
HELP = "Would it help?"
FLOOR = 1e-8
"""Relative eigenvalues below it are not drawn."""
WIDTH, HEIGHT = 220, 84

STYLE = """
.egop-report { font-family: system-ui, sans-serif; line-height: 1.45; max-width: 60rem;
  overflow-wrap: anywhere; }
.egop-report h2 { font-size: 1.15rem; margin: .2rem 0; }
.egop-report h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
.egop-report p { margin: .3rem 0; }
.egop-report .tables { overflow-x: auto; }
.egop-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.egop-report th, .egop-report td { padding: .15rem .6rem .15rem 0; text-align: left;
  border-bottom: 1px solid rgba(128, 128, 128, .35); background: none; white-space: nowrap; }
.egop-report figure { display: inline-block; margin: .3rem 1rem .3rem 0; }
.egop-report figcaption { font-size: .85rem; }
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>EGOP bases</title></head>
<body>{report}</body></html>
"""


def as_text(report: BasesReport) -> str:
    """The page as plain text."""
    parts = [
        f"EGOP bases: {report_words.heading(report)}",
        report_words.verdict(report),
        "",
        _text_table(_blocks(report)),
        _legend(report),
    ]
    if report.shares:
        parts += ["", SHARES, _text_table(_shares(report))]
    for each in report.blocks:
        parts += [f"{each.block.name}: {' '.join(found)}" for found in _remarks(each)]
    return "\n".join([*parts, "", HELP, *report_words.would_it_help(report)])


def as_html(report: BasesReport) -> str:
    """The page as HTML in the colors of what it stands in."""
    parts = [
        f"<style>{STYLE}</style><div class='egop-report'><h2>EGOP bases</h2>",
        f"<p>{escape(report_words.heading(report))}</p>",
        f"<p><strong>{escape(report_words.verdict(report))}</strong></p>",
        _html_table(_blocks(report), [hint for _, hint, _ in _columns(report)]),
        f"<p><small>{escape(_legend(report))}</small></p>",
        "<div>" + "".join(_spectrum(each) for each in report.blocks) + "</div>",
    ]
    if report.shares:
        parts += [f"<h3>{SHARES}</h3>", _html_table(_shares(report))]
    parts += [
        f"<p><b>{escape(each.block.name)}</b>: {escape(' '.join(found))}</p>"
        for each in report.blocks
        for found in _remarks(each)
    ]
    parts += [f"<h3>{HELP}</h3>"]
    parts += [f"<p>{escape(text)}</p>" for text in report_words.would_it_help(report)]
    parts += [f"<details><summary>All problems</summary>{_html_table(_problems())}</details>"]
    return "\n".join([*parts, "</div>"])


def as_page(report: BasesReport) -> str:
    """The page as a whole file, in light or dark colors as the reader's browser asks."""
    return PAGE.format(report=as_html(report))


def _columns(report: BasesReport) -> tuple[Column, ...]:
    return COLUMNS + (WITH_GRADIENTS if report.shares else ())


def _legend(report: BasesReport) -> str:
    """Names of columns of the table of blocks, with what they hold."""
    return "; ".join(f"{name}: {hint}" for name, hint, _ in _columns(report) if hint) + "."


def _blocks(report: BasesReport) -> list[list[str]]:
    """The table of blocks, with its head."""
    columns = _columns(report)
    rows = [[read(each) for _, _, read in columns] for each in report.blocks]
    return [[name for name, _, _ in columns], *rows]


def _shares(report: BasesReport) -> list[list[str]]:
    """The table of off-diagonal shares, with its head; the last row is of all blocks together."""
    names = [*report.shares]
    rows = [
        [each.block.name, *(with_error(each.measured.shares[name]) for name in names)]
        for each in report.blocks
        if each.measured
    ]
    together = ["together", *(with_error(report.shares[name]) for name in names)]
    return [["block", *names], *rows, *([together] if len(rows) > 1 else [])]


def _problems() -> list[list[str]]:
    """The table of problems that were measured, with its head."""
    head = ["problem", "d", "off-diagonal share", "β₁", "sr/(dβ₁)"]
    rows = sorted(measured_gains()["rows"], key=lambda row: -row["off_diagonal_share"])
    return [
        [*head, *(f"{label(method)} sooner by" for method in METHODS)],
        *(
            [
                row["name"],
                str(row["dim"]),
                percent(row["off_diagonal_share"]),
                number(row["density"]),
                number(row["ratio"]),
                *(f"{number(row['gains'][method]['shared'])}×" for method in METHODS),
            ]
            for row in rows
        ),
    ]


def _remarks(block: BlockReport) -> list[list[str]]:
    found = report_words.remarks(block)
    return [found] if found else []


def _text_table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _html_table(rows: Sequence[Sequence[str]], hints: Sequence[str] = ()) -> str:
    head, *body = rows
    titles = [f' title="{escape(hint)}"' if hint else "" for hint in hints] or [""] * len(head)
    cells = [
        f"<th scope='col'{title}>{escape(word)}</th>"
        for word, title in zip(head, titles, strict=True)
    ]
    lines = ["<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in body]
    return f"<div class='tables'><table><tr>{''.join(cells)}</tr>{''.join(lines)}</table></div>"


def _spectrum(block: BlockReport) -> str:
    """The eigenvalues over the largest, both axes logarithmic, as a small picture."""
    values = block.basis.eigenvalues.numpy()
    if not values.any() or len(values) < 2:
        return ""
    relative = values / values[0]
    k = np.unique(np.geomspace(1, len(values), 120).round().astype(int))
    k = k[relative[k - 1] >= FLOOR]
    depth = max(1.0, -np.log10(relative[k - 1].min()))
    x = 4 + (WIDTH - 8) * np.log(k) / np.log(len(values))
    y = 4 + (HEIGHT - 8) * -np.log10(relative[k - 1]) / depth
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    lowest = number(float(relative[k[-1] - 1]))
    name = escape(block.block.name)
    said = (
        f"{name}: λ_k/λ_1 falls from 1 to {lowest} at k = {k[-1]:,} of {len(values):,} (log axes)"
    )
    return (
        f"<figure><svg role='img' aria-label='{said}' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"width='{WIDTH}' height='{HEIGHT}' fill='none' stroke='currentColor'>"
        f"<path d='M2 2V{HEIGHT - 2}H{WIDTH - 2}' stroke-opacity='.35'/>"
        f"<polyline points='{points}' stroke-width='1.5'/></svg><figcaption>{said}</figcaption>"
        "</figure>"
    )


def _or_dash(value: float) -> str:
    return "–" if np.isnan(value) else number(value)
