"""Medians and quartiles over the trials known so far, at the rates that are looked at.

Trials that diverged are left out of every median and counted, as in the paper's figures.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import xarray as xr

from egop import theme
from egop.lab.views.choice import BEST, CHOSEN, Choice
from egop.lab.views.scales import METRICS
from egop.lab.views.watched import TABLE, Watched

FRAMES = 160
"""Moments of a run at which its losses by rate are kept."""


class Kind(NamedTuple):
    """Runs that differ by their trial alone.

    Attributes:
        run: the place of the watched run.
        method: its name.
        basis: its name.
        rate: the learning rate.
        index: places in the dataset: of method, basis and rate.
        counted: trials in the medians.
        diverged: trials that are left out.
    """

    run: int
    method: str
    basis: str
    rate: float
    index: tuple[int, int, int]
    counted: int
    diverged: int

    @property
    def name(self) -> str:
        """Such as "Adam, EGOP coordinates"."""
        return f"{theme.label(self.method)}, {basis_label(self.basis)}"


class Line(NamedTuple):
    """One kind of run by epoch.

    Attributes:
        kind: which.
        epochs: (n,).
        median: (n,) NaN where nothing is known.
        low: (n,) the first quartile.
        high: (n,) the third.
    """

    kind: Kind
    epochs: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def last(self) -> float:
        """The last median that is known; NaN if none is."""
        known = self.median[np.isfinite(self.median)]
        return float(known[-1]) if known.size else math.nan


class ByRate(NamedTuple):
    """One method in one basis at each rate that was tried.

    Attributes:
        kinds: one for each of L rates, ascending.
        frames: (3, F, L) median and quartiles at F moments.
        shown: place of the rate that is looked at; −1 for none.
    """

    kinds: list[Kind]
    frames: np.ndarray
    shown: int


class Table:
    """A run with curves.

    Args:
        watched: the run.
        place: of the run among those that are watched.
    """

    def __init__(self, watched: Watched, place: int = 0):
        self.watched, self.place = watched, place
        dataset = watched.dataset
        self.methods: list[str] = dataset["method"].values.tolist()
        self.bases: list[str] = dataset["basis"].values.tolist()
        self.rates = dataset["learning_rate"].to_numpy().astype(float)
        self.epochs = dataset["epoch"].to_numpy().astype(float)
        self.n_trials = dataset.sizes["trial"]

    @cached_property
    def status(self) -> np.ndarray:
        """(M, B, L, S) "finished", "running", "diverged" or "not run"."""
        dataset = self.watched.dataset
        if "status" in dataset:
            return dataset["status"].transpose(*TABLE[:4]).to_numpy().astype(str)
        known = np.isfinite(self.of("training_loss"))
        return np.select([~known.any(-1), ~known[..., -1]], ["not run", "diverged"], "finished")

    @cached_property
    def counted(self) -> np.ndarray:
        """(M, B, L, S) whether a trial counts in medians."""
        return (self.status == "finished") | (self.status == "running")

    def has(self, name: str) -> bool:
        """Whether something was measured."""
        return name in self.watched.dataset

    def of(self, name: str) -> np.ndarray:
        """(M, B, L, S, E+1) what was measured."""
        return self.watched.once(
            ("values", name), lambda: self.watched.dataset[name].transpose(*TABLE).to_numpy()
        )

    def tried(self, method: int) -> np.ndarray:
        """Places of the rates at which a method was run."""
        return np.flatnonzero((self.status[method] != "not run").any(axis=(0, 2)))

    def shown(self, method: int, basis: int, rate: str) -> int:
        """The place of the rate that is looked at; −1 if the method was not run at it."""
        if rate in {CHOSEN, BEST}:
            return self._best[method, basis if rate == BEST else self._original]
        near = np.flatnonzero(np.isclose(self.rates, float(rate), rtol=1e-6, atol=0))
        return int(near[0]) if near.size and near[0] in self.tried(method) else -1

    def kind(self, method: int, basis: int, rate: int) -> Kind:
        """What a place of the table is."""
        at = method, basis, rate
        return Kind(
            self.place,
            self.methods[method],
            self.bases[basis],
            float(self.rates[rate]),
            at,
            int(self.counted[at].sum()),
            int((self.status[at] == "diverged").sum()),
        )

    def kinds(self, choice: Choice) -> Iterator[Kind]:
        """Every method in every basis, at the rate that is looked at."""
        for method in range(len(self.methods)):
            for basis in range(len(self.bases)):
                rate = self.shown(method, basis, choice.rate)
                if rate >= 0:
                    yield self.kind(method, basis, rate)

    def lines(self, name: str, choice: Choice) -> list[Line]:
        """Medians by epoch."""
        return [
            Line(kind, self.epochs, *self._by_epoch(name, kind.index))
            for kind in (self.kinds(choice) if self.has(name) else ())
        ]

    def by_rate(self, name: str, choice: Choice, n_epochs: int) -> list[ByRate]:
        """Medians by rate at moments from 0 to `n_epochs`; what is not known yet is as before."""
        if not self.has(name):
            return []
        numbers = self.moments(name, n_epochs)
        found = []
        for method in range(len(self.methods)):
            tried = self.tried(method)
            for basis in range(len(self.bases) if len(tried) else 0):
                kinds = [self.kind(method, basis, int(each)) for each in tried]
                frames = np.moveaxis(numbers[:, method, basis, tried], 1, 2)
                at = np.flatnonzero(tried == self.shown(method, basis, choice.rate))
                found.append(ByRate(kinds, frames, int(at[0]) if at.size else -1))
        return found

    def moments(self, name: str, n_epochs: int) -> np.ndarray:
        """(3, M, B, L, F) medians and quartiles at moments from 0 to `n_epochs`."""

        def compute() -> np.ndarray:
            values = self.of(name)
            if not self.watched.finished:
                values = as_before(values)
            at = np.round(np.linspace(0, n_epochs, min(n_epochs + 1, FRAMES))).astype(int)
            values = values[..., np.minimum(at, len(self.epochs) - 1)]
            return quartiles(np.where(self.counted[..., None], values, np.nan), axis=3)

        return self.watched.once(("moments", name, n_epochs), compute)

    def _by_epoch(self, name: str, index: tuple[int, int, int]) -> np.ndarray:
        """(3, E+1) of one kind of run."""
        return self.watched.once(
            ("epochs", name, index),
            lambda: quartiles(self.of(name)[index][self.counted[index]], axis=0),
        )

    @property
    def chosen_rates(self) -> np.ndarray:
        """(M,) at which bases are compared; NaN where every run diverged."""
        places = self._best[:, self._original]
        return np.where(places >= 0, self.rates[places], np.nan)

    @property
    def _original(self) -> int:
        return self.bases.index("original") if "original" in self.bases else 0

    @cached_property
    def _best(self) -> np.ndarray:
        """(M, B) places of the best rates: those of the result, or the best so far; −1 for none."""
        dataset = self.watched.dataset
        given = np.full((len(self.methods), len(self.bases)), np.nan)
        if "best_rate" in dataset:
            given[:] = dataset["best_rate"].transpose("method", "basis")
        if "chosen_rate" in dataset:
            given[:, self._original] = dataset["chosen_rate"]
        if np.isnan(given).any() and not (self.watched.finished and "best_rate" in dataset):
            so_far = self._scores()
            known = np.isfinite(so_far).any(axis=-1)
            best = np.where(known, self.rates[np.argmin(so_far, axis=-1)], np.nan)
            given = np.where(np.isnan(given), best, given)
        places = np.abs(self.rates - given[..., None]).argmin(axis=-1)
        return np.where(np.isnan(given), -1, places)

    def _scores(self) -> np.ndarray:
        """(M, B, L) what rates are chosen by, the smaller the better; ∞ where nothing is known.

        While a run is trained it is what its experiment chooses by; of other results it is the
        last training loss.
        """
        running = not self.watched.finished
        if running and self.has("validation_accuracy"):
            values = np.fmin.reduce(1 - self.of("validation_accuracy"), axis=-1)
        elif running and self.has("validation_loss"):
            values = np.fmin.reduce(self.of("validation_loss"), axis=-1)
        else:
            values = as_before(self.of("training_loss"))[..., -1]
        large = np.finfo(float).max / 4
        values = np.where(self.status == "diverged", large, values.astype(float))
        median = quartiles(values, axis=-1)[0]
        return np.where(median < large / 4, median, np.inf)


def tables(runs: Sequence[Watched]) -> list[Table]:
    """Those of the runs that have curves, each with its place."""
    return [Table(run, place) for place, run in enumerate(runs) if run.kind == "curves"]


def prepare(dataset: xr.Dataset) -> None:
    """Computes what takes time when a dataset is shown: call it in the thread that reads it."""
    watched = Watched("", dataset)
    try:
        if watched.kind != "curves":
            return
    except ValueError:  # said when it is shown
        return
    table, usual = Table(watched), Choice()
    for name in METRICS:
        table.lines(name, usual)
        if table.has(name):
            table.moments(name, len(table.epochs) - 1)


def quartiles(values: np.ndarray, axis: int) -> np.ndarray:
    """(3, …) median, first and third quartile of the finite numbers along an axis; NaN of none."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan).astype(float), axis=axis)
    last = np.isfinite(ordered).sum(axis=axis, keepdims=True) - 1
    if ordered.shape[axis] == 0:
        return np.full((3, *np.delete(ordered.shape, axis)), np.nan)
    found = []
    for share in (0.5, 0.25, 0.75):
        at = share * np.maximum(last, 0)
        below = np.floor(at).astype(int)
        above = np.minimum(below + 1, np.maximum(last, 0))
        low, high = (np.take_along_axis(ordered, place, axis) for place in (below, above))
        found.append(np.squeeze(low + (at - below) * (high - low), axis))
    return np.stack(found)


def as_before(values: np.ndarray) -> np.ndarray:
    """Numbers (…, E+1) with the last known one where one is missing."""
    places = np.where(np.isfinite(values), np.arange(values.shape[-1]), 0)
    return np.take_along_axis(values, np.maximum.accumulate(places, axis=-1), axis=-1)


def basis_label(basis: str) -> str:
    """What a basis is called."""
    return theme.BASIS_LABELS.get(basis, basis)
