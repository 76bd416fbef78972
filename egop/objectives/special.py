"""Functions of formulas that sympy lacks, or whose derivative takes a rule at a singular point.

Kinks (|u|, max), roots of sums of squares, and forms of exponentials that do not overflow.
Importing this file imports sympy.
"""

from typing import Any

import numpy as np
import sympy

from egop.objectives.grammar import FUNCTIONS, ExpressionError


class Kink(sympy.Function):
    """A function with a kink or a jump: its LaTeX is the grammar's."""

    grammar_name = ""

    @classmethod
    def eval(cls, *arguments):
        """The number that it is for numbers."""
        if any(argument.free_symbols for argument in arguments):
            return None
        function = getattr(np, FUNCTIONS[cls.grammar_name].numpy)
        return number(float(function(*map(float, arguments))))

    def _latex(self, printer, exp: str | None = None) -> str:
        arguments = ", ".join(printer._print(argument) for argument in self.args)
        latex = FUNCTIONS[self.grammar_name].latex.format(arguments)
        return latex if exp is None else rf"{latex}^{{{exp}}}"


class Absolute(Kink):
    """|u|, whose derivative is sign(u), 0 at the kink."""

    grammar_name = "abs"

    def fdiff(self, argindex: int = 1):
        """sign(u)."""
        return Sign(self.args[0])


class Step(Kink):
    """A function that is constant between its jumps; its derivative is 0 by convention."""

    def fdiff(self, argindex: int = 1):
        """Zero."""
        return sympy.Integer(0)


class Sign(Step):
    """sign(u)."""

    grammar_name = "sign"


class Floor(Step):
    """The largest integer that is not above u."""

    grammar_name = "floor"


class Ceil(Step):
    """The smallest integer that is not below u."""

    grammar_name = "ceil"


class Round(Step):
    """The integer nearest to u, the even one of two."""

    grammar_name = "round"


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


class Special(sympy.Function):
    """A function written as Python code in its arguments {0}, {1}; of floats it is `plain`."""

    code = ""
    plain: Any = None

    @classmethod
    def eval(cls, *arguments):
        """The value for numbers; None for expressions, which sympy keeps as they are."""
        if any(argument.free_symbols for argument in arguments):
            return None
        with np.errstate(all="ignore"):
            value = float(cls.plain(*map(float, arguments)))
        return number(value) if np.isfinite(value) else sympy.nan

    @property
    def parts(self) -> Any:
        """The arguments."""
        return self.args


class EvenPower(Special):
    """s^p, 0 < p, of a sum s of squares or absolute values, with all derivatives 0 where s = 0.

    Its derivatives are powers of s below 0, which are 0 there as well: like |u|, a norm has the
    slope 0 at its kink, and so has each product with it.
    """

    plain = staticmethod(np.power)

    def fdiff(self, argindex: int = 1):
        """p s^(p−1)."""
        base, exponent = self.parts
        lower: Any = EvenPower(base, exponent - 1)
        return exponent * lower


class TimesLog(Special):
    """u log(v), with the limit 0 where u and v are 0."""

    plain = staticmethod(lambda u, v: u * np.log(v) if u else u)

    def fdiff(self, argindex: int = 1):
        """log(v) or u/v."""
        factor, argument = self.parts
        return sympy.log(argument) if argindex == 1 else Ratio(factor, argument)


class Ratio(Special):
    """u/v, and 0 where u and v are 0: the slope of u log(v) in v, beside the infinite log(v)."""

    @classmethod
    def eval(cls, *arguments):
        """The number that it is where u is a multiple of v."""
        factor, argument = arguments
        if factor.free_symbols and not (quotient := factor / argument).free_symbols:
            return quotient
        return factor if factor == 0 else None

    def fdiff(self, argindex: int = 1):
        """1/v or −u/v²."""
        factor, argument = self.parts
        return 1 / argument if argindex == 1 else -factor / argument**2


