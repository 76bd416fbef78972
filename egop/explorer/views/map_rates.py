"""Cells of rate × rate: their sweep, colors and words, and what a tap loads."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np

from egop.analysis.maps import RateRateMap, map_rates
from egop.analysis.stopping_target import StoppingTarget
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.ends import gap_words, measure
from egop.explorer.views.heat import Cells, Heat
from egop.methods import Method
from egop.sentences import fill
from egop.theme import count_words, label, number
from egop.ui.background import THREADS

LARGEST_RATIO = 6.0
"""Decades at which the colors end."""


class RateCells:
    """A heat map of the final gap in original coordinates over that in the basis, of one method.

    Args:
        tap: called with the log₁₀ rates of a tapped cell, original and rotated.
    """

    of_angles = False
    key: ClassVar[dict[str, str]] = {
        "rotated": "rotated ends lower",
        "original": "original ends lower",
        "gone": "diverged",
        "run": "the runs shown",
    }

    def __init__(self, tap: Callable[[float, float], None]):
        names = "rate in original coordinates", "rate in the basis", "original", "rotated"
        self.heat = Heat(tap, False, names)

    @staticmethod
    def sweep(shown: ComparisonResult, method: Method, rates: np.ndarray) -> Iterator[RateRateMap]:
        """The map as its runs are made, of rates (L,)."""
        settings = shown.length | {"rates": rates, "threads": THREADS, "basis": shown.run_basis}
        return map_rates(shown.objective, [method], shown.start, **settings)

    @staticmethod
    def share_of(result: RateRateMap) -> float:
        """1 where all runs are made, else 0: pairs of some of them are no picture."""
        return float(result.share == 1)

    def draw(self, result: RateRateMap, shown: ComparisonResult) -> None:
        """New cells."""
        name, steps = label(result.methods[0]), count_words(len(shown.schedule), "step")
        title = f"{name}: original gap ÷ gap in the basis, {steps}"
        self.heat.draw(cells_of(result, shown.target), title, shown.target.axis_label)

    def mark(self, shown: ComparisonResult, method: str, original: float, rotated: float) -> None:
        """Marks the scene's runs, whose log₁₀ rates are given."""
        self.heat.mark([(original, rotated, True)], method, None)

    @staticmethod
    def load(result: RateRateMap, shown: ComparisonResult, x: float, y: float) -> None:
        """Sets the scene to the runs of a cell."""
        pair = result.setting(result.methods[0], 10.0**x, 10.0**y)
        scene = shown.scene
        scene.param.update(
            rates={**scene.rates, pair.method: float(f"{pair.original:.4g}")},
            rotated_rates={**scene.rotated_rates, pair.method: float(f"{pair.rotated:.4g}")},
            loaded=scene.loaded + 1,
        )

    @staticmethod
    def sentence(result: RateRateMap, shown: ComparisonResult) -> str:
        """The best rates in each coordinate system; those alike are equal."""
        name = label(result.methods[0])
        ends = measure(result.final_values[0], shown.target)
        low = ends.lowest(axis=1)
        if not low.any():
            return fill("every run diverged", method=name)
        if low.all():
            return fill("rates alike", method=name)
        original, rotated = (_span(result.rates[each]) for each in low)
        return fill("best rates", method=name, original=original, rotated=rotated)


def cells_of(result: RateRateMap, target: StoppingTarget) -> Cells:
    """Cells of log₁₀ of the original over the rotated gap; ends are as strong as colors get."""
    known = measure(result.final_values[0], target)
    ratio = result.picture(result.methods[0], known.target.level, known.floor)
    gone = result.diverged_at[0] >= 0
    original, rotated = (
        [gap_words(gap) for gap in row] for row in np.where(gone, np.inf, known.gaps)
    )
    seen = np.abs(ratio[np.isfinite(ratio)])
    reach = float(np.clip(seen.max() if seen.size else 1.0, 0.5, LARGEST_RATIO))
    rates, names = np.log10(result.rates), [number(rate) for rate in result.rates]
    return Cells(
        np.clip(ratio, -reach, reach),
        gone[0][None, :] | gone[1][:, None],
        [f"{before} original, {after} rotated" for after in rotated for before in original],
        rates,
        rates,
        names,
        names,
        (-reach, reach),
    )


def _span(rates: np.ndarray) -> str:
    if not len(rates):
        return fill("none")
    low, high = float(rates[0]), float(rates[-1])
    return number(low) if low == high else fill("to", low=low, high=high)
