"""Measurements of a comparison, and the labelled result that is made of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from egop.experiments.comparison.entries import Entry
from egop.experiments.comparison.rate_plan import PlannedRun
from egop.networks.bases import BlockBases
from egop.networks.plan import ORIGINAL
from egop.runs.run_table import RunBasis, RunTable
from egop.sentences import listed
from egop.trials import FINISHED

OF_ENTRIES = ("optimizer", "basis")


class Measured:
    """The runs of a comparison that are finished.

    Args:
        entries: of the comparison.
        trials: how many.
        epochs: how many.

    Attributes:
        costs: gradients and seconds of the basis of each optimizer, basis and trial; 0 of none.
    """

    def __init__(self, entries: Sequence[Entry], trials: int, epochs: int):
        self.entries, self.trials, self.epochs = entries, trials, epochs
        self._runs: list[tuple[PlannedRun, int, Mapping[str, np.ndarray]]] = []
        self.costs: dict[RunBasis, tuple[int, float]] = {}

    def add(
        self,
        run: PlannedRun,
        trial: int,
        arrays: Mapping[str, np.ndarray],
        bases: BlockBases | None,
    ) -> None:
        """Notes a run.

        Args:
            run: which one.
            trial: its number.
            arrays: as `Trainer.train` returns them.
            bases: of its entry in the trial; None in original coordinates.
        """
        self._runs.append((run, trial, arrays))
        self.costs[run.entry.optimizer, run.entry.basis, trial] = (
            (0, 0.0) if bases is None else (bases.n_samples, bases.seconds)
        )

    def table(self) -> RunTable:
        """All runs by optimizer, basis, rate and trial."""
        keys = [(run.entry.optimizer, run.entry.basis, run.rate) for run, _, _ in self._runs]
        table = RunTable(keys, range(self.trials), self.epochs + 1)
        for key, (_, trial, arrays) in zip(keys, self._runs, strict=True):
            table.fill([key], [trial], {name: x[None, None] for name, x in arrays.items()})
        return table

    def best_rates(self) -> dict[tuple[str, str], float]:
        """The best rate of each optimizer and basis; NaN where every one diverged."""
        table = self.table()
        best = _best_rates(table)
        places = np.ndindex(best.shape)
        return {(table.methods[m], table.bases[b]): float(best[m, b]) for m, b in places}


def assembled(measured: Measured, settings: Mapping[str, Any], steps: np.ndarray) -> xr.Dataset:
    """The result that `egop.compare` describes.

    Args:
        measured: all runs.
        settings: of the comparison.
        steps: (epochs + 1,) that were taken before each measure.
    """
    table, entries = measured.table(), measured.entries
    best = _best_rates(table)
    labels = np.full(best.shape, "", dtype=object)
    for entry in entries:
        labels[table.methods.index(entry.optimizer), table.bases.index(entry.basis)] = entry.label
    own = [next(e.basis for e in entries if e.optimizer == name) for name in table.methods]
    chosen = [best[m, table.bases.index(basis)] for m, basis in enumerate(own)]
    variables: dict[str, Any] = {
        "best_rate": (OF_ENTRIES, best, {"chosen_by": _decisive(table)}),
        "chosen_rate": ("optimizer", np.array(chosen)),
        **table.costs(measured.costs),
    }
    result = table.dataset().assign(variables)
    result = result.assign_coords(label=(OF_ENTRIES, labels.astype(str)), step=("epoch", steps))
    notes = _edge_note(table, labels, best), _alone_note(entries)
    note = " ".join(filter(None, notes))
    return result.assign_attrs(config=json.dumps(settings), data_note=note)


def _best_rates(table: RunTable) -> np.ndarray:
    """(methods, bases) by the final validation loss, or training loss; diverged runs are +∞."""
    known = table.variables[_decisive(table)][1]
    ends = np.where(table.status == FINISHED, known[..., -1], np.inf)
    return table.best_rates(ends, np.full(ends.shape, -1), known[..., 0])


def _decisive(table: RunTable) -> str:
    """The loss that best rates are chosen by."""
    return "validation_loss" if "validation_loss" in table.variables else "training_loss"


def _edge_note(table: RunTable, labels: np.ndarray, best: np.ndarray) -> str:
    """A sentence that names the entries whose best rate is the smallest or largest of several."""
    found = []
    for at in np.argwhere(np.isfinite(best)):
        m, b = at
        tried = table.rates[(table.status[m, b] != "not run").any(axis=-1)]
        if len(tried) > 1 and best[m, b] in (tried[0], tried[-1]):
            found.append(str(labels[m, b]))
    if not found:
        return ""
    of, stand = ("rate of", "stands") if len(found) == 1 else ("rates of", "stand")
    those = f"The best {of} {listed(found)} {stand} at an end of those tried"
    return f"{those}: others may be better."


def _alone_note(entries: Sequence[Entry]) -> str:
    """A sentence that names the entries whose optimizer is not run in original coordinates."""
    known = {entry.optimizer for entry in entries if entry.basis == ORIGINAL}
    alone = [each for each in entries if each.optimizer not in known and not each.beside]
    if not alone:
        return ""
    kinds = listed(list(dict.fromkeys(entry.kind.__name__ for entry in alone)))
    have = "has" if len(alone) == 1 else "have"
    return (
        f"{listed([entry.label for entry in alone])} {have} no run in original coordinates to be "
        f"compared with: add an entry of {kinds} alone, with the same hyperparameters."
    )
