"""The rate at which a run that diverged would not."""

import numpy as np

from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed

HALVINGS = 40
"""Rates tried by `find_safe_rate`: down to the rate over 10¹²."""


def find_safe_rate(
    objective: Objective,
    method: Method,
    start,
    n_steps: int = 1000,
    *,
    basis: Eigenbasis | Refreshed | None = None,
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
