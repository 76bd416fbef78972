"""The words of typed formulas: functions, constants, variables and limits, as literal tables."""

import math
from typing import NamedTuple

LETTERS = ("x", "y", "z", "w")
NUMBERED = tuple(f"x{i}" for i in range(1, 9))
VARIABLES = "the variables are x, y, z, w or x1 to x8"

CONSTANTS = {"pi": math.pi, "e": math.e}
CONSTANT_LATEX = {"pi": r"\pi", "e": "e"}

MAX_LENGTH = 1000
"""Characters in a formula as it is typed."""
MAX_CANONICAL = 8 * MAX_LENGTH
"""Characters that its canonical spelling cannot exceed: √ becomes sqrt(), 9e9 has ten digits."""
MAX_DEPTH = 32
"""Levels of parentheses, function calls, signs and stacked powers."""
MAX_EXPONENT = 100
"""Size of a constant exponent, and degree that powers of powers may reach."""


MAX_ARGUMENTS = len(NUMBERED)
"""Arguments of a function that takes any number of them."""


class Function(NamedTuple):
    """A function of the grammar.

    Attributes:
        arity: how many arguments it takes at least.
        latex: its LaTeX, the arguments in place of {0}.
        numpy: its name in numpy, in compiled kernels and on arrays alike.
        symbolic: its class in sympy, or in `egop.objectives.special` for those with a kink.
        definition: where it is made of other functions, a formula in x, y, z; with `summand` a
            formula in {0}, the sum of them over all arguments.
        summand: what is summed, in {0}.
        most: how many arguments it takes at most; 0: `arity`.
    """

    arity: int
    latex: str
    numpy: str = ""
    symbolic: str = ""
    definition: str = ""
    summand: str = ""
    most: int = 0


FUNCTIONS = {
    "sin": Function(1, r"\sin\left({0}\right)", "sin", "sin"),
    "cos": Function(1, r"\cos\left({0}\right)", "cos", "cos"),
    "tan": Function(1, r"\tan\left({0}\right)", "tan", "tan"),
    "asin": Function(1, r"\arcsin\left({0}\right)", "arcsin", "asin"),
    "acos": Function(1, r"\arccos\left({0}\right)", "arccos", "acos"),
    "atan": Function(1, r"\arctan\left({0}\right)", "arctan", "atan"),
    "sinh": Function(1, r"\sinh\left({0}\right)", "sinh", "sinh"),
    "cosh": Function(1, r"\cosh\left({0}\right)", "cosh", "cosh"),
    "tanh": Function(1, r"\tanh\left({0}\right)", "tanh", "tanh"),
    "asinh": Function(1, r"\operatorname{{arsinh}}\left({0}\right)", "arcsinh", "asinh"),
    "acosh": Function(1, r"\operatorname{{arcosh}}\left({0}\right)", "arccosh", "acosh"),
    "atanh": Function(1, r"\operatorname{{artanh}}\left({0}\right)", "arctanh", "atanh"),
    "exp": Function(1, r"\exp\left({0}\right)", "exp", "exp"),
    "log": Function(1, r"\log\left({0}\right)", "log", "log"),
    "ln": Function(1, r"\ln\left({0}\right)", "log", "log"),
    "log2": Function(1, r"\log_{{2}}\left({0}\right)", definition="log(x)/log(2)"),
    "log10": Function(1, r"\log_{{10}}\left({0}\right)", definition="log(x)/log(10)"),
    "log1p": Function(1, r"\operatorname{{log1p}}\left({0}\right)", definition="log(1 + x)"),
    "expm1": Function(1, r"\operatorname{{expm1}}\left({0}\right)", definition="exp(x) - 1"),
    "sqrt": Function(1, r"\sqrt{{{0}}}", "sqrt", "sqrt"),
    "abs": Function(1, r"\left|{0}\right|", "abs", "Absolute"),
    "norm": Function(
        1,
        r"\left\|\left({0}\right)\right\|",
        definition="sqrt({0})",
        summand="{0}^2",
        most=MAX_ARGUMENTS,
    ),
    "sign": Function(1, r"\operatorname{{sign}}\left({0}\right)", "sign", "Sign"),
    "floor": Function(1, r"\left\lfloor {0} \right\rfloor", "floor", "Floor"),
    "ceil": Function(1, r"\left\lceil {0} \right\rceil", "ceil", "Ceil"),
    "round": Function(1, r"\operatorname{{round}}\left({0}\right)", "rint", "Round"),
    "max": Function(2, r"\max\left({0}\right)", "maximum", "Larger", most=MAX_ARGUMENTS),
    "min": Function(2, r"\min\left({0}\right)", "minimum", "Smaller", most=MAX_ARGUMENTS),
    "clip": Function(3, r"\operatorname{{clip}}\left({0}\right)", definition="min(max(x, y), z)"),
    "relu": Function(1, r"\operatorname{{relu}}\left({0}\right)", definition="max(x, 0)"),
    "sigmoid": Function(1, r"\sigma\left({0}\right)", definition="1/(1 + exp(-x))"),
    "softplus": Function(
        1, r"\operatorname{{softplus}}\left({0}\right)", definition="log(1 + exp(x))"
    ),
    "logsumexp": Function(
        1,
        r"\operatorname{{logsumexp}}\left({0}\right)",
        definition="log({0})",
        summand="exp({0})",
        most=MAX_ARGUMENTS,
    ),
}
"""Every function a formula may call; `log` is the natural logarithm."""

ALIASES = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "fabs": "abs",
    "sgn": "sign",
    "hypot": "norm",
    "logaddexp": "logsumexp",
    "maximum": "max",
    "minimum": "min",
}
"""Other names of functions."""


class ExpressionError(ValueError):
    """A formula that is refused, in one sentence.

    Attributes:
        position: where in the text, counted from 1 as in the sentence.
    """

    def __init__(self, message: str, position: int):
        super().__init__(message)
        self.position = position

    def __reduce__(self):
        return type(self), (str(self), self.position)
