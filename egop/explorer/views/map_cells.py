"""From a map's runs to colors and words, cell by cell."""

from typing import NamedTuple

import numpy as np

from egop.analysis.maps import AngleRateMap, RateRateMap
from egop.analysis.stopping_target import StoppingTarget, finest_tolerance
from egop.explorer.views.ends import measure
from egop.explorer.views.heat import Cells
from egop.theme import number

LARGEST_RATIO = 6.0
"""Decades at which the colors of rate × rate end."""


def angle_cells(result: AngleRateMap, yardstick: StoppingTarget, start_gap: float) -> Cells:
    """Cells of log₁₀ gaps; whatever ends above the start is as dark as the start.

    Args:
        result: of one method, whole or in part.
        yardstick: of the scene.
        start_gap: f(x_0) − level.
    """
    values = result.picture(result.methods[0]).T
    gaps = measure(values, yardstick).gaps
    diverged = np.isinf(values)
    with np.errstate(divide="ignore"):
        colors = np.where(diverged, np.nan, np.log10(gaps))
    seen = colors[np.isfinite(colors)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    if start_gap > 0:
        high = min(high, np.log10(start_gap))
    names = [f"{np.degrees(angle):.0f}°" for angle in result.angles], _written(result.rates)
    return Cells(
        colors,
        diverged,
        [_tell(gap) for gap in gaps.ravel()],
        np.degrees(result.angles),
        np.log10(result.rates),
        *names,
        ends=(low, max(float(high), low + 1.0)),
    )


def rate_cells(result: RateRateMap, yardstick: StoppingTarget) -> Cells:
    """Cells of log₁₀ of the original over the rotated gap; ends are as strong as colors get."""
    method = result.methods[0]
    known = measure(result.final_values[0], yardstick)
    ratio = result.picture(method, known.yardstick.level, known.floor)
    gone = result.diverged_at[0] >= 0
    original, rotated = (
        [_tell(np.inf if out else gap) for gap, out in zip(*row, strict=True)]
        for row in zip(known.gaps, gone, strict=True)
    )
    seen = np.abs(ratio[np.isfinite(ratio)])
    reach = float(np.clip(seen.max() if seen.size else 1.0, 0.5, LARGEST_RATIO))
    rates = np.log10(result.rates)
    colors = np.where(np.isnan(ratio), np.nan, np.clip(ratio, -reach, reach))
    hatched = gone[0][None, :] | gone[1][:, None]
    told = [f"{before} original, {after} rotated" for after in rotated for before in original]
    names = _written(result.rates)
    return Cells(colors, hatched, told, rates, rates, names, names, (-reach, reach))


class Lowest(NamedTuple):
    """The lowest cells of a map; those that differ by round-off are equally low.

    Attributes:
        angles: degrees at which an equally low cell lies, ascending.
        rates: learning rates at which one does, ascending.
        ties: how many cells are equally low.
        cells: how many there are.
        all_angles: how many angles there are.
    """

    angles: np.ndarray
    rates: np.ndarray
    ties: int
    cells: int
    all_angles: int


def lowest_cells(result: AngleRateMap, yardstick: StoppingTarget) -> Lowest | None:
    """The lowest ends of a map; None: every run diverged.

    Args:
        result: of one method, whole or in part.
        yardstick: of the scene.
    """
    values = result.picture(result.methods[0])
    if not np.isfinite(values).any():
        return None
    ends = measure(values, yardstick)
    same = max(ends.floor, finest_tolerance(ends.yardstick.level))
    low = ends.gaps <= np.nanmin(ends.gaps) + same
    return Lowest(
        np.degrees(result.angles[low.any(axis=1)]),
        result.rates[low.any(axis=0)],
        int(low.sum()),
        low.size,
        len(low),
    )


def _tell(gap: float) -> str:
    return "pending" if np.isnan(gap) else number(gap) if np.isfinite(gap) else "diverges"


def _written(rates: np.ndarray) -> list[str]:
    return [number(rate) for rate in rates]
