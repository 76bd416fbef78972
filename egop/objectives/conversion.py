"""A formula's tree → sympy, as one expression that can be shown. Imports sympy.

Whatever the formula, sympy computes with short numbers alone: constants beyond 16 digits become
float64 at each node, functions and powers of them are computed by numpy, and what is not finite is
refused. Otherwise sympy would write out all digits of 9^9^9 as soon as parts that cancel, such as
x/x, leave such a tower.
"""

from typing import Any

import numpy as np
import sympy

from egop.objectives.grammar import FUNCTIONS
from egop.objectives.shape import flat_product
from egop.objectives.special import WRITTEN, finite, number
from egop.objectives.tree import (
    Call,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
    check_exponent,
)

LONGEST = 2**53
"""Numerators and denominators from here on become float64."""


class Converter:
    """Tree → sympy, as mathematics writes it.

    Args:
        variables: symbols of the d coordinates.

    Attributes:
        classes: sympy's class of each function.
    """

    classes = WRITTEN

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
            converted = self.shortened(getattr(self, method)(node))
            self._converted[key] = node, converted
        return self._converted[key][1]

    def shortened(self, expression: Any) -> Any:
        """The expression with a short number as its factor."""
        factor, rest = expression.as_coeff_Mul()
        if factor.is_Rational and max(abs(factor.p), factor.q) > LONGEST:
            return sympy.Mul(number(finite(factor)), rest)
        return expression

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
        exponent = self.part(node.exponent)
        if not exponent.free_symbols:
            value = finite(exponent)
            check_exponent(value)
            exponent = exact(value)
        return power(self.part(node.base), exponent)

    def _call(self, node: Call) -> Any:
        constant = node.size().constant
        if constant is not None:
            return _constant_call(node, constant)
        if node.meaning is not None:
            return self.expression(node.meaning)
        arguments = [self.part(argument) for argument in node.arguments]
        if any(argument.free_symbols for argument in arguments):
            return self.classes[node.name](*arguments)
        return _call_of_numbers(node, arguments)


def _call_of_numbers(node: Call, arguments: list) -> Any:
    """The function of constants that are left where parts with variables have cancelled."""
    numbers = [finite(argument) for argument in arguments]
    with np.errstate(all="ignore"):
        value = getattr(np, FUNCTIONS[node.name].numpy)(*numbers)
    return number(finite(value))


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
    """base^exponent, where powers of numbers, factors of the base among them, are float64.

    Raises:
        ExpressionError: such a power is not a finite real number.
    """
    if exponent.free_symbols:
        return sympy.Pow(base, exponent)
    factor, rest = base.as_coeff_Mul() if base.free_symbols else (base, sympy.Integer(1))
    inverse = bool(exponent == -1)
    if base.free_symbols:
        short = factor.is_Rational and (inverse or abs(factor) == 1)
        exact_power = short or not exponent.is_Integer
    else:
        exact_power = inverse and base.is_nonzero and not base.is_Float
    if exact_power:
        return sympy.Pow(base, exponent)
    with np.errstate(all="ignore"):
        value = np.float64(finite(factor)) ** float(exponent)
    return sympy.Mul(number(finite(value)), sympy.Pow(rest, exponent))
