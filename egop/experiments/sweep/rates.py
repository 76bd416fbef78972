"""Which learning rates are tried, and which is best: the search of App. D.2, for every experiment.

First the powers of ten from 1e-3 to 100; then 1, 2, 4, 8 × 10^k between the neighbors of the best
of them, in each basis. The rates can be given instead.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from egop.analysis.rate_grids import PAPER_RANGE, finer_rates
from egop.bounds import Bounds, shown
from egop.methods import names, nearest
from egop.trials import select_rates

Rates = tuple[tuple[str, tuple[float, ...]], ...]
"""Given rates by method, as a frozen config holds them."""
RATE = Bounds(5e-324, 1e100)
MOST_RATES = 1000
"""Of one method."""


class Ends(NamedTuple):
    """What the choice of one method's rate is made from: B bases, S trials, L rates.

    Attributes:
        rates: (L,) ascending.
        final_values: (B, S, L) the smaller the better; NaN or ±∞ counts as +∞.
        reached_at: (B, S, L) steps it took, −1 for never: the fewest break ties.
        start: what the final values were at the start, of which round-off is a share.
        minimum: what they are measured from.
    """

    rates: np.ndarray
    final_values: np.ndarray
    reached_at: np.ndarray
    start: float
    minimum: float = 0.0


def read_rates(rates, methods: Sequence[str]) -> Rates | None:
    """Given rates in the form of a config; None stays None.

    Args:
        rates: by method, such as {"adam": [0.01, 0.02]}, or in the form of a config; or one list
            for all methods.
        methods: the names of those that the experiment compares.

    Raises:
        ValueError: a method that the experiment does not have, or rates that are not positive.
    """
    if rates is None:
        return None
    pairs = isinstance(rates, tuple) and all(isinstance(each, tuple) for each in rates)
    table = dict(rates if pairs or isinstance(rates, Mapping) else dict.fromkeys(methods, rates))
    return tuple((method, _read_row(method, row, methods)) for method, row in table.items())


def _read_row(method: str, row, methods: Sequence[str]) -> tuple[float, ...]:
    if method not in methods:
        kind = "method of this experiment" if method in names() else "method"
        raise ValueError(f"rates: unknown {kind} {method!r}; {nearest(method, methods)}")
    try:
        numbers = np.unique(np.asarray(row, dtype=float))
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if not 0 < numbers.size <= MOST_RATES or not RATE.low <= numbers[0] <= numbers[-1] <= RATE.high:
        raise ValueError(
            f"rates of {method} take positive numbers, at most {MOST_RATES:,} of them "
            f"and none above {RATE.high:g}, got {shown(row)}"
        )
    return tuple(numbers.tolist())


def first_rates(methods: Sequence[str], given: Rates | None) -> dict[str, np.ndarray]:
    """The rates to begin with, by method: the given ones, or the powers of ten."""
    if given is not None:
        return {method: np.array(rates) for method, rates in given}
    low, high = PAPER_RANGE
    return {method: 10.0 ** np.arange(low, high + 1) for method in methods}


def next_rates(ends: Mapping[str, Ends], given: Rates | None) -> dict[str, np.ndarray]:
    """The rates to go on with, by method; a method without any is left out."""
    if given is not None:
        return {}
    finer = {method: finer_rates(best(each), each.rates) for method, each in ends.items()}
    return {method: rates for method, rates in finer.items() if len(rates)}


def best(ends: Ends) -> np.ndarray:
    """(B,) the best rate in each basis by the rule of `select_rates`; NaN if every rate diverges.

    The first basis holds the original coordinates, and its best rate is used in all (App. D.2).
    """
    return select_rates(ends.rates, ends.final_values, ends.reached_at, ends.start, ends.minimum)
