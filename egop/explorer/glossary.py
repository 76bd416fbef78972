"""Every term and mark of the explorer, explained in plain words, for pointers, fingers and keys."""

from html import escape

TERMS = {
    "EGOP": (
        "EGOP is the expected gradient outer product: the average of ∇f·∇fᵀ over points drawn "
        "from ρ. Its eigenvectors, the directions in which f changes most and least, are the axes "
        "of the EGOP basis."
    ),
    "ρ": (
        "The sampling distribution (rho): where the points come from at which gradients are taken. "
        "Small gray dots are points of it, the dotted line shows how wide it is."
    ),
    "c": "How wide ρ is around its mean: its standard deviation, where ρ is Gaussian.",
    "M": (
        "How many points are drawn from ρ. Each gives one gradient; the more there are, the surer "
        "are the eigenvectors."
    ),
    "basis": (
        "The axes along which the methods of the right figure work coordinate by coordinate. EGOP, "
        "the expected gradient outer product, gives those along which f changes most and least."
    ),
    "refreshed": (
        "Every τ steps the EGOP is estimated anew, with ρ moved to where the run is, and the "
        "method goes on along its eigenvectors: each run has its own. In two variables both "
        "figures show original coordinates; v₁ and v₂ turn with the first method. The colored "
        "points of the spectrum move: λₖ around each run, relative to λ₁ of the bars."
    ),
    "leading": (
        "In the basis each method moves along v₁ … vₖ alone, as a method in k variables does. In "
        "the directions of the smaller eigenvalues the runs stay where they start, so that f falls "
        "no further than it can along the leading ones."
    ),
    "moments": (
        "What becomes of a method's averages when its axes turn: those of gradients are turned "
        "with them, and those of squares as their diagonal allows; or all are forgotten; or left "
        "as they are, as if the axes had stayed. What belongs to whole matrices cannot be turned: "
        "SOAP, Shampoo, ASGO, GaLore and their relatives, SPlus, COSMOS, ARO and Adafactor begin "
        "anew at every refresh, unless all is left as it is."
    ),
    "start": "Where every run begins, x₀: the large ring. Drag it, or click where it shall be.",
    "v₁": (
        "The eigenvector of the EGOP with the largest eigenvalue λ₁: the direction in which f "
        "changes most, on average over ρ."
    ),
    "v₂": "The eigenvector with the second largest eigenvalue λ₂, at a right angle to v₁.",
    "λ": (
        "The eigenvalues λ₁ ≥ λ₂ ≥ … of the EGOP: the mean square of the slope of f along v₁, v₂, "
        "… The bars show them relative to λ₁."
    ),
    "sr": (
        "The stable rank Σ √(λᵢ/λ₁) lies between 1 and the number of variables d: it is small when "
        "few directions matter (Eq. 3 of the paper)."
    ),
    "β": (
        "The density β₁ = ‖v₁‖₁²/d lies between 1/d, when v₁ lies along one coordinate, and 1, "
        "when all coordinates have the same share in it."
    ),
    "σ": (
        "Singular values σ₁ ≥ σ₂ ≥ … of a matrix: how far it stretches each of as many directions. "
        "Those of the matrix W are drawn as they are, those of its gradient ∇f and the method's "
        "step relative to the largest, on a logarithmic axis."
    ),
    "directions": (
        "How many directions have a share in a matrix, Σσₖ/σ₁: 1 where it has one alone, as many "
        "as it has singular values where all are alike, as in a step of Muon. The number is the "
        "median over the run."
    ),
    "gap": "How much larger λ₁ is than λ₂: the larger, the fewer samples tell v₁.",
    "light": (
        "Whether the samples are enough to tell v₁: a full green dot says yes, an amber ring says "
        "no, and by which angle v₁ may be off."
    ),
    "dashed": (
        "A dashed line is a run in the original coordinates: the method works along x₁, x₂, … as "
        "f was given."
    ),
    "solid": (
        "A solid line is a run in the basis of the right figure: the method works along its axes."
    ),
    "axes": "The axes of the right figure, drawn in both: here no eigenvectors of the EGOP.",
    "star": "The minimum of f, where it is known and in the slice of f that the figure shows.",
    "squares": (
        "Handles of ρ. The one in the middle moves its mean, those on the dotted line its width, "
        "elongation and tilt."
    ),
    "arrived": (
        "A ring around a path: there the run first comes within the tolerance. So do the ticks "
        "below the slider."
    ),
    "best": "× marks the lowest value that a run has seen so far.",
    "tolerance": (
        "A run has arrived when f is this near to its minimum, or to the best value seen where no "
        "minimum is known: the dotted line in the figure of f by step."
    ),
    "R_med": (
        "How unevenly f curves along the coordinates: the largest |Hᵢᵢ| of the Hessian’s diagonal "
        "over the median one (Jiang, Malik and Li). It is 1 where f curves alike along all, and in "
        "two variables at most 2, where the median is their mean. It compares runs in one basis: "
        "along the axes of a valley it is larger than at an angle to them, and methods gain there."
    ),
    "A1": (
        "The paper’s assumption on ρ: mean zero, equally wide in all directions, and wide enough "
        "to reach the minimum. Its theory speaks only where this holds."
    ),
}
"""Explanations by the name under which the page asks for them."""

STYLE = """
.term { cursor: help; text-decoration: underline dotted; text-underline-offset: 3px;
  text-decoration-color: color-mix(in srgb, currentColor 45%, transparent); border-radius: 3px; }
.term:focus-visible { outline: 2px solid #2b7fc4; outline-offset: 1px; }
"""
"""The style of the terms, for whoever shows them."""


def explained(words: str, explanation: str, content: str | None = None) -> str:
    """HTML of a word with its explanation; explanations.js shows it.

    Args:
        words: as a screen reader says them.
        explanation: plain words, from `TERMS` or about one number.
        content: HTML that is seen in place of the words.
    """
    shown = escape(words) if content is None else content
    told = escape(explanation)
    return (
        f'<span class="term" tabindex="0" role="button" aria-label="{escape(words)}" '
        f'aria-description="{told}" data-explanation="{told}">{shown}</span>'
    )
