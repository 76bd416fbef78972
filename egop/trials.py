"""Rules for several trials: their status, medians and quartiles, and the best rate.

Every comparison uses these rules: experiments, claims, figures, the lab and one's own results.
"""

from collections.abc import Sequence

import numpy as np

NOT_RUN, FINISHED, DIVERGED = "not run", "finished", "diverged"
RUNNING = "running"
"""The `status` of a run that is being trained, in a result that is not complete."""

TIE = 1e-12
"""Medians that differ by less than this share of the value at the start are equal."""

MEDIAN_AND_QUARTILES = (0.5, 0.25, 0.75)


def status_of(losses: np.ndarray) -> np.ndarray:
    """(...) how runs ended by their losses (..., E + 1): diverged where the last is not finite."""
    known = np.isfinite(losses)
    return np.select([~known.any(-1), ~known[..., -1]], [NOT_RUN, DIVERGED], FINISHED)


def worst(variable: str) -> float:
    """The value of a diverged run: +∞, and −∞ of an accuracy, of which more is better."""
    return -np.inf if variable.endswith("accuracy") else np.inf


def with_diverged(values: np.ndarray, diverged: np.ndarray, variable: str) -> np.ndarray:
    """Values (..., E + 1) with those of runs that diverged (...): `worst` from there to the end."""
    gone = diverged[..., None] & ~np.isfinite(values)
    gone[..., -1] = diverged
    return np.where(gone, worst(variable), values)


def quantiles(
    values: np.ndarray, axis: int, shares: Sequence[float] = MEDIAN_AND_QUARTILES
) -> np.ndarray:
    """(n, …) the quantiles along an axis, median and quartiles unless told otherwise.

    They are interpolated linearly. ±∞ counts, so that a median is infinite where half of the
    trials diverged; NaN is left out, and where all is NaN so are the quantiles.
    """
    ordered = np.sort(np.asarray(values, dtype=float), axis=axis)
    if ordered.shape[axis] == 0:
        return np.full((len(shares), *np.delete(ordered.shape, axis)), np.nan)
    last = np.maximum((~np.isnan(ordered)).sum(axis=axis, keepdims=True) - 1, 0)
    found = []
    for share in shares:
        at = share * last
        below = np.floor(at).astype(int)
        above = np.minimum(below + 1, last)
        low, high = (np.take_along_axis(ordered, place, axis) for place in (below, above))
        with np.errstate(invalid="ignore"):
            between = low + (at - below) * (high - low)
        exact = (at == below) | (low == high)  # ∞ − ∞ and 0·∞ are no numbers
        found.append(np.squeeze(np.where(exact, low, between), axis))
    return np.stack(found)


def start_value(values: np.ndarray) -> float:
    """The median of the finite values at the start, by which ties are measured; 0 without any."""
    known = values[np.isfinite(values)]
    return float(quantiles(known.ravel(), 0, (0.5,))[0]) if known.size else 0.0


def drawable(numbers: np.ndarray) -> np.ndarray:
    """Numbers for axes, which have no ∞: a gap where half of the trials diverged."""
    return np.where(np.isinf(numbers), np.nan, numbers)


def select_rates(
    rates: np.ndarray,
    values: np.ndarray,
    reached_at: np.ndarray,
    start: float,
    minimum: float = 0.0,
) -> np.ndarray:
    """(B,) the best learning rate in each basis; NaN where every rate diverges.

    As App. D.2: the smallest median over the trials, a run that is not finite counting as +∞.
    Among rates that are equal at round-off the one that took the fewest steps (median; never counts
    as +∞), then the smallest. Equal are medians that differ by less than `TIE` of the start, or by
    the rounding of float64 at the minimum: scaling the objective changes no choice.

    Args:
        rates: (L,) ascending.
        values: (B, ..., L) the smaller the better, measured from the minimum.
        reached_at: (B, ..., L) steps, negative for never.
        start: the value at the start, measured likewise.
        minimum: what values are measured from.
    """
    rates = np.asarray(rates, dtype=float)
    shape = (len(values), -1, len(rates))
    gaps = np.where(np.isfinite(values), values, np.inf)
    gaps = quantiles(gaps.reshape(shape), 1, (0.5,))[0]
    steps = np.where(reached_at < 0, np.inf, reached_at)
    steps = quantiles(steps.reshape(shape), 1, (0.5,))[0]
    steps = np.minimum(steps, np.finfo(float).max)  # a rate that never arrives may be the best
    equal = TIE * abs(start) + 4 * np.finfo(float).eps * abs(minimum)
    ties = gaps <= gaps.min(axis=1, keepdims=True) + (equal if np.isfinite(equal) else 0.0)
    best = rates[np.where(ties, steps, np.inf).argmin(axis=1)]
    return np.where(np.isinf(gaps.min(axis=1)), np.nan, best)
