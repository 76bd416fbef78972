"""A program of sympy steps → Python source, for numba's kernels and for numpy arrays alike.

Only what `egop.objectives.derivation` built is printed here, by name tables: nothing of the text
that somebody typed ever reaches the source. Powers become products and square roots, equal
powers and calls are computed once.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy

from egop.objectives.derivation import Program
from egop.objectives.grammar import FUNCTIONS, ExpressionError
from egop.objectives.special import CLASSES, EvenPower, Sigmoid, Special, Step, TimesLog

NUMPY = {each: FUNCTIONS[name].numpy for name, each in CLASSES.items()}
"""The numpy function of each sympy class."""

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
)
"""Functions that may be infinite where the argument is finite."""

CHOICES = {
    "kernel": "{1} if {0} else {2}",
    "arrays": "np.where({0}, {1}, {2})",
}
"""The second where the first is true, else the third: for numbers, and for arrays."""


class Source:
    """Lines of Python that compute a formula's value and derivatives of it.

    A derivative's term that is 0/0, 0·∞ or ∞ − ∞ where the value is finite counts as 0, the other
    terms stay: this is so at a kink, and where an exponential overflows.

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
        self._hole = ""  # 0 where the value is finite, else NaN; empty before there is one
        self._known: dict[Any, str] = {v: f"x{i}" for i, v in enumerate(program.variables)}
        self._unbounded: dict[Any, bool] = dict.fromkeys(program.variables, False)
        derivatives = list(derivatives)
        self._write_steps(program, [value])
        code = self._write(value)
        self.outputs = [code]
        if derivatives:
            self._hole = self._local(f"{code} - {code}")
            self._write_steps(program, derivatives)
            self.outputs += [self._write(derivative) for derivative in derivatives]
            if not self.guarded:
                self.lines = [line for line in self.lines if not line.startswith(self._hole + " ")]

    def _write_steps(self, program: Program, outputs: list[sympy.Expr]) -> None:
        """Writes the steps that the outputs need."""
        needed = _needed(program, outputs)
        for symbol, expression in program.steps.items():
            if symbol in needed and symbol not in self._known:
                self._known[symbol] = self._local(self._write(expression))
                self._unbounded[symbol] = self._may_be_infinite(expression)

    def _may_be_infinite(self, expression: Any) -> bool:
        """Whether the expression may be infinite where the variables are not, but for overflow.

        Exponentials count, since they overflow early.
        """
        if expression not in self._unbounded:
            self._unbounded[expression] = self._looks_infinite(expression)
        return self._unbounded[expression]

    def _looks_infinite(self, expression: Any) -> bool:
        if not expression.free_symbols or isinstance(expression, BOUNDED):
            return False
        if isinstance(expression, UNBOUNDED):
            return True
        if expression.is_Pow:
            exponent = expression.exp
            if not (exponent.is_Rational and exponent > 0 and exponent.q <= 2):
                return True
        return any(map(self._may_be_infinite, expression.args))

    def _local(self, code: str) -> str:
        if code.isidentifier():
            return code
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {code}")
        return name

    def _guard(self, code: str) -> str:
        """The term; 0 where it is no number and the value is one."""
        self.guarded = True
        term = self._local(code)
        return self._local(self._choice.format(f"{term} == {term}", term, self._hole))

    def _write(self, expression: Any) -> str:
        """Code for an expression, as tight as an atom."""
        if expression in self._known:
            return self._known[expression]
        if not expression.free_symbols:
            return _literal(expression)
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            return self._product(expression)
        code = self._power(expression) if expression.is_Pow else self._call(expression)
        self._known[expression] = self._local(code)
        return self._known[expression]

    def _sum(self, expression: Any) -> str:
        terms = sorted(expression.args, key=_negative)
        infinite = [term for term in terms if self._may_be_infinite(term)] if self._hole else []
        if len(infinite) < 2:
            return self._added(terms)
        rest = [term for term in terms if term not in infinite]
        code = self._guard(self._added(infinite))
        return f"({code} + {self._added(rest)})" if rest else code

    def _added(self, terms: list) -> str:
        code = ""
        for term in terms:
            sign = "-" if _negative(term) else "+"
            code += f" {sign} {self._write(-term if sign == '-' else term)}"
        return f"({code.removeprefix(' + ').lstrip()})"

    def _product(self, expression: Any) -> str:
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
        if below:
            divisor = " * ".join(map(self._write, below))
            code += f" / ({divisor})" if len(below) > 1 else f" / {divisor}"
        several = len(above) + len(below) > 1
        if self._hole and several and self._may_be_infinite(expression):
            self._known[expression] = self._guard(code)
            return self._known[expression]
        return f"({code})"

    def _call(self, expression: Any) -> str:
        if isinstance(expression, EvenPower):
            return self._even_power(*expression.args)
        arguments = list(map(self._write, expression.args))
        if isinstance(expression, TimesLog):
            factor, inner = map(self._local, arguments)
            both = f"({factor} == 0.0) & ({inner} == 0.0)"
            return self._choice.format(both, "0.0", f"{factor} * np.log({inner})")
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


def _needed(program: Program, outputs: Iterable[sympy.Expr]) -> set[Any]:
    """The symbols that the outputs depend on."""
    needed = set().union(*(output.free_symbols for output in outputs))
    for symbol, expression in reversed(list(program.steps.items())):
        if symbol in needed:
            needed |= expression.free_symbols
    return needed


def _literal(expression: Any) -> str:
    """A constant as a float64 literal; ExpressionError when it is no real number."""
    try:
        value = float(expression)
    except TypeError:  # complex, or infinite without a sign
        value = float("nan")
    if math.isnan(value):
        raise ExpressionError("the formula or its derivative has nowhere a finite real value", 1)
    code = repr(value).replace("inf", "np.inf")
    return code if value >= 0 else f"({code})"


def kernel(program: Program, value: sympy.Expr, gradient: list[sympy.Expr]) -> Callable:
    """`kernel(data, dim, point, gradient)`, which returns the value and writes the gradient."""
    source = Source(program, value, gradient)
    lines = [f"x{i} = point[{i}]" for i in range(len(gradient))] + source.lines
    lines += [f"gradient[{i}] = {code}" for i, code in enumerate(source.outputs[1:])]
    return _defined("kernel", "data, dim, point, gradient", [*lines, f"return {source.outputs[0]}"])


def arrays(
    program: Program, value: sympy.Expr, derivatives: Iterable[sympy.Expr] = ()
) -> Callable[[np.ndarray], list]:
    """A numpy function, points (..., d) → value and derivatives, each (...) or a number."""
    source = Source(program, value, derivatives, CHOICES["arrays"])
    lines = [f"x{i} = x[..., {i}]" for i in range(len(program.variables))]
    outputs = f"return [{', '.join(source.outputs)}]"
    return _defined("arrays", "x", [*lines, *source.lines, outputs])


def _defined(name: str, arguments: str, lines: list[str]) -> Any:
    """The function that lines printed by this file make; it sees numpy as `np` and nothing else."""
    source = f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    namespace: dict[str, Any] = {"np": np, "__builtins__": {}}
    exec(compile(source, "<formula>", "exec"), namespace)  # noqa: S102
    return namespace[name]
