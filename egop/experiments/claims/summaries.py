"""Medians over the trials, quartiles and gaps to the minimum of a result.

A trial that diverged counts as +∞ from there on, and as −∞ of an accuracy, in every median.
"""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from egop.trials import DIVERGED, FINISHED, quantiles, with_diverged, worst

if TYPE_CHECKING:
    import xarray as xr


class Trials(NamedTuple):
    """One number, or one curve, for each trial of one kind of run.

    Attributes:
        values: (S, E + 1) curves or (S,) numbers, ±∞ where a trial has diverged, NaN where
            nothing was measured.
        finished: (S,) whether the trial was run to its end.
        diverged: (S,) whether it diverged; neither: it was not run.
    """

    values: np.ndarray
    finished: np.ndarray
    diverged: np.ndarray

    @property
    def count(self) -> int:
        """The number of trials that finished."""
        return int(self.finished.sum())

    @property
    def median(self) -> np.ndarray:
        """(…) over the trials that were run; infinite where half of them diverged."""
        return self._quantiles[0]

    @property
    def quartiles(self) -> tuple[np.ndarray, np.ndarray]:
        """(…) the first and the third, over the trials that were run."""
        return self._quantiles[1], self._quantiles[2]

    @property
    def last(self) -> "Trials":
        """The values at the last epoch."""
        return self._replace(values=self.values[..., -1])

    def best(self, highest: bool = False) -> "Trials":
        """The least value over the epochs, or the highest; ±∞ of a trial that diverged."""
        values = -self.values if highest else self.values
        least = np.where(self.diverged, np.inf, values.min(axis=-1))
        return self._replace(values=-least if highest else least)

    def at(self, share: float) -> "Trials":
        """The values at a share of the epochs, 0 the start and 1 the end."""
        return self._replace(values=self.values[..., round(share * (self.values.shape[-1] - 1))])

    @property
    def _quantiles(self) -> np.ndarray:
        return quantiles(self.values[self.finished | self.diverged], axis=0)


def trials(
    result: "xr.Dataset", variable: "str | xr.DataArray", rate: float | None = None, /, **where: str
) -> Trials:
    """A variable of one kind of run, trial by trial.

    Args:
        result: of an experiment that trains.
        variable: its name, or numbers with the same dims.
        rate: the learning rate; None: `chosen_rate`.
        **where: optimizer, basis, and problem where there is one.

    Raises:
        KeyError: the result has no such method, basis or variable.
    """
    numbers = result[variable] if isinstance(variable, str) else variable
    name = str(numbers.name or "")
    if rate is None:
        rate = chosen_rate(result, **where)
    if math.isnan(rate):  # every rate diverged
        some = numbers.sel(where).isel(learning_rate=0).transpose("trial", ...)
        nothing = np.zeros(some.shape[0], dtype=bool)
        return Trials(np.full(some.shape, worst(name)), nothing, ~nothing)
    where_exactly: dict[str, Any] = {**where, "learning_rate": rate}
    status = result["status"].sel(where_exactly).to_numpy()
    values = numbers.sel(where_exactly).transpose("trial", ...).to_numpy()
    diverged = status == DIVERGED
    return Trials(with_diverged(values, diverged, name), status == FINISHED, diverged)


def chosen_rate(result: "xr.Dataset", optimizer: str, **where: str) -> float:
    """The rate that is best in original coordinates, used in every basis; NaN if all diverge."""
    if "chosen_rate" not in result:
        return float(result["learning_rate"][0])
    where = {key: name for key, name in where.items() if key != "basis"}
    return float(result["chosen_rate"].sel({"optimizer": optimizer, **where}))


def best_rate(result: "xr.Dataset", **where: str) -> float:
    """The rate that is best in that basis; NaN if all diverge."""
    return float(result["best_rate"].sel(where))


def gap(result: "xr.Dataset") -> "xr.DataArray":
    """f − f* with the dims of training_loss, at least the rounding of float64 at f*.

    Where f* is not known, the least loss of any run of that trial takes its place.
    """
    loss = result["training_loss"]
    others = [dim for dim in loss.dims if dim not in {"problem", "trial"}]
    minimum = result["minimum"].fillna(loss.min(others))
    rounding = np.finfo(float).eps * (1 + abs(minimum))
    return (loss - minimum).clip(min=rounding)


def first_below(values: np.ndarray, level: float) -> np.ndarray:
    """(S,) the first epoch at which curves (S, T + 1) are below a level; T + 1 for never."""
    below = values < level
    return np.where(below.any(axis=-1), below.argmax(axis=-1), values.shape[-1])


def median(numbers: "xr.DataArray") -> float:
    """The median of all numbers, those that are NaN left out."""
    return float(quantiles(numbers.to_numpy().ravel(), 0, (0.5,))[0])


def relative_spectrum(one: "xr.Dataset") -> np.ndarray:
    """(d,) λ_k/λ_1 of one block, the median over estimates, without the padding."""
    values = one["eigenvalues"].transpose("trial", "k").to_numpy()
    values = values[:, ~np.isnan(values).all(axis=0)]
    return quantiles(values / values[:, :1], 0, (0.5,))[0]
