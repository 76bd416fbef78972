"""Series of figures: medians and quartiles over the trials, by epoch, by rate or by eigenvalue."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from egop import theme

FLOOR = 1e-16
"""Lower numbers are drawn here: a log axis has no 0."""
HEADROOM = 10.0
"""Losses above that of the start by more than this factor are outside of a figure."""
CHOSEN, BEST = "chosen", "best"
"""The rate that is best in original coordinates, used in all bases; the best in each basis."""


class SeriesKey(NamedTuple):
    """Runs that differ by their trial alone.

    Attributes:
        run: the place of the result.
        method: its name.
        basis: its name.
        rate: the learning rate.
        index: places in the dataset: of method, basis and rate.
        counted: trials that finished, or go on.
        diverged: trials that diverged: in medians they count as ∞.
        dash: of the basis.
        look: of the method in this picture; None: the usual one.
    """

    run: int
    method: str
    basis: str
    rate: float
    index: tuple[int, int, int]
    counted: int
    diverged: int
    dash: tuple[int, ...] = ()
    look: theme.Look | None = None

    @property
    def lost(self) -> bool:
        """True if the median is infinite: half of the trials diverged."""
        return self.diverged > 0 and self.diverged >= self.counted

    @property
    def name(self) -> str:
        """Such as "Adam, EGOP coordinates"."""
        return f"{theme.label(self.method)}, {basis_label(self.basis)}"

    @property
    def names(self) -> tuple[str, str]:
        """The names of the method and the basis, short for legends."""
        return theme.label(self.method), basis_label(self.basis).removesuffix(" coordinates")

    @property
    def rate_words(self) -> str:
        """The learning rate as it is written."""
        return theme.number(self.rate)

    @property
    def trials_words(self) -> str:
        """Such as "median of 5 trials, of which 1 diverged"."""
        n = self.counted + self.diverged
        gone = f", of which {self.diverged} diverged" if self.diverged else ""
        return f"{'one trial' if n == 1 else f'median of {n:,} trials'}{gone}" if n else "no trial"

    @property
    def color(self) -> str:
        """The color of the method."""
        return theme.color(self.method) if self.look is None else self.look.color

    @property
    def marker(self) -> str:
        """The marker of the method."""
        return theme.marker(self.method) if self.look is None else self.look.marker

    @property
    def width(self) -> float:
        """The width of its line, as a share of the usual one: less for controls."""
        return theme.CONTROL_WIDTHS.get(self.basis, 1.0)


class Series(NamedTuple):
    """Numbers of one line and its band.

    Attributes:
        key: of what they are, a `SeriesKey` or what has names, color, dash and width as well.
        x: (n,) epochs, rates or places of eigenvalues.
        median: (n,) NaN where nothing is known.
        low: (n,) the first quartile; None without a band.
        high: (n,) the third.
    """

    key: Any
    x: np.ndarray
    median: np.ndarray
    low: Any = None
    high: Any = None

    @property
    def last_place(self) -> int:
        """The place of the last median that is known; −1 if none is."""
        known = np.flatnonzero(np.isfinite(self.median))
        return int(known[-1]) if known.size else -1

    @property
    def last(self) -> float:
        """The last median that is known; NaN if none is."""
        return float(self.median[self.last_place]) if self.last_place >= 0 else math.nan

    @property
    def alone(self) -> np.ndarray:
        """(n,) True where a median is known and those beside it are not: a line shows none."""
        known = np.r_[False, np.isfinite(self.median), False]
        return known[1:-1] & ~known[:-2] & ~known[2:]

    def floored(self) -> "Series":
        """The series with numbers below `FLOOR` raised to it."""
        return self.mapped(lambda numbers: np.maximum(numbers, FLOOR))

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> "Series":
        """The series with a function of its medians and quartiles in their place."""
        low, high = (each if each is None else change(each) for each in self[3:])
        return Series(self.key, self.x, change(self.median), low, high)


class RateSeries(NamedTuple):
    """One method in one basis at each rate that was tried.

    Attributes:
        keys: one for each of L rates, ascending.
        frames: (3, F, L) median and quartiles at F moments.
        shown: place of the rate that is looked at; −1 for none.
    """

    keys: list[SeriesKey]
    frames: np.ndarray
    shown: int

    def at(self, frame: int) -> Series:
        """The series by rate at a moment."""
        rates = np.array([key.rate for key in self.keys])
        return Series(self.keys[0], rates, *self.frames[:, frame])


def basis_label(basis: str) -> str:
    """The name of a basis."""
    return theme.BASIS_LABELS.get(basis, basis)
