"""The size of an experiment's result, by its Config alone, and the largest allowed.

Nothing is drawn or listed for it, so that it takes no time however large the numbers are.
"""

from typing import Any, NamedTuple

import numpy as np

MOST_RUNS = 10_000_000
"""Trainings of one experiment, and estimates of a spectrum."""
MOST_BYTES = 64 * 10**9
"""The most bytes of one result: neither a file nor a machine takes more."""

SEARCHED_RATES = 24
"""Distinct rates of a search (App. D.2), at most: 1, 2, 4, 8 × 10ᵏ from 1e-3 to 100."""
TRIED_RATES = 14
"""Rates of one method in a search: six powers of ten, and 6 to 8 between the best ones."""
MEASURES = 5
"""Numbers that are kept of a network at each epoch: losses, accuracies and the gradient's norm."""

MOST_LAYERS = 8
"""Layers of which R_med and its error are kept at some epochs, usually fewer."""


class Extent(NamedTuple):
    """The numbers of runs and of results that a Config asks for.

    Attributes:
        runs: trainings, or estimates of a spectrum.
        numbers: in the result's largest table.
    """

    runs: int
    numbers: int

    @property
    def bytes(self) -> int:
        """The size of the result in bytes."""
        return 8 * self.numbers


def extent(config: Any) -> Extent:
    """Returns how many runs a Config asks for, and how many numbers the result holds."""
    trials, points = getattr(config, "trials", 1), getattr(config, "epochs", 0) + 1
    if not hasattr(config, "methods"):
        laws = len(getattr(config, "scales", ())) + bool(getattr(config, "initialization", ""))
        return Extent(trials * max(1, laws), trials * max(1, laws) * points)
    cells = trials * (1 + len(getattr(config, "bases", ("egop",))))
    cells *= len(getattr(config, "problems", ("one",)))
    if config.rates is None:
        tried, distinct = len(config.methods) * TRIED_RATES, SEARCHED_RATES
    else:
        tried = sum(len(row) for _, row in config.rates)
        distinct = len(np.unique(np.concatenate([row for _, row in config.rates])))
    table = cells * len(config.methods) * distinct
    numbers = points * MEASURES + 2 * MOST_LAYERS * getattr(config, "r_med_epochs", 0)
    return Extent(cells * tried, table * numbers)


def check_extent(config: Any, most_runs: int = MOST_RUNS, most_bytes: int = MOST_BYTES) -> None:
    """ValueError in one sentence where a Config asks for more than allowed.

    Args:
        config: of an experiment, with numbers that are checked.
        most_runs: trainings in all.
        most_bytes: of the result.
    """
    asked = extent(config)
    if asked.runs > most_runs:
        raise ValueError(
            f"these settings ask for {asked.runs:,} runs and a result holds at most "
            f"{most_runs:,}; take fewer trials, rates or methods"
        )
    if asked.bytes > most_bytes:
        raise ValueError(
            f"the result would hold {_size(asked.bytes)} and may hold {_size(most_bytes)}; take "
            "fewer trials, epochs or rates"
        )


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.0f} MB"
