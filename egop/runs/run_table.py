"""The runs of an experiment as one table by name: whole, or as far as they are known."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from egop.analysis.basis_costs import BASIS_COSTS
from egop.trials import DIVERGED, FINISHED, NOT_RUN, select_rates, start_value

TABLE_DIMS = ("optimizer", "basis", "learning_rate", "trial", "epoch", "coordinate")
R_MED_DIMS = (*TABLE_DIMS[:4], "measured_epoch", "layer")
PATHS = ("projection", "share_of_movement")
"""Names of what is measured of the first trial alone (`subspace_paths.py`)."""
SPECTRA = "refreshed_eigenvalues"
"""The name of what is measured of the first trial in the basis that is estimated anew."""
OF_FIRST_TRIAL = (*PATHS, SPECTRA)
R_MED = ("r_med", "r_med_error")
"""Names of what is measured of layers at some epochs (`layer_r_med.py`)."""
MOST_NUMBERS = 8_000_000
"""The most numbers in a variable of a table that is looked at; the paper's runs have fewer."""

RunKey = tuple[str, str, float]
"""Method, basis and rate."""
RunBasis = tuple[str, str, int]
"""Method, basis and number of a trial."""


class RunTable:
    """All planned runs by method, basis, rate, trial and epoch; NaN, or −1, until filled.

    Args:
        runs: method, basis and rate of each; in the table methods and bases have their order.
        trials: their numbers, ascending.
        n_points: epochs and the start.
        most_numbers: in one variable; of more some epochs are kept. None: all are.
        rates: all rates of the table, ascending; None: those of the runs.
    """

    def __init__(
        self,
        runs: Sequence[RunKey],
        trials: Sequence[int],
        n_points: int,
        most_numbers: int | None = None,
        rates: np.ndarray | None = None,
    ):
        self.methods = list(dict.fromkeys(method for method, _, _ in runs))
        self.bases = list(dict.fromkeys(basis for _, basis, _ in runs))
        self.rates = np.unique([rate for *_, rate in runs]) if rates is None else rates
        self.trials = np.array(trials)
        self.shape = (len(self.methods), len(self.bases), len(self.rates), len(trials))
        every = spacing(math.prod(self.shape), n_points, most_numbers)
        self.epochs = kept_points(n_points, every)
        self.status = np.full(self.shape, NOT_RUN, dtype="<U8")
        self.variables: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
            "status": (TABLE_DIMS[:4], self.status)
        }

    def fill(
        self,
        runs: Sequence[RunKey],
        trials: Sequence[int],
        arrays: Mapping[str, np.ndarray],
        state: str = FINISHED,
    ) -> None:
        """Writes what is known of some runs to their places.

        Args:
            runs: R of those of the table.
            trials: S numbers of trials.
            arrays: (S, R), (S, R, epochs) or (S, R, epochs, coordinates) by name, with as many
                epochs as are known; of the names in `PATHS` S is 1 with the first trial and 0
                without, as of the spectra (S, R, epochs, blocks, k); those in `R_MED` are
                (S, R, measured epochs, layers). One is `diverged_at`, −1 for never.
            state: of the runs that have not diverged.
        """
        method, basis, rate = zip(*runs, strict=True)
        at = (
            np.array([self.methods.index(each) for each in method]),
            np.array([self.bases.index(each) for each in basis]),
            np.searchsorted(self.rates, rate),
        )
        cells = (*(each[:, None] for each in at), np.searchsorted(self.trials, trials))
        self.status[cells] = np.where(arrays["diverged_at"].T >= 0, DIVERGED, state)
        for name, numbers in arrays.items():
            if name in R_MED:
                self._write(name, R_MED_DIMS, cells, numbers.swapaxes(0, 1))
            elif name == SPECTRA:
                self._write_spectra(at, numbers[:1])
            elif name not in PATHS and numbers.ndim > 1:
                self._write(name, TABLE_DIMS[: numbers.ndim + 2], cells, numbers.swapaxes(0, 1))
            elif name in PATHS and len(numbers):
                dims = (*TABLE_DIMS[:3], "epoch", "axis")[: numbers.ndim + 1]
                self._write(name, dims, at, numbers[0])

    def _places_of_spectra(self) -> dict[str, Any]:
        known = self.variables.get(SPECTRA)
        return {} if known is None else {"leading": np.arange(1, known[1].shape[-1] + 1)}

    def _write_spectra(self, at: Any, numbers: np.ndarray) -> None:
        """Writes those of the runs that have any; (1 or 0, R, epochs, blocks, k) of the runs."""
        for some in numbers:
            own = np.isfinite(some).any(axis=(1, 2, 3))
            if not own.any():
                continue
            known = self.epochs[self.epochs < some.shape[1]]
            if SPECTRA not in self.variables:
                sizes = self.shape[0], self.shape[2], len(self.epochs), *some.shape[2:]
                dims = "optimizer", "learning_rate", "epoch", "rotated_block", "leading"
                self.variables[SPECTRA] = dims, np.full(sizes, np.nan, some.dtype)
            table = self.variables[SPECTRA][1]
            table[at[0][own], at[2][own], : len(known)] = some[own][:, known]

    def _write(self, name: str, dims: tuple[str, ...], at: Any, numbers: np.ndarray) -> None:
        """Writes numbers (…[, epochs so far[, coordinates]]) to their places."""
        axis = at[0].ndim if len(at) == 3 else 2
        over_epochs = "epoch" in dims
        if over_epochs:
            known = self.epochs[self.epochs < numbers.shape[axis]]
            numbers = numbers.take(known, axis)
        if name not in self.variables:
            rest = numbers.shape[axis:]
            sizes = (len(self.epochs), *rest[1:]) if over_epochs else rest
            cells = self.shape[: 3 if len(at) == 3 else 4]
            fill = -1 if numbers.dtype.kind == "i" else np.nan
            self.variables[name] = dims, np.full((*cells, *sizes), fill, dtype=numbers.dtype)
        table = self.variables[name][1]
        table[(*at, slice(numbers.shape[axis])) if over_epochs else at] = numbers

    def best_rates(
        self, values: np.ndarray, reached_at: np.ndarray, starts: np.ndarray, minimum: float = 0.0
    ) -> np.ndarray:
        """(methods, bases) the best rates by `select_rates`, among those that were run; else NaN.

        Args:
            values: (methods, bases, rates, trials) the smaller the better.
            reached_at: likewise, steps, −1 for never.
            starts: likewise, what values were at the start.
            minimum: what values are measured from.
        """
        found = np.full(self.shape[:2], np.nan)
        known = self.status != NOT_RUN
        for m, b in np.ndindex(found.shape):
            some = known[m, b].any(axis=-1)
            if some.any():
                start = start_value(starts[m][known[m]])
                gaps, steps = (each[m, b][some].T[None] for each in (values, reached_at))
                found[m, b] = select_rates(self.rates[some], gaps, steps, start, minimum)[0]
        return found

    def chosen(self, best: np.ndarray) -> dict[str, tuple[Any, np.ndarray]]:
        """The variables of the best rate in each basis, and of that of the first, used in all."""
        return {
            "best_rate": (TABLE_DIMS[:2], best),
            "chosen_rate": (TABLE_DIMS[0], best[:, 0]),
        }

    def costs(self, known: Mapping[RunBasis, Sequence[float]]) -> dict[str, tuple[Any, np.ndarray]]:
        """The variables `BASIS_COSTS`: NaN where nothing was run, or the cost is not known.

        Args:
            known: gradients and seconds by method, basis and number of the trial.
        """
        numbers = np.full((2, *self.shape[:2], len(self.trials)), np.nan)
        trials = self.trials.tolist()
        for (method, basis, trial), cost in known.items():
            at = self.methods.index(method), self.bases.index(basis), trials.index(trial)
            numbers[:, *at] = cost
        dims = (*TABLE_DIMS[:2], "trial")
        return {name: (dims, row) for name, row in zip(BASIS_COSTS, numbers, strict=True)}

    def dataset(self) -> xr.Dataset:
        """The table as a labelled dataset."""
        return xr.Dataset(
            self.variables,
            coords={
                "optimizer": self.methods,
                "basis": self.bases,
                "learning_rate": self.rates,
                "trial": self.trials,
                "epoch": self.epochs,
                **({"axis": [1, 2]} if "projection" in self.variables else {}),
                **self._places_of_spectra(),
            },
        )


