"""Singular parts of a formula's derivatives: poles, overflow, fast decay."""

from collections.abc import Iterable
from typing import Any

import sympy

from egop.objectives.derivation import Program
from egop.objectives.special import Absolute, EvenPower, Ratio, Sigmoid, Step, TimesLog

BOUNDED = (sympy.sin, sympy.cos, sympy.tanh, sympy.atan, Step, Sigmoid)
"""Functions whose value is finite, whatever the argument."""
UNBOUNDED = (
    sympy.log,
    sympy.exp,
    sympy.sinh,
    sympy.cosh,
    sympy.tan,
    EvenPower,
    TimesLog,
    Ratio,
)
"""Functions that may be infinite where the argument is finite."""
SATURATING = (sympy.tanh, sympy.atan, Sigmoid)
"""Functions whose slope is 0 where the argument is infinite."""


class Singularities:
    """The singular steps of a program, as far as their forms show.

    Args:
        program: the steps.
    """

    def __init__(self, program: Program):
        self._program = program
        self._steps: dict[Any, Any] = program.steps
        self._unbounded: dict[Any, bool] = dict.fromkeys(program.variables, False)
        self._poles: dict[Any, tuple[Any, Any]] = {}
        self._vanishing: dict[Any, bool] = {}
        self._even: dict[Any, bool] = {}

    def record(self, symbol: Any, expression: Any) -> None:
        """Takes note of a step; its own steps come first."""
        self._unbounded[symbol] = self.may_be_infinite(expression)
        self._poles[symbol] = self._pole(expression)
        self._vanishing[symbol] = self.vanishes(expression)
        self._even[symbol] = self._is_even(expression)

    def may_be_infinite(self, expression: Any) -> bool:
        """True if the expression may be infinite where the variables are not, but for overflow.

        Exponentials count, since they overflow early.
        """
        if expression not in self._unbounded:
            self._unbounded[expression] = self._looks_infinite(expression)
        return self._unbounded[expression]

    def _looks_infinite(self, expression: Any) -> bool:
        if not expression.free_symbols or isinstance(expression, BOUNDED):
            return False
        if isinstance(expression, UNBOUNDED):
            return not self._decays(expression)
        if expression.is_Pow:
            exponent = expression.exp
            if not (exponent.is_Rational and exponent > 0 and exponent.q <= 2):
                return True
        return any(map(self.may_be_infinite, expression.args))

    def _decays(self, expression: Any) -> bool:
        """True if the expression is exp(−u) where u is a sum of squares, or the like."""
        if not isinstance(expression, sympy.exp):
            return False
        exponent: Any = expression.args[0]
        return self._is_even(-self._steps.get(exponent, exponent))

    def _is_even(self, expression: Any) -> bool:
        """True if the expression's form shows that it is nowhere below 0."""
        if expression in self._steps:
            return self._even.get(expression, False)
        if expression.is_Number:
            return bool(expression >= 0)
        if expression.is_Add or expression.is_Mul:
            return all(map(self._is_even, expression.args))
        squared = expression.is_Pow and expression.exp.is_Integer and expression.exp % 2 == 0
        return squared or isinstance(expression, (EvenPower, Absolute))

    def exposed_exponentials(self, value: Any) -> set[Any]:
        """The exponentials in a formula, but for those that only saturating functions take.

        Those are harmless where they overflow: the slope of tanh(exp(x)) at 800 is 0.
        """
        found, seen = set(), set()
        left: list[Any] = [value]
        while left:
            expression = left.pop()
            if expression in seen or not expression.free_symbols:
                continue
            seen.add(expression)
            if _is_exponential(expression):
                found.add(expression)
            elif not isinstance(expression, SATURATING):
                left += [self._steps[expression]] if expression in self._steps else expression.args
        return {each for each in found if not self._decays(each)}

    def vanishes(self, term: Any) -> bool:
        """True if exp(−1/u) is a factor of each term: where u is 0, that outweighs any pole."""
        if term.is_Add:
            return all(map(self.vanishes, term.args))
        return any(
            self._vanishing.get(factor, False)
            or (factor.is_Add and self.vanishes(factor))
            or (isinstance(factor, sympy.exp) and self._has_pole(factor.args[0]))
            for factor in sympy.Mul.make_args(term)
        )

    def _has_pole(self, expression: Any) -> bool:
        """True if a term of the expression has a divisor."""
        whole: Any = self._steps.get(expression, expression)
        factors: Any = (f for term in sympy.Add.make_args(whole) for f in sympy.Mul.make_args(term))
        return any(f.is_Pow and f.exp.is_Number and f.exp < 0 for f in factors)

    def gathered(self, terms: list) -> tuple[list[tuple[Any, bool]], list]:
        """A sum's terms in two lists: products of an infinite factor with a sum, and the others.

        Two terms that are infinite against each other are 0 · ∞ if they share their infinite
        factor, as those of sqrt(x^2 − 2xy + y^2); else nothing is known of their sum. With each
        product comes whether it is 0 there: so if the sum is the slope of what the factor takes.
        """
        groups: dict[Any, list] = {}
        for term in terms:
            pole = self._pole(term)[0] if self.may_be_infinite(term) else None
            groups.setdefault(pole, []).append(term)
        others = groups.pop(None, [])
        products = []
        for pole, members in groups.items():
            if len(members) > 1:
                rest = sympy.Add(*(self._pole(term)[1] for term in members))
                inner = pole.is_Pow and not needed(self._program, [rest]) & pole.base.free_symbols
                products.append((pole * rest, inner))
            else:
                others += members
        return products, others

    def _pole(self, term: Any) -> tuple[Any, Any]:
        """The only factor of a term that may be infinite, itself without one, and the others."""
        infinite = [f for f in sympy.Mul.make_args(term) if self.may_be_infinite(f)]
        if len(infinite) != 1:
            return term, sympy.Integer(1)
        pole, inner = self._poles.get(infinite[0], (infinite[0], sympy.Integer(1)))
        return pole, inner * (term / infinite[0])


def needed(program: Program, outputs: Iterable[sympy.Expr]) -> set[Any]:
    """The symbols that the outputs depend on."""
    found: set[Any] = set().union(*(output.free_symbols for output in outputs))
    for symbol, expression in reversed(list(program.steps.items())):
        if symbol in found:
            found |= expression.free_symbols
    return found


def _is_exponential(expression: Any) -> bool:
    varying = expression.is_Pow and not expression.exp.is_Number
    return varying or isinstance(expression, (sympy.exp, sympy.sinh, sympy.cosh))
