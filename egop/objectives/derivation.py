"""A formula's tree → sympy, and its exact derivatives. Importing this file imports sympy.

A formula is kept as a program of small named steps, s₀ = y − x², f = (1 − x)² + 100 s₀², and
differentiated by the chain rule from the last step to the first (reverse mode): sympy
differentiates each step, nothing is multiplied out. The work and the length of the result are
then proportional to the length of the formula, however deep it is nested, and the gradient shares
every step with the value.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from egop.objectives.grammar import FUNCTIONS
from egop.objectives.tree import Call, Formula, Negative, Node, Number, Power, Product, Sum
from egop.objectives.tree import Variable as VariableNode
from egop.objectives.typesetting import formula_latex, variables_latex

MAX_WRITTEN = 1000
"""Symbols up to which a gradient is written out."""

_ROW = 4
"""Factors of one step: the derivative of a product of n factors has n² of them."""


class Kink(sympy.Function):
    """A function with a kink: its LaTeX is the grammar's."""

    grammar_name = ""

    @classmethod
    def eval(cls, *arguments):
        """The number that it is for numbers."""
        if any(argument.free_symbols for argument in arguments):
            return None
        function = getattr(np, FUNCTIONS[cls.grammar_name].numpy)
        return number(float(function(*map(float, arguments))))

    def _latex(self, printer, exp: str | None = None) -> str:
        arguments = [printer._print(argument) for argument in self.args]
        latex = FUNCTIONS[self.grammar_name].latex.format(*arguments)
        return latex if exp is None else rf"{latex}^{{{exp}}}"


class Absolute(Kink):
    """|u|, whose derivative is sign(u), 0 at the kink."""

    grammar_name = "abs"

    def fdiff(self, argindex: int = 1):
        """sign(u)."""
        return Sign(self.args[0])


class Sign(Kink):
    """sign(u), whose derivative is 0 by convention everywhere."""

    grammar_name = "sign"

    def fdiff(self, argindex: int = 1):
        """Zero."""
        return sympy.Integer(0)


class Larger(Kink):
    """max(u, v), whose derivative at the kink is the mean of both sides'."""

    grammar_name = "max"

    def fdiff(self, argindex: int = 1):
        """1 for the larger, 0 for the other, ½ where they are equal."""
        return _half(self.args[argindex - 1], self.args[2 - argindex])


class Smaller(Kink):
    """min(u, v), whose derivative at the kink is the mean of both sides'."""

    grammar_name = "min"

    def fdiff(self, argindex: int = 1):
        """1 for the smaller, 0 for the other, ½ where they are equal."""
        return _half(self.args[2 - argindex], self.args[argindex - 1])


def _half(larger: Any, smaller: Any) -> Any:
    """1 where the first is larger, 0 where it is smaller, ½ where they are equal."""
    sign: Any = Sign(larger - smaller)
    return (1 + sign) / 2


KINKS = {kink.__name__: kink for kink in (Absolute, Sign, Larger, Smaller)}
CLASSES: dict[str, Any] = {
    name: KINKS.get(function.symbolic) or getattr(sympy, function.symbolic)
    for name, function in FUNCTIONS.items()
}
"""The sympy class of each function of the grammar."""


class Program:
    """Named steps over the variables, each a small sympy expression in earlier names.

    Attributes:
        variables: symbols of the d coordinates.
        steps: symbol → expression, in order.
    """

    def __init__(self, variables: tuple[sympy.Symbol, ...]):
        self.variables = variables
        self.steps: dict[sympy.Symbol, sympy.Expr] = {}
        self._names: dict[sympy.Expr, sympy.Symbol] = {}

    def name(self, expression: sympy.Expr) -> sympy.Expr:
        """A symbol for the expression (the same for equal ones); atoms stand for themselves."""
        if expression.is_Atom:
            return expression
        if expression not in self._names:
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
    return built, _Converter(built).expression(formula.tree)


class _Converter:
    """Tree → sympy, naming sums and arguments as steps of a program, or nothing without one."""

    def __init__(self, built: Program, named: bool = True):
        self.program = built
        self.named = named

    def expression(self, node: Node) -> Any:
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def part(self, node: Node) -> Any:
        """The node where only something short should stand."""
        expression = self.expression(node)
        if not self.named or not expression.free_symbols:
            return expression
        return self.program.name(expression)

    def factor(self, node: Node) -> Any:
        expression = self.expression(node)
        return self.program.name(expression) if self.named and expression.is_Add else expression

    def _number(self, node: Number) -> Any:
        if node.name:
            return {"pi": sympy.pi, "e": sympy.E}[node.name]
        return number(node.value)

    def _variable(self, node: VariableNode) -> Any:
        return self.program.variables[node.index]

    def _negative(self, node: Negative) -> Any:
        return -self.factor(node.operand)

    def _sum(self, node: Sum) -> Any:
        return sympy.Add(*(self.expression(term) for term in node.terms))

    def _product(self, node: Product) -> Any:
        factors = [self.factor(factor) for factor in node.factors]
        factors += [sympy.Pow(self.factor(divisor), -1) for divisor in node.divisors]
        while self.named and len(factors) > _ROW:
            rows = (factors[i : i + _ROW] for i in range(0, len(factors), _ROW))
            factors = [self.program.name(sympy.Mul(*row)) for row in rows]
        return sympy.Mul(*factors)

    def _power(self, node: Power) -> Any:
        constant = node.size().constant
        if constant is not None:
            return number(constant)
        exponent = node.exponent.size().constant
        if exponent is not None and (2 * exponent).is_integer():
            return sympy.Pow(self.part(node.base), sympy.Rational(int(2 * exponent), 2))
        return sympy.Pow(self.part(node.base), self.part(node.exponent))

    def _call(self, node: Call) -> Any:
        constant = node.size().constant
        if constant is None:
            return CLASSES[node.name](*(self.part(argument) for argument in node.arguments))
        radicand = node.arguments[0].size().constant
        if node.name == "sqrt" and radicand is not None and radicand.is_integer():
            return sympy.sqrt(number(radicand)) if radicand <= 1000 else number(constant)
        return number(constant)


def number(value: float) -> Any:
    """A whole number exactly, any other as the float64 that it is."""
    if value.is_integer() and abs(value) < 2**53:
        return sympy.Integer(int(value))
    return sympy.Float(value)


def gradient_formulas(formula: Formula) -> list[str]:
    """∂f/∂x_i in LaTeX, one for each variable; left as ∂(f)/∂x_i where it would fill a page."""
    built, output = program(formula)
    partials = built.gradient(output)
    variables = variables_latex(formula.names)
    if sum(_written_sizes(built, partials)) > MAX_WRITTEN:
        f = rf"\left({formula_latex(formula)}\right)"
        return [rf"\frac{{\partial}}{{\partial {variable}}} {f}" for variable in variables]
    value = _Converter(built, named=False).expression(formula.tree)
    return [sympy.latex(_plain(value.diff(variable))) for variable in built.variables]


def _written_sizes(built: Program, outputs: list[sympy.Expr]) -> list[int]:
    """How many symbols each output has when its steps are put in."""
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
