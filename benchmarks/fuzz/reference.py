"""Formulas computed with many digits, apart from everything that the package does with them."""

from collections.abc import Callable
from typing import Any

import mpmath

from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum, Variable

DIGITS = 700
"""More than between 1e300 and 1e-300, so that numbers as large as can be typed cancel exactly."""
STEP = mpmath.mpf(10) ** -20
"""The step of central differences: their error is 10⁻⁴⁰ times the third derivative."""
LARGE, SMALL = mpmath.mpf(10) ** 150, mpmath.mpf(10) ** -150
"""Beyond these, squares leave float64."""


class NotRealError(ArithmeticError):
    """A part has no real value."""


class UnknownError(ArithmeticError):
    """A part is infinite, has a kink here, or has more digits than are computed."""


class Extremes:
    """True if a part of the formula left the numbers that float64 squares."""

    def __init__(self):
        self.met = False

    def note(self, value: Any) -> None:
        """Takes note of a part's value."""
        size = abs(value)
        if size > LARGE or (value != 0 and size < SMALL):
            self.met = True
        if size > mpmath.mpf(10) ** 10_000:
            raise UnknownError


def compute(node: Node, point: Any, extremes: Extremes | None = None) -> Any:
    """A part's value in mpmath's current precision.

    Raises:
        NotRealError: it has none.
        UnknownError: it is not known.
    """
    noted = extremes or Extremes()
    try:
        value = _compute(node, point, noted)
    except (ZeroDivisionError, OverflowError):
        raise UnknownError from None
    except ValueError:
        raise NotRealError from None
    if isinstance(value, mpmath.mpc):
        raise NotRealError
    if not mpmath.isfinite(value):
        raise UnknownError
    noted.note(value)
    return mpmath.mpf(value)


def _compute(node: Node, point: Any, extremes: Extremes) -> Any:
    def part(other: Node) -> Any:
        return compute(other, point, extremes)

    return COMPUTE[type(node)](node, part, point)


def _number(node: Number, part: Callable, point: Any) -> Any:
    return mpmath.mpf(node.value)  # of π and e the float64, or sin(π) has another sign


def _product(node: Product, part: Callable, point: Any) -> Any:
    return mpmath.fprod(map(part, node.factors)) / mpmath.fprod(map(part, node.divisors))


def _call(node: Call, part: Callable, point: Any) -> Any:
    function = FUNCTIONS.get(node.name) or getattr(mpmath, node.name)
    return function(*map(part, node.arguments))


def _power(node: Power, part: Callable, point: Any) -> Any:
    """Powers to 0, and of 1, are 1 as in numpy, even of what has no value."""
    if node.size().constant == 1 or (exponent := _known(part, node.exponent)) == 0:
        return mpmath.mpf(1)
    base = _known(part, node.base)
    if base == 1:
        return mpmath.mpf(1)
    if base is None or exponent is None:
        raise NotRealError
    if abs(exponent) * abs(mpmath.log(abs(base) or 1)) > 10**5:
        raise UnknownError
    return mpmath.power(base, exponent)


def _known(part: Callable, node: Node) -> Any:
    """A part's value, None where it has none."""
    try:
        return part(node)
    except NotRealError:
        return None


def _tied(function: Callable) -> Callable:
    """The function, unknown where two arguments are (nearly) equal, or one is at a jump."""

    def untied(*arguments):
        close = [abs(a - b) < 1e-9 for i, a in enumerate(arguments) for b in arguments[:i]]
        if any(close):
            raise UnknownError
        return function(*arguments)

    return untied


def _jump(function: Callable, width: float = 1.0) -> Callable:
    """The function, unknown close to where it may jump: at multiples of a width."""

    def continuous(x):
        if abs(x / width - mpmath.nint(x / width)) < 1e-9:
            raise UnknownError
        return function(x)

    return continuous


def _exp(x: Any) -> Any:
    """The exponential; unknown where mpmath would take minutes for it."""
    if x > 30_000 or x < -1_000_000:
        raise UnknownError
    return mpmath.exp(x)


def _zero(function: Callable) -> Callable:
    """The function, unknown close to its kink at 0."""
    return _tied(lambda x, zero: function(x))


FUNCTIONS: dict[str, Callable] = {
    "exp": _exp,
    "sinh": lambda x: (_exp(x) - _exp(-x)) / 2,
    "cosh": lambda x: (_exp(x) + _exp(-x)) / 2,
    "ln": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log1p": lambda x: mpmath.log(1 + x),
    "expm1": lambda x: _exp(x) - 1,
    "abs": lambda x: _zero(abs)(x, 0),
    "sign": lambda x: _zero(mpmath.sign)(x, 0),
    "floor": _jump(mpmath.floor),
    "ceil": _jump(mpmath.ceil),
    "round": _jump(mpmath.nint, 0.5),
    "max": _tied(max),
    "min": _tied(min),
    "clip": _tied(lambda x, low, high: min(max(x, low), high)),
    "relu": _tied(lambda x, zero=0: max(x, zero)),
    "norm": lambda *x: mpmath.sqrt(mpmath.fsum(each * each for each in x)),
    "sigmoid": lambda x: 1 / (1 + _exp(-x)),
    "softplus": lambda x: mpmath.log(1 + _exp(x)),
    "logsumexp": lambda *x: mpmath.log(mpmath.fsum(map(_exp, x))),
}
"""The functions that mpmath lacks, has by another name, or takes too long for."""


def gradient(node: Node, point: Any) -> list:
    """∂f/∂x_i by central differences."""
    slopes = []
    for index in range(len(point)):
        ahead = [x + STEP * (i == index) for i, x in enumerate(point)]
        behind = [x - STEP * (i == index) for i, x in enumerate(point)]
        slopes.append((compute(node, ahead) - compute(node, behind)) / (2 * STEP))
    return slopes


COMPUTE: dict[type, Callable] = {
    Number: _number,
    Variable: lambda node, part, point: mpmath.mpf(point[node.index]),
    Negative: lambda node, part, point: -part(node.operand),
    Sum: lambda node, part, point: mpmath.fsum(map(part, node.terms)),
    Product: _product,
    Power: _power,
    Call: _call,
}
