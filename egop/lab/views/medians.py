"""Medians and quartiles over the trials known so far, at the rates that are looked at.

Trials that diverged are left out of every median and counted, as in the paper's figures.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from egop.lab.views.choice import BEST, CHOSEN, Choice
from egop.lab.views.kinds import ByRate, Kind, Line
from egop.lab.views.quantiles import as_before, quartiles
from egop.lab.views.watched import TABLE, Watched

FRAMES = 100
"""Moments of a run at which its losses by rate are kept."""


class Table:
    """A run with curves.

    Args:
        watched: the run.
        place: of the run among those that are watched.
    """

    def __init__(self, watched: Watched, place: int = 0):
        self.watched, self.place = watched, place
        dataset = watched.dataset
        self.methods: list[str] = dataset["optimizer"].values.tolist()
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
            given[:] = dataset["best_rate"].transpose("optimizer", "basis")
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
