"""The functions that update rules need beyond plain arithmetic.

They act on floats, numpy arrays and torch tensors, and in code compiled by numba: this is the only
file that knows the difference.
"""

import numpy as np
from numba.extending import overload


def maximum(a, b):
    """The larger of a and b, arrays or numbers, entry by entry; NaN where either is NaN."""
    tensors = hasattr(a, "clamp_min"), hasattr(b, "clamp_min")
    if all(tensors):
        return a.maximum(b)
    if any(tensors):
        return a.clamp_min(b) if tensors[0] else b.clamp_min(a)
    return np.maximum(a, b)


def sign(a):
    """−1, 0 or 1, entry by entry."""
    tensor_method = getattr(a, "sign", None)
    return np.sign(a) if tensor_method is None else tensor_method()


def where(condition, a, b):
    """A where the condition holds and b elsewhere, entry by entry."""
    tensors = hasattr(a, "masked_fill"), hasattr(b, "masked_fill")
    if all(tensors):
        return a.where(condition, b)
    if any(tensors):  # a number is filled in, since a CUDA graph captures no copy of one
        return a.masked_fill(~condition, b) if tensors[0] else b.masked_fill(condition, a)
    return np.where(condition, a, b)


def divisor(direction, preconditioner):
    """The divisor of a direction: the preconditioner, and ∞ where that is 0/0.

    There the coordinate stands still. A direction whose square underflows counts as 0, since
    preconditioners are made of squares.
    """
    still = (preconditioner == 0) & (abs(direction) <= smallest_square_root(direction))
    return where(still, np.inf, preconditioner)


def nonzero(divisors):
    """Divisors, and ∞ where they are 0: what is divided by them is 0 there, up to round-off."""
    return where(divisors == 0, np.inf, divisors)


def smallest_square_root(a) -> float:
    """The root of the smallest normal number of a's type: below it squares vanish."""
    kind = str(getattr(a, "dtype", "float64")).removeprefix("torch.")
    return SMALLEST_ROOTS.get(kind, DOUBLE)


DOUBLE = float(np.finfo("float64").tiny) ** 0.5
SINGLE = float(np.finfo("float32").tiny) ** 0.5
HALF = float(np.finfo("float16").tiny) ** 0.5
SMALLEST_ROOTS = {"float32": SINGLE, "bfloat16": SINGLE, "float16": HALF}


@overload(maximum)
def _compile_maximum(a, b):
    def larger(a, b):
        return np.maximum(a, b)

    return larger


@overload(sign)
def _compile_sign(a):
    def signum(a):
        return np.sign(a)

    return signum


@overload(where)
def _compile_where(condition, a, b):
    def chosen(condition, a, b):
        return a if condition else b

    return chosen


@overload(divisor)
def _compile_divisor(direction, preconditioner):
    def divides(direction, preconditioner):
        if preconditioner == 0.0 and abs(direction) <= DOUBLE:
            return np.inf
        return preconditioner

    return divides
