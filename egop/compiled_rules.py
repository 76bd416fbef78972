"""Update rules as code that numba compiles into the loop over steps, one loop for each.

A compiled loop finds its rule by the type of the hyperparameters: that of a rule of this package is
the NamedTuple it is declared with, so that the loop is kept on disk; every other rule gets a type
of its own.
"""

import itertools
import re
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import literal_unroll, njit, typeof, types
from numba.core.errors import NumbaError
from numba.extending import overload, register_jitable
from numba.np.unsafe.ndarray import to_fixed_tuple

from egop.methods import RULES, Method, Rule, is_built_in
from egop.methods.elementwise import divisor

_rule_of: dict[type, Rule] = dict(RULES)
"""The rule of each type of hyperparameters that a loop is compiled for."""
_numbers = itertools.count()


def compiled_hyperparameters(method: Method) -> Any:
    """The hyperparameters in the type by which compiled code finds the method's rule."""
    h = method.hyperparameters
    return h if is_built_in(method) else _type_of(method.rule, type(h))(*h)


@cache
def _type_of(rule: Rule, hyperparameters: type) -> type:
    """A type of its own for a rule: the same fields as those of its hyperparameters.

    Its name is its own, too, since numba tells NamedTuples apart by their names.
    """
    name = f"{hyperparameters.__name__}_{next(_numbers)}"
    own = type(name, (hyperparameters,), {"__slots__": ()})
    _rule_of[own] = rule
    return own


def compiles(method: Method) -> bool:
    """Returns True if the method's rule can be compiled; warns once why one cannot."""
    if not method.rule.elementwise:
        return False
    return is_built_in(method) or _compiles(method.rule, compiled_hyperparameters(method))


@cache
def _compiles(rule: Rule, h: Any) -> bool:
    """Returns True if a rule compiles for numbers, with hyperparameters of these types."""
    number = types.float64
    state = types.UniTuple(number, len(rule.state))
    powers = types.UniTuple(number, 2)
    try:
        compiled = njit((number, state, number, powers, typeof(h)), error_model="numpy")(
            rule.update
        )
    except (NumbaError, TypeError, ValueError) as error:
        reason = _reason(error)
    else:
        reason = _wrong_type(compiled.nopython_signatures[0].return_type)
    if reason:
        warnings.warn(
            f"the update {getattr(rule.update, '__name__', 'given')} does not compile, so that its "
            f"runs take the loop in numpy, which is slower: {reason}",
            stacklevel=5,
        )
    return not reason


def _wrong_type(returned: Any) -> str:
    """Names the part of a rule's result that is neither a number nor a tuple; "" if all are."""
    tuples: Any = types.BaseTuple
    if not isinstance(returned, tuples):
        return "it does not return a tuple"
    direction, preconditioner, state = returned
    if not isinstance(state, tuples):
        return "it does not return its state as a tuple"
    for part in (direction, preconditioner, *state):
        if not isinstance(part, types.Number | types.Boolean):
            return f"for numbers it returns {part} (where of egop.methods gives a number)"
    return ""


def _reason(error: Exception) -> str:
    """The first line of a compiler's message that says something."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(("Failed in", "During:"))]
    words = told[0] if told else type(error).__name__
    words = re.sub(r"Function\(<function (\S+) at 0x[0-9a-f]+>\)", r"\1", words)
    return words.removesuffix(" found for signature:").rstrip(":")


def scaled_direction(h, gradient, state, i, point, powers):
    """Returns direction/preconditioner of coordinate i, in compiled code; updates state[:, i]."""
    raise TypeError("this function exists in compiled code only")


@overload(scaled_direction)
def _compile_scaled_direction(h, gradient, state, i, point, powers) -> Callable:
    rule = _rule_of[h.instance_class]
    update: Any = register_jitable(rule.update)
    read: Any = register_jitable(_reader(len(rule.state)))
    write: Any = register_jitable(_write if rule.state else _write_nothing)

    def step(h, gradient, state, i, point, powers):
        old = read(state, i)
        direction, preconditioner, new = update(gradient, old, point, powers, h)
        write(state, i, new)
        change = direction / preconditioner
        if abs(change) < np.inf:
            return change
        return direction / divisor(direction, preconditioner)  # seldom: asked first it costs 8 %

    return step


def _reader(n_parts: int) -> Callable[..., Any]:
    """A function that reads the parts of coordinate i; written out for few, which is faster."""
    fixed: Any = to_fixed_tuple
    return {
        0: lambda state, i: (),
        1: lambda state, i: (state[0, i],),
        2: lambda state, i: (state[0, i], state[1, i]),
        3: lambda state, i: (state[0, i], state[1, i], state[2, i]),
    }.get(n_parts, lambda state, i: fixed(state[:, i], n_parts))


def _write(state, i, parts):
    k = 0
    for part in literal_unroll(parts):
        state[k, i] = part
        k += 1  # noqa: SIM113 - numba unrolls no enumerate


def _write_nothing(state, i, parts):
    """A rule without a state: numba cannot go through an empty tuple."""
