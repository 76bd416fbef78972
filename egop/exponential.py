"""exp in plain arithmetic, so that a loop over it is vectorized: the C library's takes 20 ns each.

eˣ = 2ᵏ eʳ with |r| ≤ ln(2)/2; eʳ by its Taylor polynomial, 2ᵏ by adding k to the exponent's bits.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

SMALLEST = -700.0
"""Arguments below are not allowed: their exponential has no normal float64."""

_LOG2_E = 1.4426950408889634
_LN_2 = 0.6931471803691238, 1.9082149292705877e-10  # the leading bits, and the rest
_WHOLE = 1.5 * 2.0**52
"""A whole float64 plus this has that whole number in its lowest bits."""


def _read_bits(typingctx, number):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


def _from_bits(typingctx, bits):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


read_bits: Any = intrinsic(_read_bits)
from_bits: Any = intrinsic(_from_bits)


@njit(error_model="numpy", fastmath=False)  # said aloud, or it is inherited from the caller
def exponential(x):
    """eˣ for −700 ≤ x ≤ 0, within 2 units in the last place; for compiled code."""
    whole = np.floor(x * _LOG2_E + 0.5)
    r = (x - whole * _LN_2[0]) - whole * _LN_2[1]
    power = 1 / 479001600
    power = power * r + 1 / 39916800
    power = power * r + 1 / 3628800
    power = power * r + 1 / 362880
    power = power * r + 1 / 40320
    power = power * r + 1 / 5040
    power = power * r + 1 / 720
    power = power * r + 1 / 120
    power = power * r + 1 / 24
    power = power * r + 1 / 6
    power = power * r + 0.5
    power = power * r + 1.0
    power = power * r + 1.0
    return from_bits(read_bits(power) + (read_bits(whole + _WHOLE) << 52))
