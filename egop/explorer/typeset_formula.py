"""A formula set as mathematics, by MathJax, which a page loads with the first formula it shows."""

from pathlib import Path
from typing import Any, ClassVar

import param

from egop.ui.bundle import bundle
from egop.ui.component import Component

_STYLE = """
:host { font-size: 11px; overflow: auto hidden; }
div { overflow: visible; text-align: center; padding: 6px 0; }
"""
"""Small enough for most formulas; the others scroll."""


class TypesetFormula(Component):
    """One displayed formula.

    MathJax is 1.8 MB, so it is not among the scripts of a served page: the browser asks the server
    for it when there is a formula. A notebook has it through `pn.extension("mathjax")`.
    """

    _esm: Any = bundle(Path(__file__).with_name("typeset_formula.js"))
    _stylesheets: ClassVar[list[str]] = [_STYLE]

    latex: Any = param.String(doc="The formula in LaTeX, without dollars; empty: nothing is shown.")
    spoken: Any = param.String(doc="What a screen reader calls it.")
