"""How numbers are written in sentences, tables and labels: 1.2×10⁻⁵, not 1.2345678e-05."""

from math import degrees as to_degrees
from math import floor, isfinite, isnan, log10

SMALLEST_PLAIN, LARGEST_PLAIN = 1e-3, 1e4
"""Sizes between these are written without a power of ten."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 2) -> str:
    """A number as people write it: 0.012, 3.4, 148, 1.2×10⁻⁵, 1×10⁻⁴, −5, ∞; "–" for NaN.

    Whole digits before the decimal point are kept up to 9999.

    Args:
        value: any float.
        digits: significant digits.
    """
    value = float(value)
    if isnan(value):
        return "–"
    sign, size = ("−" if value < 0 else ""), abs(value)
    if not isfinite(size):
        return f"{sign}∞"
    size = _rounded(size, digits)
    if size == 0:
        return "0"
    if SMALLEST_PLAIN <= size < LARGEST_PLAIN:
        decimals = max(0, digits - 1 - floor(log10(size)))
        return sign + _trimmed(f"{size:.{decimals}f}")
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    return f"{sign}{_trimmed(mantissa)}{power_of_ten(int(exponent))}"


def power_of_ten(exponent: int) -> str:
    """The second half of a number: "×10⁻⁵"."""
    return f"×10{str(exponent).translate(_SUPERSCRIPTS)}"


def count(value: int) -> str:
    """A whole number, its thousands apart: 148, 10,000."""
    return f"{int(value):,}"


def percent(share: float) -> str:
    """A share as 12 %, 0.4 % or 100 %; one that is less than all never reads 100 %."""
    value = 100 * share
    if 99 < value < 100:
        return "over 99 %"
    return f"{number(value, 1 if value < 10 else 2)} %"


def degrees(radians: float) -> str:
    """An angle as 36.9°."""
    return f"{number(to_degrees(radians), 3)}°"


def _rounded(size: float, digits: int) -> float:
    """To significant digits, but never before the decimal point below the largest plain number."""
    if size == 0 or size >= LARGEST_PLAIN:
        return size
    return round(size, max(0, digits - 1 - floor(log10(size))))


def _trimmed(decimal: str) -> str:
    """Without zeros at the end of its decimals: 1.0 → 1, 0.50 → 0.5."""
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal
