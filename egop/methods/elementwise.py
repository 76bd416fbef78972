"""The two functions that update rules need beyond plain arithmetic.

`maximum` and `sign` act on floats, numpy arrays and torch tensors, and in code compiled by numba:
this is the only file that knows the difference.
"""

import numpy as np
from numba.extending import overload


def maximum(a, b):
    """The larger of a and b, entry by entry; NaN where either is NaN."""
    tensor_method = getattr(a, "maximum", None)
    return np.maximum(a, b) if tensor_method is None else tensor_method(b)


def sign(a):
    """−1, 0 or 1, entry by entry."""
    tensor_method = getattr(a, "sign", None)
    return np.sign(a) if tensor_method is None else tensor_method()


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
