"""The dial: how well each method does against the angle of the basis it works in (d = 2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from egop.analysis.stopping_target import ROUND_OFF
from egop.arrays import frozen
from egop.eigenbasis import Eigenbasis
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.sweep import PENDING, Sweep

QUARTER_TURN = np.pi / 2
"""Coordinate-wise methods repeat after it: a quarter turn swaps two axes and flips one."""

N_ANGLES = 91
"""Angles from 0° to 90°, both ends included: one for each degree."""

COARSE = 10
"""Every tenth angle is run first, so that the whole curve shows at once."""


@dataclass(frozen=True, eq=False)
class Dial:
    """Final values of each method by the angle of its basis; they grow while the runs are made.

    Attributes:
        methods: names, in the order of the rows below.
        angles: (A,) radians, ascending from 0 to π/2.
        final_values: (M, A) f after the last step; NaN for diverged and for pending runs.
        reached_at: (M, A) first step with f ≤ target; −1: never, −2: pending.
        diverged_at: (M, A) step; −1: never, −2: pending.
        share: of the runs that are made, from 0 to 1.
    """

    methods: tuple[str, ...]
    angles: np.ndarray
    final_values: np.ndarray
    reached_at: np.ndarray
    diverged_at: np.ndarray
    share: float

    def values(self, method: str) -> np.ndarray:
        """(A,) final values of one method: +∞ where it diverged, NaN where it is pending."""
        row = self.methods.index(method)
        values = np.where(self.diverged_at[row] >= 0, np.inf, self.final_values[row])
        return np.where(self.diverged_at[row] == PENDING, np.nan, values)

    def steps(self, method: str) -> np.ndarray:
        """(A,) steps to the target: +∞ where it is never reached, NaN where it is pending."""
        row = self.methods.index(method)
        steps = np.where(self.reached_at[row] < 0, np.inf, self.reached_at[row])
        return np.where(self.diverged_at[row] == PENDING, np.nan, steps)


@dataclass(frozen=True)
class Valley:
    """The lowest stretch of a curve over the angles of the basis.

    Attributes:
        angle: radians in [0, π/2), the middle of the lowest stretch.
        low: where that stretch begins, in radians.
        high: where it ends; beyond π/2 when it runs across the end of the dial.
        flat: every angle does equally well, so the angle says nothing.
    """

    angle: float
    low: float
    high: float
    flat: bool


def turn_dial(
    objective: Objective,
    methods: Sequence[Method],
    start,
    *,
    angles=None,
    n_steps: int = 1000,
    schedule=None,
    target: float | None = None,
    threads: int | None = None,
) -> Iterator[Dial]:
    """The dial as its runs are made; the last one yielded is whole, abandoning it stops the rest.

    Every tenth angle comes first, for all methods.

    Args:
        objective: of two variables.
        methods: each at one rate.
        start: (2,) x_0.
        angles: (A,) radians, ascending; None: 0°, 1° … 90°.
        n_steps: T.
        schedule: (T,) factors of the rates, as in `egop.run`.
        target: value of f whose first reaching is noted.
        threads: as in `Sweep.advance`.

    Raises:
        ValueError: d is not 2.
    """
    if objective.dim != 2:
        raise ValueError(
            f"the dial turns a basis of 2 variables, {objective.name} has {objective.dim}; "
            "compare it in the EGOP basis, or look at a plane of it"
        )
    angles = np.linspace(0.0, QUARTER_TURN, N_ANGLES) if angles is None else np.array(angles, float)
    size = (len(methods), len(angles))
    values, reached, diverged = (np.full(size, e) for e in (np.nan, PENDING, PENDING))
    names, angles = tuple(method.name for method in methods), frozen(angles)
    coarse = np.arange(len(angles)) % COARSE == 0
    done, total = 0.0, len(methods) * len(angles)
    for turns in (np.flatnonzero(coarse), np.flatnonzero(~coarse)):
        bases = [Eigenbasis.rotation(angle) for angle in angles[turns]]
        for row, method in enumerate(methods):
            sweep = Sweep(
                objective,
                method,
                bases,
                start,
                method.learning_rate,
                n_steps=n_steps,
                schedule=schedule,
                target=target,
            )
            for share in sweep.advance(threads):
                diverged[row, turns] = sweep.diverged_at  # first, as each run writes it last
                reached[row, turns] = sweep.reached_at
                values[row, turns] = sweep.final_values
                made = (done + share * len(turns)) / total
                yield Dial(names, angles, values.copy(), reached.copy(), diverged.copy(), made)
            done += len(turns)


def find_valley(angles, curve, round_off: float = ROUND_OFF) -> Valley:
    """The valley of a curve over the dial: its minimum, ties by the middle of their stretch.

    The dial is a circle of 90°, so that a stretch may run across its end. Of several stretches
    that are equally low the longest counts.

    Args:
        angles: (A,) radians from 0 to π/2, evenly spaced.
        curve: (A,) final values or steps, +∞ where there is none; NaN counts as +∞.
        round_off: differences below round_off·(1 + |minimum|) count as none.

    Raises:
        ValueError: no angle has a finite number.
    """
    curve = np.where(np.isnan(curve), np.inf, curve)
    lowest = curve.min()
    if not np.isfinite(lowest):
        raise ValueError("the dial has no valley: the method diverges, or never arrives, at each")
    low = curve <= lowest + round_off * (1 + abs(lowest))
    closed = np.isclose(angles[-1] - angles[0], QUARTER_TURN)
    turn = low[:-1] | np.r_[low[-1:], np.zeros(len(low) - 2, bool)] if closed else low
    if turn.all():
        return Valley(QUARTER_TURN / 2, 0.0, QUARTER_TURN, flat=True)
    first, length = _longest_stretch(turn)
    step = angles[1] - angles[0]
    begin = float(angles[first])
    end = begin + (length - 1) * step
    return Valley(float((begin + end) / 2 % QUARTER_TURN), begin, float(end), flat=False)


def quarter_turn_distance(angle, other) -> np.ndarray:
    """Returns the distance of two angles modulo 90°, in radians from 0 to π/4."""
    apart = np.mod(np.subtract(angle, other), QUARTER_TURN)
    return np.minimum(apart, QUARTER_TURN - apart)


def _longest_stretch(low: np.ndarray) -> tuple[int, int]:
    """Returns the begin and the length of the longest stretch of True on a circle."""
    high = int(np.flatnonzero(~low)[0])
    unrolled = np.roll(low, -high)
    edges = np.diff(np.r_[0, unrolled.astype(int), 0])
    begins, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    longest = int((ends - begins).argmax())
    return int(begins[longest] + high) % len(low), int((ends - begins)[longest])
