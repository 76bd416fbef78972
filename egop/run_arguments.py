"""Checks of what runs and sweeps are given: each refuses in one sentence, or returns arrays."""

import inspect
import reprlib
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from egop.arrays import is_integer
from egop.eigenbasis import Eigenbasis
from egop.methods import METHODS, Method, is_built_in, method, nearest
from egop.methods.state_kinds import OTHER, loses_state, state_kinds
from egop.methods.written import python_call
from egop.objectives.objective import Objective
from egop.refreshed import Refreshed
from egop.schedules import SCHEDULES

KEEP = ("all", "values", "final")
RECORDABLE = ("gradient", "momentum", "preconditioner")


def check_objective(objective: Any, who: str = "run") -> None:
    """TypeError unless it is an `Objective`."""
    if isinstance(objective, Objective):
        return
    if isinstance(objective, str):
        hint = f"egop.objectives.landscape({objective!r}) or from_expression({objective!r})"
    elif callable(objective):
        hint = "egop.objectives.from_functions(value, gradient, dim=2), or another of its functions"
    else:
        hint = "egop.objectives"
    raise TypeError(f"{who} takes an egop Objective, got {_called(objective)}; make one by {hint}")


def check_method(method: Any, who: str = "run") -> None:
    """TypeError unless it is a `Method`."""
    if isinstance(method, Method):
        return
    name = method if isinstance(method, str) else getattr(method, "__name__", "adam")
    if isinstance(method, list | tuple | dict | set):
        hint = "run each by itself, or compare them in egop.explore(methods=[…])"
    else:
        hint = f"write {_call_of(name)}"
    raise TypeError(f"{who} takes a method of egop.methods, got {_called(method)}; {hint}")


def _call_of(name: str) -> str:
    """The call that makes a built-in method in writing; Adam's for what is none."""
    try:
        return python_call(name if method(name).name in METHODS else "adam", 0.1)
    except (TypeError, ValueError):
        return python_call("adam", 0.1)


def check_basis(basis: Any, objective: Objective, who: str = "basis") -> None:
    """TypeError unless it is an `Eigenbasis`, ValueError unless it is of the same dimension."""
    if not isinstance(basis, Eigenbasis):
        hint = "egop.Eigenbasis(eigenvalues=..., eigenvectors=...)"
        if isinstance(basis, np.ndarray | list | tuple):
            hint = "egop.Eigenbasis(np.ones(d), V) of orthonormal columns V"
        elif isinstance(basis, str | Refreshed):
            hint = "egop.estimate_eigenbasis(objective, distribution)"
        raise TypeError(f"{who} takes an egop.Eigenbasis, got {_called(basis)}; make one by {hint}")
    if basis.dim != objective.dim:
        raise ValueError(
            f"{who} takes as many coordinates as there are variables: {objective.name} has "
            f"{objective.dim} variables, but the basis has {basis.dim}"
        )


def check_refreshed(refreshed: Refreshed, objective: Objective, method: Method) -> None:
    """ValueError unless its ρ is of the same dimension; warns of state that it cannot rotate."""
    dim = refreshed.distribution.dim
    if dim != objective.dim:
        raise ValueError(
            f"Refreshed takes a distribution over the same variables: {objective.name} has "
            f"{objective.dim} variables, but the distribution has {dim}"
        )
    kinds = zip(method.rule.state, state_kinds(method), strict=True)
    unknown = [part for part, kind in kinds if kind == OTHER]
    if refreshed.moments == "rotate" and unknown and not is_built_in(method):
        warnings.warn(
            f"{method.name} begins anew with each refresh, since {', '.join(unknown)} of its state "
            "is no name in egop.methods.state_kinds.STATE_KINDS that turns, with a shape of its "
            "kind; say moments='reset' or 'keep'",
            stacklevel=4,
        )


def takes_same_path(method: Method, basis: Eigenbasis | Refreshed | None) -> bool:
    """True if a method takes the same path in a basis as in original coordinates, by its rule."""
    if isinstance(basis, Refreshed):
        turns = basis.moments == "rotate" and not loses_state(method)
        whole = basis.leading is None and (turns or not method.rule.state)
    else:
        whole = basis is None or basis.n_active is None
    return basis is None or (method.rule.equivariant and whole)


def read_bases(bases: Any) -> tuple[Eigenbasis | Refreshed | None, ...]:
    """The bases of a sweep, None for original coordinates; TypeError unless there are several."""
    if isinstance(bases, Eigenbasis | Refreshed | None) or not isinstance(bases, Iterable):
        raise TypeError(
            "a sweep takes a list of bases, None for original coordinates, such as [None, basis], "
            f"got {_called(bases)}"
        )
    return tuple(bases)


