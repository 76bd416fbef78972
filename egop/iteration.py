"""The compiled loop over steps, and what it has in common with the general one in numpy.

Both take runs (R, d) in the coordinates of the objective's kernel or functions, step in the
coordinates z = Vᵀx, and fill the same `Record`.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from egop.cancellation import current_cancellation
from egop.compilation import call_kernel, compiled
from egop.compiled_rules import compiled_hyperparameters, scaled_direction
from egop.methods import Method, is_built_in
from egop.methods.blocks import RuleBlock, rule_blocks
from egop.objectives.objective import Objective

DIVERGED = 1e12
"""A run has diverged once |f| exceeds this times 1 + |f(x_0)|."""


class Record(NamedTuple):
    """Arrays that the loops fill, for R runs; an array without steps is not kept.

    Attributes:
        points: (T+1, R, d).
        series: (3, T+1, R): f, ‖∇f‖₂ and, in the run's own coordinates, ‖∇f‖₁.
        final_point: (R, d).
        final_value: (R,).
        events: (2, R): the steps at which a run diverged and reached the target, −1 for never.
    """

    points: np.ndarray
    series: np.ndarray
    final_point: np.ndarray
    final_value: np.ndarray
    events: np.ndarray


def empty_record(keep: str, n_steps: int, runs: int, dim: int) -> Record:
    """Arrays for `keep` = "all", "values" or "final"."""
    return Record(
        points=np.empty((n_steps + 1 if keep == "all" else 0, runs, dim)),
        series=np.empty((3, 0 if keep == "final" else n_steps + 1, runs)),
        final_point=np.empty((runs, dim)),
        final_value=np.empty(runs),
        events=np.empty((2, runs), dtype=np.int64),
    )


def _loop(
    address, data, basis, transposed, n_active, start, rates, schedule, h, initial, betas, target,
    cancelled,
    points, series, final_point, final_value, events,
):  # fmt: skip
    """One run after the other; basis and transposed are V and Vᵀ, of length 0 for V = I.

    Only the first `n_active` coordinates z move.

    Once cancelled[0] is set no further run begins, and what is not run stays as it is.
    """
    diverged_at, reached_at = events[0], events[1]
    n_steps = schedule.shape[0]
    dim = start.shape[1]
    rotated = basis.shape[0] > 0
    state = np.empty((initial.shape[0], dim))
    x = np.empty(dim)
    z = np.empty(dim) if rotated else x
    gradient = np.empty(dim)
    slope = np.empty(dim) if rotated else gradient
    for run in range(start.shape[0]):
        if cancelled[0] > 0:
            return
        for k in range(initial.shape[0]):
            state[k, :] = initial[k]
        diverged_at[run] = -1
        reached_at[run] = -1
        power1 = 1.0
        power2 = 1.0
        x[:] = start[run]
        if rotated:
            _multiply(basis, x, z)
        limit = np.inf
        for t in range(n_steps + 1):
            value = call_kernel(address, data, x, gradient)
            if t == 0:
                limit = DIVERGED * (1.0 + abs(value))
            if not _alive(x, value, limit):
                diverged_at[run] = t
                break
            if rotated:
                _multiply(basis, gradient, slope)
            if value <= target and reached_at[run] < 0:
                reached_at[run] = t
            if series.shape[1] > 0:
                series[0, t, run] = value
                series[1, t, run], series[2, t, run] = _norms(gradient, slope)
            if points.shape[0] > 0:
                for i in range(dim):
                    points[t, run, i] = x[i]
            if t < n_steps:
                rate = rates[run] * schedule[t]
                power1 *= betas[0]
                power2 *= betas[1]
                powers = (power1, power2)
                for i in range(n_active):
                    z[i] -= rate * scaled_direction(h, slope[i], state, i, z[i], powers)
                if rotated:
                    _multiply(transposed, z, x)
        final_value[run] = value
        final_point[run] = x
        if diverged_at[run] >= 0:
            final_value[run] = np.nan
            final_point[run, :] = np.nan
            _blank(points[diverged_at[run] :, run])
            _blank(series[:, diverged_at[run] :, run])


@register_jitable
def _alive(x, value, limit):
    """Returns True if x and f are finite and |f| is within the limit."""
    finite = abs(value) <= limit and abs(value) < np.inf
    for i in range(x.shape[0]):
        finite = finite and abs(x[i]) < np.inf
    return finite


@register_jitable
def _norms(gradient, slope):
    """‖∇f‖₂, the same in every basis, and ‖∇f‖₁ in the run's own coordinates."""
    square = 0.0
    total = 0.0
    for i in range(gradient.shape[0]):
        square += gradient[i] * gradient[i]
        total += abs(slope[i])
    return square**0.5, total


