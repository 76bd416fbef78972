"""What the dial's curves say, in words."""

from html import escape
from typing import NamedTuple

import numpy as np

from egop import theme
from egop.analysis.dial import Valley, find_valley, quarter_turn_distance
from egop.theme import label, number

NARROW = np.radians(2.0)
"""A lowest stretch that is wider is told by both ends."""


class Heights(NamedTuple):
    """The curves of a dial and how their numbers are told.

    Attributes:
        curves: (A,) by method; +∞ where there is none, NaN where it is pending.
        floor: the smallest number that means something; 0 for counts.
        counts: steps to the tolerance rather than gaps.
    """

    curves: dict[str, np.ndarray]
    floor: float
    counts: bool

    def tell(self, height: float) -> str:
        """One number of a curve: "148 steps", "1.2×10⁻⁵", "round-off (≤ 10⁻¹⁶)"."""
        if not np.isfinite(height):
            return "not in time" if self.counts else "diverges"
        if self.counts:
            return f"{int(height):,} steps"
        return f"≤ {number(self.floor)}" if height <= self.floor else number(height)


def sentence(heights: Heights, method: str, angles: np.ndarray, egop_angle: float) -> str:
    """Where the method's curve is lowest, how low, and what it is in original coordinates.

    Args:
        heights: the curves.
        method: its name.
        angles: (A,) radians from 0 to π/2.
        egop_angle: of the EGOP basis, radians.
    """
    name, curve = label(method), heights.curves[method]
    if np.isnan(curve).all():
        return f"{name}: pending."
    if not np.isfinite(curve).any():
        never = "never comes within the tolerance" if heights.counts else "diverges"
        return f"{name} {never} at any angle; try another rate."
    valley = find_valley(angles, curve)
    lowest = heights.tell(float(curve[np.isfinite(curve)].min()))
    if valley.flat:
        return f"{name}: {lowest} at every angle."
    return f"{name}: {lowest} {_place(valley, egop_angle)}; {heights.tell(curve[0])} at 0°."


def describe(heights: Heights, angles: np.ndarray, egop_angle: float) -> str:
    """One sentence a method behind its color, as HTML; arguments as in `sentence`."""
    rows = "".join(
        f'<li><i style="background:{theme.color(name)}"></i>'
        f"{escape(sentence(heights, name, angles, egop_angle))}</li>"
        for name in heights.curves
    )
    return f"<ul>{rows}</ul>"


def _place(valley: Valley, egop_angle: float) -> str:
    """Where a valley lies: "at 37°, 1.2° from EGOP", "from 60° to 78°, EGOP among them"."""
    width = valley.high - valley.low
    apart = quarter_turn_distance(valley.angle, egop_angle)
    if width <= NARROW:
        return f"at {np.degrees(valley.angle):.0f}°, {np.degrees(apart):.0f}° from EGOP"
    ends = [f"{np.degrees(end) % 90:.0f}°" for end in (valley.low, valley.high)]
    outside = np.degrees(apart - width / 2)
    egop = "EGOP among them" if outside <= 0 else f"{outside:.0f}° from EGOP"
    return f"from {ends[0]} to {ends[1]}, {egop}"
