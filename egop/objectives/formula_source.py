"""A formula's canonical text → its derivatives as plain data. Importing this file imports sympy.

Text and data can be pickled, so that another process may do this work. Its length is bounded by
the formula's (`MAX_LENGTH`), by the number of steps (`MAX_STEPS`) and by the length of the source
(`MAX_KERNEL`), which bounds what is left to compile.
"""

import numpy as np

from egop.objectives import source
from egop.objectives.derivation import (
    MAX_HESSIAN_STEPS,
    Program,
    program,
    written_gradient,
)
from egop.objectives.generated import Derivation, defined
from egop.objectives.grammar import ExpressionError
from egop.objectives.parser import parse


def derive(canonical: str, pictures: bool = False) -> Derivation:
    """Value, gradient, and what a quadratic is made of.

    Args:
        canonical: the formula.
        pictures: whether to derive also what a page shows, the Hessian and the gradient in LaTeX.

    Raises:
        ExpressionError: the formula is nowhere real, or too long.
    """
    formula = parse(canonical)
    built, value = program(formula)
    gradient = built.gradient(value)
    kernel = source.kernel_source(built, value, gradient)
    plain = source.arrays_source(built, value)
    slope = source.arrays_source(built, value, gradient) if formula.quadratic else ""
    latex = written_gradient(formula, built, gradient) if pictures else ()
    hessian = _hessian_source(built, value, gradient) if pictures or formula.quadratic else ""
    quadratic = ()
    if slope and hessian:
        functions = defined("arrays", hessian), defined("arrays", slope)
        quadratic = _quadratic(formula.dim, *functions)
    return Derivation(canonical, kernel, plain, quadratic, hessian, tuple(latex))


def derive_hessian(canonical: str) -> str | None:
    """The source of the Hessian; None where that is too long."""
    built, value = program(parse(canonical))
    return _hessian_source(built, value, built.gradient(value))


def _hessian_source(built: Program, value, gradient: list) -> str | None:
    built.most = MAX_HESSIAN_STEPS
    try:
        return source.arrays_source(built, value, [h for g in gradient for h in built.gradient(g)])
    except ExpressionError:
        return None


def _quadratic(dim: int, hessian, slope) -> tuple[float, ...]:
    """H and c of the quadratic with these derivatives; empty when its slope is zero nowhere."""
    center = np.zeros(dim)
    with np.errstate(all="ignore"):
        H = np.array(hessian(center)[1:], dtype=float).reshape(dim, dim)
        if not np.isfinite(H).all():
            return ()
        start = np.abs(slope(center)[1:]).max()
        for _ in range(2):  # the second step removes the round-off of the first
            center -= np.linalg.lstsq(H, np.array(slope(center)[1:], dtype=float))[0]
        if np.abs(slope(center)[1:]).max() > 1e-12 * start:
            return ()
    return (*H.ravel().tolist(), *center.tolist())
