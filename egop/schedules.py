"""Schedules: factors of the learning rate, by how much of a run is done."""

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "constant": lambda step, n_steps: 1.0,
    "cosine": lambda step, n_steps: (1 + math.cos(math.pi * step / n_steps)) / 2,
}
"""Factors in steps (or epochs) 0, 1, …, n_steps − 1; after the last, cosine has come to 0."""
