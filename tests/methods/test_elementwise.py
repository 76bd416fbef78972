"""The functions of update rules do the same to numbers, arrays and tensors."""

import numpy as np
import pytest
import torch
from numba import njit

from egop.methods.elementwise import divisor, maximum, sign, where

A, B = np.array([0.0, 1.0, -2.0, 1e-160]), np.array([0.0, 0.0, 3.0, 0.0])


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: maximum(a, b) + 1.0,
        lambda a, b: maximum(a, 0.5) + maximum(-1.0, b),
        lambda a, b: sign(a) + b,
        lambda a, b: where(a > b, a, b),
        lambda a, b: where(a > 0, 1.0, b),
        lambda a, b: where(a > 0, a, 5.0),
        lambda a, b: b - divisor(a, b),
    ],
)
def test_numbers_arrays_tensors_and_compiled_code_agree(function):
    expected = function(A, B)
    np.testing.assert_array_equal(function(torch.tensor(A), torch.tensor(B)), expected)
    compiled = njit(function)
    for a, b, value in zip(A, B, expected, strict=True):
        assert function(a, b) == value
        assert compiled(a, b) == value


def test_what_a_direction_is_divided_by():
    np.testing.assert_array_equal(divisor(A, B), [np.inf, 0.0, 3.0, np.inf])
    np.testing.assert_array_equal(divisor(A, 1.0), 1.0)
    single = divisor(torch.tensor([1e-20, 1e-10]), torch.zeros(2))
    np.testing.assert_array_equal(single, [np.inf, 0.0])
