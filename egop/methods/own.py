"""Methods made of a function of one's own, and the names under which they are found."""

import inspect
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from keyword import iskeyword
from numbers import Real
from typing import Any

import numpy as np

from egop.arrays import frozen
from egop.methods.method import Method, check_number
from egop.methods.registry import check_name, register
from egop.methods.rule import ROTATIONS, Rule

ARGUMENTS = "(gradient, state, point, powers, h)"
ROUND_OFF = 1e-9


def from_update(
    name: str,
    update: Callable[..., Any],
    *,
    state: Sequence[str] = (),
    initial: Any = (),
    learning_rate: Any = 0.01,
    elementwise: bool = True,
    equivariant: bool = False,
    reference: str = "",
    **hyperparameters: float,
) -> Method:
    """The method that an update rule makes: x ← x − learning_rate · direction/preconditioner.

    `update(gradient, state, point, powers, h)` returns `(direction, preconditioner, state)` and
    changes nothing. It gets numbers, numpy arrays and torch tensors, so it is written in plain
    arithmetic, `abs`, and `maximum`, `sign` and `where` of `egop.methods`; then numba compiles it.
    A rule that does not compile runs in a slower loop, and a warning says why.

    The method can be given to `egop.run`, sweeps and `egop.explore`. It is also registered: its
    name stands for it wherever a method is named, as in the `methods` of an experiment. A later
    method takes the name over from an earlier one of one's own.

    Args:
        name: letters, digits and underscores.
        update: the rule; `state` is a tuple of the parts named below, `powers` holds (β₁ᵗ, β₂ᵗ) at
            step t = 1, 2, … of hyperparameters called beta1 and beta2, `h.beta1` is the
            hyperparameter of that name. Where direction and preconditioner are both 0 the
            coordinate stands still.
        state: names of what is carried from step to step, each of the shape of the gradient.
        initial: numbers these begin at, or a function of the hyperparameters; (): zeros.
        learning_rate: η, a number or an array (...) of one rate per run.
        elementwise: each coordinate is updated from that coordinate alone. False: the rule gets
            arrays (..., d), may couple the coordinates of a run, and is not compiled.
        equivariant: the path is the same in every orthonormal basis; tuners then run one only.
        reference: where the rule comes from.
        **hyperparameters: the numbers in `h`; those named beta1 and beta2 in [0, 1).

    Raises:
        ValueError: a name that is taken or no identifier, numbers that are not finite, or an update
            that fails or returns something else.
        TypeError: `update` is no function of five arguments.
    """
    check_name(name)
    update = getattr(update, "py_func", update)  # of a function that was compiled already
    check_arguments(name, update)
    parts = (state,) if isinstance(state, str) else tuple(state)
    for key, value in hyperparameters.items():
        _check_key(name, key)
        check_number(name, key, value)
    h = make_hyperparameters(tuple(hyperparameters), map(float, hyperparameters.values()))
    start: Any = initial if callable(initial) else _read_initial(name, initial)
    unchanged = ROTATIONS if equivariant else ()
    rule = Rule(update, parts, start, elementwise, unchanged, reference)
    method = Method(name, learning_rate, h, rule)
    try:
        check_update(method)
    except ValueError as error:
        if not steps_matrices(method):
            raise
        raise ValueError(
            f"the update of {name} takes matrices (..., m, n) and the number of the step, and "
            "from_update takes rules of entries and vectors; make it a method by egop.methods."
            f"Method({name!r}, {learning_rate!r}, h, egop.methods.MatrixRule(update))"
        ) from error
    register(method)
    return method


def _check_key(name: str, key: str) -> None:
    """ValueError unless `h` can have a hyperparameter of this name, and TypeError for lr=."""
    if key == "lr":
        raise TypeError(f"{name} takes learning_rate, got lr; write learning_rate=")
    if not key.isidentifier() or iskeyword(key) or key.startswith("_"):
        raise ValueError(
            f"{name} takes letters, digits and underscores as names of hyperparameters, such as "
            f"beta1, got {key!r}, which h.{key} cannot read"
        )


def _read_initial(name: str, initial: Any) -> tuple[float, ...]:
    """Numbers; ValueError where they are none."""
    try:
        return tuple(map(float, np.atleast_1d(initial)))
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} takes initial numbers, one for each part of its state, got {initial!r}"
        ) from None


@cache
def _type_of(fields: tuple[str, ...]) -> type:
    """The NamedTuple with these fields; its values are pickled with their names alone."""

    def reduce(h):
        return make_hyperparameters, (fields, tuple(h))

    base = namedtuple("Hyperparameters", fields)
    return type("Hyperparameters", (base,), {"__slots__": (), "__reduce__": reduce})


