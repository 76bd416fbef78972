"""The epoch at which runs are compared: the last one that all of them have reached.

While runs go on, some are at their end and others at their start.
"""

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np

from egop.figures.series import Series


def last_common(known: Sequence[np.ndarray]) -> float:
    """The last epoch that is in each of these arrays; NaN if none is."""
    common = reduce(np.intersect1d, known) if known else np.empty(0)
    return float(common[-1]) if common.size else math.nan


def begun(lines: Sequence[Series]) -> list[Series]:
    """The lines that go beyond the start, or are lost; where none does, those that have a start."""
    found = [line for line in lines if line.last_place > 0 or line.key.lost]
    return found or [line for line in lines if line.last_place == 0]


def common_epoch(lines: Sequence[Series]) -> float:
    """The last epoch that all lines have reached; those that are lost have reached their end."""
    return last_common(
        [line.x if line.key.lost else line.x[: line.last_place + 1] for line in lines]
    )


def reached_words(epoch: float) -> str:
    """Such as "At epoch 3, the last that all runs compared have reached"."""
    return f"At epoch {epoch:g}, the last that all runs compared have reached"
