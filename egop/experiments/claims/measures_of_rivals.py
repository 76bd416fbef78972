"""Measures for claims about one method against the others, in either basis."""

from typing import TYPE_CHECKING

from egop import theme
from egop.experiments.claims.evidence import ALIKE, GAIN, Finding, PairedValues, UndecidedError
from egop.experiments.claims.measures import (
    ADAPTIVE,
    BOTH,
    EQUIVARIANT,
    counted,
    losses,
    measure,
    require,
)
from egop.experiments.claims.summaries import Trials, trials

if TYPE_CHECKING:
    import xarray as xr

PAPERS = (*ADAPTIVE, *EQUIVARIANT)
"""The methods that the paper compares; Adagrad with another accumulator is no rival."""
POINT = 0.005
"""An accuracy lower by no more than half a percentage point is not lower."""


@measure
def best_of_all(
    result: "xr.Dataset",
    method: str,
    basis: str = "original",
    rivals: tuple[str, ...] = BOTH,
    at: float = 1.0,
    **where: str,
) -> Finding:
    """The method is lower than every other of the paper's, by the medians.

    Args:
        result: of the experiment.
        method: its name.
        basis: that it is run in.
        rivals: bases that the others are run in.
        at: the share of the epochs after which it is measured.
        **where: problem, where there is one.
    """
    mine = losses(result, method, basis, at, **where)
    ends = {
        f"{theme.label(name)}, {each}": losses(result, name, each, at, **where)
        for name in PAPERS
        for each in rivals
        if name in result["optimizer"] and name != method
    }
    if not ends:
        raise UndecidedError("the run has no other method")
    pairs = {name: PairedValues(each, mine).decidable() for name, each in ends.items()}
    rival = min(pairs, key=lambda name: pairs[name].ratio)
    words = (
        f"{theme.label(method)}, {basis}: {theme.number(float(mine.median))}; next {rival}: "
        f"{theme.number(float(ends[rival].median))} ({pairs[rival].n} trials)"
    )
    return Finding(words, pairs[rival].ratio, pairs[rival].ratio >= GAIN)


@measure
def competitive(
    result: "xr.Dataset", method: str, other: str, at: float = 1.0, **where: str
) -> Finding:
    """Rotated, the method ends at most twice as high as another in original coordinates."""
    ends = (
        losses(result, other, "original", at, **where),
        losses(result, method, "egop", at, **where),
    )
    pair = PairedValues(*ends).decidable()
    words = (
        f"{theme.label(other)} {theme.number(float(ends[0].median))}, rotated "
        f"{theme.label(method)} {theme.number(float(ends[1].median))} ({pair.n} trials)"
    )
    return Finding(words, pair.ratio, pair.ratio >= 1 / ALIKE)


@measure
def accuracy_not_lower(result: "xr.Dataset", variable: str) -> Finding:
    """Rotated, Adam and Adagrad reach an accuracy at most half a point below the original one's.

    Test accuracy is the last one, validation accuracy the maximal one. The effect is the smallest
    difference.
    """
    words, differences = [], []
    for method in ADAPTIVE:
        require(result, method, basis="egop")
        ends: list[Trials] = []
        for basis in BOTH:
            curves = trials(result, variable, optimizer=method, basis=basis)
            test = variable.startswith("test")
            ends.append(curves.last if test else curves.best(highest=True))
        PairedValues(*ends).decidable()
        before, after = (float(each.median) for each in ends)
        words.append(f"{theme.label(method)} {100 * before:.1f} → {100 * after:.1f} %")
        differences.append(after - before)
    return Finding(", ".join(words) + counted(result), min(differences), min(differences) >= -POINT)
