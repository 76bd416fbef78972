"""Rotations that can change the paths of a run's methods, as a table."""

from collections.abc import Sequence
from html import escape

from egop import theme
from egop.experiments import EXPERIMENTS
from egop.figures.equivariance import (
    COLUMNS,
    FORMULAS,
    WORDS,
    conditions_of,
    notes_of,
    words_of,
)
from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import basis_label
from egop.lab.same_paths import (
    BASES_OF_RESULTS,
    known_method,
    ranks_of_result,
    same_path_words,
)
from egop.lab.views.html import html_table
from egop.methods import ROTATIONS
from egop.methods.equivariance import cell, families


def rotations_table(runs: Sequence[LabeledResult], statistics: Sequence[RunStatistics]) -> str:
    """A table of the methods of networks as HTML, and what follows for the bases of the runs.

    Args:
        runs: that are shown.
        statistics: of those with curves.
    """
    shown = [each for each in statistics if _has_matrices(runs[each.place])]
    written = dict.fromkeys(name for each in shown for name in each.methods)
    known = {name: made for name in written if (made := known_method(name)) is not None}
    if not known:
        return ""
    table = {name: {kind: cell(made, kind) for kind in ROTATIONS} for name, made in known.items()}
    conditions = conditions_of(table)
    looks = {name: look for each in shown for name, look in each.looks.items()}
    rows = [
        _row(name, looks[name].color, table[name], conditions)
        for family in families(table)
        for name in family
    ]
    columns = [f"{COLUMNS[kind]}: {FORMULAS[kind]}" for kind in COLUMNS]
    bases = {
        basis_label(name): BASES_OF_RESULTS[name]
        for name in dict.fromkeys(name for each in shown for name in each.bases)
        if name in BASES_OF_RESULTS
    }
    ranks = [ranks_of_result(runs[each.place].dataset.attrs) for each in shown]
    said = same_path_words(table, bases, ranks[0] if ranks == ranks[:1] * len(ranks) else ())
    words = [*notes_of(conditions), said]
    notes = "".join(f"<p>{escape(each)}</p>" for each in words if each)
    return (
        html_table("Rotations of a weight matrix W", ["Method", *columns], rows, cells=True) + notes
    )


def _has_matrices(run: LabeledResult) -> bool:
    known = EXPERIMENTS.get(run.experiment)
    return known is None or known.network


def _row(name: str, color: str, cells: dict[str, str], conditions: list[str]) -> str:
    title = f'<i style="background:{color}"></i>{escape(theme.label(name))}'
    found = "".join(
        f'<td class="{each if each in WORDS else "conditional"} path">'
        f"{words_of(each, conditions)}</td>"
        for each in (cells[kind] for kind in COLUMNS)
    )
    return f"<tr><td>{title}</td>{found}</tr>"
