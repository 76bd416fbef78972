"""Products of matrices at full precision, whatever the user has chosen."""

import pytest
import torch

from egop.networks.spectral import highest_precision

MATMUL = torch.backends.cuda.matmul


@pytest.fixture
def as_before():
    before = MATMUL.fp32_precision
    yield
    MATMUL.fp32_precision = before


@pytest.mark.parametrize("chosen", ["tf32", "ieee", "none"])
def test_full_precision_is_taken_and_given_back_with_torchs_newer_settings(as_before, chosen):
    MATMUL.fp32_precision = chosen
    with highest_precision():
        assert MATMUL.fp32_precision == "ieee"
    assert MATMUL.fp32_precision == chosen


@pytest.mark.parametrize("chosen", ["highest", "high", "medium"])
def test_full_precision_is_taken_and_given_back_with_torchs_older_setting(chosen):
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision(chosen)
        with highest_precision():
            assert MATMUL.fp32_precision == "ieee"
        assert torch.get_float32_matmul_precision() == chosen
    finally:
        torch.set_float32_matmul_precision(before)
