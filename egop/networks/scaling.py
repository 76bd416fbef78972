"""Powers of two that keep squares of gradients from vanishing and from overflowing.

Scaling by a power of two changes no digit, so that results are the same bits with and without it
wherever both can be represented.
"""

from math import frexp, isfinite

import torch
from torch import Tensor


def power_exponent(largest: int, dtype: torch.dtype, degree: int = 2) -> int:
    """The e for which powers of numbers · 2^−e can be summed in a dtype.

    It is 0 for ordinary numbers, which stay as they are.

    Args:
        largest: the largest of the numbers is below 2^largest, as `exponent` gives it.
        dtype: that powers and sums are made in.
        degree: of the powers, 2 of squares.
    """
    share = exponent(torch.finfo(dtype).max) // (2 * degree)
    return 0 if abs(largest) <= share else largest


def exponent(number: float) -> int:
    """The least e with |number| < 2^e; 0 for 0."""
    return frexp(number)[1]


def is_vanishing(largest: float, dtype: torch.dtype) -> bool:
    """True if numbers up to `largest` are so small that a dtype loses digits of them."""
    limits = torch.finfo(dtype)
    return largest < limits.tiny / limits.eps


def loss_exponent(largest: float, dtype: torch.dtype) -> int:
    """The e for which the gradients of the loss · 2^e are far from both ends of a dtype.

    Args:
        largest: entry of the gradients of the loss itself.
        dtype: of the gradients.
    """
    last = exponent(torch.finfo(dtype).max)
    middle = last // 2
    return min(last - 1, middle - (exponent(largest) if isfinite(largest) else middle))


def row_norms(rows: Tensor) -> Tensor:
    """‖·‖₂ of the last axis in float64, whose squares may vanish or overflow in the rows' dtype."""
    norms = torch.linalg.vector_norm(rows, dim=-1)
    limits = torch.finfo(rows.dtype)
    lost = ~((norms > (limits.tiny / limits.eps) ** 0.5) & norms.isfinite())
    norms = norms.double()
    if lost.any():
        norms[lost] = torch.linalg.vector_norm(rows[lost].double(), dim=-1)
    return norms
