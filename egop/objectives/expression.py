"""A typed formula → an objective with exact gradient and Hessian.

Typing costs only `parse`; `from_expression` differentiates (sympy, imported then), and the kernel
is compiled when it is first evaluated. The bounds of `egop.objectives.formula_source` keep each of
the two below a second or two, whatever the formula.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from egop.compilation import Kernel, evaluate
from egop.objectives.generated import Derivation, defined
from egop.objectives.grammar import FUNCTIONS, ExpressionError
from egop.objectives.native_code import NativeCode
from egop.objectives.objective import (
    DIFFERENCE_STEP,
    Function,
    Objective,
    central_differences,
    frozen,
    read_domain,
    read_minimizers,
    symmetric,
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
    "objective_of",
    "parse",
]

DOMAIN = (-5.0, 5.0)
"""Each variable's range in pictures of a formula whose domain nobody gave."""

KEPT = 64
"""Formulas whose functions stay in memory when nothing uses them; the oldest go first."""


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
    from egop.objectives.formula_source import derive

    formula = parse(text)
    return objective_of(
        formula, _derived(derive, str(formula)), name, domain=domain, minimizer=minimizer,
        minimum=minimum,
    )  # fmt: skip


def objective_of(
    formula: Formula,
    derivation: Derivation,
    name: str | None = None,
    *,
    domain=None,
    minimizer=None,
    minimum: float | None = None,
) -> Objective:
    """The objective of a formula that was differentiated, as `from_expression` makes it.

    Args:
        formula: what was typed.
        derivation: of it, by `egop.objectives.formula_source`.
        name: see `from_expression`, as the others.
        domain: box for pictures.
        minimizer: known global minimizers.
        minimum: f there.
    """
    functions = _functions(derivation)
    if minimizer is None and functions.quadratic is not None:
        minimizer = _vertex(*functions.quadratic)
    if minimizer is not None:
        minimizer = read_minimizers(minimizer, formula.dim)
    if minimum is None and minimizer is not None:
        with np.errstate(all="ignore"):
            minimum = float(functions.value(minimizer[0])[0])
    return Objective(
        name or formula.text.strip(),
        formula.dim,
        kernel=functions.kernel,
        hessian_function=functions.hessian,
        formula=formula_latex(formula),
        domain=read_domain(DOMAIN if domain is None else domain, formula.dim),
        minimizer=minimizer,
        minimum=minimum,
        quadratic=functions.quadratic,
        degree=formula.degree,
    )


def gradient_latex(text: str) -> list[str]:
    """∂f/∂x_i in LaTeX, one for each variable of the formula.

    Raises:
        ExpressionError: the formula is refused.
    """
    from egop.objectives.derivation import gradient_formulas

    return gradient_formulas(parse(text))


@lru_cache(maxsize=KEPT)
def _derived(derive: Callable[[str], Derivation], canonical: str) -> Derivation:
    return derive(canonical)


class _Functions(NamedTuple):
    """Returns the functions of a derivation, shared by all objectives of the same formula."""

    kernel: Kernel
    value: Callable[[np.ndarray], list]
    hessian: Function | None
    quadratic: tuple[np.ndarray, np.ndarray] | None


@lru_cache(maxsize=KEPT)
def _functions(derivation: Derivation) -> _Functions:
    """A formula's kernel (not yet compiled), value and Hessian in numpy."""
    canonical, kernel, value, numbers, hessian, _ = derivation
    quadratic = None
    if numbers:
        dim = len(parse(canonical).names)
        quadratic = frozen(np.reshape(numbers[:-dim], (dim, dim))), frozen(np.array(numbers[-dim:]))
    return _Functions(
        FormulaKernel(canonical, kernel),
        defined("arrays", value),
        None if hessian is None else FormulaHessian(canonical, hessian),
        quadratic,
    )


class FormulaKernel(Kernel):
    """A formula's value and gradient, translated at first use; it is pickled as the formula's text.

    Args:
        canonical: the formula.
        source: of `kernel`, as `egop.objectives.source` writes it.
    """

    def __init__(self, canonical: str, source: str):
        super().__init__()
        self._canonical, self._source = canonical, source

    def __reduce__(self):
        return _kernel_of_formula, (self._canonical,)

    def _compile(self) -> NativeCode:
        return NativeCode(self._source)


def _kernel_of_formula(canonical: str) -> Kernel:
    from egop.objectives.formula_source import derive

    return _functions(_derived(derive, canonical)).kernel


class FormulaHessian:
    """A formula's Hessian, derived at the first call; it is pickled as the formula's text.

    Args:
        canonical: the formula.
        source: of its second derivatives; "": to be derived.
    """

    def __init__(self, canonical: str, source: str | None = ""):
        self._canonical, self._source = canonical, source

    def __reduce__(self):
        return FormulaHessian, (self._canonical,)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Returns the Hessians at points (..., d), (..., d, d)."""
        if self._second is None:
            return symmetric(central_differences(self._slope, x, DIFFERENCE_STEP))
        with np.errstate(all="ignore"):
            parts = self._second(x)[1:]
        stacked = np.stack([np.broadcast_to(part, x.shape[:-1]) for part in parts], axis=-1)
        return stacked.reshape(*x.shape, x.shape[-1])

    def _slope(self, x: np.ndarray) -> np.ndarray:
        points = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
        kernel = _kernel_of_formula(self._canonical)
        return evaluate(kernel, np.zeros(1), points)[1].reshape(x.shape)

    @cached_property
    def _second(self) -> Callable | None:
        if self._source == "":
            from egop.objectives.formula_source import derive_hessian

            self._source = derive_hessian(self._canonical)
        return None if self._source is None else defined("arrays", self._source)


def _vertex(H: np.ndarray, center: np.ndarray) -> np.ndarray | None:
    """The minimizer of a strictly convex quadratic, else None."""
    eigenvalues = np.linalg.eigvalsh(H)
    return center if eigenvalues[0] > 1e-12 * eigenvalues[-1] else None
