"""Medians and quartiles of the numbers that are known."""

import numpy as np


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
