"""The vectorized exponential against numpy's."""

import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from egop.exponential import SMALLEST, exponential


@settings(deadline=None)  # the first call compiles
@given(st.floats(SMALLEST, 0.0))
def test_it_is_the_exponential(x: float):
    np.testing.assert_allclose(exponential(x), np.exp(x), rtol=1e-15)


def test_its_ends_are_exact_enough():
    np.testing.assert_allclose(exponential(SMALLEST), np.exp(SMALLEST), rtol=1e-15)
    assert exponential(0.0) == 1.0


def test_a_caller_that_reorders_sums_does_not_change_it():
    """In a process of its own, where the caller is what compiles the function."""
    code = """
import numpy as np
from egop.objectives import log_sum_exp
problem = log_sum_exp(dim=2, n=100, singular_values=(1.0, 0.25), seed=0)
shifts = np.random.default_rng(0).standard_normal((300, 2))
for scale in (1e-6, 1e-2, 1.0, 10.0, 1e3):
    values = problem.value(problem.minimizer + scale * shifts)
    assert (values > problem.minimum - 1e-12).all(), scale
"""
    subprocess.run([sys.executable, "-c", code], check=True)
