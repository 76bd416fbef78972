"""Maps of how runs end: basis angle × learning rate, and rate in one basis × rate in the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from egop.analysis.dial import N_ANGLES, QUARTER_TURN
from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.sweep import PENDING, Sweep

N_RATES = 25
STRIDES = (5, 3)
"""Every fifth angle and every third rate come first: 19 × 9 of 91 × 25."""


@dataclass(frozen=True)
class Setting:
    """The one run that belongs to a cell of an angle × rate map.

    Attributes:
        method: its name.
        angle: of the basis, radians.
        rate: learning rate.
    """

    method: str
    angle: float
    rate: float


@dataclass(frozen=True, eq=False)
class AngleRateMap:
    """Final values of each method by angle and rate; they grow while the runs are made.

    Attributes:
        methods: names, in the order of the first axis below.
        angles: (A,) radians, ascending.
        rates: (L,) ascending.
        final_values: (M, A, L) f after the last step; NaN for diverged and for pending runs.
        diverged_at: (M, A, L) step; −1: never, −2: pending.
        share: of the runs that are made, from 0 to 1.
        source: (A, L, 2) which cell to show in each: itself, or the nearest of the coarse grid.
    """

    methods: tuple[str, ...]
    angles: np.ndarray
    rates: np.ndarray
    final_values: np.ndarray
    diverged_at: np.ndarray
    share: float
    source: np.ndarray

    def picture(self, method: str) -> np.ndarray:
        """(A, L) final values of one method: +∞ where it diverged, NaN where nothing is known yet.

        A cell that is still pending shows the nearest cell of the coarse grid.
        """
        row = self.methods.index(method)
        values = np.where(self.diverged_at[row] >= 0, np.inf, self.final_values[row])
        nearest = values[self.source[..., 0], self.source[..., 1]]
        return np.where(self.diverged_at[row] == PENDING, nearest, values)

    def setting(self, method: str, angle: float, rate: float) -> Setting:
        """The run of the cell nearest to a tap, rates compared by their logarithm."""
        at = _nearest(self.angles, angle), _nearest_rate(self.rates, rate)
        return Setting(method, float(self.angles[at[0]]), float(self.rates[at[1]]))


@dataclass(frozen=True)
class RatePair:
    """The two runs that belong to a cell of a rate × rate map.

    Attributes:
        method: its name.
        original: learning rate in original coordinates.
        rotated: learning rate in the basis.
    """

    method: str
    original: float
    rotated: float


@dataclass(frozen=True, eq=False)
class RateRateMap:
    """Final values of each method by its rates in original coordinates and in the basis.

    The diagonal is a shared rate; the lowest row and column are the rates tuned per basis.

    Attributes:
        methods: names, in the order of the first axis below.
        rates: (L,) ascending, of both axes.
        final_values: (M, 2, L) f after the last step in original and rotated coordinates; NaN for
            diverged and for pending runs.
        diverged_at: (M, 2, L) step; −1: never, −2: pending.
        share: of the runs that are made, from 0 to 1.
    """

    methods: tuple[str, ...]
    rates: np.ndarray
    final_values: np.ndarray
    diverged_at: np.ndarray
    share: float

    def picture(self, method: str, level: float, floor: float = 1e-16) -> np.ndarray:
        """(L, L) log₁₀ of the final gap in original coordinates over the one in the basis.

        Rows are rates in the basis, columns rates in original coordinates. Above 0 the rotated run
        ends lower; +∞ where only the original one diverged, −∞ where only the rotated one did, NaN
        where both did or are pending.

        Args:
            method: its name.
            level: f*, or the best value seen.
            floor: smallest gap, so that a run that arrived exactly has a logarithm.
        """
        row = self.methods.index(method)
        gaps = np.maximum(self.final_values[row] - level, floor)
        logs = np.where(self.diverged_at[row] >= 0, np.inf, np.log10(gaps))
        with np.errstate(invalid="ignore"):
            return logs[0][None, :] - logs[1][:, None]

    def setting(self, method: str, original: float, rotated: float) -> RatePair:
        """The two runs of the cell nearest to a tap, rates compared by their logarithm."""
        columns = _nearest_rate(self.rates, original), _nearest_rate(self.rates, rotated)
        return RatePair(method, *(float(self.rates[at]) for at in columns))


def map_angles_and_rates(
    objective: Objective,
    methods: Sequence[Method],
    start,
    *,
    rates,
    angles=None,
    n_steps: int = 1000,
    schedule=None,
    threads: int | None = None,
) -> Iterator[AngleRateMap]:
    """The map as its runs are made, coarse grid first; abandoning it stops the rest.

    Args:
        objective: of two variables.
        methods: their own rates are replaced by `rates`.
        start: (2,) x_0.
        rates: (L,) ascending.
        angles: (A,) radians, ascending; None: 0°, 1° … 90°.
        n_steps: T.
        schedule: (T,) factors of the rates, as in `egop.run`.
        threads: as in `Sweep.advance`.

    Raises:
        ValueError: d is not 2.
    """
    if objective.dim != 2:
        raise ValueError(
            f"a map over angles takes an objective of 2 variables, {objective.name} has "
            f"{objective.dim}; map rate × rate instead"
        )
    angles = frozen(np.linspace(0.0, QUARTER_TURN, N_ANGLES) if angles is None else angles)
    rates = frozen(rates)
    names = tuple(method.name for method in methods)
    values = np.full((len(methods), len(angles), len(rates)), np.nan)
    diverged = np.full(values.shape, PENDING)
    stages, source = _stages(len(angles), len(rates))
    done = 0
    for turns, columns in stages:
        bases = [Eigenbasis.rotation(angle) for angle in angles[turns]]
        size = len(turns) * len(columns)
        for row, method in enumerate(methods):
            sweep = Sweep(
                objective,
                method,
                bases,
                start,
                rates[columns],
                n_steps=n_steps,
                schedule=schedule,
            )
            for share in sweep.advance(threads):
                diverged[row][np.ix_(turns, columns)] = sweep.diverged_at  # first: written last
                values[row][np.ix_(turns, columns)] = sweep.final_values
                made = float((done + share * size) / values.size)
                yield AngleRateMap(
                    names, angles, rates, values.copy(), diverged.copy(), made, source
                )
            done += size


def map_rates(
    objective: Objective,
    methods: Sequence[Method],
    start,
    *,
    basis: Eigenbasis | Refreshed,
    rates,
    n_steps: int = 1000,
    schedule=None,
    threads: int | None = None,
) -> Iterator[RateRateMap]:
    """The rate × rate map as its runs are made: 2·L runs make all L² pairs.

    Args:
        objective: of any dimension.
        methods: their own rates are replaced by `rates`.
        start: (d,) x_0.
        basis: of the rotated coordinates.
        rates: (L,) ascending, for both axes.
        n_steps: T.
        schedule: (T,) factors of the rates, as in `egop.run`.
        threads: as in `Sweep.advance`.
    """
    rates = frozen(rates)
    names = tuple(method.name for method in methods)
    values = np.full((len(methods), 2, len(rates)), np.nan)
    diverged = np.full(values.shape, PENDING)
    for row, method in enumerate(methods):
        sweep = Sweep(
            objective,
            method,
            (None, basis),
            start,
            rates,
            n_steps=n_steps,
            schedule=schedule,
        )
        for share in sweep.advance(threads):
            diverged[row] = sweep.diverged_at  # first, as each run writes it last
            values[row] = sweep.final_values
            made = (row + share) / len(methods)
            yield RateRateMap(names, rates, values.copy(), diverged.copy(), made)


def spread_rates(center: float, decades: float = 2.0, n_rates: int = N_RATES) -> np.ndarray:
    """(L,) rates around one: evenly spaced logarithms, `decades` to either side."""
    return center * np.logspace(-decades, decades, n_rates)


def _stages(n_angles: int, n_rates: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """(angles, rates) of the coarse grid, of the rest of its rows, of the other rows; sources."""
    coarse = [
        np.arange(0, n, stride) for n, stride in zip((n_angles, n_rates), STRIDES, strict=True)
    ]
    rest = [
        np.setdiff1d(np.arange(n), few) for n, few in zip((n_angles, n_rates), coarse, strict=True)
    ]
    stages = [(coarse[0], coarse[1]), (coarse[0], rest[1]), (rest[0], np.arange(n_rates))]
    nearest = [
        few[np.abs(np.arange(n)[:, None] - few).argmin(axis=1)]
        for n, few in zip((n_angles, n_rates), coarse, strict=True)
    ]
    source = np.stack(np.meshgrid(*nearest, indexing="ij"), axis=-1)
    return [stage for stage in stages if all(map(len, stage))], source


def _nearest(grid: np.ndarray, value: float) -> int:
    return int(np.abs(grid - value).argmin())


def _nearest_rate(rates: np.ndarray, rate: float) -> int:
    return _nearest(np.log(rates), np.log(max(rate, np.finfo(float).tiny)))
