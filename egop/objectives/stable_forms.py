"""A formula's tree → sympy in small named steps, in forms that neither overflow nor give 0/0.

log(1 + exp(x)) becomes LogAddExp(x, 0), 1/(1 + exp(−x)) becomes Sigmoid(x), and the root of a sum
of squares becomes EvenPower, so that value, gradient and Hessian are finite wherever the formula
is. Imports sympy.
"""

import math
from typing import Any

import sympy

from egop.objectives.conversion import exact
from egop.objectives.exponentials import (
    base_and_exponent,
    complement,
    is_large,
    shortened,
    term_factors,
    with_cosh,
)
from egop.objectives.shape import (
    flat_product,
    is_even,
    is_exponential,
    is_positive,
    is_sum_of_exponentials,
    zeros,
)
from egop.objectives.special import (
    EvenPower,
    LogAddExp,
    LogCosh,
    Shift,
    Sigmoid,
    TimesLog,
    finite,
    number,
)
from egop.objectives.steps import StepConverter
from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum

_MOST_SHARES = 64
"""Terms into which a product of sums of exponentials is multiplied out; with more it is kept."""


class StableConverter(StepConverter):
    """Tree → sympy in named steps, in the forms of this file."""

    def _product(self, node: Product) -> Any:
        factors, divisors = shortened(*flat_product(node))
        grows = any(map(is_sum_of_exponentials, factors))
        large = [d for d in divisors if is_large(d) or (is_exponential(d) and grows)]
        if large:
            divisors = [divisor for divisor in divisors if divisor not in large]
            return self.quotient([self._share(factors, large)], divisors)
        return self.quotient(self._times_logarithms(factors), divisors)

    def _times_logarithms(self, factors: list[Node]) -> list:
        """The factors, with x log(x) for x and log(x)."""
        expressions, left = [], list(factors)
        for factor in factors:
            if not (isinstance(factor, Call) and factor.name in {"log", "ln"}):
                continue
            inner = factor.arguments[0]
            both = (other for other in left if other != factor and zeros(other) & zeros(inner))
            other = next(both, None)
            if other is not None and not is_exponential(inner):
                left = [each for each in left if each is not factor and each is not other]
                expressions.append(TimesLog(self.part(other), self.part(inner)))
        return [*expressions, *map(self.factor, left)]

    def _power(self, node: Power) -> Any:
        exponent = node.exponent.size().constant
        if exponent is None or node.size().constant is not None:
            return super()._power(node)
        if is_sum_of_exponentials(node.base) and exponent < 1:
            if exponent < 0:
                inverse = node.base if exponent == -1 else Power(node.base, Number(-exponent))
                return self._share([], [inverse])
            return sympy.exp(self.named(exponent * self.log(node.base)))
        return self._root(node.base, exponent) or super()._power(node)

    def _root(self, base: Node, exponent: float) -> Any:
        """A power of a sum of squares that is not smooth where that is 0; None for others."""
        if exponent < 0 or exponent.is_integer() or is_positive(base) or not is_even(base):
            return None
        return EvenPower(self.part(base), exact(exponent))

    def _call(self, node: Call) -> Any:
        inner = node.arguments[0]
        if node.size().constant is None:
            if node.name == "sqrt":
                return self._power(Power(inner, Number(0.5)))
            if node.name in {"log", "ln"}:
                inner = with_cosh(inner)
                if is_exponential(inner):
                    return self.log(inner)
                if isinstance(inner, Sum) and (other := complement(inner)) is not None:
                    return self.log(other)
        return super()._call(node)

    def log(self, node: Node) -> Any:
        """The logarithm of a part, without computing exponentials in it that may overflow."""
        if is_exponential(node) and not isinstance(node, Negative):
            return self.once(f"_log_of_{type(node).__name__.lower()}", node)
        expression = self.expression(node)
        return sympy.log(self.named(expression))

    def _log_of_call(self, node: Call) -> Any:
        if node.meaning is not None:
            return self.log(node.meaning)
        if node.name == "exp":
            return self.expression(node.arguments[0])
        if node.name == "sqrt":
            return self.log(node.arguments[0]) / 2
        return LogCosh(self.part(node.arguments[0]))

    def _log_of_power(self, node: Power) -> Any:
        exponent = self.factor(node.exponent)
        if node.exponent.size().constant is None or is_positive(node.base):
            return sympy.Mul(exponent, self.factor_log(node.base))
        return sympy.log(self.part(node))

    def factor_log(self, node: Node) -> Any:
        """The logarithm of a part, by name where it is a sum."""
        logarithm = self.log(node)
        return self.named(logarithm) if logarithm.is_Add else logarithm

    def _log_of_product(self, node: Product) -> Any:
        """The sum of the positive factors' logarithms, and that of the product of the others."""
        factors, divisors = flat_product(node)
        tame = [f for f in factors if is_exponential(f) and is_positive(f)]
        below = [d for d in divisors if is_exponential(d) and is_positive(d)]
        logs = [self.log(f) for f in tame] + [-self.log(d) for d in below]
        others = [f for f in factors if f not in tame]
        rest = self.quotient(
            [self.factor(f) for f in others], [d for d in divisors if d not in below]
        )
        return sympy.Add(*logs, sympy.log(self.named(rest)))

    def _log_of_sum(self, node: Sum) -> Any:
        other = complement(node)
        if other is not None:
            return self.log(other)
        large = [term for term in node.terms if is_positive(term) and is_exponential(term)]
        rest = [term for term in node.terms if term not in large]
        if not large:
            return self._log_balanced(node)
        if all(map(is_positive, rest)):
            return self._add_exponentials([*large, *rest])
        less = [term.operand for term in rest if isinstance(term, Negative)]
        if len(less) == len(rest) and all(map(is_positive, less)):
            logarithm = self._add_exponentials(large)
            change = self._add_exponentials(less) - logarithm
            return logarithm + sympy.log(self.named(1 - sympy.exp(self.named(change))))
        return self._log_balanced(node)

    def _log_balanced(self, node: Sum) -> Any:
        shift, balanced = self._balanced(node)
        return shift + sympy.log(self.named(balanced))

    def _balanced(self, node: Node) -> tuple[Any, Any]:
        """m and Σ terms/exp(m), where m is the largest exponent, 0 for a term without one."""
        terms, logs = [], []
        for term in node.terms if isinstance(node, Sum) else [node]:
            factors, divisors = flat_product(term)
            tame = [f for f in factors if is_exponential(f) and is_positive(f)]
            others = [self.factor(f) for f in factors if f not in tame]
            terms.append(self.quotient(others, divisors))
            logs.append(self.named(sympy.Add(*map(self.log, tame))))
        shift = logs[0]
        for logarithm in logs[1:]:
            shift = shift if shift == logarithm else self.named(Shift(shift, logarithm))
        weights = [sympy.exp(self.named(logarithm - shift)) for logarithm in logs]
        return shift, sympy.Add(*map(sympy.Mul, terms, weights))

    def _add_exponentials(self, terms: list[Node]) -> Any:
        """log Σ exp(log(term))."""
        total, *logs = [self.log(term) for term in terms]
        for logarithm in logs:
            if total == -logarithm:
                total = sympy.log(2) + LogCosh(self.named(total))
            else:
                total = LogAddExp(self.named(total), self.named(logarithm))
        return total

    def _share(self, factors: list[Node], divisors: list[Node]) -> Any:
        """Π factors / Π divisors, where the divisors are sums of exponentials."""
        sums = [f for f in factors if isinstance(f, Sum) and is_exponential(f)]
        shares = math.prod(len(factor.terms) for factor in sums if not is_positive(factor))
        for index, factor in enumerate(factors if shares <= _MOST_SHARES else ()):
            if isinstance(factor, Sum) and is_exponential(factor) and not is_positive(factor):
                others = factors[:index] + factors[index + 1 :]
                terms = [self._share([*others, *term_factors(t)], divisors) for t in factor.terms]
                return sympy.Add(*terms)
        tame = [f for f in factors if is_exponential(f) and is_positive(f)]
        above = sympy.Add(*map(self.log, tame))
        rest = [self.factor(factor) for factor in factors if factor not in tame]
        return self.multiply([*rest, self._weight(above, divisors)])

    def sigmoid(self, exponent: Any) -> Any:
        """1/(1 + exp(−exponent))."""
        return Sigmoid(self.named(exponent))

    def _weight(self, above: Any, divisors: list[Node]) -> Any:
        """exp(above) / Π divisors: a sigmoid where it is one, up to a constant."""
        only = divisors[0] if len(divisors) == 1 and is_positive(divisors[0]) else None
        if isinstance(only, Sum) and len(only.terms) == 2:
            logs = [self.log(term) for term in only.terms]
            for own, other in (logs, logs[::-1]):
                difference = above - own
                if not difference.free_symbols:
                    share = number(math.exp(min(finite(difference), 709.0)))
                    return share * self.sigmoid(own - other)
        inverses = []
        for divisor in divisors:
            if is_positive(divisor):
                above -= self.log(divisor)
                continue
            base, exponent = base_and_exponent(divisor)
            shift, balanced = self._balanced(base)
            above -= exact(exponent) * shift
            inverses.append(sympy.Pow(self.named(balanced), -exact(exponent)))
        return sympy.Mul(sympy.exp(self.named(above)), *inverses)
