"""Kinds of runs, which differ by their trial alone, and their numbers by epoch and by rate."""

import math
from typing import NamedTuple

import numpy as np

from egop import theme


class SeriesKey(NamedTuple):
    """Runs that differ by their trial alone.

    Attributes:
        run: the place of the watched run.
        method: its name.
        basis: its name.
        rate: the learning rate.
        index: places in the dataset: of method, basis and rate.
        counted: trials that finished, or go on.
        diverged: trials that diverged: in medians they count as ∞.
    """

    run: int
    method: str
    basis: str
    rate: float
    index: tuple[int, int, int]
    counted: int
    diverged: int

    @property
    def lost(self) -> bool:
        """True if the median is infinite: half of the trials diverged."""
        return self.diverged > 0 and self.diverged >= self.counted

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

    kind: SeriesKey
    epochs: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def last_epoch(self) -> int:
        """The place of the last median that is known; −1 if none is."""
        known = np.flatnonzero(np.isfinite(self.median))
        return int(known[-1]) if known.size else -1

    @property
    def last(self) -> float:
        """The last median that is known; NaN if none is."""
        return float(self.median[self.last_epoch]) if self.last_epoch >= 0 else math.nan


class ByRate(NamedTuple):
    """One method in one basis at each rate that was tried.

    Attributes:
        kinds: one for each of L rates, ascending.
        frames: (3, F, L) median and quartiles at F moments.
        shown: place of the rate that is looked at; −1 for none.
    """

    kinds: list[SeriesKey]
    frames: np.ndarray
    shown: int


def basis_label(basis: str) -> str:
    """What a basis is called."""
    return theme.BASIS_LABELS.get(basis, basis)