def make_hyperparameters(fields: tuple[str, ...], values) -> Any:
    """A NamedTuple of numbers; equal fields make one type."""
    return _type_of(tuple(fields))(*values)


def check_arguments(name: str, update: Any) -> None:
    """TypeError unless the update can be called with its five arguments."""
    if not callable(update):
        raise TypeError(f"{name} takes a function update{ARGUMENTS}, got {update!r}")
    try:
        signature = inspect.signature(update)
    except ValueError:  # a function in C tells nothing
        return
    try:
        signature.bind(*range(5))
    except TypeError:
        raise TypeError(f"{name} takes update{ARGUMENTS}, got update{signature}") from None


def check_update(method: Method) -> None:
    """ValueError unless two steps of two runs in three variables are what the rule promises.

    It must return a direction, a preconditioner and a state of the right shapes, and the same for
    each run alone; where the rule is elementwise, for each coordinate alone.
    """
    gradients = np.random.default_rng(0).standard_normal((2, 2, 3))
    steps = _steps(method, gradients)
    by_run = np.stack([_steps(method, gradients[:, run]) for run in range(2)], axis=1)
    if not _same(steps, by_run):
        raise ValueError(
            f"the update of {method.name} gives other steps for two runs at once than for each "
            "alone; let it sum over the last axis only, and keep nothing outside the state"
        )
    if method.rule.elementwise:
        alone = [_steps(method, gradients[:, :, i : i + 1]) for i in range(3)]
        if not _same(steps, np.concatenate(alone, axis=-1)):
            raise ValueError(
                f"the update of {method.name} couples coordinates; say so by elementwise=False"
            )


def steps_matrices(method: Method) -> bool:
    """True if an update steps matrices as a `MatrixRule` does: runs alone, rows together."""
    gradients = np.random.default_rng(0).standard_normal((2, 3, 2))
    update, h = method.rule.update, method.hyperparameters

    def step(some: np.ndarray) -> np.ndarray:
        state = tuple(np.full_like(some, value) for value in method.initial_state)
        direction, divisor, _ = update(some, state, some / 2 + 1, 1, h)
        return np.broadcast_to(direction / divisor, some.shape)

    try:
        with np.errstate(all="ignore"):
            whole = step(gradients)
            runs = np.concatenate([step(gradients[run : run + 1]) for run in range(2)])
            rows = np.concatenate([step(gradients[:, row : row + 1]) for row in range(3)], axis=1)
    except Exception:  # of any kind, as the update is anybody's
        return False
    return _same(whole, runs) and not _same(whole, rows)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.allclose(a, b, rtol=ROUND_OFF, atol=ROUND_OFF, equal_nan=True)


def _steps(method: Method, gradients: np.ndarray) -> np.ndarray:
    """(T, ..., d) direction/preconditioner for gradients (T, ..., d), at points of that size.

    Raises:
        ValueError: the update fails or returns something else.
    """
    name, update, h = method.name, method.rule.update, method.hyperparameters
    state: tuple = method.initial_state
    _check_count(name, "initial numbers", state, method)
    steps = []
    for t, gradient in enumerate(gradients, start=1):
        point, powers = frozen(gradient / 2 + 1), tuple(beta**t for beta in method.betas)
        try:
            with np.errstate(all="ignore"):
                direction, preconditioner, state = update(frozen(gradient), state, point, powers, h)
                step = direction / preconditioner
                _check_array(step)
                steps.append(np.broadcast_to(step, gradient.shape))
                state = tuple(state)
        except Exception as error:
            said = (str(error).strip().splitlines() or ["no message"])[0]
            raise ValueError(
                f"the update of {name} failed on arrays {gradient.shape} with "
                f"{type(error).__name__}: {said}; let it return (direction, preconditioner, state),"
                " in plain arithmetic with maximum, sign and where of egop.methods"
            ) from error
        _check_count(name, "parts that its update returns", state, method)
        for part in state if method.rule.elementwise else ():
            if np.shape(part) not in {(), gradient.shape}:
                raise ValueError(
                    f"the update of {name} takes and returns parts of the state of the shape of "
                    f"the gradient, {gradient.shape}, got {np.shape(part)}"
                )
    return np.stack(steps)


def _check_array(step: Any) -> None:
    """TypeError unless a step made of numpy arrays is one, or a number."""
    if not isinstance(step, np.ndarray | Real):
        raise TypeError(f"it makes a {type(step).__name__} of numpy arrays")


def _check_count(name: str, what: str, values: tuple, method: Method) -> None:
    if len(values) != len(method.rule.state):
        raise ValueError(
            f"{name} takes one name in state= for each part of its state; "
            f"names: {len(method.rule.state)}, {what}: {len(values)}"
        )
