"""Medians and quartiles over the trials known so far, at the rates that are looked at.

Trials that diverged count as ∞ from there on, as in the paper's figures.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from egop import theme
from egop.figures.labeled_result import TABLE, LabeledResult
from egop.figures.series import BEST, CHOSEN, RateSeries, Series, SeriesKey
from egop.runs import run_table
from egop.runs.completion import completed
from egop.trials import (
    DIVERGED,
    FINISHED,
    NOT_RUN,
    RUNNING,
    drawable,
    quantiles,
    with_diverged,
    worst,
)

LARGEST = 1e12
"""Epochs between two that are known; more is no number of epochs."""
FRAMES = 100
"""Moments of a run at which its losses by rate are kept."""


class RunStatistics:
    """Medians and quartiles of a result with curves.

    Args:
        result: of the run, finished or so far.
        place: of the run among those that are compared.
        spacing: epochs between two that are shown; the last one is shown as well.
        dashes: of the bases of all that are compared; None: those of the result alone.
        looks: of the methods, likewise.

    Attributes:
        kept: places in the dataset of the epochs that are shown.
    """

    def __init__(
        self,
        result: LabeledResult,
        place: int = 0,
        spacing: int = 1,
        dashes: Mapping[str, tuple[int, ...]] | None = None,
        looks: Mapping[str, theme.Look] | None = None,
    ):
        self.result, self.place, self.spacing = result, place, spacing
        dataset = result.dataset
        self.methods: list[str] = dataset["optimizer"].values.tolist()
        self.bases: list[str] = dataset["basis"].values.tolist()
        self.dashes = theme.basis_dashes(self.bases) if dashes is None else dashes
        self.looks = theme.method_looks(self.methods) if looks is None else looks
        self.rates = dataset["learning_rate"].to_numpy().astype(float)
        epochs = dataset["epoch"].to_numpy().astype(float)
        shown = (epochs % spacing == 0) | (spacing == 1)
        shown[-1:] = True
        self.kept = np.flatnonzero(shown)
        self.epochs = epochs[self.kept]
        self.n_trials = dataset.sizes["trial"]

    @cached_property
    def dataset(self) -> xr.Dataset:
        """The dataset of the run, with what follows from its losses."""
        return self.result.once("completed", lambda: completed(self.result.dataset))

    @cached_property
    def status(self) -> np.ndarray:
        """(M, B, L, S) "finished", "running", "diverged" or "not run"."""
        return self.dataset["status"].transpose(*TABLE[:4]).to_numpy().astype(str)

    @cached_property
    def counted(self) -> np.ndarray:
        """(M, B, L, S) whether a trial is known to its end, or so far."""
        return (self.status == FINISHED) | (self.status == RUNNING)

    def has(self, name: str) -> bool:
        """Returns True if a variable was measured."""
        return name in self.result.dataset

    def of(self, name: str) -> np.ndarray:
        """(M, B, L, S, E+1) what was measured."""
        return self.result.once(
            ("values", name, self.spacing),
            lambda: self.result.dataset[name].transpose(*TABLE).to_numpy()[..., self.kept],
        )

    def tried(self, method: int) -> np.ndarray:
        """Places of the rates at which a method was run."""
        return np.flatnonzero((self.status[method] != "not run").any(axis=(0, 2)))

    @cached_property
    def planned(self) -> np.ndarray:
        """(M, B) whether a method is run in a basis: false where only other methods were."""
        ran = (self.status != NOT_RUN).any(axis=(2, 3))
        return ran | ~ran.any(axis=0)

    def shown(self, method: int, basis: int, rate: str) -> int:
        """The place of the rate that is looked at; −1 if the method was not run at it."""
        if rate in {CHOSEN, BEST}:
            return self._best[method, basis if rate == BEST else self._original]
        near = np.flatnonzero(np.isclose(self.rates, float(rate), rtol=1e-6, atol=0))
        return int(near[0]) if near.size and near[0] in self.tried(method) else -1

    def key(self, method: int, basis: int, rate: int) -> SeriesKey:
        """The runs at a place of the table."""
        at = method, basis, rate
        return SeriesKey(
            self.place,
            self.methods[method],
            self.bases[basis],
            float(self.rates[rate]),
            at,
            int(self.counted[at].sum()),
            int((self.status[at] == DIVERGED).sum()),
            self.dashes[self.bases[basis]],
            self.looks[self.methods[method]],
        )

    def series_keys(self, rate: str = CHOSEN) -> Iterator[SeriesKey]:
        """Every method in every basis, at the rate that is looked at."""
        for method in range(len(self.methods)):
            for basis in range(len(self.bases)):
                place = self.shown(method, basis, rate)
                if place >= 0 and self.planned[method, basis]:
                    yield self.key(method, basis, place)

    def by_epoch(self, name: str, rate: str = CHOSEN) -> list[Series]:
        """Medians by epoch."""
        return [
            Series(key, self.epochs, *self._by_epoch(name, key.index))
            for key in (self.series_keys(rate) if self.has(name) else ())
        ]

    def by_rate(
        self, name: str, rate: str = CHOSEN, n_epochs: int = 1, most: float = math.inf
    ) -> list[RateSeries]:
        """Medians by rate at moments from 0 to `n_epochs`, up to the last that all have reached.

        Args:
            name: of what was measured.
            rate: that is looked at.
            n_epochs: of the clock, counted as those that are shown.
            most: the last epoch, which later moments show, too.
        """
        return self._by_rate(self.moments(name, n_epochs, most), rate) if self.has(name) else []

    def ends_by_rate(self, name: str, best: bool = False) -> list[Series]:
        """Medians by rate of each trial's last number, or of its best one."""
        values = self._trials(name, self.status)
        ends = values[..., -1]
        if best:
            extreme = np.max if worst(name) < 0 else np.min
            ends = np.where(self.status == DIVERGED, worst(name), extreme(values, axis=-1))
        numbers = drawable(quantiles(ends, axis=3))[..., None]
        return [row.at(0) for row in self._by_rate(numbers, CHOSEN)]

    def _by_rate(self, numbers: np.ndarray, rate: str) -> list[RateSeries]:
        """The series by rate of each method and basis, from numbers (3, M, B, L, F)."""
        found = []
        for method in range(len(self.methods)):
            tried = self.tried(method)
            planned = np.flatnonzero(self.planned[method]).tolist() if len(tried) else []
            for basis in planned:
                keys = [self.key(method, basis, int(each)) for each in tried]
                frames = np.moveaxis(numbers[:, method, basis, tried], 1, 2)
                at = np.flatnonzero(tried == self.shown(method, basis, rate))
                found.append(RateSeries(keys, frames, int(at[0]) if at.size else -1))
        return found

    def reached(self, name: str) -> np.ndarray:
        """The epochs that are known of all runs that have begun."""

        def compute() -> np.ndarray:
            known = (~np.isnan(self._trials(name, self.status))).any(axis=3)
            end = len(self.epochs) - 1
            last = (known * np.arange(end + 1)).max(axis=-1, initial=0)
            return self.epochs[: int(last.min(where=last > 0, initial=end)) + 1]

        return self.result.once(("reached", name, self.spacing), compute)

    def moments(self, name: str, n_epochs: int, most: float = math.inf) -> np.ndarray:
        """(3, M, B, L, F) medians and quartiles at moments, arguments as in `by_rate`."""
        last = int(np.searchsorted(self.reached(name), most, side="right")) - 1

        def compute() -> np.ndarray:
            at = np.round(np.linspace(0, n_epochs, min(n_epochs + 1, FRAMES))).astype(int)
            values = self._trials(name, self.status)[..., np.minimum(at, last)]
            return drawable(quantiles(values, axis=3))

        return self.result.once(("moments", name, n_epochs, last, self.spacing), compute)

    def _by_epoch(self, name: str, index: tuple[int, int, int]) -> np.ndarray:
        """(3, E+1) of one kind of run."""
        return self.result.once(
            ("epochs", name, index, self.spacing),
            lambda: drawable(quantiles(self._trials(name, self.status, index), axis=0)),
        )

    def _trials(self, name: str, status: np.ndarray, index: Any = ...) -> np.ndarray:
        """(…, S, E+1) what counts: ±∞ where a trial has diverged, NaN where nothing was run."""
        values = with_diverged(self.of(name)[index], status[index] == DIVERGED, name)
        return np.where(status[index][..., None] == NOT_RUN, np.nan, values)

    @property
    def chosen_rates(self) -> np.ndarray:
        """(M,) at which bases are compared; NaN where every run diverged."""
        places = self._best[:, self._original]
        return np.where(places >= 0, self.rates[places], np.nan)

    def reference(self, method: int) -> str:
        """The basis whose best rate is used in all: the original one, where a method is run in it.

        Otherwise it is the method's first.
        """
        ran = self.planned[method]
        return self.bases[self._original if ran[self._original] else int(ran.argmax())]

    @property
    def _original(self) -> int:
        return self.bases.index("original") if "original" in self.bases else 0

    @cached_property
    def _best(self) -> np.ndarray:
        """(M, B) places of the best rates, also of those so far; −1 for none."""
        given = self.dataset["best_rate"].transpose("optimizer", "basis").to_numpy().copy()
        given[:, self._original] = self.dataset["chosen_rate"]
        places = np.abs(self.rates - given[..., None]).argmin(axis=-1)
        return np.where(np.isnan(given), -1, places)


