"""Objective + method + basis + start → every iterate."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from egop.compiled_rules import compiles
from egop.eigenbasis import Eigenbasis
from egop.general_loop import run_general
from egop.iteration import LoopArguments, empty_record, run_compiled
from egop.methods import Method
from egop.methods.spelling import explains_arguments
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.run_arguments import (
    broadcast_runs,
    check_basis,
    check_keep,
    check_method,
    check_n_steps,
    check_objective,
    check_refreshed,
    check_start,
    check_target,
    read_record,
    read_schedule,
)
from egop.trajectory import Trajectory


@explains_arguments
def run(
    objective: Objective,
    method: Method,
    start,
    n_steps: int = 1000,
    *,
    basis: Eigenbasis | Refreshed | None = None,
    schedule: Any = None,
    keep: str = "all",
    record: str | Sequence[str] = (),
    target: float | None = None,
) -> Trajectory:
    """The trajectory of a method on an objective from a start; diverging is data, not an error.

    With a basis the method runs on f̃(z) = f(Vz) from z_0 = Vᵀx_0 (Algorithm 1), and points are
    given in the coordinates x = Vz. `start` (..., d) and `method.learning_rate` (...) broadcast;
    their leading axes are independent runs.

    Args:
        objective: f; those of `from_functions` run in a general (slower) loop.
        method: one of `egop.methods`.
        start: (..., d) x_0.
        n_steps: T ≥ 0.
        basis: whose eigenvectors are the axes the method works in; `Refreshed`: one that is
            estimated anew while it runs, in the general loop; None: original coordinates.
        schedule: factors of the learning rate: (T,) of them, one a step, a function of the step
            t = 0 … T − 1, "cosine" (½(1 + cos(πt/T))); None: constant.
        keep: "all" iterates, "values" (and gradient norms), or the "final" point only.
        record: any of "gradient", "momentum" (the direction the rule divides by its
            preconditioner) and "preconditioner", in the run's own coordinates; takes the general
            loop. Where a coordinate stands still since direction and preconditioner are both 0 the
            preconditioner is ∞.
        target: value of f whose first reaching is noted in `reached_at`.

    Raises:
        ValueError: shapes that do not fit, a start that is NaN, n_steps < 0, negative factors, an
            unknown name in `schedule`, `keep` or `record`.
        TypeError: not an `Objective`, a `Method`, an `Eigenbasis` or `Refreshed`.
    """
    check_objective(objective)
    check_method(method)
    start, n_steps = check_start(start, objective), check_n_steps(n_steps)
    check_keep(keep)
    names = read_record(record)
    refreshed = basis if isinstance(basis, Refreshed) else None
    if refreshed is not None:
        check_refreshed(refreshed, objective, method)
    elif basis is not None:
        check_basis(basis, objective)
    V = basis.eigenvectors if isinstance(basis, Eigenbasis) else None
    rotation = objective.rotation if refreshed is None else None
    shape, flat_start, flat_rates = _broadcast(start, method)
    arguments = LoopArguments(
        objective,
        method,
        basis=_compose(rotation, V),
        start=flat_start if rotation is None else flat_start @ rotation.T,
        rates=flat_rates,
        schedule=read_schedule(schedule, n_steps),
        target=check_target(target),
        n_active=_count_active(basis) or objective.dim,
    )
    result = empty_record(keep, n_steps, len(flat_start), objective.dim)
    recorded = {name: np.empty((n_steps, *flat_start.shape)) for name in names}
    bases = None
    if objective.kernel is not None and not names and compiles(method) and refreshed is None:
        run_compiled(arguments, result)
    else:
        if rotation is not None:
            arguments = arguments._replace(objective=replace(objective, rotation=None))
        with np.errstate(all="ignore"):
            refresher = run_general(arguments, result, recorded, refreshed)
        bases = None if refresher is None else refresher.history(shape, n_steps)
    return Trajectory(
        result,
        shape,
        rotation,
        V,
        {name: a.reshape(-1, *shape, objective.dim) for name, a in recorded.items()},
        bases,
    )


def _count_active(basis: Eigenbasis | Refreshed | None) -> int | None:
    """The number of leading coordinates that move; None for all."""
    if basis is None:
        return None
    return basis.leading if isinstance(basis, Refreshed) else basis.n_active


def _broadcast(start: np.ndarray, method: Method) -> tuple[tuple, np.ndarray, np.ndarray]:
    """The run axes, the starts (R, d) and the rates (R,), C-contiguous."""
    rates = np.asarray(method.learning_rate, dtype=float)
    dim = start.shape[-1]
    if rates.ndim == 0:
        flat = np.array(start, order="C").reshape(-1, dim)
        return start.shape[:-1], flat, rates.repeat(len(flat))
    shape = broadcast_runs(start, rates)
    flat = np.broadcast_to(start, (*shape, dim)).reshape(-1, dim)
    flat_rates = np.broadcast_to(rates, shape).reshape(-1)
    return shape, np.array(flat, order="C"), np.array(flat_rates, order="C")


def _compose(outer: np.ndarray | None, inner: np.ndarray | None) -> np.ndarray | None:
    if outer is None or inner is None:
        return inner if outer is None else outer
    return outer @ inner
