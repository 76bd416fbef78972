"""Sentences about the curves over the angle of the basis."""

from dataclasses import dataclass, field

import numpy as np

from egop.analysis.dial import Valley, find_valley, quarter_turn_distance
from egop.explorer.views.method_sentences import list_by_method
from egop.sentences import fill, steps, written
from egop.theme import label

NARROW = np.radians(2.0)
"""A lowest stretch that is wider is told by both ends."""


@dataclass(frozen=True)
class Heights:
    """The curves of a dial and how their numbers are told.

    Attributes:
        curves: (A,) by method; +∞ where there is none, NaN where it is pending.
        floor: the smallest number that means something; 0 for counts.
        counts: steps to the tolerance rather than gaps.
        nearby: by method, heights with small changes of rate and start, at 0° and at the lowest
            angle; a method is missing where they are not known.
        level: the value of f that gaps are measured from.
    """

    curves: dict[str, np.ndarray]
    floor: float
    counts: bool
    nearby: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    level: float = 0.0

    def of(self, final_value: float, reached_at: int) -> float:
        """The height of a run by its end and its first step within the tolerance (−1: never)."""
        if self.counts:
            return float(reached_at) if reached_at >= 0 else np.inf
        gap = max(final_value - self.level, self.floor)
        return gap if np.isfinite(final_value) else np.inf

    def tell(self, height: float) -> str:
        """One number of a curve: "148 steps", "1.2×10⁻⁵", "≤ 10⁻¹⁶"."""
        if not np.isfinite(height):
            return fill("not in time" if self.counts else "no gap")
        if self.counts:
            return steps(int(height))
        if height <= self.floor:
            return fill("at the floor", floor=self.floor)
        return written(float(height))


def sentence(
    heights: Heights, method: str, angles: np.ndarray, egop_angle: float | None = None
) -> str:
    """Describes the lowest angle of a method's curve, and its value in original coordinates.

    Where the lowest angle and 0° overlap with small changes of rate and start, or of the angle by
    one place, that is said; and where the whole curve lies within what these changes make, that no
    angle is preferred.

    Args:
        heights: the curves.
        method: its name.
        angles: (A,) radians from 0 to π/2.
        egop_angle: of the EGOP basis, radians; None: it prefers no direction.
    """
    name, curve = label(method), heights.curves[method]
    if np.isnan(curve).all():
        return fill("pending", method=name)
    if not np.isfinite(curve).any():
        never = "never at any angle" if heights.counts else "diverges at any angle"
        return fill(never, method=name)
    valley = find_valley(angles, curve)
    lowest, highest = np.nanmin(curve), np.nanmax(curve)
    told = {"method": name, "lowest": heights.tell(lowest)}
    if valley.flat:
        return fill("at every angle", **told)
    at_zero, at_lowest = heights.nearby.get(method, ([], []))
    at_zero, at_lowest = [curve[0], *at_zero], [lowest, *at_lowest]
    beside = _beside(curve, angles, valley) if len(at_lowest) > 1 else []
    overlap = max([*at_lowest, *beside]) >= min(at_zero)
    if overlap and highest <= max([*at_zero, *at_lowest]):
        return fill("even", highest=heights.tell(highest), **told)
    template = "hardly lowest" if overlap and lowest < curve[0] else "lowest"
    place = _place(valley, egop_angle)
    return fill(template, place=place, original=heights.tell(curve[0]), **told)


def describe(heights: Heights, angles: np.ndarray, egop_angle: float | None = None) -> str:
    """One sentence a method behind its color, as HTML; arguments as in `sentence`."""
    names = heights.curves
    return list_by_method((each, sentence(heights, each, angles, egop_angle)) for each in names)


def _beside(curve: np.ndarray, angles: np.ndarray, valley: Valley) -> list[float]:
    """The heights one place beside a valley; the dial is a circle whose ends are one angle."""
    at = int(np.abs(angles - valley.angle).argmin())
    circle = curve[:-1]
    return [float(circle[(at + step) % len(circle)]) for step in (-1, 1)]


def _place(valley: Valley, egop_angle: float | None) -> str:
    """The place of a valley: "at 37°, 1° from EGOP", "from 60° to 78°, EGOP among them"."""
    width = valley.high - valley.low
    if width <= NARROW:
        place, width = fill("at angle", angle=f"{np.degrees(valley.angle):.0f}"), 0.0
    else:
        low, high = (f"{np.degrees(end) % 90:.0f}" for end in (valley.low, valley.high))
        place = fill("at angles", low=low, high=high)
    if egop_angle is None:
        return place
    apart = np.degrees(quarter_turn_distance(valley.angle, egop_angle) - width / 2)
    if width and apart <= 0:
        return fill("EGOP among them", place=place)
    return fill("from EGOP", place=place, apart=f"{apart:.0f}")
