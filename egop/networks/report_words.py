"""Sentences of a report of bases, from its numbers."""

import numpy as np

from egop.networks.bases_report import ORIGINAL, THESE, BasesReport, BlockReport
from egop.networks.diagnostics import EstimatedNumber
from egop.networks.gain_words import LITTLE, correlations, gains_alike, gains_known, percent
from egop.networks.measured_gains import PREDICTORS
from egop.sentences import fill
from egop.theme import count_words, number, size_words

SEEN = 0.1
"""The share of gradients that the bases were made of, above which they tell nothing of the fit."""
CERTAIN = 15
"""Degrees, of the leading eigenvector in resamples, up to which it is called certain."""


def verdict(report: BasesReport) -> str:
    """One sentence on all blocks."""
    if not report.shares:
        return fill("bases without gradients")
    original, here = report.shares[ORIGINAL].value, report.shares[THESE].value
    if not np.isfinite(original + here):
        return fill("bases unknown")
    measured = next(each.measured for each in report.blocks if each.measured)
    if report.n_seen > SEEN * measured.n_samples:
        return fill("bases seen", seen=report.n_seen, samples=measured.n_samples)
    numbers = {"original": percent(original), "here": percent(here)}
    if original < LITTLE:
        return fill("bases change little", **numbers)
    if here > original / 2:
        return fill("bases leave much", **numbers)
    return fill("bases fit", **numbers)


def remarks(block: BlockReport) -> list[str]:
    """Sentences on one block: where its numbers mean less than they seem to."""
    basis, measured = block.basis, block.measured
    found = []
    if basis.structure == "random":
        found.append(fill("made up eigenvalues"))
    elif not block.of_gradients:
        found.append(fill("eigenvalues of inputs"))
    if not basis.eigenvalues.any():
        found.append(fill("no gradient in block"))
    if measured is None:
        return found
    if measured.few:
        found.append(fill("few effective", count=measured.effective))
    tied = measured.bootstrap.n_tied
    if tied > 1:
        found.append(fill("arbitrary leading", tied=tied, samples=measured.n_samples))
    else:
        angle = measured.bootstrap.angle_of_v1_degrees
        name = "certain leading" if angle <= CERTAIN else "uncertain leading"
        found.append(fill(name, angle=angle))
    return found


def with_error(estimate: EstimatedNumber | None) -> str:
    """A share or an error in percent with its standard error, or a dash."""
    if estimate is None or not np.isfinite(estimate.value):
        return "–"
    return f"{percent(estimate.value)} ± {number(100 * estimate.error, 1)}"


def would_it_help(report: BasesReport) -> list[str]:
    """Sentences: what such a share was worth over the problems that we measured."""
    if all(each.basis.structure == "random" for each in report.blocks):
        return [fill("random gains")]
    found = [gains_known(), *map(correlations, PREDICTORS)]
    original, here = report.shares.get(ORIGINAL), report.shares.get(THESE)
    if original is not None and here is not None and np.isfinite(original.value + here.value):
        found.append(gains_alike(original.value))
        if here.value > original.value / 2:
            found.append(fill("gains of eigenbases", here=percent(here.value)))
    return [*found, fill("gains not counted"), fill("gains do not promise")]


def heading(report: BasesReport) -> str:
    """Returns the origin of the bases and what they take, in a few words."""
    bases = report.bases
    parts = [count_words(len(bases), "block"), f"{bases.n_numbers:,} numbers"]
    if bases.n_samples:
        parts.append(f"from {count_words(bases.n_samples, 'gradient')}")
    if bases.n_excluded:
        parts.append(f"{bases.n_excluded:,} left out, not finite")
    if bases.seconds:
        parts.append(f"{number(bases.seconds)} s")
    if bases.memory:
        parts.append(f"{size_words(bases.memory)} predicted at the peak")
    return ", ".join(parts)
