"""Grids of learning rates: those of the paper's search, and what is left of a grid."""

import numpy as np

FINE = (1.0, 2.0, 4.0, 8.0)
"""Rates tried in each decade by the second stage of App. D.2."""

PAPER_RANGE = (-3, 2)
"""Powers of ten tried by its first stage: 1e-3 … 100."""

SAME_RATE = 1e-9
"""Rates that differ by less, relatively, are one rate."""


def rate_grid(low: int = -4, high: int = 2) -> np.ndarray:
    """1, 2, 4, 8 × 10^k from 10^low to 10^high, both included: 25 rates from 1e-4 to 100."""
    rates = [digit * 10.0**k for k in range(low, high) for digit in FINE]
    return np.array([*rates, 10.0**high])


def finer_rates(best: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """1, 2, 4, 8 × 10^k between the neighbors of the best powers of ten, without the tried ones.

    The second stage of App. D.2.

    Args:
        best: (B,) the best power of ten in each basis; NaN where every one diverges.
        tried: rates that need not be tried again.
    """
    fine = rate_grid(*PAPER_RANGE)
    decades = np.abs(np.log10(fine[:, None]) - np.log10(best))
    return untried_rates(fine[(decades < 1 + SAME_RATE).any(axis=1)], tried)


def untried_rates(grid: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """The rates of a grid that are not among those tried."""
    return grid[~np.isclose(grid[:, None], tried, rtol=SAME_RATE, atol=0.0).any(axis=1)]


def first_rates(grid: np.ndarray | None) -> np.ndarray:
    """The powers of ten of a grid, or all of it when it has none; without a grid the paper's."""
    if grid is None:
        return 10.0 ** np.arange(PAPER_RANGE[0], PAPER_RANGE[1] + 1)
    exponents = np.log10(grid)
    powers = grid[np.abs(exponents - exponents.round()) < SAME_RATE]
    return powers if len(powers) else grid
