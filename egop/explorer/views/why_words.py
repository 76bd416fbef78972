"""The numbers behind the arrows, each with an explanation in plain words."""

from html import escape
from math import isfinite

import numpy as np

from egop import theme
from egop.explorer.glossary import TERMS, explained
from egop.explorer.step_diagnostics import ORIGINAL, ROTATED, StepDiagnostics
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.arrows import NAMES, arrow_colors
from egop.explorer.views.legend import SHAFT, picture
from egop.explorer.views.method_sentences import SENTENCES
from egop.explorer.views.steps import steps_of_arrival
from egop.sentences import as_sentence
from egop.theme import number
from egop.theory import Bracket, constant_name

Fact = tuple[str, str, str]
BOUND = (
    "where A1 holds, at most this share of the smoothness L_f is left after rotating (Theorem 5), "
    "with the constant √2 for a quadratic and 2 otherwise: small is good"
)
SPEAKS = (
    "it speaks only where A1 holds and the share above is below 1, and never expects a loss; with "
    "the constant 2 it cannot speak in two variables, as sr ≥ 1 and β₁ ≤ 1"
)
SUGGESTED = (
    "an upper-bound argument suggests a best step larger by this factor in the EGOP basis (Theorem "
    "3); measured best steps follow it poorly"
)
SMOOTHNESS = (
    "how fast the gradient can change, summed over the coordinates, in original → EGOP coordinates"
)
ALONG = "{term} It is taken where each run is then, in original → {basis} coordinates."
EXPLANATIONS = {
    "−∇f": "the gradient, turned round: straight down the slope",
    "−m": "the momentum, turned round: a running mean of the gradients",
    "step": "where the method goes: momentum, stretched along the ellipse; none where a run stands",
}
OF_MATRICES = {
    "−m": "",
    "step": "where the method goes: made of whole matrices, which no ellipse of coordinates shows; "
    "none where a run stands",
}
"""The same for methods that step by products of matrices; "" for what is not drawn."""
ELLIPSE = (
    "how far the method goes in each direction for the same momentum: long where gradients have "
    "been small"
)
STYLE = (
    SENTENCES
    + """
p { margin: 2px 0 4px; opacity: 1; } /* its marks have the colors of the arrows */
dl + p { opacity: 0.85; }
p b { margin-right: 8px; }
p svg { vertical-align: -2px; margin-right: 4px; }
dl { gap: 0 10px; font-size: 12px; line-height: 1.25; opacity: 1; }
dt { order: 0; opacity: 0.85; }
dd { text-align: right; }
"""
)


def facts(shown: ComparisonResult, reasons: StepDiagnostics, step: int = 0) -> list[Fact]:
    """Facts about one method at a step of the playback: (name, value, explanation)."""
    return [
        *_masses(shown, reasons),
        *_r_med(shown, reasons, step),
        *(_theory(reasons) if shown.theory_speaks else []),
        *_measured(shown, reasons),
    ]


def to_html(shown: ComparisonResult, reasons: StepDiagnostics, step: int = 0) -> str:
    """The legend of the arrows, the facts, and whether the paper's assumption holds.

    The theory's numbers are there only for runs in a basis of which it speaks.
    """
    colors = arrow_colors(theme.color(reasons.method))
    by_matrices = bool(np.isnan(reasons.original.momenta).all())
    explanations = EXPLANATIONS | (OF_MATRICES if by_matrices else {})
    legend = "".join(
        f"<b>{picture(SHAFT.format(color))}{explained(name, as_sentence(explanations[name]))}</b>"
        for name, color in zip(NAMES, colors, strict=True)
        if explanations[name]
    )
    ellipse = "" if by_matrices else explained("ellipse: preconditioner", as_sentence(ELLIPSE))
    rows = "".join(
        f"<dt>{explained(what, as_sentence(why))}</dt><dd>{escape(value)}</dd>"
        for what, value, why in facts(shown, reasons, step)
    )
    a1 = explained(reasons.expectation.assumption.sentence, TERMS["A1"])
    note = f"<p>{a1}</p>" if shown.theory_speaks else ""
    return f"<p>{legend}{ellipse}</p><dl>{rows}</dl>{note}"


def _masses(shown: ComparisonResult, reasons: StepDiagnostics) -> list[Fact]:
    def change(masses: dict[str, float]) -> str:
        return f"{number(masses[ORIGINAL])} → {number(masses[ROTATED])}"

    origin = "exact" if reasons.egop_is_exact else "from samples the basis was not made of"
    meaning = (
        "the share of the matrix that a method working coordinate by coordinate cannot see, from 0 "
        f"(the axes are the eigenvectors) to 1, in original → {shown.basis_name} coordinates"
    )
    return [
        ("EGOP off-diagonal", change(reasons.egop_mass), f"{meaning} ({origin})"),
        ("Hessian off-diagonal", change(reasons.hessian_mass), f"{meaning} ({reasons.hessian_at})"),
    ]


def _r_med(shown: ComparisonResult, reasons: StepDiagnostics, step: int) -> list[Fact]:
    if reasons.r_med is None:
        return []
    at, *both = reasons.r_med.at(step)
    original, rotated = (number(each, 3) if isfinite(each) else "–" for each in both)
    why = ALONG.format(basis=shown.basis_name, term=TERMS["R_med"])
    return [(f"R_med at step {at:,}", f"{original} → {rotated}", why)]


def _theory(reasons: StepDiagnostics) -> list[Fact]:
    expected = reasons.expectation
    prediction = expected.prediction
    found = [
        ("stable rank sr", number(prediction.stable_rank, 3), TERMS["sr"]),
        ("density β₁", number(prediction.density, 3), TERMS["β"]),
        (f"{constant_name(expected.quadratic)}·sr/(dβ₁)", number(expected.bound, 3), BOUND),
        ("the theory", "expects a gain" if expected.expects_gain else "says nothing", SPEAKS),
        ("suggested step √(dβ₁/sr)", f"{number(prediction.rate_gain, 3)}×", SUGGESTED),
    ]
    if expected.original is not None and expected.rotated is not None:
        values = f"{bracket(expected.original)} → {bracket(expected.rotated)}"
        found.append(("smoothness L_f", values, f"{SMOOTHNESS}; {expected.source}"))
    return found


def _measured(shown: ComparisonResult, reasons: StepDiagnostics) -> list[Fact]:
    reached = steps_of_arrival(shown)
    original, rotated = (reached.get((reasons.method, basis), -1) for basis in (False, True))
    told = ["never" if step < 0 else f"{step:,}" for step in (original, rotated)]
    gain = f" ({number(original / rotated)}×)" if original > 0 and rotated > 0 else ""
    rates = shown.methods[reasons.method], shown.rotated_methods[reasons.method]
    first, second = (float(method.learning_rate) for method in rates)
    apart = "" if first == second else f", at rates {number(first)} and {number(second)}"
    measured = f"{' → '.join(told)}{gain}"
    level = f"{number(shown.target.tolerance)} of {shown.target.level_name}"
    coordinates = f"in original → {shown.basis_name} coordinates{apart}"
    return [("measured: steps", measured, f"steps until f is within {level}, {coordinates}")]


def bracket(bounds: Bracket) -> str:
    """Bounds as people write them: one number, "≥ 3", "≤ 5" or "3 … 5"."""
    low, high = number(bounds.lower), number(bounds.upper)
    if high == "∞":
        return f"≥ {low}"
    if bounds.lower == 0:
        return f"≤ {high}"
    return low if low == high else f"{low} … {high}"
