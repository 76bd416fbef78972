"""Which epochs are kept of a table that would otherwise be too large to be looked at."""

import numpy as np

MOST_NUMBERS = 8_000_000
"""In one measured variable; all runs of the paper have fewer."""


def spacing(cells: int, n_points: int) -> int:
    """Every how many points are kept, so that the table has at most about `MOST_NUMBERS`.

    Args:
        cells: numbers at each point.
        n_points: epochs and the start.
    """
    return max(1, -(-cells * n_points // MOST_NUMBERS))


def kept_points(n_points: int, every: int) -> np.ndarray:
    """The places of the start, of every so many points, and of the last one."""
    return np.unique(np.append(np.arange(0, n_points, every), n_points - 1))
