"""The results of training after each epoch."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class EpochMetrics:
    """Measurements after an epoch, each (trials, runs) float64 in the order of the plan.

    NaN where a run has diverged, and where there is no such set of examples or no classes.

    Attributes:
        epoch: how many epochs were trained; 0 at the start.
        training_loss: over the whole training set.
        validation_loss: over the validation set.
        validation_accuracy: share of right predictions there.
        test_accuracy: share of right predictions on the test set.
        gradient_norm: ‖∇f‖₂ of the training loss over the whole set, the same in every basis.
        diverged_at: (trials, runs) step at which a run diverged; −1: it has not.
    """

    epoch: int
    training_loss: np.ndarray
    validation_loss: np.ndarray
    validation_accuracy: np.ndarray
    test_accuracy: np.ndarray
    gradient_norm: np.ndarray
    diverged_at: np.ndarray
