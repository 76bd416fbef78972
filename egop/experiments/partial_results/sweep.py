"""A rate sweep as far as it got, in the form of its result (`network_sweep.py`)."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from egop.experiments.partial_results.thinning import kept_points, spacing
from egop.experiments.sweep.groups import Group
from egop.experiments.sweep.rates import Ends, best
from egop.experiments.sweep.scores import by_validation_accuracy, by_validation_loss, start_of
from egop.experiments.sweep.spectra_table import spectra_table
from egop.runs.live_output import LIVE
from egop.runs.results import PATHS, TABLE_DIMS
from egop.runs.run import Arrays
from egop.trials import DIVERGED, FINISHED, NOT_RUN, RUNNING

Read = Callable[[Path], Arrays | None]
"""The arrays in a file; None where it is not there."""


SPECTRUM = re.compile(r"spectrum-(\d+)\.npz")


class Found(NamedTuple):
    """What is known of a group.

    Attributes:
        runs: (R, 3) method, basis and rate.
        trials: (S,) their numbers.
        arrays: metrics (S, R, E + 1), as long as they are by now, and paths of trial 0.
        finished: whether it was trained to the end.
    """

    runs: list[tuple[str, str, float]]
    trials: np.ndarray
    arrays: Arrays
    finished: bool


def sweep_so_far(folder: Path, manifest: Mapping[str, Any], read: Read) -> xr.Dataset | None:
    """The table of all runs that are planned by now; None while nothing is measured."""
    found = list(_groups(folder, manifest, read))
    if not found:
        return None
    table = _Table(_plan(manifest), manifest["config"])
    for each in found:
        table.fill(each)
    parts = [table.dataset(), *_spectra(folder, manifest, read)]
    if "projection" in parts[0] and (plane := read(folder / "pieces" / "loss-plane.npz")):
        loss = xr.Dataset({"loss_plane": (("a", "b"), plane["loss"])})
        parts.append(loss.assign_coords(a=plane["a"], b=plane["b"]))
    return xr.merge(parts, join="exact", compat="no_conflicts")


def _plan(manifest: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """The runs of all stages that are planned by now."""
    return [tuple(each) for plan in _stages(manifest, "plan") for each in plan]


def _stages(manifest: Mapping[str, Any], word: str) -> Iterator[Any]:
    stage = 0
    while f"{word} {stage}" in manifest:
        yield manifest[f"{word} {stage}"]
        stage += 1


def _groups(folder: Path, manifest: Mapping[str, Any], read: Read) -> Iterator[Found]:
    stages = zip(_stages(manifest, "plan"), _stages(manifest, "grouping"), strict=False)
    for stage, (plan, groups) in enumerate(stages):
        for place, stored in enumerate(groups):
            name = f"stage-{stage}-group-{place}.npz"
            arrays, finished = _group(folder, name, read)
            if arrays is not None:
                group = Group.read(stored)
                runs = [tuple(plan[run]) for run in group.runs]
                yield Found(runs, np.array(group.trials), arrays, finished)


def _group(folder: Path, name: str, read: Read) -> tuple[Arrays | None, bool]:
    """What is known of a group, and whether that is all; it may be finished between two looks."""
    for place, finished in (("pieces", True), (LIVE, False), ("pieces", True)):
        arrays = read(folder / place / name)
        if arrays is not None:
            return arrays, finished
    return None, False


def _spectra(folder: Path, manifest: Mapping[str, Any], read: Read) -> Iterator[xr.Dataset]:
    found = {path: SPECTRUM.fullmatch(path.name) for path in (folder / "pieces").glob("spectrum-*")}
    known = {int(match[1]): read(path) for path, match in found.items() if match}
    rows = {trial: row for trial, row in sorted(known.items()) if row is not None}
    if rows:
        yield spectra_table(rows, manifest["config"]["trials"])


class _Table:
    """All planned runs by method, basis, rate, trial and epoch; NaN until filled.

    Of very many epochs some are kept, so that a look at a run never takes much memory.

    Args:
        plan: (method, basis, rate) of each run.
        config: of the experiment.
    """

    def __init__(self, plan: list[tuple[str, str, float]], config: Mapping[str, Any]):
        self.methods, self.bases = ([*dict.fromkeys(run[k] for run in plan)] for k in (0, 1))
        self.rates = np.unique([rate for *_, rate in plan])
        self.trials, n_points = config["trials"], config["epochs"] + 1
        self.shape = (len(self.methods), len(self.bases), len(self.rates), self.trials)
        self.epochs = kept_points(n_points, spacing(math.prod(self.shape), n_points))
        self.tables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
            "status": (TABLE_DIMS[:4], np.full(self.shape, NOT_RUN, dtype="<U8")),
            "diverged_at": (TABLE_DIMS[:4], np.full(self.shape, -1)),
        }

    def fill(self, group: Found) -> None:
        """Writes what is known of a group to its places."""
        method, basis, rate = zip(*group.runs, strict=True)
        runs = (
            np.array([self.methods.index(each) for each in method]),
            np.array([self.bases.index(each) for each in basis]),
            np.searchsorted(self.rates, rate),
        )
        places = (*(each[:, None] for each in runs), group.trials)
        diverged_at = group.arrays["diverged_at"].T
        alive = FINISHED if group.finished else RUNNING
        self.tables["status"][1][places] = np.where(diverged_at >= 0, DIVERGED, alive)
        self.tables["diverged_at"][1][places] = diverged_at
        for name, numbers in group.arrays.items():
            if name not in PATHS and numbers.ndim == 3:
                self._grow(name, TABLE_DIMS[:5], places, numbers.swapaxes(0, 1))
            elif name in PATHS and len(numbers):
                dims = (*TABLE_DIMS[:3], "epoch", "axis")[: numbers.ndim + 1]
                self._grow(name, dims, runs, numbers[0])

    def _grow(self, name: str, dims: tuple[str, ...], places: Any, numbers: np.ndarray) -> None:
        """Writes numbers (…, epochs so far[, axes]) to their places in a table with these dims."""
        before, axis = dims.index("epoch"), places[0].ndim
        if name not in self.tables:
            shape = (*self.shape[:before], len(self.epochs), *numbers.shape[axis + 1 :])
            self.tables[name] = dims, np.full(shape, np.nan, dtype=numbers.dtype)
        known = self.epochs[self.epochs < numbers.shape[axis]]
        self.tables[name][1][(*places, slice(len(known)))] = numbers.take(known, axis)

    def dataset(self) -> xr.Dataset:
        """What was filled, with labels, and the best rates so far."""
        found = self._best_rates()
        chosen = {"best_rate": (TABLE_DIMS[:2], found), "chosen_rate": ("optimizer", found[:, 0])}
        return xr.Dataset(
            {**self.tables, **chosen},
            coords={
                "optimizer": self.methods,
                "basis": self.bases,
                "learning_rate": self.rates,
                "trial": np.arange(self.trials),
                "epoch": self.epochs,
                **({"axis": [1, 2]} if "projection" in self.tables else {}),
            },
        )

    def _best_rates(self) -> np.ndarray:
        """(methods, bases) the best rates by what is known so far; NaN where nothing is."""
        score = by_validation_loss
        if "validation_accuracy" in self.tables:
            score = by_validation_accuracy
        status = self.tables["status"][1]
        curves = {name: numbers for name, (_, numbers) in self.tables.items()}
        values, epochs = score(curves)
        start = start_of(curves, score)
        values = np.where((status == FINISHED) | (status == RUNNING), values, np.inf)
        found = np.full(self.shape[:2], np.nan)
        for place in np.ndindex(found.shape):
            known = (status[place] != NOT_RUN).any(axis=0)
            if known.any():
                some = (each[place][:, known].T[None] for each in (values, epochs))
                found[place] = best(Ends(self.rates, *some, start=start))[0]
        return found
