"""A program of sympy steps → Python source, for native kernels and for numpy arrays alike.

Only what `egop.objectives.derivation` built is printed here, by name tables: nothing of the text
that somebody typed ever reaches the source. Powers become products and square roots, equal
powers and calls are computed once.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy

from egop.objectives.derivation import TOO_LONG, Program
from egop.objectives.generated import defined
from egop.objectives.grammar import FUNCTIONS, ExpressionError
from egop.objectives.singularities import Singularities, needed
from egop.objectives.special import CLASSES, EvenPower, Ratio, Special, TimesLog

NUMPY = {each: FUNCTIONS[name].numpy for name, each in CLASSES.items()}
"""The numpy function of each sympy class."""

MAX_KERNEL = 20_000
"""Characters of a kernel, which becomes native code in up to 0.2 seconds."""
MAX_ARRAYS = 80_000
"""Characters of a function of numpy arrays, which Python compiles in 0.2 seconds."""

CHOICES = {
    "kernel": "choose({0}, {1}, {2})",
    "arrays": "np.where({0}, {1}, {2})",
}
"""The second where the first is true, else the third: for numbers, and for arrays."""


class Source:
    """Lines of Python that compute a formula's value and derivatives of it.

    A derivative's product of 0 and a factor that is infinite counts as 0 where the value is finite,
    the other terms stay: this is so at a kink. Products where ∞ comes from an exponential that
    overflows, ∞/∞, and ∞ − ∞ of different poles are unknown, and stay NaN.

    Attributes:
        lines: statements, in order.
        outputs: an expression for the value, then one for each derivative.
        guarded: whether some term may be such.

    Args:
        program: the steps.
        value: the formula.
        derivatives: of it, of any order.
        choice: how a choice is written, of `CHOICES`.
    """

    def __init__(
        self,
        program: Program,
        value: sympy.Expr,
        derivatives: Iterable[sympy.Expr] = (),
        choice: str = CHOICES["kernel"],
    ):
        self.lines: list[str] = []
        self.guarded = False
        self._choice = choice
        self._hole = ""  # what counts for NaN: 0, or NaN where a value is not finite
        self._known: dict[Any, str] = {v: f"x{i}" for i, v in enumerate(program.variables)}
        self._singular = Singularities(program)
        derivatives = list(derivatives)
        self._write_steps(program, [value])
        code = self._write(value)
        self.outputs = [code]
        if derivatives:
            finite = " + ".join([code, *self._fourth_powers(value)])
            self._hole = self._local(f"0.0 * ({finite})")
            self._write_steps(program, derivatives)
            self.outputs += [self._write(derivative) for derivative in derivatives]
            if not self.guarded:
                self.lines = [line for line in self.lines if not line.startswith(self._hole + " ")]

    def _write_steps(self, program: Program, outputs: list[sympy.Expr]) -> None:
        """Writes the steps that the outputs need."""
        symbols = needed(program, outputs)
        for symbol, expression in program.steps.items():
            if symbol in symbols and symbol not in self._known:
                self._known[symbol] = self._local(self._write(expression))
                self._singular.record(symbol, expression)

    def _fourth_powers(self, value: sympy.Expr) -> list[str]:
        """Fourth powers of the value's exponentials: they overflow before a derivative does."""
        codes = sorted({self._write(each) for each in self._singular.exposed_exponentials(value)})
        return [" * ".join([code] * 4) for code in codes]

    def _local(self, code: str) -> str:
        if code.isidentifier():
            return code
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {code}")
        return name

    def _guard(self, code: str, factors: list[str], divisor: str, cancels: bool) -> str:
        """The product; 0 where it is 0 · ∞ or, if it `cancels`, 0/0, and the value is finite."""
        self.guarded = True
        term, hole = self._local(code), self._hole
        if divisor:  # NaN where that is infinite, or 0
            hole = f"{hole} * {divisor}" if cancels else f"{hole} * {divisor} / {divisor}"
        nonzero = " & ".join(f"({factor} != 0.0)" for factor in factors)
        otherwise = self._choice.format(nonzero, term, hole)
        return self._local(self._choice.format(f"{term} == {term}", term, f"({otherwise})"))

    def _write(self, expression: Any) -> str:
        """Code for an expression, as tight as an atom."""
        if expression in self._known:
            return self._known[expression]
        if not expression.free_symbols:
            return _literal(expression)
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            return self._write_product(expression)
        code = self._power(expression) if expression.is_Pow else self._call(expression)
        self._known[expression] = self._local(code)
        return self._known[expression]

    def _sum(self, expression: Any) -> str:
        terms = sorted(expression.args, key=_negative)
        if self._hole:
            products, terms = self._singular.gathered(terms)
            for product, cancels in products:
                self._write_product(product, cancels)
            terms = sorted([*(each for each, _ in products), *terms], key=_negative)
        return self._added(terms)

    def _added(self, terms: list) -> str:
        code = ""
        for term in terms:
            sign = "-" if _negative(term) else "+"
            code += f" {sign} {self._write(-term if sign == '-' else term)}"
        return f"({code.removeprefix(' + ').lstrip()})"

    def _write_product(self, expression: Any, cancels: bool = False) -> str:
        """Code for a product; `cancels`: it is 0 where a divisor and another factor are."""
        constant, factors = expression.as_independent(*expression.free_symbols, as_Add=False)
        above, below = [], []
        for factor in sympy.Mul.make_args(factors):
            _, exponent = factor.as_base_exp()
            inverted = exponent.is_Number and exponent < 0 and factor.is_Pow
            (below if inverted else above).append(1 / factor if inverted else factor)
        codes = [self._write(factor) for factor in above]
        sign = "-" if constant == -1 and codes else ""
        if not codes or (constant != 1 and not sign):
            codes.insert(0, _literal(constant))
        code = sign + " * ".join(codes)
        bases = list(map(self._overflowing_base, below))
        squares = [
            (self._write(base), factor.exp)
            for base, factor in zip(bases, below, strict=True)
            if base
        ]
        once = [self._write(factor) for base, factor in zip(bases, below, strict=True) if not base]
        if once:
            code += f" / ({' * '.join(once)})" if len(once) > 1 else f" / {once[0]}"
        for base, exponent in squares:
            code += f" / {base}" * int(exponent)
        divisor = " * ".join([*once, *(base for base, _ in squares)])
        divisor = f"({divisor})" if len(below) > 1 else divisor
        several = len(above) + len(below) > 1
        if self._hole and several and above and self._singular.may_be_infinite(expression):
            cancels = cancels or self._singular.vanishes(expression)
            self._known[expression] = self._guard(code, codes[-len(above) :], divisor, cancels)
            return self._known[expression]
        return f"({code})"

    def _overflowing_base(self, divisor: Any) -> Any:
        """s of a divisor s² that may overflow where s does not; None for another divisor."""
        power = divisor.is_Pow and divisor.exp.is_Integer and 2 <= divisor.exp <= 4
        return divisor.base if power and self._singular.may_be_infinite(divisor.base) else None

    def _call(self, expression: Any) -> str:
        if isinstance(expression, EvenPower):
            return self._even_power(*expression.args)
        arguments = list(map(self._write, expression.args))
        if isinstance(expression, (TimesLog, Ratio)):
            factor, inner = map(self._local, arguments)
            both = f"({factor} == 0.0) & ({inner} == 0.0)"
            whole = f"* np.log({inner})" if isinstance(expression, TimesLog) else f"/ {inner}"
            return self._choice.format(both, "0.0", f"{factor} {whole}")
        if isinstance(expression, Special):
            return expression.code.format(*map(self._local, arguments))
        return f"np.{NUMPY[type(expression)]}({', '.join(arguments)})"

    def _even_power(self, base: Any, exponent: Any) -> str:
        if exponent > 0:
            return self._power(sympy.Pow(base, exponent))
        inverse, base = self._write(EvenPower(base, -exponent)), self._write(base)
        return self._choice.format(f"{base} > 0.0", f"1.0 / {inverse}", f"{base} * 0.0")

    def _power(self, expression: Any) -> str:
        base, exponent = expression.args
        if exponent.is_Number and exponent < 0:
            return f"1.0 / {self._write(sympy.Pow(base, -exponent))}"
        if exponent.is_Integer:
            half = int(exponent) // 2
            rest = base if exponent % 2 else sympy.Integer(1)
            parts = [sympy.Pow(base, half)] * 2 + [rest] * (exponent % 2)
            return " * ".join(map(self._write, parts))
        if exponent.is_Rational and exponent.q == 2:
            root = f"np.sqrt({self._write(base)})"
            whole = exponent.p // 2
            return root if not whole else f"{self._write(sympy.Pow(base, whole))} * {root}"
        return f"{self._write(base)} ** {self._write(exponent)}"


