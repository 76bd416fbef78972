"""The pace of a playback: time goes where something moves."""

from collections.abc import Sequence

import numpy as np

MOVEMENT, EARLY, EVEN = 0.5, 0.3, 0.2
"""Shares of the time by movement, by the step's place on a log axis, and the same for all steps."""
LONGEST = 0.02
"""Share of the time that one step takes at most, where there are steps enough."""


def pace_steps(paths: Sequence[np.ndarray], n_steps: int, reach: float = np.inf) -> np.ndarray:
    """The time at which each step is reached, (T+1,) from 0 to 1, strictly growing.

    Half of the time follows the distance that the runs cover, each relative to its own whole
    path; the rest spreads by log(1+t) and evenly, so that slow ends are seen as well.

    Args:
        paths: (T+1, d) points of the runs; NaN from where one has diverged.
        n_steps: T.
        reach: distance from a run's start beyond which its movement is out of sight.
    """
    if n_steps == 0:
        return np.zeros(1)
    shares = [share for path in paths if (share := _movement(path, reach)) is not None]
    early = np.diff(np.log1p(np.arange(n_steps + 1))) / np.log1p(n_steps)
    even = np.full(n_steps, 1 / n_steps)
    moving = np.mean(shares, axis=0) if shares else even
    weights = _limit(MOVEMENT * moving + EARLY * early + EVEN * even)
    clock = np.concatenate([[0.0], np.cumsum(weights)])
    return clock / clock[-1]


def _movement(path: np.ndarray, reach: float) -> np.ndarray | None:
    """Share of a path's length by step, (T,); None where it never moves in sight."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(np.diff(path, axis=0), axis=1)
        seen = np.isfinite(lengths) & (np.linalg.norm(path[1:] - path[0], axis=1) <= reach)
    lengths = np.where(seen, lengths, 0.0)
    total = lengths.sum()
    return lengths / total if 0 < total < np.inf else None


def _limit(weights: np.ndarray) -> np.ndarray:
    """The weights with none above the longest share; what is cut off goes to the others."""
    longest = max(LONGEST, 1.5 / len(weights))
    for _ in range(20):
        weights = weights / weights.sum()
        if weights.max() <= longest * (1 + 1e-9):
            break
        weights = np.minimum(weights, longest)
    return weights
