"""Runs that leave: the rate at which they would not diverge, and the border they cross."""

import numpy as np

from egop.eigenbasis import Eigenbasis
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.theme import label
from egop.trajectory import run

HALVINGS = 40
"""Rates tried by `find_safe_rate`: down to the rate over 10¹²."""


def find_safe_rate(
    objective: Objective,
    method: Method,
    start,
    n_steps: int = 1000,
    *,
    basis: Eigenbasis | None = None,
    schedule=None,
) -> float | None:
    """The first of the rates η/2, η/4, … that does not diverge; None when all 40 do.

    Each is rounded down to two digits before it is tried, so that the number a sentence shows is
    one that was run. All are run as one batch.

    Args:
        objective: f.
        method: at the rate η that diverges.
        start: (d,) x_0.
        n_steps: T.
        basis: as in `egop.run`.
        schedule: as in `egop.run`.
    """
    rates = round_down(float(method.learning_rate) * 0.5 ** np.arange(1, HALVINGS + 1))
    path = run(
        objective,
        method.with_learning_rate(rates),
        start,
        n_steps,
        basis=basis,
        schedule=schedule,
        keep="final",
    )
    safe = np.flatnonzero(path.diverged_at < 0)
    return float(rates[safe[0]]) if len(safe) else None


def round_down(rates) -> np.ndarray:
    """Positive numbers (...) rounded down to two significant digits."""
    rates = np.asarray(rates, dtype=float)
    unit = 10.0 ** (np.floor(np.log10(rates)) - 1)
    digits = np.floor(rates / unit * (1 + 1e-12))
    return np.array([float(f"{number:.1e}") for number in (digits * unit).ravel()]).reshape(
        rates.shape
    )


def find_crossing(points, domain) -> int:
    """The first step at which a path is outside a box, −1: never; NaN (diverged) is outside.

    Args:
        points: (T+1, d) one path.
        domain: (d, 2).
    """
    points, domain = np.asarray(points, dtype=float), np.asarray(domain, dtype=float)
    inside = ((points >= domain[:, 0]) & (points <= domain[:, 1])).all(axis=-1)
    return -1 if inside.all() else int((~inside).argmax())


def crossing_note(method: str, points, domain, where: str = "original") -> str:
    """One sentence on a path that leaves the objective's domain; empty when it stays.

    Args:
        method: its name.
        points: (T+1, d) the path, in original coordinates.
        domain: (d, 2) of the objective.
        where: the coordinates the method worked in, as in "EGOP".
    """
    step = find_crossing(points, domain)
    if step < 0:
        return ""
    back = find_crossing(points[-1:], domain) < 0
    then = "and comes back" if back else "and ends outside"
    return (
        f"{label(method)} in {where} coordinates crosses the border of the domain at step "
        f"{step:,} {then}; f is computed there all the same."
    )
