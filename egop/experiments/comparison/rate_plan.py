"""The learning rates that each entry of a comparison is run at."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from egop.bounds import shown
from egop.experiments.comparison.entries import Entry
from egop.experiments.sweep.rates import first_rates, next_rates, read_row
from egop.methods import nearest

SEARCH = "search"


class PlannedRun(NamedTuple):
    """An entry at a rate.

    Attributes:
        entry: an optimizer in a basis.
        rate: the learning rate.
    """

    entry: Entry
    rate: float


class RatePlan:
    """Rates that are given, or the two stages of the search.

    Args:
        rates: as `egop.compare` takes them.
        entries: of the comparison.

    Raises:
        ValueError: rates that are not positive, or of labels that are not there.
    """

    def __init__(self, rates: Any, entries: Sequence[Entry]):
        self._entries = entries
        labels = [entry.label for entry in entries if not entry.beside]
        by_label = dict(rates) if isinstance(rates, Mapping) else dict.fromkeys(labels, rates)
        for label in by_label:
            if label not in labels:
                raise ValueError(f"rates: unknown label {shown(label)}; {nearest(label, labels)}")
        lacking = [label for label in labels if label not in by_label]
        if lacking:
            raise ValueError(f"rates takes those of every label, got none of {lacking[0]!r}")
        given = {label: _read(label, row) for label, row in by_label.items()}
        self._given = {entry: given[entry.beside or entry.label] for entry in entries}

    @property
    def searched(self) -> list[Entry]:
        """The entries whose rates are searched."""
        return [entry for entry in self._entries if self._given[entry] is None]

    def first(self) -> list[PlannedRun]:
        """The runs to begin with."""
        coarse = first_rates([SEARCH], None)[SEARCH]
        rates = {entry: coarse if row is None else row for entry, row in self._given.items()}
        return [PlannedRun(entry, float(rate)) for entry in rates for rate in rates[entry]]

    def second(self, best: Mapping[tuple[str, str], float]) -> list[PlannedRun]:
        """The runs to go on with, the same rates for an optimizer in each basis.

        Args:
            best: the best rate so far by optimizer and basis; NaN where every one diverged.
        """
        tried = first_rates(list(dict.fromkeys(each.optimizer for each in self.searched)), None)
        found = {
            name: np.array(
                [best[e.optimizer, e.basis] for e in self.searched if e.optimizer == name]
            )
            for name in tried
        }
        finer = next_rates(found, tried)
        return [
            PlannedRun(entry, float(rate))
            for entry in self.searched
            for rate in finer.get(entry.optimizer, ())
        ]


def _read(label: str, row: Any) -> tuple[float, ...] | None:
    """The rates of a label; None for the search."""
    if isinstance(row, str) and row == SEARCH:
        return None
    return read_row(repr(label), row)
