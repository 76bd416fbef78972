"""A formula's tree → sympy in small named steps. Imports sympy."""

import math
from collections.abc import Callable
from typing import Any

import sympy

from egop.objectives.conversion import Converter
from egop.objectives.domains import Domains
from egop.objectives.special import CLASSES, Undefined, finite, number
from egop.objectives.tree import Node, Sum

_ROW = 4
"""Factors of one step: the derivative of a product of n factors has n² of them."""


class StepConverter(Converter):
    """Tree → sympy, naming sums and arguments as steps of a program.

    Args:
        variables: symbols of the d coordinates.
        name: gives an expression a name and returns that.
    """

    classes = CLASSES

    def __init__(self, variables: tuple[sympy.Symbol, ...], name: Callable[[Any], Any]):
        super().__init__(variables)
        self.name = name
        self._domains = Domains()

    def expression(self, node: Node) -> Any:
        """The node in sympy; a part without variables is one float64."""
        constant = node.size().constant
        return super().expression(node) if constant is None else number(constant)

    def shortened(self, expression: Any) -> Any:
        """The expression, where parts with variables have cancelled the float64 that is left."""
        if expression.free_symbols:
            return super().shortened(expression)
        return number(finite(expression))

    def named(self, expression: Any) -> Any:
        """A name for the expression; numbers stand for themselves."""
        if not expression.free_symbols:
            return expression
        name = self.name(expression)
        self._domains.record(name, expression)
        return name

    def kept(self, whole: Any, parts: list) -> Any:
        """A sum or a product of parts, NaN where one that cancelled is: log(x) − log(x) at −1."""
        lost = self._domains.lost(whole, parts)
        holes: list[Any] = [Undefined(self.named(part)) for part in lost]
        return sympy.Add(whole, *holes)

    def part(self, node: Node) -> Any:
        """The name of a node."""
        return self.named(self.expression(node))

    def factor(self, node: Node) -> Any:
        """The node, by name where it is a sum."""
        expression = self.expression(node)
        return self.named(expression) if expression.is_Add else expression

    def _sum(self, node: Sum) -> Any:
        terms = [self.expression(term) for term in node.terms]
        return self.kept(sympy.Add(*terms), terms)

    def multiply(self, factors: list) -> Any:
        """The product of expressions, in rows of a few, the numbers among them first."""
        numbers = [factor for factor in factors if not factor.free_symbols]
        if len(numbers) > 1:
            factors = [factor for factor in factors if factor.free_symbols]
            factors.insert(0, number(finite(math.prod(map(finite, numbers)))))
        while len(factors) > _ROW:
            rows = (factors[i : i + _ROW] for i in range(0, len(factors), _ROW))
            factors = [self.named(self.kept(sympy.Mul(*row), list(row))) for row in rows]
        return self.kept(sympy.Mul(*factors), factors)