def _negative(term: Any) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def _literal(expression: Any) -> str:
    """A constant as a float64 literal; ExpressionError when it is no real number."""
    try:
        value = float(expression)
    except OverflowError:
        value = math.copysign(math.inf, float(sympy.sign(expression)))
    except TypeError:  # complex, or infinite without a sign
        value = float("nan")
    if math.isnan(value):
        raise ExpressionError("the formula or its derivative has nowhere a finite real value", 1)
    code = repr(value).replace("inf", "np.inf")
    return code if value >= 0 else f"({code})"


def kernel(program: Program, value: sympy.Expr, gradient: list[sympy.Expr]) -> Callable:
    """`kernel(data, dim, point, gradient)`, which returns the value and writes the gradient."""
    return defined("kernel", kernel_source(program, value, gradient))


def kernel_source(program: Program, value: sympy.Expr, gradient: list[sympy.Expr]) -> str:
    """The source of `kernel`.

    Raises:
        ExpressionError: it is longer than `MAX_KERNEL`.
    """
    source = Source(program, value, gradient)
    lines = [f"x{i} = point[{i}]" for i in range(len(gradient))] + source.lines
    lines += [f"gradient[{i}] = {code}" for i, code in enumerate(source.outputs[1:])]
    lines.append(f"return {source.outputs[0]}")
    return _function("kernel", "data, dim, point, gradient", lines, MAX_KERNEL)


def arrays(
    program: Program, value: sympy.Expr, derivatives: Iterable[sympy.Expr] = ()
) -> Callable[[np.ndarray], list]:
    """A numpy function, points (..., d) → value and derivatives, each (...) or a number."""
    return defined("arrays", arrays_source(program, value, derivatives))


def arrays_source(
    program: Program, value: sympy.Expr, derivatives: Iterable[sympy.Expr] = ()
) -> str:
    """The source of `arrays`.

    Raises:
        ExpressionError: it is longer than `MAX_ARRAYS`.
    """
    source = Source(program, value, derivatives, CHOICES["arrays"])
    lines = [f"x{i} = x[..., {i}]" for i in range(len(program.variables))]
    outputs = f"return [{', '.join(source.outputs)}]"
    return _function("arrays", "x", [*lines, *source.lines, outputs], MAX_ARRAYS)


def _function(name: str, arguments: str, lines: list[str], longest: int) -> str:
    source = f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    if len(source) > longest:
        raise ExpressionError(TOO_LONG, 1)
    return source
