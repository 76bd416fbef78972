"""Runs of one method on the landscape engine, bases × rates on all cores, as arrays to be kept."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.networks.rng import stream
from egop.objectives.objective import Objective

if TYPE_CHECKING:
    from egop.experiments.experiment import Arrays
    from egop.runs.run_table import RunTable

KEPT = 16
"""Bytes that are kept of a step of a run."""


def seed_for(seed: int, trial: int, purpose: str) -> int:
    """A seed of its own for each purpose of each trial, whatever else is run."""
    return int(stream((seed, trial), purpose).integers(2**63))


class Problem(NamedTuple):
    """One trial: an objective, where runs begin, and the bases they are compared in.

    Attributes:
        objective: f.
        start: (d,) x_0, the same in every basis.
        bases: by name; None for the original coordinates.
    """

    objective: Objective
    start: np.ndarray
    bases: dict[str, Eigenbasis | None]


def descend(
    problem: Problem,
    method: Method,
    rates: np.ndarray,
    *,
    n_steps: int,
    tolerance: float,
    threads: int,
) -> dict[str, np.ndarray]:
    """Losses and gradient norms of all bases and rates of one trial.

    A run stops once ‖∇f‖₂ < tolerance: from there on its numbers stay, and it cannot diverge.

    Returns:
        training_loss and gradient_norm (‖∇f‖₂), each (B, L, T + 1); diverged_at and stopped_at,
        each (B, L), the step, −1 for never.
    """

    def one(basis: Eigenbasis | None, rate: float) -> tuple[np.ndarray, ...]:
        path = run(
            problem.objective,
            method.with_learning_rate(rate),
            problem.start,
            n_steps,
            basis=basis,
            keep="values",
        )
        assert path.values is not None
        assert path.gradient_norms is not None
        return stopped(path.values, path.gradient_norms, path.diverged_at, tolerance)

    jobs = [(basis, rate) for basis in problem.bases.values() for rate in rates]
    with ThreadPoolExecutor(threads) as pool:
        ends = list(pool.map(lambda job: one(*job), jobs))
    shape = (len(problem.bases), len(rates))
    names = ("training_loss", "gradient_norm", "diverged_at", "stopped_at")
    columns = [np.array(column) for column in zip(*ends, strict=True)]
    return {
        name: column.reshape(*shape, *column.shape[1:])
        for name, column in zip(names, columns, strict=True)
    }


def stopped(
    values: np.ndarray, norms: np.ndarray, diverged_at, tolerance: float
) -> tuple[np.ndarray, ...]:
    """Values and norms (T + 1,) that stay once ‖∇f‖₂ < tolerance; where it diverged and stopped.

    −1 for never.
    """
    below = norms < tolerance
    if not below.any():
        return values, norms, np.asarray(diverged_at), np.array(-1)
    at = int(below.argmax())
    steps = np.minimum(np.arange(len(values)), at)
    return values[steps], norms[steps], np.array(-1), np.array(at)


def fill(
    table: "RunTable", method: str, rates: Iterable[float], trial: int, arrays: "Arrays"
) -> None:
    """Writes the arrays (B, L, …) of a method and trial into the table of all runs."""
    runs = [(method, basis, float(rate)) for basis in table.bases for rate in rates]
    flat = {name: x.reshape(1, len(runs), *x.shape[2:]) for name, x in arrays.items()}
    table.fill(runs, [trial], flat)
