"""Runs with slightly changed rates and starts: what an effect must exceed to be spoken of.

The rule: a rate 10 % lower and 10 % higher, and a start moved by 1 % of its distance from the
center, along that line and across it. A difference between two bases counts only where it exceeds
what these changes make in both: the worst of the better one's five runs must still beat the best of
the other's (`egop.analysis.ending.compare`).
"""

import numpy as np

from egop.analysis.ending import Ending
from egop.analysis.stopping_target import StoppingTarget
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed

RATE_CHANGE = 0.1
"""Share by which the rate is lowered and raised."""

START_CHANGE = 0.01
"""Share of its distance from the center by which the start is moved."""

CHEAP = 2500
"""Steps times variables, up to which the changed runs of a comparison take a few milliseconds."""


def is_cheap(objective: Objective, n_steps: int) -> bool:
    """Returns True if runs with small changes are quick enough for a drag: T·d is small."""
    return objective.kernel is not None and n_steps * objective.dim <= CHEAP


def run_nearby(
    objective: Objective,
    method: Method,
    start,
    n_steps: int,
    target: StoppingTarget,
    *,
    basis: Eigenbasis | Refreshed | None = None,
    schedule=None,
) -> list[Ending]:
    """The endings of four runs at slightly changed rates and starts.

    Args:
        objective: f.
        method: at the rate that is changed.
        start: (d,) x_0 that is changed.
        n_steps: T.
        target: what the endings are measured with.
        basis: as in `egop.run`.
        schedule: as in `egop.run`.
    """
    rates = float(method.learning_rate) * np.array([1 - RATE_CHANGE, 1 + RATE_CHANGE, 1.0, 1.0])
    paths = run(
        objective,
        method.with_learning_rate(rates),
        nearby_starts(start, center_of(objective, start)),
        n_steps,
        basis=basis,
        schedule=schedule,
        keep="values",
    )
    assert paths.values is not None
    return [
        Ending.of_run(values, target, float(rate), int(gone))
        for values, rate, gone in zip(paths.values.T, rates, paths.diverged_at, strict=True)
    ]


def center_of(objective: Objective, start) -> np.ndarray:
    """(d,) the minimizer nearest to a start, or the middle of the domain where none is known."""
    if objective.minimizer is not None:
        return min(objective.minimizer, key=lambda point: float(((point - start) ** 2).sum()))
    if objective.domain is None:
        return np.zeros(objective.dim)
    return np.mean(objective.domain, axis=1)


def nearby_starts(start, center) -> np.ndarray:
    """(4, d) the start twice, moved away from a center, and moved across that line by as much.

    Across is the coordinate direction that lies most across, made perpendicular to the line.

    Args:
        start: (d,) x_0.
        center: (d,).
    """
    start = np.asarray(start, dtype=float)
    arm = start - center
    distance = np.linalg.norm(arm)
    if not distance > 0:
        return np.stack([start] * 4)
    along = arm / distance
    across = -along * along[np.abs(along).argmin()]
    across[np.abs(along).argmin()] += 1.0
    size = np.linalg.norm(across)
    across = across / size if size > 0 else along
    moves = START_CHANGE * distance * np.stack([0 * along, 0 * along, along, across])
    return start + moves
