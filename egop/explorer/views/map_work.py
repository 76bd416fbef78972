"""The inputs of a map, and the sweep that makes it."""

from collections.abc import Callable, Iterator

import numpy as np

from egop.analysis.maps import (
    STRIDES,
    AngleRateMap,
    RateRateMap,
    map_angles_and_rates,
    map_rates,
    spread_rates,
)
from egop.explorer.tabs import ComparisonResult
from egop.sweep import PENDING
from egop.ui.background import THREADS

ANGLES, RATES = "Angle × rate", "Rate × rate"
DECADES = 2.0
"""The rates of a map span so many decades on either side of the scene's power of ten."""

Map = AngleRateMap | RateRateMap


def depends_on(kind: str, shown: ComparisonResult, method: str, rates: np.ndarray) -> tuple:
    """All that changes a map; two maps whose keys are equal are equal."""
    own = shown.methods[method]
    basis = () if kind == ANGLES else (shown.basis.eigenvectors.tobytes(),)
    return kind, method, own.hyperparameters, *shown.key, rates.tobytes(), *basis


def work_of(
    kind: str, shown: ComparisonResult, method: str, rates: np.ndarray
) -> Callable[[], Iterator[Map]]:
    """The sweep of a map, to be run elsewhere."""
    settings = shown.length | {"rates": rates, "threads": THREADS}
    runs = (shown.objective, [shown.methods[method]], shown.start)
    if kind == ANGLES:
        return lambda: map_angles_and_rates(*runs, **settings)
    return lambda: map_rates(*runs, basis=shown.basis, **settings)


def is_ready(result: Map) -> bool:
    """Returns True if a map can be drawn: the coarse grid of angles, or all pairs of rates."""
    if isinstance(result, AngleRateMap):
        return bool((result.diverged_at[:, :: STRIDES[0], :: STRIDES[1]] != PENDING).all())
    return result.share == 1


class RateSpan:
    """The rates of each method's map: they stay while the scene's rate is among them."""

    def __init__(self):
        self._objective: object = None
        self._spans: dict[str, np.ndarray] = {}

    def around(self, shown: ComparisonResult, method: str) -> np.ndarray:
        """(L,) rates for a method of the comparison."""
        if shown.objective is not self._objective:
            self._objective, self._spans = shown.objective, {}
        rate = float(shown.methods[method].learning_rate) or 1.0
        known = self._spans.get(method)
        if known is None or not known[0] <= rate <= known[-1]:
            self._spans[method] = spread_rates(10.0 ** np.round(np.log10(rate)), DECADES)
        return self._spans[method]