class Sigmoid(Special):
    """1/(1 + exp(−u))."""

    code = "1.0 / (1.0 + np.exp(-{0}))"
    plain = staticmethod(lambda u: 1 / (1 + np.exp(-u)))

    def fdiff(self, argindex: int = 1):
        """The product of the sigmoids of u and −u: nothing in it overflows."""
        own: Any = Sigmoid(self.parts[0])
        other: Any = Sigmoid(-self.parts[0])
        return own * other


class LogAddExp(Special):
    """log(exp(u) + exp(v)), without computing exp(u) or exp(v)."""

    code = "np.logaddexp({0}, {1})"
    plain = staticmethod(np.logaddexp)

    def fdiff(self, argindex: int = 1):
        """The share of exp(u), or of exp(v), in their sum."""
        return Sigmoid(self.parts[argindex - 1] - self.parts[2 - argindex])


class LogCosh(Special):
    """log(cosh(u))."""

    code = "np.abs({0}) + np.log1p(0.5 * np.expm1(-2.0 * np.abs({0})))"
    plain = staticmethod(lambda u: np.logaddexp(u, -u) - np.log(2))

    def fdiff(self, argindex: int = 1):
        """tanh(u)."""
        return sympy.tanh(self.parts[0])


class Shift(Special):
    """max(u, v) as a number that a result does not depend on, so that its derivative is 0."""

    code = "np.maximum({0}, {1})"
    plain = staticmethod(np.maximum)

    def fdiff(self, argindex: int = 1):
        """Zero."""
        return sympy.Integer(0)


class Undefined(Special):
    """0·u: NaN where u is not finite, as a part of a formula is that cancelled or is times 0."""

    code = "0.0 * {0}"
    plain = staticmethod(lambda u: 0.0 * u)

    def fdiff(self, argindex: int = 1):
        """Zero."""
        return sympy.Integer(0)


class Hyperbolic(sympy.Function):
    """A hyperbolic function that is only written.

    sympy would look for the real part of what its own take: minutes for sinh(exp(x^99)).
    """

    def _latex(self, printer, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        name = type(self).__name__.lower() + power
        return rf"\{name}{{\left({printer._print(self.args[0])} \right)}}"


class Sinh(Hyperbolic):
    """sinh(u)."""

    def fdiff(self, argindex: int = 1):
        """cosh(u)."""
        return Cosh(self.args[0])


class Cosh(Hyperbolic):
    """cosh(u)."""

    def fdiff(self, argindex: int = 1):
        """sinh(u)."""
        return Sinh(self.args[0])


class Tanh(Hyperbolic):
    """tanh(u)."""

    def fdiff(self, argindex: int = 1):
        """1 − tanh(u)²."""
        return 1 - self**2


KINKS = {each.__name__: each for each in (Absolute, Sign, Floor, Ceil, Round, Larger, Smaller)}
CLASSES: dict[str, Any] = {
    name: KINKS.get(function.symbolic) or getattr(sympy, function.symbolic)
    for name, function in FUNCTIONS.items()
    if function.symbolic
}
"""The sympy class of each function of the grammar that is not defined by others."""
WRITTEN = CLASSES | {"sinh": Sinh, "cosh": Cosh, "tanh": Tanh}
"""The class by which each is written in LaTeX."""


def number(value: float) -> Any:
    """A whole number exactly, any other as the float64 that it is."""
    if value.is_integer() and abs(value) < 2**53:
        return sympy.Integer(int(value))
    return sympy.Float(value)


def finite(constant: Any) -> float:
    """A constant of numpy or sympy as float64.

    Raises:
        ExpressionError: it is not a finite real number.
    """
    try:
        value = float(constant)
    except (TypeError, OverflowError):  # complex, infinite without a sign, or too large
        value = np.nan
    if not np.isfinite(value):
        raise ExpressionError("a constant part of the formula has nowhere a finite real value", 1)
    return value
