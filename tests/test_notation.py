"""Numbers read as people write them, and read back as what they were."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop.notation import count, degrees, number, percent


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.2345678e-05, "1.2×10⁻⁵"),
        (1e-4, "1×10⁻⁴"),
        (9.99e-4, "0.001"),
        (0.0123, "0.012"),
        (0.5, "0.5"),
        (3.4, "3.4"),
        (9.96, "10"),
        (148.4, "148"),
        (9999.0, "9999"),
        (12_345.0, "1.2×10⁴"),
        (9.99e9, "1×10¹⁰"),
        (-0.00002, "−2×10⁻⁵"),
        (0.0, "0"),
        (-0.0, "0"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "–"),
    ],
)
def test_numbers_read_as_people_write_them(value, written):
    assert number(value) == written


@given(st.floats(min_value=1e-300, max_value=1e300), st.integers(1, 6))
def test_what_is_written_is_the_number_up_to_its_digits(value, digits):
    written = number(value, digits)
    plain = written.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    read = float(re.sub("×10", "e", plain))
    assert read == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


def test_counts_shares_and_angles():
    assert count(10_000) == "10,000"
    assert [percent(share) for share in (0.004, 0.125, 0.9, 0.999, 1.0)] == [
        "0.4 %",
        "12 %",
        "90 %",
        "over 99 %",
        "100 %",
    ]
    assert degrees(0.6435) == "36.9°"