@register_jitable
def _blank(kept):
    """NaN for the steps after a run diverged."""
    kept[...] = np.nan


@register_jitable
def _multiply(matrix, x, product):
    """The product matrixᵀ x: in registers when short, along rows, vectorized, when long."""
    dim = x.shape[0]
    if dim <= 8:
        for i in range(dim):
            total = 0.0
            for j in range(dim):
                total += matrix[j, i] * x[j]
            product[i] = total
        return
    for i in range(dim):
        product[i] = 0.0
    for j in range(dim):
        factor = x[j]
        for i in range(dim):
            product[i] += matrix[j, i] * factor


@cache
def _compiled_loop() -> Callable:
    """The compiled loop for the rules of this package."""
    return compiled(_loop)


@cache
def _own_loop() -> Callable:
    """The compiled loop for rules from elsewhere, which another process may not find again."""
    return compiled(_loop, cached=False)


_loops: set[type] = set()
"""Types of hyperparameters for which this process has a compiled loop."""


def is_loop_compiled(method: Method) -> bool:
    """Returns True if runs of the method need not wait until the loop is compiled or loaded."""
    return method.rule.elementwise and type(compiled_hyperparameters(method)) in _loops


NO_BASIS = np.empty((0, 0))


class LoopArguments(NamedTuple):
    """The arguments of a loop, in the coordinates of the objective's kernel or functions.

    Attributes:
        objective: the compiled loop has no regard to its `rotation`.
        method: its `learning_rate` is replaced by `rates`.
        basis: (d, d) V of the coordinates z = Vᵀx in which the method steps; None for V = I.
        start: (R, d); rates: (R,); schedule: (T,) factors of the rates.
        target: a value to be reached; −∞ for none.
        n_active: the leading coordinates z that move.
    """

    objective: Objective
    method: Method
    basis: np.ndarray | None
    start: np.ndarray
    rates: np.ndarray
    schedule: np.ndarray
    target: float
    n_active: int

    @property
    def blocks(self) -> tuple[RuleBlock, ...]:
        """The rules of the matrices and vectors that the variables are made of."""
        objective = self.objective
        return rule_blocks(self.method, objective.shapes, objective.dim, objective.name)


def run_compiled(arguments: LoopArguments, record: Record) -> None:
    """Fills `record` by the compiled loop: the objective has a kernel, the rule compiles.

    All arrays but the objective's data are writable copies, since numba would compile the loop
    once more for a read-only one.
    """
    kernel, basis, method = arguments.objective.kernel, arguments.basis, arguments.method
    assert kernel is not None
    loop = _compiled_loop() if is_built_in(method) else _own_loop()
    cancellation = current_cancellation()
    loop(
        kernel.address,
        arguments.objective.data,
        NO_BASIS if basis is None else np.array(basis, order="C"),
        NO_BASIS if basis is None else np.array(basis.T, order="C"),
        arguments.n_active,
        arguments.start,
        arguments.rates,
        arguments.schedule,
        compiled_hyperparameters(method),
        np.array(method.initial_state),
        method.betas,
        arguments.target,
        cancellation.flag,
        *record,
    )
    _loops.add(type(compiled_hyperparameters(method)))
    cancellation.raise_if_cancelled()
