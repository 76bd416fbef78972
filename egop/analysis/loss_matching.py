"""Values of runs at the same loss: R_med changes as a loss falls, so it is compared at one loss."""

import numpy as np


def at_losses(losses, values, levels) -> np.ndarray:
    """(..., L) values of each run where its loss first comes down to each level.

    Between two measurements both are interpolated in their logarithms. NaN for levels above the
    loss of the first measurement, and for those that are never reached.

    Args:
        losses: (..., n) along each run.
        values: (..., n) likewise, positive; NaN where nothing was measured.
        levels: (L,) positive losses.

    Raises:
        ValueError: shapes that differ, or levels that are no positive numbers.
    """
    losses, values, levels = (np.asarray(each, dtype=float) for each in (losses, values, levels))
    if losses.shape != values.shape or losses.ndim == 0:
        raise ValueError(
            "at_losses takes losses and values (..., n) of one shape, got "
            f"{losses.shape} and {values.shape}"
        )
    if levels.ndim != 1 or not (levels > 0).all():
        raise ValueError(f"levels takes positive losses (L,), got {levels!r}")
    n = losses.shape[-1]
    rows = zip(losses.reshape(-1, n), values.reshape(-1, n), strict=True)
    found = [_of_run(*row, levels) for row in rows]
    return np.array(found).reshape(*losses.shape[:-1], len(levels))


def common_levels(losses, values, count: int = 60) -> np.ndarray:
    """(count,) losses that every run passes, from the lowest start to the highest end, descending.

    They are evenly spaced in their logarithms; one where a run never falls below the lowest start,
    none where no loss is passed by all.

    Args:
        losses: (..., n) along each run.
        values: (..., n) NaN where nothing was measured.
        count: how many.
    """
    known = np.where(np.isfinite(values) & (np.asarray(losses) > 0), losses, np.nan)
    known = known.reshape(-1, known.shape[-1])
    known = known[np.isfinite(known).any(axis=-1)]
    if not known.size:
        return np.empty(0)
    first = np.isfinite(known).argmax(axis=-1)
    high = known[np.arange(len(known)), first].min()
    low = np.nanmin(known, axis=-1).max()
    return np.geomspace(high, low, count if low < high else int(low == high))


def _of_run(losses: np.ndarray, values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    known = np.isfinite(losses) & (losses > 0) & ~np.isnan(values)
    found = np.full(len(levels), np.nan)
    if not known.any():
        return found
    with np.errstate(divide="ignore"):
        x, y = np.log(losses[known]), np.log(values[known])
    wanted = np.log(levels)
    at = np.searchsorted(-np.minimum.accumulate(x), -wanted)  # the first that is as low
    passed = (at < len(x)) & ((at > 0) | (x[0] == wanted))
    k, before = at[passed], np.maximum(at[passed] - 1, 0)
    share = np.ones(len(k))
    np.divide(x[before] - wanted[passed], x[before] - x[k], out=share, where=k > 0)
    with np.errstate(invalid="ignore"):  # 0·∞ where a median vanishes
        between = (1 - share) * y[before] + share * y[k]
    found[passed] = np.exp(np.where(share == 1, y[k], between))
    return found
