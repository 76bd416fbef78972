"""Scores by which rates are chosen: of a run's metrics one number that is to be smallest."""

from collections.abc import Callable, Mapping

import numpy as np

Score = Callable[[Mapping[str, np.ndarray]], tuple[np.ndarray, np.ndarray]]
"""Returns of metrics (..., E + 1) what is to be smallest, and the epoch of it, each (...)."""


def by_validation_accuracy(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """1 − the maximal validation accuracy, and its first epoch (App. D.5)."""
    errors = 1 - np.nan_to_num(arrays["validation_accuracy"], nan=-np.inf)
    return errors.min(axis=-1), errors.argmin(axis=-1)


def by_validation_loss(arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The minimal validation loss, and its first epoch (linear networks, App. D.5)."""
    losses = np.nan_to_num(arrays["validation_loss"], nan=np.inf)
    return losses.min(axis=-1), losses.argmin(axis=-1)
