"""Cells of basis angle × rate: their sweep, colors and words, and what a tap loads."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np

from egop.analysis.maps import STRIDES, AngleRateMap, map_angles_and_rates
from egop.analysis.stopping_target import StoppingTarget
from egop.explorer.basis_angle import QUARTER, egop_on_dial, on_dial, turn_to
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.ends import gap_words, measure
from egop.explorer.views.heat import Cells, Heat
from egop.methods import Method
from egop.sentences import fill
from egop.sweep import PENDING
from egop.theme import count_words, label, number
from egop.ui.background import THREADS


class AngleCells:
    """A heat map of the final gaps of one method; bright ends low.

    Args:
        tap: called with the angle in degrees and the log₁₀ rate of a tapped cell.
    """

    of_angles = True
    key: ClassVar[dict[str, str]] = {
        "low": "ends low",
        "gone": "diverged",
        "run": "this run",
        "start": "in original coordinates",
        "egop": "EGOP angle",
    }

    def __init__(self, tap: Callable[[float, float], None]):
        self.heat = Heat(tap, True, ("angle of the basis", "rate", "angle", "rate"))

    @staticmethod
    def sweep(shown: ComparisonResult, method: Method, rates: np.ndarray) -> Iterator[AngleRateMap]:
        """The map as its runs are made, of rates (L,)."""
        settings = shown.length | {"rates": rates, "threads": THREADS}
        return map_angles_and_rates(shown.objective, [method], shown.start, **settings)

    @staticmethod
    def share_of(result: AngleRateMap) -> float:
        """The share of its runs that are made, 0 until the coarse grid is there."""
        coarse = result.diverged_at[:, :: STRIDES[0], :: STRIDES[1]]
        return result.share if (coarse != PENDING).all() else 0.0

    def draw(self, result: AngleRateMap, shown: ComparisonResult) -> None:
        """New cells."""
        what = shown.target.axis_label
        steps = count_words(len(shown.schedule), "step")
        cells = cells_of(result, shown.target, float(shown.objective.value(shown.start)))
        self.heat.draw(cells, f"{label(result.methods[0])}: {what} after {steps}", what)

    def mark(self, shown: ComparisonResult, method: str, original: float, rotated: float) -> None:
        """Marks the scene's runs, whose log₁₀ rates are given, and the EGOP angle.

        One whose basis is refreshed is at no one angle, nor one that moves along some axes alone.
        """
        runs = [(0.0, original, False), (on_dial(shown.basis), rotated, True)]
        runs = runs if shown.is_at_an_angle else runs[:1]
        self.heat.mark(runs, method, on_dial(shown.estimate.basis))

    @staticmethod
    def load(result: AngleRateMap, shown: ComparisonResult, angle: float, log_rate: float) -> None:
        """Sets the scene to the run of a cell."""
        found = result.setting(result.methods[0], np.radians(angle), 10.0**log_rate)
        scene = shown.scene
        tuned = {name: rate for name, rate in scene.rotated_rates.items() if name != found.method}
        rates = {**scene.rates, found.method: float(f"{found.rate:.4g}")}
        changed = {"rates": rates, "rotated_rates": tuned, "loaded": scene.loaded + 1}
        turn_to(shown, float(np.degrees(found.angle)), **changed)

    @staticmethod
    def sentence(result: AngleRateMap, shown: ComparisonResult) -> str:
        """Describes where the method ends lowest, up to round-off, beside the EGOP angle."""
        name = label(result.methods[0])
        low = measure(result.picture(result.methods[0]), shown.target).lowest()
        if not low.any():
            return fill("every run diverged", method=name)
        if low.all():
            return fill("all cells alike", method=name, cells=low.size)
        angles = np.degrees(result.angles[low.any(axis=1)])
        rates = result.rates[low.any(axis=0)]
        at = egop_on_dial(shown)
        egop = fill("no EGOP angle") if at is None else fill("EGOP angle", angle=f"{at:.0f}")
        told = {"method": name, "egop": egop}
        if low.sum() == 1:
            return fill("one lowest cell", angle=f"{angles[0]:.0f}", rate=float(rates[0]), **told)
        told |= {"rates": _rates(rates), "angles": _angles(angles, len(low))}
        return fill("lowest cells", ties=int(low.sum()), cells=low.size, **told)


def cells_of(result: AngleRateMap, target: StoppingTarget, start_value: float) -> Cells:
    """Cells of log₁₀ gaps; whatever ends above the start is as dark as the start.

    Args:
        result: of one method, whole or in part.
        target: of the scene.
        start_value: f(x_0).
    """
    values = result.picture(result.methods[0]).T
    ends = measure(values, target)
    diverged = np.isinf(values)
    colors = np.where(diverged, np.nan, np.log10(ends.gaps))
    seen = colors[np.isfinite(colors)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    start_gap = float(ends.target.gap(start_value))
    if start_gap > 0:
        high = min(high, float(np.log10(start_gap)))
    return Cells(
        colors,
        diverged,
        [gap_words(gap) for gap in ends.gaps.ravel()],
        np.degrees(result.angles),
        np.log10(result.rates),
        [f"{np.degrees(angle):.0f}°" for angle in result.angles],
        [number(rate) for rate in result.rates],
        ends=(low, max(high, low + 1.0)),
    )


def _rates(rates: np.ndarray) -> str:
    if len(rates) == 1:
        return fill("rate", rate=float(rates[0]))
    return fill("rates from", low=float(rates[0]), high=float(rates[-1]))


def _angles(angles: np.ndarray, count: int) -> str:
    """Angles (degrees) of `count`: every one, one, a stretch, or how many if they lie apart."""
    if len(angles) == count:
        return fill("every angle")
    low, high = (f"{end:.0f}" for end in (angles[0], angles[-1]))
    if len(angles) == 1:
        return fill("angle", angle=low)
    if np.isclose(np.ptp(angles), QUARTER / (count - 1) * (len(angles) - 1)):
        return fill("angles from", low=low, high=high)
    return fill("angles of", count=len(angles), all=count)