def statistics_of(runs: Sequence[LabeledResult]) -> list[RunStatistics]:
    """The statistics of the runs that have curves, with their places; all show the same epochs."""
    curves = {place: run for place, run in enumerate(runs) if run.kind == "curves"}
    every = max((spacing_of(run.dataset) for run in curves.values()), default=1)
    methods, bases = (
        [name for run in curves.values() for name in run.dataset[dim].values.tolist()]
        for dim in ("optimizer", "basis")
    )
    looks = theme.basis_dashes(bases), theme.method_looks(methods)
    return [RunStatistics(run, place, every, *looks) for place, run in curves.items()]


def spacing_of(dataset: xr.Dataset) -> int:
    """Epochs between two that can be shown of a dataset without taking much memory."""
    shape, epochs = dataset["training_loss"].sizes, dataset["epoch"].to_numpy()
    cells = math.prod(size for dim, size in shape.items() if dim != "epoch")
    between = float(epochs[1] - epochs[0]) if len(epochs) > 1 else 1.0
    return (int(between) if 1 < between < LARGEST else 1) * run_table.spacing(
        cells, len(epochs), run_table.MOST_NUMBERS
    )


def as_before(values: np.ndarray) -> np.ndarray:
    """Numbers (…, E+1) with the last known one where one is missing."""
    places = np.where(np.isfinite(values), np.arange(values.shape[-1]), 0)
    return np.take_along_axis(values, np.maximum.accumulate(places, axis=-1), axis=-1)
