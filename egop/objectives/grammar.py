"""The words of typed formulas: functions, constants, variables and limits, as literal tables."""

import math
from typing import NamedTuple

LETTERS = ("x", "y", "z", "w")
NUMBERED = tuple(f"x{i}" for i in range(1, 9))

CONSTANTS = {"pi": math.pi, "e": math.e}
CONSTANT_LATEX = {"pi": r"\pi", "e": "e"}

MAX_LENGTH = 1000
"""Characters in a formula."""
MAX_DEPTH = 32
"""Levels of parentheses, function calls, signs and stacked powers."""
MAX_EXPONENT = 100
"""Size of a constant exponent, and degree that powers of powers may reach."""


class Function(NamedTuple):
    """A function of the grammar.

    Attributes:
        arity: how many arguments it takes.
        numpy: its name in numpy, in compiled kernels and on arrays alike.
        symbolic: its class in sympy, or in `egop.objectives.derivation` for those with a kink.
        latex: its LaTeX, the arguments in place of {0} and {1}.
    """

    arity: int
    numpy: str
    symbolic: str
    latex: str


FUNCTIONS = {
    "sin": Function(1, "sin", "sin", r"\sin\left({0}\right)"),
    "cos": Function(1, "cos", "cos", r"\cos\left({0}\right)"),
    "tan": Function(1, "tan", "tan", r"\tan\left({0}\right)"),
    "asin": Function(1, "arcsin", "asin", r"\arcsin\left({0}\right)"),
    "acos": Function(1, "arccos", "acos", r"\arccos\left({0}\right)"),
    "atan": Function(1, "arctan", "atan", r"\arctan\left({0}\right)"),
    "sinh": Function(1, "sinh", "sinh", r"\sinh\left({0}\right)"),
    "cosh": Function(1, "cosh", "cosh", r"\cosh\left({0}\right)"),
    "tanh": Function(1, "tanh", "tanh", r"\tanh\left({0}\right)"),
    "exp": Function(1, "exp", "exp", r"\exp\left({0}\right)"),
    "log": Function(1, "log", "log", r"\log\left({0}\right)"),
    "ln": Function(1, "log", "log", r"\ln\left({0}\right)"),
    "sqrt": Function(1, "sqrt", "sqrt", r"\sqrt{{{0}}}"),
    "abs": Function(1, "abs", "Absolute", r"\left|{0}\right|"),
    "sign": Function(1, "sign", "Sign", r"\operatorname{{sign}}\left({0}\right)"),
    "max": Function(2, "maximum", "Larger", r"\max\left({0}, {1}\right)"),
    "min": Function(2, "minimum", "Smaller", r"\min\left({0}, {1}\right)"),
}
"""Every function a formula may call; `log` is the natural logarithm."""


class ExpressionError(ValueError):
    """A formula that is refused, in one sentence.

    Attributes:
        position: where in the text, counted from 1 as in the sentence.
    """

    def __init__(self, message: str, position: int):
        super().__init__(message)
        self.position = position
