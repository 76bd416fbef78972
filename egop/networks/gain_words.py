"""Sentences on the gains that were measured over our problems."""

from typing import Any

import numpy as np

from egop.networks.measured_gains import PREDICTORS, measured_gains
from egop.sentences import capitalized, fill, listed
from egop.theme import label, number

METHODS = ("adam", "adagrad")
LITTLE, MUCH = 0.1, 0.5
"""Off-diagonal shares up to which original coordinates are nearly eigenvectors, and above which far
from them."""
SOONER = 1.1
"""Factors between this and its inverse are no difference."""
WEAK, STRONG = 0.4, 0.7
"""Rank correlations below which it is called weak, and from which strong."""


def gains_known() -> str:
    """A sentence: over how many problems gains were measured, and how."""
    rows = measured_gains()["rows"]
    return fill("gains known", problems=len(rows), networks=sum(row["network"] for row in rows))


def gains_alike(share: float, whole: str = "") -> str:
    """A sentence: what was gained where the off-diagonal share was like this one.

    Args:
        share: of what is asked about.
        whole: what that is, such as "of both layers together"; "" where it is plain.
    """
    low, high, between = _class_of(share)
    alike = [row for row in measured_gains()["rows"] if low <= row[PREDICTORS[0]] < high]
    parts = "; ".join(_counts(alike, method) for method in METHODS)
    counts = {"problems": len(alike), "between": between, "parts": parts}
    return fill("gains alike", share=percent(share), whole=whole and f" {whole}", **counts)


def percent(share: float) -> str:
    """A share in percent, never below 0."""
    return f"{number(100 * max(0.0, share))} %"


def _class_of(share: float) -> tuple[float, float, str]:
    """The bounds of shares that are alike, and words for them."""
    if share < LITTLE:
        return -np.inf, LITTLE, fill("share below", high=percent(LITTLE))
    if share < MUCH:
        return LITTLE, MUCH, fill("share between", low=percent(LITTLE), high=percent(MUCH))
    return MUCH, np.inf, fill("share above", low=percent(MUCH))


def correlations(predictor: str) -> str:
    """A sentence: how a number that is known before a run was correlated with what was gained."""
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


def _counts(rows: list[dict[str, Any]], method: str) -> str:
    gains = np.array([row["gains"][method]["shared"] for row in rows])
    sooner, later = int((gains > SOONER).sum()), int((gains < 1 / SOONER).sum())
    counts = {"sooner": sooner, "later": later, "alike": len(gains) - sooner - later}
    return fill("gain counts", method=label(method), **counts)
