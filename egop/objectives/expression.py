"""A typed formula → an objective with exact gradient and Hessian.

Typing costs only `parse`; `from_expression` differentiates (sympy, imported then) and the kernel
is compiled when it is first evaluated.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from egop.compilation import Kernel
from egop.objectives.grammar import FUNCTIONS, ExpressionError
from egop.objectives.objective import (
    Function,
    Objective,
    frozen,
    read_domain,
    read_minimizers,
)
from egop.objectives.parser import parse
from egop.objectives.tree import Formula
from egop.objectives.typesetting import formula_latex

__all__ = [
    "FUNCTIONS",
    "ExpressionError",
    "Formula",
    "formula_latex",
    "from_expression",
    "gradient_latex",
    "parse",
]

DOMAIN = (-5.0, 5.0)
"""Each variable's range in pictures of a formula whose domain nobody gave."""


def from_expression(
    text: str,
    name: str | None = None,
    domain=None,
    minimizer=None,
    minimum: float | None = None,
) -> Objective:
    """The objective that a formula describes, with its symbolic gradient and Hessian.

    The variables are x, y, z, w or x1…x8, the dimension is the highest used, at least 2; the
    functions are those of `egop.objectives.grammar.FUNCTIONS`. At a kink the derivative is the
    mean of both sides' (0 for |u|); where the value is finite and a term of a derivative is 0/0,
    as that of sqrt(x^2 + y^2) at 0, this term is 0 and the others stay. What is ∞ − ∞ or lost
    to overflow is not finite. Exponentials do not overflow in logarithms and fractions:
    log(1 + exp(x)) at 800 is 800.

    Args:
        text: the formula, for instance "(1-x)^2 + 100*(y-x^2)^2".
        name: what to call it; None: the text.
        domain: box for pictures, (d, 2) or one (low, high) for all; None: −5 to 5.
        minimizer: known global minimizers, (d,) or (k, d).
        minimum: f there; None: computed when minimizers are given.

    Raises:
        ExpressionError: the formula is refused; the sentence and `.position` say where and why.
        ValueError: domain, minimizer or minimum do not fit the formula.
    """
    formula = parse(text)
    derived = _derive(str(formula))
    if minimizer is None and derived.quadratic is not None:
        minimizer = _vertex(*derived.quadratic)
    if minimizer is not None:
        minimizer = read_minimizers(minimizer, formula.dim)
    if minimum is None and minimizer is not None:
        minimum = float(derived.value(minimizer[0])[0])
    return Objective(
        name or text.strip(),
        formula.dim,
        kernel=derived.kernel,
        hessian_function=derived.hessian,
        formula=formula_latex(formula),
        domain=read_domain(DOMAIN if domain is None else domain, formula.dim),
        minimizer=minimizer,
        minimum=minimum,
        quadratic=derived.quadratic,
    )


def gradient_latex(text: str) -> list[str]:
    """∂f/∂x_i in LaTeX, one for each variable of the formula.

    Raises:
        ExpressionError: the formula is refused.
    """
    from egop.objectives.derivation import gradient_formulas

    return gradient_formulas(parse(text))


class _Derived(NamedTuple):
    """What differentiating a formula gives; shared by all objectives of the same formula."""

    kernel: Kernel
    value: Callable[[np.ndarray], list]
    hessian: Function
    quadratic: tuple[np.ndarray, np.ndarray] | None


@lru_cache(maxsize=128)
def _derive(canonical: str) -> _Derived:
    """A formula's kernel (not yet compiled), value and Hessian (not yet derived) in numpy."""
    from egop.objectives import derivation, source

    formula = parse(canonical)
    program, value = derivation.program(formula)
    gradient = program.gradient(value)
    kernel = source.kernel(program, value, gradient)
    second = cache(
        lambda: source.arrays(program, value, [h for g in gradient for h in program.gradient(g)])
    )

    def hessian(x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            parts = second()(x)[1:]
        stacked = np.stack([np.broadcast_to(part, x.shape[:-1]) for part in parts], axis=-1)
        return stacked.reshape(*x.shape, x.shape[-1])

    quadratic = None
    if formula.quadratic:
        first = source.arrays(program, value, gradient)
        quadratic = _quadratic(hessian(np.zeros(formula.dim)), lambda x: first(x)[1:])
    return _Derived(
        Kernel(kernel, cached=False, origin=(_derived_kernel, (canonical,))),
        source.arrays(program, value),
        _Hessian(canonical, hessian),
        quadratic,
    )


def _derived_kernel(canonical: str) -> Kernel:
    return _derive(canonical).kernel


def _derived_hessian(canonical: str) -> Function:
    return _derive(canonical).hessian


class _Hessian:
    """A formula's Hessian, which is pickled as its text."""

    def __init__(self, canonical: str, function: Function):
        self._canonical = canonical
        self._function = function

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self._function(x)

    def __reduce__(self):
        return _derived_hessian, (self._canonical,)


def _quadratic(H: np.ndarray, slope: Callable) -> tuple[np.ndarray, np.ndarray] | None:
    """(H, c) of the quadratic with gradient `slope`; None when that is zero nowhere."""
    center = np.zeros(len(H))
    if not np.isfinite(H).all():
        return None
    start = np.abs(slope(center)).max()
    for _ in range(2):  # the second step removes the round-off of the first
        center -= np.linalg.lstsq(H, np.array(slope(center), dtype=float))[0]
    if np.abs(slope(center)).max() > 1e-12 * start:
        return None
    return frozen(H), frozen(center)


def _vertex(H: np.ndarray, center: np.ndarray) -> np.ndarray | None:
    """The minimizer of a strictly convex quadratic, else None."""
    eigenvalues = np.linalg.eigvalsh(H)
    return center if eigenvalues[0] > 1e-12 * eigenvalues[-1] else None
