"""A formula's tree → sympy, as one expression that can be shown. Imports sympy."""

from typing import Any

import numpy as np
import sympy

from egop.objectives.grammar import ExpressionError
from egop.objectives.shape import flat_product
from egop.objectives.special import CLASSES, number
from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum, Variable


class Converter:
    """Tree → sympy, as mathematics writes it.

    Args:
        variables: symbols of the d coordinates.
    """

    def __init__(self, variables: tuple[sympy.Symbol, ...]):
        self.variables = variables
        self._converted: dict[tuple[str, int], tuple[Node, Any]] = {}

    def expression(self, node: Node) -> Any:
        """The node in sympy."""
        return self.once(f"_{type(node).__name__.lower()}", node)

    def once(self, method: str, node: Node) -> Any:
        """The result of a method for a node, computed once: a definition may hold a part twice."""
        key = method, id(node)
        if key not in self._converted:
            self._converted[key] = node, getattr(self, method)(node)
        return self._converted[key][1]

    def part(self, node: Node) -> Any:
        """The node as an argument."""
        return self.expression(node)

    def factor(self, node: Node) -> Any:
        """The node as a factor."""
        return self.expression(node)

    def multiply(self, factors: list) -> Any:
        """The product of expressions."""
        return sympy.Mul(*factors)

    def _number(self, node: Number) -> Any:
        if node.name:
            return {"pi": sympy.pi, "e": sympy.E}[node.name]
        return number(node.value)

    def _variable(self, node: Variable) -> Any:
        return self.variables[node.index]

    def _negative(self, node: Negative) -> Any:
        return -self.factor(node.operand)

    def _sum(self, node: Sum) -> Any:
        return sympy.Add(*(self.expression(term) for term in node.terms))

    def _product(self, node: Product) -> Any:
        factors, divisors = flat_product(node)
        return self.quotient([self.factor(factor) for factor in factors], divisors)

    def quotient(self, factors: list, divisors: list[Node]) -> Any:
        """The product of expressions, divided by parts of the tree."""
        inverses = [power(self.factor(divisor), sympy.Integer(-1)) for divisor in divisors]
        return self.multiply(factors + inverses)

    def _power(self, node: Power) -> Any:
        constant = node.size().constant
        if constant is not None:
            return number(constant)
        exponent = node.exponent.size().constant
        if exponent is None:
            return power(self.part(node.base), self.part(node.exponent))
        return power(self.part(node.base), exact(exponent))

    def _call(self, node: Call) -> Any:
        constant = node.size().constant
        if constant is not None:
            return _constant_call(node, constant)
        if node.meaning is not None:
            return self.expression(node.meaning)
        return CLASSES[node.name](*(self.part(argument) for argument in node.arguments))


def _constant_call(node: Call, constant: float) -> Any:
    """The root of a small integer exactly, any other number as float64."""
    radicand = node.arguments[0].size().constant
    if node.name == "sqrt" and radicand is not None and radicand.is_integer():
        return sympy.sqrt(number(radicand)) if radicand <= 1000 else number(constant)
    return number(constant)


def exact(exponent: float) -> Any:
    """Multiples of ½ exactly, other numbers as float64."""
    if (2 * exponent).is_integer():
        return sympy.Rational(int(2 * exponent), 2)
    return number(exponent)


def power(base: Any, exponent: Any) -> Any:
    """base^exponent; of two numbers as float64, since sympy would write out all digits of 9^(9^9).

    Raises:
        ExpressionError: it is not a finite real number.
    """
    if base.free_symbols or exponent.free_symbols or exponent == -1:
        return sympy.Pow(base, exponent)
    with np.errstate(all="ignore"):
        value = float(np.float64(float(base)) ** float(exponent))
    if not np.isfinite(value):
        raise ExpressionError("a constant part of the formula has nowhere a finite real value", 1)
    return number(value)