def trial_variables(
    rows: Mapping[int, Mapping[str, np.ndarray]],
    dims: Mapping[str, tuple[str, ...]],
    trials: Sequence[int],
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """The arrays of each trial as variables over all; NaN, or 0, of trials that are missing.

    Args:
        rows: by trial its arrays, by name; at least one.
        dims: of each array.
        trials: the numbers of all that there are to be.
    """
    found = {}
    for name, own in dims.items():
        like = next(iter(rows.values()))[name]
        fill = np.nan if like.dtype.kind == "f" else 0
        numbers = np.full((len(trials), *like.shape), fill, dtype=like.dtype)
        for place, trial in enumerate(trials):
            if trial in rows:
                numbers[place] = rows[trial][name]
        found[name] = ("trial", *own), numbers
    return found


def spacing(cells: int, n_points: int, most_numbers: int | None) -> int:
    """Every how many points are kept, so that a table has at most about so many numbers.

    Args:
        cells: numbers at each point.
        n_points: epochs and the start.
        most_numbers: None: any.
    """
    return 1 if most_numbers is None else max(1, -(-cells * n_points // most_numbers))


def kept_points(n_points: int, every: int) -> np.ndarray:
    """The places of the start, of every so many points, and of the last one."""
    return np.unique(np.append(np.arange(0, n_points, every), n_points - 1))
