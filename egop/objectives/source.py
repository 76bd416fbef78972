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

from egop.objectives.derivation import CLASSES, Program
from egop.objectives.grammar import FUNCTIONS, ExpressionError

NUMPY = {CLASSES[name]: function.numpy for name, function in FUNCTIONS.items()}
"""The numpy function of each sympy class."""


class Source:
    """Lines of Python that compute a program's steps and some outputs.

    Attributes:
        lines: statements, in order.
        outputs: an expression for each output.
        singular: whether some division, logarithm or root may be 0/0 at isolated points.
    """

    def __init__(self, program: Program, outputs: list[sympy.Expr]):
        self.lines: list[str] = []
        self.singular = False
        self._known: dict[Any, str] = {v: f"x{i}" for i, v in enumerate(program.variables)}
        needed = _needed(program, outputs)
        for symbol, expression in program.steps.items():
            if symbol in needed:
                self._known[symbol] = self._local(self._write(expression))
        self.outputs = [self._write(output) for output in outputs]

    def _local(self, code: str) -> str:
        if code.isidentifier():
            return code
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {code}")
        return name

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
        code = ""
        for term in sorted(expression.args, key=_negative):
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
            self.singular = True
            divisor = " * ".join(map(self._write, below))
            code += f" / ({divisor})" if len(below) > 1 else f" / {divisor}"
        return f"({code})"

    def _call(self, expression: Any) -> str:
        arguments = ", ".join(map(self._write, expression.args))
        self.singular |= isinstance(expression, sympy.log)
        return f"np.{NUMPY[type(expression)]}({arguments})"

    def _power(self, expression: Any) -> str:
        base, exponent = expression.args
        if exponent.is_Number and exponent < 0:
            self.singular = True
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
        self.singular = True
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
    """`kernel(data, dim, point, gradient)`, which returns the value and writes the gradient.

    Where the value is finite but a derivative is 0/0, as at the tip of a cone, the component is
    set to 0.
    """
    source = Source(program, [value, *gradient])
    lines = [f"x{i} = point[{i}]" for i in range(len(gradient))]
    lines += [*source.lines, f"f = {source.outputs[0]}"]
    for i, code in enumerate(source.outputs[1:]):
        lines.append(f"gradient[{i}] = {code}")
        if source.singular:
            lines[-1:] = [
                f"g{i} = {code}",
                f"gradient[{i}] = g{i} if g{i} == g{i} or f - f != 0.0 else 0.0",
            ]
    return _defined("kernel", "data, dim, point, gradient", [*lines, "return f"])


def arrays(program: Program, outputs: list[sympy.Expr]) -> Callable[[np.ndarray], list]:
    """A numpy function, points (..., d) → the list of outputs, each (...) or a number."""
    source = Source(program, outputs)
    lines = [f"x{i} = x[..., {i}]" for i in range(len(program.variables))]
    outputs_list = f"return [{', '.join(source.outputs)}]"
    return _defined("arrays", "x", [*lines, *source.lines, outputs_list])


def _defined(name: str, arguments: str, lines: list[str]) -> Any:
    """The function that lines printed by this file make; it sees numpy as `np` and nothing else."""
    source = f"def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines)
    namespace: dict[str, Any] = {"np": np, "__builtins__": {}}
    exec(compile(source, "<formula>", "exec"), namespace)  # noqa: S102
    return namespace[name]
