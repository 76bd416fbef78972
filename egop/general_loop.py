"""The loop over steps in numpy, which takes any objective, any rule and bases that change."""

import numpy as np

from egop.cancellation import current_cancellation
from egop.iteration import DIVERGED, LoopArguments, Record
from egop.methods.blocks import BlockSteps
from egop.refreshed import Refreshed, Refresher


def run_general(
    arguments: LoopArguments,
    record: Record,
    recorded: dict[str, np.ndarray],
    refreshed: Refreshed | None = None,
) -> Refresher | None:
    """Fills `record` by a loop in numpy that takes any objective and any rule.

    Args:
        arguments: in the coordinates of the objective's points; no basis where it is refreshed.
        record: to be filled.
        recorded: arrays (T, R, d) under "gradient", "momentum" and "preconditioner", those that are
            wanted, in the run's own coordinates.
        refreshed: when and how the basis is estimated.

    Returns:
        What has estimated the bases; None where there was nothing to estimate.
    """
    objective, V = arguments.objective, arguments.basis
    x = arguments.start
    refresher = None
    if refreshed is not None:
        keeps_history = record.series.shape[1] > 0
        refresher = Refresher(refreshed, objective, len(x), keeps_history)
    z = _product(x, V)
    steps = BlockSteps(arguments.blocks, z)
    record.events[:] = -1
    diverged_at, reached_at = record.events
    limit = None
    n_steps = len(arguments.schedule)
    cancellation = current_cancellation()
    for t in range(n_steps + 1):
        cancellation.raise_if_cancelled()
        value, slope = objective.value_and_gradient(x)
        limit = DIVERGED * (1.0 + np.abs(value)) if limit is None else limit
        alive = np.isfinite(value) & (np.abs(value) <= limit) & np.isfinite(x).all(axis=-1)
        diverged_at[~alive & (diverged_at < 0)] = t
        gone = diverged_at >= 0
        x = np.where(gone[:, None], np.nan, x)
        record.final_point[:] = x
        record.final_value[:] = np.where(gone, np.nan, value)
        if refreshed is not None and refresher is not None and _is_due(t, n_steps, refreshed):
            turn = refresher(t, x)
            V = refresher.eigenvectors
            z = _product(x, V)
            steps.change_coordinates(turn, refreshed.moments, z)
        slope = _product(np.where(gone[:, None], np.nan, slope), V)
        reached_at[(record.final_value <= arguments.target) & (reached_at < 0)] = t
        _note(record, t, slope)
        if t == n_steps:
            break
        direction, preconditioner = steps(_leading(slope, arguments.n_active), z)
        parts = {"gradient": slope, "momentum": direction, "preconditioner": preconditioner}
        for name, array in recorded.items():
            array[t] = parts[name]
        move = _leading(direction / preconditioner, arguments.n_active)
        z = z - (arguments.rates * arguments.schedule[t])[:, None] * move
        x = _product(z, None if V is None else V.mT)
    return refresher


def _is_due(t: int, n_steps: int, refreshed: Refreshed) -> bool:
    """True at the steps 0, τ, 2τ, … from which a run goes on, and at its start in any case."""
    return t == 0 or (t < n_steps and t % refreshed.every == 0)


def _leading(vectors: np.ndarray, count: int) -> np.ndarray:
    """Vectors (R, d) with zeros beyond their leading coordinates."""
    if count == vectors.shape[-1]:
        return vectors
    kept = np.zeros_like(vectors)
    kept[:, :count] = vectors[:, :count]
    return kept


def _product(x: np.ndarray, V: np.ndarray | None) -> np.ndarray:
    """xV of points (R, d) and one V (d, d), or one for each of them (R, d, d)."""
    if V is None:
        return x
    return x @ V if V.ndim == 2 else (x[:, None, :] @ V)[:, 0]


def _note(record: Record, t: int, slope: np.ndarray) -> None:
    """Keeps what the record keeps of step t, which stands in its final point and value."""
    if record.series.shape[1]:
        norm, norm_1 = np.sqrt((slope**2).sum(axis=-1)), np.abs(slope).sum(axis=-1)
        record.series[:, t] = record.final_value, norm, norm_1
    if len(record.points):
        record.points[t] = record.final_point
