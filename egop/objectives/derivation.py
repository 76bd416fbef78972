"""A formula's tree → sympy, and its exact derivatives. Importing this file imports sympy.

A formula is kept as a program of small named steps, s₀ = y − x², f = (1 − x)² + 100 s₀², and
differentiated by the chain rule from the last step to the first (reverse mode): sympy
differentiates each step, nothing is multiplied out. The work and the length of the result are
then proportional to the length of the formula, however deep it is nested, and the gradient shares
every step with the value.
"""

from functools import lru_cache
from typing import Any

import sympy

from egop.objectives.conversion import Converter
from egop.objectives.grammar import ExpressionError
from egop.objectives.shape import nesting
from egop.objectives.special import number
from egop.objectives.stable_forms import StableConverter
from egop.objectives.tree import Formula
from egop.objectives.typesetting import formula_latex, variables_latex

MAX_WRITTEN = 1000
"""Symbols up to which a gradient is written out."""
MAX_NESTED = 8
"""Functions within functions up to which it is; sympy looks through them again and again."""
MAX_STEPS = 2000
"""Steps of a formula and its gradient: about half a second of sympy's work."""
MAX_HESSIAN_STEPS = 4000
"""Steps of a formula, its gradient and its Hessian."""
TOO_LONG = "the formula is too long: its derivatives take too many operations; make it shorter"


class Program:
    """Named steps over the variables, each a small sympy expression in earlier names.

    Attributes:
        variables: symbols of the d coordinates.
        steps: symbol → expression, in order.
        most: how many steps there may be.
    """

    def __init__(self, variables: tuple[sympy.Symbol, ...]):
        self.variables = variables
        self.steps: dict[sympy.Symbol, sympy.Expr] = {}
        self.most = MAX_STEPS
        self._names: dict[sympy.Expr, sympy.Symbol] = {}

    def name(self, expression: sympy.Expr) -> sympy.Expr:
        """A symbol for the expression (the same for equal ones); atoms stand for themselves.

        Raises:
            ExpressionError: there are too many steps.
        """
        if expression.is_Atom:
            return expression
        if expression not in self._names:
            if len(self.steps) >= self.most:
                raise ExpressionError(TOO_LONG, 1)
            symbol = sympy.Symbol(f"s{len(self.steps)}")
            self._names[expression] = symbol
            self.steps[symbol] = expression
        return self._names[expression]

    def gradient(self, output: sympy.Expr) -> list[sympy.Expr]:
        """∂output/∂variables; appends the steps that it needs."""
        adjoints: dict[Any, list] = {}
        _spread(output, sympy.Integer(1), adjoints)
        for symbol, expression in reversed(list(self.steps.items())):
            parts = adjoints.pop(symbol, None)
            if parts is not None:
                _spread(expression, self.name(sympy.Add(*parts)), adjoints)
        return [sympy.Add(*adjoints.get(variable, ())) for variable in self.variables]


def _spread(expression: sympy.Expr, adjoint: sympy.Expr, adjoints: dict[Any, list]) -> None:
    """Adds adjoint · ∂expression/∂s to the adjoint of each symbol s in the expression."""
    for symbol, partial in _partials(expression):
        adjoints.setdefault(symbol, []).append(sympy.Mul(adjoint, partial))


@lru_cache(maxsize=4096)
def _partials(expression: sympy.Expr) -> list[tuple[Any, sympy.Expr]]:
    symbols = sorted(expression.free_symbols, key=str)
    return [(symbol, expression.diff(symbol)) for symbol in symbols]


def program(formula: Formula) -> tuple[Program, sympy.Expr]:
    """The steps of a formula and its value in terms of them."""
    built = Program(tuple(sympy.Symbol(name) for name in variables_latex(formula.names)))
    return built, StableConverter(built.variables, built.name).expression(formula.tree)


def gradient_formulas(formula: Formula) -> list[str]:
    """∂f/∂x_i in LaTeX, one for each variable; left as ∂(f)/∂x_i where it would fill a page."""
    built, value = program(formula)
    return written_gradient(formula, built, built.gradient(value))


def written_gradient(formula: Formula, built: Program, partials: list[sympy.Expr]) -> list[str]:
    """`gradient_formulas` of a formula whose steps are known."""
    variables = variables_latex(formula.names)
    try:
        short = sum(_written_sizes(built, partials)) <= MAX_WRITTEN
        if short and nesting(formula.tree) <= MAX_NESTED:
            value = Converter(built.variables).expression(formula.tree)
            return [sympy.latex(_plain(value.diff(variable))) for variable in built.variables]
    except ExpressionError:  # a number in the formula multiplied out is too large
        pass
    f = rf"\left({formula_latex(formula)}\right)"
    return [rf"\frac{{\partial}}{{\partial {variable}}} {f}" for variable in variables]


def _written_sizes(built: Program, outputs: list[sympy.Expr]) -> list[int]:
    """Counts the symbols of each output with its steps written out."""
    sizes: dict[Any, int] = {}

    def size(expression: sympy.Expr) -> int:
        return sum(sizes.get(part, 1) for part in sympy.preorder_traversal(expression))

    for symbol, expression in built.steps.items():
        sizes[symbol] = size(expression)
    return [size(output) for output in outputs]


def _plain(expression: sympy.Expr) -> sympy.Basic:
    """The expression with 4 in place of 4.0."""
    floats = expression.atoms(sympy.Float)
    return expression.xreplace({value: number(float(value)) for value in floats})
