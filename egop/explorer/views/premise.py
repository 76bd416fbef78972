"""One sentence above the figures: what both share, and in what they differ."""

from egop.explorer.scene import OWN
from egop.explorer.tabs import ComparisonResult
from egop.sentences import listed
from egop.theme import label

STYLE = """
:host { font: 14px/1.3 system-ui, sans-serif; padding: 2px 2px 0; box-sizing: border-box;
  max-height: none !important; color: var(--panel-on-background-color, #1c2430); }
p { margin: 0; }
"""
AXES = {
    "egop": "",
    "leading": "",
    "exact": "",
    "refreshed": "those of the rotated runs turn as they go",
    "hessian": "those on the right are the Hessian's",
    "random": "those on the right are random",
    "dial": "those on the right are turned by hand",
    OWN: "those on the right are yours",
}
"""Words on the right figure's axes in each basis, where they are not the EGOP's."""
SLICE = "the slice on the right keeps the start's other coordinates"
"""Words on the right figure beyond two variables, where runs in the basis keep some of them."""


def premise_of(shown: ComparisonResult) -> str:
    """The sentence on what both figures of a comparison share and in what they differ."""
    if not shown.methods:
        return "No method is chosen: add one, and it runs in both coordinate systems."
    apart = [label(name) for name in shown.tuned_apart]
    axes = AXES[shown.basis_kind]
    along = f"and rotated runs move along {shown.moving_axes} alone" if shown.moving_axes else ""
    if apart:
        rates = f"the axes differ, and the {'rates' if len(apart) > 1 else 'rate'} of "
        sentence = f"Same method, same start: {rates}{listed(apart)}"
    else:
        differ = "the axes differ," if along else "only the axes differ"
        sentence = f"Same method, same start, same rate: {differ}"
    if along:
        sentence = f"{sentence.rstrip(',')}, {along}"
        axes = SLICE if shown.objective.dim > 2 else axes
    return f"{sentence}; {axes}." if axes else f"{sentence}."
