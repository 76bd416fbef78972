"""Sentences of a report of bases, from its numbers."""

import numpy as np

from egop.networks.bases_report import ORIGINAL, THESE, BasesReport, BlockReport
from egop.networks.diagnostics import EstimatedNumber
from egop.networks.measured_gains import PREDICTORS, measured_gains
from egop.sentences import capitalized, fill, listed
from egop.theme import count_words, label, number

METHODS = ("adam", "adagrad")
LITTLE, MUCH = 0.1, 0.5
"""Off-diagonal shares up to which original coordinates are nearly eigenvectors, and above which far
from them."""
SOONER = 1.1
"""Factors between this and its inverse are no difference."""
WEAK, STRONG = 0.4, 0.7
"""Rank correlations below which it is called weak, and from which strong."""


def verdict(report: BasesReport) -> str:
    """One sentence on all blocks."""
    if not report.shares:
        return fill("bases without gradients")
    original, here = report.shares[ORIGINAL].value, report.shares[THESE].value
    if not np.isfinite(original + here):
        return fill("bases unknown")
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
        found.append(fill("certain leading", angle=angle))
    return found


def percent(share: float) -> str:
    """A share in percent, never below 0."""
    return f"{number(100 * max(0.0, share))} %"


def with_error(estimate: EstimatedNumber | None) -> str:
    """A share or an error in percent with its standard error, or a dash."""
    if estimate is None or not np.isfinite(estimate.value):
        return "–"
    return f"{percent(estimate.value)} ± {number(100 * estimate.error, 1)}"


def would_it_help(report: BasesReport) -> list[str]:
    """Sentences: what such a share was worth over the problems that we measured."""
    rows = measured_gains()["rows"]
    found = [fill("gains known", problems=len(rows), networks=sum(row["network"] for row in rows))]
    found += map(_correlations, PREDICTORS)
    original = report.shares.get(ORIGINAL)
    if original is not None and np.isfinite(original.value):
        low, high, between = _class_of(original.value)
        alike = [row for row in rows if low <= row[PREDICTORS[0]] < high]
        parts = [_counts(alike, method) for method in METHODS]
        counts = {"between": between, "problems": len(alike), "parts": "; ".join(parts)}
        found.append(fill("gains alike", share=percent(original.value), **counts))
    found.append(fill("gains do not promise"))
    return found


def _class_of(share: float) -> tuple[float, float, str]:
    """The bounds of shares that are alike, and words for them."""
    if share < LITTLE:
        return -np.inf, LITTLE, fill("share below", high=percent(LITTLE))
    if share < MUCH:
        return LITTLE, MUCH, fill("share between", low=percent(LITTLE), high=percent(MUCH))
    return MUCH, np.inf, fill("share above", low=percent(MUCH))


def _correlations(predictor: str) -> str:
    parts = listed([_correlation(method, predictor) for method in METHODS])
    return capitalized(fill("correlations", known=fill(f"known {predictor}"), parts=parts))


def _correlation(method: str, predictor: str) -> str:
    each = next(
        row
        for row in measured_gains()["correlations"]
        if (row["number"], row["method"], row["rates"]) == (predictor, method, "shared")
    )
    if each["low"] <= 0 <= each["high"]:
        strength = fill("no correlation")
    else:
        size = abs(each["value"])
        name = "weak" if size < WEAK else "moderate" if size < STRONG else "strong"
        strength = fill(f"{name} correlation")
    values = {key: f"{each[key]:.2f}".replace("-", "−") for key in ("value", "low", "high")}
    return fill("correlation", method=label(method), strength=strength, **values)


def _counts(rows: list[dict], method: str) -> str:
    gains = np.array([row["gains"][method]["shared"] for row in rows])
    sooner, later = int((gains > SOONER).sum()), int((gains < 1 / SOONER).sum())
    counts = {"sooner": sooner, "later": later, "alike": len(gains) - sooner - later}
    return fill("gain counts", method=label(method), **counts)


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
        parts.append(f"{number(bases.memory / 1e6)} MB predicted at the peak")
    return ", ".join(parts)
