"""A fair comparison: rates tuned by one rule, and many starts with equal budgets."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from egop.analysis.rate_grids import rate_grid
from egop.analysis.starts import N_STARTS, Bands, Contender, compare_starts, draw_starts
from egop.analysis.tuning import Mode, Tuning, tune
from egop.explorer.tabs import ComparisonResult

SHARED: Mode = "shared"
DECADES = (-3, 3)
"""Powers of ten between which rates are tried: 25 rates from 1e-3 to 1000."""
TUNED_STARTS = 20


class TunedComparison(NamedTuple):
    """The comparison at tuned rates, as far as it is computed.

    Attributes:
        tuning: the tuner's curves; None: not begun.
        rates: by method, in original coordinates and in the basis, that the starts are run at;
            empty where every rate diverges.
        bands: of the contenders, two for each method of `rates`; None: not begun.
    """

    tuning: Tuning | None
    rates: dict[str, tuple[float, float]]
    bands: Bands | None

    @property
    def share(self) -> float:
        """The share of the work that is done, from 0 to 1: half of it is the tuning."""
        parts = [self.tuning, self.bands] if self.rates else [self.tuning]
        return sum(0.0 if part is None else part.share for part in parts) / len(parts)


def tuning_key(shown: ComparisonResult) -> tuple:
    """The plain values on which the tuner's curves depend: everything but the rates."""
    methods = tuple((m.name, m.hyperparameters) for m in shown.methods.values())
    target = shown.target.value if shown.target.known else None
    starts = draw_starts(shown.distribution, TUNED_STARTS, shown.scene.seed)
    basis = shown.basis.eigenvectors.tobytes() + repr(shown.refreshed_by).encode()
    basis += repr(shown.basis.n_active).encode()
    return shown.objective, methods, basis, shown.schedule.tobytes(), target, starts.tobytes()


def shared_rates(shown: ComparisonResult) -> dict[str, tuple[float, float]]:
    """The scene's rates in original coordinates, by method, for both coordinate systems."""
    rates = {name: float(method.learning_rate) for name, method in shown.methods.items()}
    return {name: (rate, rate) for name, rate in rates.items()}


def work_of(
    shown: ComparisonResult, mode: Mode, known: Tuning | None, threads: int | None
) -> Iterator[TunedComparison]:
    """Tunes and compares many starts, as far as it is made; abandoning it stops the rest.

    Args:
        shown: the comparison.
        mode: whose rates the starts are run at.
        known: a tuning that still holds; None: tuned anew.
        threads: as in `Sweep.advance`.
    """
    tuning, bands, rates = known, None, shared_rates(shown)
    if mode == SHARED:
        for bands in _starts(shown, rates, threads):
            yield TunedComparison(tuning, rates, bands)
    if known is None:
        for tuning in _tune(shown, threads):
            yield TunedComparison(tuning, rates, bands)
    assert tuning is not None
    if mode != SHARED:
        rates = tuned_rates(tuning, mode)
        if not rates:
            yield TunedComparison(tuning, rates, None)
        for bands in _starts(shown, rates, threads):
            yield TunedComparison(tuning, rates, bands)


def tuned_rates(tuning: Tuning, mode: Mode) -> dict[str, tuple[float, float]]:
    """The best rates by method; a method of which every rate diverges is missing."""
    found = {}
    for name in tuning.curves:
        try:
            found[name] = tuning.rates(name, mode, np.nan)
        except ValueError:
            continue
    return found


def _tune(shown: ComparisonResult, threads: int | None) -> Iterator[Tuning]:
    methods, bases = list(shown.methods.values()), [None, shown.run_basis]
    starts = draw_starts(shown.distribution, TUNED_STARTS, shown.scene.seed)
    level = shown.target.level if shown.target.known else None
    goal = {"target": shown.target.value, "level": level}
    grid = {"rates": rate_grid(*DECADES), "threads": threads}
    return tune(shown.objective, methods, bases, starts, **grid, **goal, **shown.length)


def _starts(
    shown: ComparisonResult, rates: dict[str, tuple[float, float]], threads: int | None
) -> Iterator[Bands]:
    if not rates:
        return iter(())
    contenders = [
        Contender(shown.methods[name].with_learning_rate(rate), basis)
        for name, both in rates.items()
        for rate, basis in zip(both, (None, shown.run_basis), strict=True)
    ]
    starts = draw_starts(shown.distribution, N_STARTS, shown.scene.seed)
    limits = {"tolerance": shown.target.tolerance, "threads": threads}
    return compare_starts(shown.objective, contenders, starts, **limits, **shown.length)