def check_start(start: Any, objective: Objective) -> np.ndarray:
    """(..., d) starts; ValueError for other shapes, and for NaN."""
    try:
        points = np.asarray("none" if start is None else start, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"start takes {objective.dim} numbers, one for each variable of {objective.name}, or "
            f"an array (..., {objective.dim}), got {start!r}"
        ) from None
    points = objective.check_points(points)
    if np.isnan(points).any():
        runs = points.reshape(-1, objective.dim)
        at = f" in {int(np.isnan(runs).any(axis=1).sum())} of {len(runs)} starts"
        raise ValueError(f"start takes numbers, got NaN{at if len(runs) > 1 else ''}")
    return points


def broadcast_runs(start: np.ndarray, rates: np.ndarray) -> tuple[int, ...]:
    """The axes of the runs of starts (..., d) and rates (...); ValueError if they do not fit."""
    try:
        return np.broadcast_shapes(start.shape[:-1], rates.shape)
    except ValueError:
        raise ValueError(
            f"start and learning_rate must broadcast over the runs, got {start.shape} (the last "
            f"axis is a point) and {rates.shape}"
        ) from None


def check_n_steps(n_steps: Any) -> int:
    """T; ValueError unless it is an integer of at least 0."""
    if not is_integer(n_steps, 0):
        raise ValueError(f"n_steps takes an integer of at least 0, got {n_steps!r}")
    return int(n_steps)


def check_keep(keep: Any) -> None:
    """ValueError unless it is one of `KEEP`."""
    if keep not in KEEP:
        raise ValueError(f"keep takes one of {', '.join(KEEP)}, got {keep!r}")


def check_target(target: Any) -> float:
    """The value to be reached, −∞ for none; ValueError unless it is a number."""
    if target is None:
        return -np.inf
    if not isinstance(target, Real) or np.isnan(float(target)):
        raise ValueError(f"target takes one number, a value of f to be reached, got {target!r}")
    return float(target)


def read_record(record: Any) -> tuple[str, ...]:
    """Names of what is recorded in each step; one name stands for itself."""
    names = (record,) if isinstance(record, str) else record
    if not isinstance(names, list | tuple | set | frozenset):
        raise TypeError(f"record takes any of {', '.join(RECORDABLE)}, got {record!r}")
    for name in names:
        if name not in RECORDABLE:
            raise ValueError(
                f"record takes any of {', '.join(RECORDABLE)}, got {name!r}; points, values and "
                "gradient norms are always kept unless keep says otherwise"
            )
    return tuple(names)


def read_schedule(schedule: Any, n_steps: int) -> np.ndarray:
    """(T,) factors of the learning rate.

    Args:
        schedule: None, a name in `SCHEDULES`, a function of the step t = 0 … T − 1, or T factors.
        n_steps: T.

    Raises:
        ValueError: another name or length, or factors that are negative or not finite.
    """
    if schedule is None:
        return _constant(n_steps)
    if isinstance(schedule, str):
        if schedule not in SCHEDULES:
            raise ValueError(f"schedule takes no {schedule!r}; {nearest(schedule, SCHEDULES)}")
        schedule = [SCHEDULES[schedule](step, n_steps) for step in range(n_steps)]
    elif callable(schedule):
        schedule = _called_at_each_step(schedule, n_steps)
    try:
        factors = np.array(schedule, dtype=float, order="C")
    except (TypeError, ValueError):
        got = reprlib.repr(schedule)
        raise ValueError(
            f"schedule takes {', '.join(SCHEDULES)}, a function of the step that returns a factor "
            f"of the rate, or one factor for each of the {n_steps} steps, got {got}"
        ) from None
    if factors.shape != (n_steps,):
        raise ValueError(
            f"schedule takes one factor for each of the {n_steps} steps, got shape {factors.shape}"
        )
    wrong = np.flatnonzero(~((factors >= 0) & (factors < np.inf)))
    if len(wrong):
        raise ValueError(
            f"schedule takes factors that are finite and at least 0, got {factors[wrong[0]]:g} in "
            f"step {wrong[0]}"
        )
    return factors


def _called_at_each_step(schedule: Callable[..., Any], n_steps: int) -> list[Any]:
    try:
        inspect.signature(schedule).bind(0)
    except TypeError:
        raise ValueError(
            "schedule takes a function of the step t, such as lambda t: 0.99**t, "
            f"got one of {inspect.signature(schedule)}"
        ) from None
    except ValueError:  # a function in C tells nothing
        pass
    return [schedule(step) for step in range(n_steps)]


@lru_cache(maxsize=8)
def _constant(n_steps: int) -> np.ndarray:
    return np.ones(n_steps)


def _called(given: Any) -> str:
    """A short description of what was given."""
    if isinstance(given, str) or given is None:
        return repr(given)
    if isinstance(given, type):
        return f"the class {given.__name__}"
    if inspect.isroutine(given):
        return f"the function {given.__name__}"
    if isinstance(given, np.ndarray):
        return "an array"
    article = "an" if type(given).__name__[0] in "aeiou" else "a"
    return f"{article} {type(given).__name__}"
