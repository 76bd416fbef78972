"""Measures for claims about learning rates: gains at each of them, and tuned gaps."""

from typing import TYPE_CHECKING

import numpy as np

from egop import theme
from egop.experiments.claims.evidence import ALIKE, GAIN, Finding, PairedValues, UndecidedError
from egop.experiments.claims.measures import (
    ADAPTIVE,
    BOTH,
    counted,
    measure,
    require,
    require_rates,
)
from egop.experiments.claims.summaries import best_rate, chosen_rate, gap, trials
from egop.trials import quantiles

if TYPE_CHECKING:
    import xarray as xr

MOST_RATES = 0.5
"""The share of the rates without a higher rotated loss at which there must be a gain."""
NEAR = 1e-4
"""f − f* below this is near the minimum, the level of figure 1."""


def gains_at_every_rate(result: "xr.Dataset") -> Finding:
    """Claim: Adam and Adagrad end higher when rotated at no rate, and lower at most rates.

    Rates at which half of the trials diverge in both bases say nothing. The effect is the smallest
    ratio of medians.
    """
    words, least, holds = [], np.inf, True
    for method in ADAPTIVE:
        rates, ratios = _ratios(result, method)
        worst = int(ratios.argmin())
        words.append(
            f"{theme.label(method)}: lower by {GAIN} or more at {int((ratios >= GAIN).sum())} of "
            f"{len(rates)} rates, ratio at least {theme.number(ratios[worst])} "
            f"(rate {theme.number(rates[worst])})"
        )
        least = min(least, float(ratios[worst]))
        holds &= bool((ratios >= 1).all() and (ratios >= GAIN).mean() >= MOST_RATES)
    return Finding("; ".join(words) + counted(result), least, holds)


def gains_more_at_large_rates(result: "xr.Dataset") -> Finding:
    """Above the rate that is best in original coordinates, Adam and Adagrad gain more than below.

    By the medians of the ratios on both sides. The effect is the smaller of both methods' ratios
    of these.
    """
    words, grown = [], []
    for method in ADAPTIVE:
        rates, ratios = _ratios(result, method)
        chosen = chosen_rate(result, method)
        sides = [ratios[rates < chosen], ratios[rates > chosen]]
        if not all(map(len, sides)):
            raise UndecidedError(f"{theme.label(method)} was run at too few rates")
        below, above = (float(quantiles(each, 0, (0.5,))[0]) for each in sides)
        words.append(
            f"{theme.label(method)}: {theme.number(below)} times below rate "
            f"{theme.number(chosen)}, {theme.number(above)} times above"
        )
        grown.append(growth(below, above))
    return Finding("; ".join(words) + counted(result), min(grown), min(grown) >= GAIN)


@measure
def gap_grows(result: "xr.Dataset", problem: str) -> Finding:
    """Tuned in each basis, Adam and Adagrad gain more in ‖∇f‖₂ than at the shared rate."""
    words, grown = _gaps(result, problem)
    return Finding(words, min(grown), min(grown) >= GAIN)


@measure
def gap_unchanged(result: "xr.Dataset", problem: str) -> Finding:
    """Tuned in each basis, Adam and Adagrad gain as much in ‖∇f‖₂ as at the shared rate."""
    words, grown = _gaps(result, problem)
    farthest = max(grown, key=lambda each: abs(np.log(each)) if each > 0 else np.inf)
    return Finding(words, farthest, all(1 / ALIKE <= each <= ALIKE for each in grown))


@measure
def near_at_every_rate(result: "xr.Dataset", method: str) -> Finding:
    """Claim: the method ends near the minimum at every rate that was tried, in both bases."""
    require(result, method)
    require_rates(result)
    values, words, ends = gap(result), [], []
    for rate in result["learning_rate"].values.tolist():
        pair = _pair(result, values, method, (rate, rate)).decidable()
        both = [float(each.median) for each in pair]
        ends += both
        words.append(f"rate {theme.number(rate)}: {' → '.join(map(theme.number, both))}")
    return Finding("; ".join(words) + counted(result), max(ends), max(ends) < NEAR)


def _ratios(result: "xr.Dataset", method: str) -> tuple[np.ndarray, np.ndarray]:
    """Rates at which not both medians are infinite, and there the median before over after."""
    require(result, method, basis="egop")
    rates, ratios = [], []
    for rate in result["learning_rate"].values.tolist():
        pair = _pair(result, result["training_loss"], method, (rate, rate))
        if pair.n and any(np.isfinite(each.median) for each in pair):
            pair.decidable()
            rates.append(rate)
            ratios.append(pair.ratio)
    if len(rates) < 3:
        raise UndecidedError("too few rates were tried")
    return np.array(rates), np.array(ratios)


def _gaps(result: "xr.Dataset", problem: str) -> tuple[str, list[float]]:
    """The gaps in words, and the tuned gain of each method over its gain at the shared rate."""
    words, grown = [], []
    for method in ADAPTIVE:
        require(result, method, problem)
        where = {"optimizer": method, "problem": problem}
        shared = chosen_rate(result, method, problem=problem)
        tuned = tuple(best_rate(result, **where, basis=b) for b in BOTH)
        require_rates(result, [shared, *tuned])
        norms = result["gradient_norm"]
        pairs = [
            _pair(result, norms, method, rates, problem=problem).decidable()
            for rates in ((shared, shared), tuned)
        ]
        gains = [theme.number(pair.ratio) for pair in pairs]
        words.append(f"{theme.label(method)}: ratio of ‖∇f‖₂ {gains[0]}, tuned {gains[1]}")
        grown.append(growth(pairs[0].ratio, pairs[1].ratio))
    return "; ".join(words) + counted(result), grown


def _pair(
    result: "xr.Dataset", values: "xr.DataArray", method: str, rates: tuple, **where: str
) -> PairedValues:
    """The last numbers in original and in EGOP coordinates, each at its rate."""
    return PairedValues(
        *(
            trials(result, values, rate, optimizer=method, basis=basis, **where).last
            for basis, rate in zip(BOTH, rates, strict=True)
        )
    )


def growth(gain: float, other: float) -> float:
    """The second gain over the first: 1 where both are equal, also 0 or ∞; ∞ over a gain of 0."""
    if gain == other:
        return 1.0
    return other / gain if gain else np.inf
