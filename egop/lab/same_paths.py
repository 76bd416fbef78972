"""Words about methods that take the same path in a basis as in original coordinates."""

from collections.abc import Iterable, Mapping

from egop import theme
from egop.experiments.sweep.basis_names import BASES
from egop.methods import names
from egop.methods.equivariance import CHANGED, UNCHANGED, equivariance_table
from egop.sentences import fill, listed

ROTATIONS_OF_RESULTS = {spec.name: spec.rotation for spec in BASES.values()} | {
    "egop": "whole",
    "inputs": "right",
}
"""The rotation of each weight matrix by a basis of a result, by its name there."""


def same_path_words(methods: Iterable[str], bases: Mapping[str, str]) -> str:
    """Sentences that name methods and the bases in which their paths are the same; "" if none.

    Args:
        methods: names; those that are unknown are left out.
        bases: what each does to a weight matrix, one of `egop.methods.ROTATIONS`, by its label; of
            one that does anything else nothing is told.
    """
    table = equivariance_table([name for name in methods if name in names()])
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for name, cells in table.items():
        by_cell: dict[str, list[str]] = {}
        for label, rotation in bases.items():
            by_cell.setdefault(cells.get(rotation, CHANGED), []).append(label)
        for cell, labels in by_cell.items():
            if cell != CHANGED:
                groups.setdefault((tuple(labels), cell), []).append(theme.label(name))
    return " ".join(
        _sentence(who, [*labels], cell, bases) for (labels, cell), who in groups.items()
    )


def _sentence(who: list[str], labels: list[str], cell: str, bases: Mapping[str, str]) -> str:
    return fill(
        "same path",
        methods=f"{listed(who)} {'take' if len(who) > 1 else 'takes'}",
        bases="every basis here" if labels == [*bases] and len(bases) > 1 else listed(labels),
        condition="" if cell == UNCHANGED else f", {cell}",
    )
