"""Claims of the paper beside what was measured, as a table."""

from collections.abc import Sequence
from html import escape

from egop.experiments.claims.claim import judge, verdict
from egop.experiments.claims.table import claims_of, reported
from egop.figures.labeled_result import LabeledResult
from egop.lab.views.html import html_table

NAMES = ("Figure", "The paper says", "We measured", "Holds")
MARKS = {"yes": "✓ yes", "no": "✗ no"}


def claims_table(runs: Sequence[LabeledResult]) -> str:
    """A table for each run of one of the paper's experiments; "" where there is none."""
    return "".join(_table(run, len(runs) > 1) for run in runs)


def _table(run: LabeledResult, named: bool) -> str:
    caption = "The paper says, we measured" + (f": {run.label}" if named else "")
    if not run.finished:
        said = reported(run.experiment)
        items = "".join(f"<li>{escape(each)}</li>" for each in said)
        title = "The paper reports" + (f" ({run.label})" if named else "")
        return f"<h3>{escape(title)}</h3><ul>{items}</ul>" if said else ""
    rows = []
    for claim in claims_of(run.experiment):
        finding = judge(claim, {run.experiment: run.dataset})
        holds = verdict(finding)
        kind, mark = (holds, MARKS[holds]) if holds in MARKS else ("", holds)
        rows.append(
            f'<tr><th scope="row">Figure {escape(claim.figure)}</th>'
            f"<td>{escape(claim.stated)}</td><td>{escape(finding.words)}</td>"
            f'<td class="{kind}">{mark}</td></tr>'
        )
    return html_table(caption, NAMES, rows) if rows else ""
