"""Series of measurements in which the last known number stands for missing ones."""

import numpy as np


def as_before(values: np.ndarray) -> np.ndarray:
    """Numbers (…, E+1) with the last known one where one is missing."""
    places = np.where(np.isfinite(values), np.arange(values.shape[-1]), 0)
    return np.take_along_axis(values, np.maximum.accumulate(places, axis=-1), axis=-1)
