"""Claims of the paper beside what was measured, as a table."""

from collections.abc import Sequence
from html import escape

from egop.experiments.claims.paper import reported, said_and_measured
from egop.figures.labeled_result import LabeledResult
from egop.lab.views.html import html_table

NAMES = ("Figure", "The paper says", "We measured", "Holds")
HOLDS = {True: ("yes", "✓ yes"), False: ("no", "✗ no"), None: ("", "not decided")}


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
    for row in said_and_measured(run.dataset):
        kind, verdict = HOLDS[row.holds]
        rows.append(
            f'<tr><th scope="row">{escape(row.claim)}</th><td>{escape(row.says)}</td>'
            f'<td>{escape(row.measured)}</td><td class="{kind}">{verdict}</td></tr>'
        )
    return html_table(caption, NAMES, rows) if rows else ""
