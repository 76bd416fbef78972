"""Random formulas, and a slow reference that evaluates their trees with many digits."""

from collections.abc import Callable
from typing import Any

import mpmath
from hypothesis import strategies as st

from egop.objectives.grammar import CONSTANTS, FUNCTIONS
from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum, Variable

NUMBERS = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0, 7.25, 0.001]).map(Number)
NAMED = st.sampled_from([Number(value, name) for name, value in CONSTANTS.items()])
EXPONENTS = st.sampled_from(
    [Number(2.0), Number(3.0), Number(0.5), Number(2.5), Negative(Number(1.0)), Number(1.0)]
)


def trees(dim: int = 2) -> st.SearchStrategy[Node]:
    """Trees as the parser builds them, of `dim` variables."""
    atoms = st.one_of(st.integers(0, dim - 1).map(Variable), NUMBERS, NAMED)
    return st.recursive(atoms, _compound, max_leaves=12)


def _compound(parts: st.SearchStrategy) -> st.SearchStrategy:
    rows = st.lists(parts, min_size=2, max_size=3).map(tuple)
    names = st.sampled_from(sorted(FUNCTIONS))
    return st.one_of(
        rows.map(Sum),
        rows.map(Product),
        st.builds(lambda a, b: Product((a,), (b,)), parts, parts),
        st.builds(Power, parts, EXPONENTS),
        parts.filter(lambda part: not isinstance(part, Negative)).map(Negative),
        names.flatmap(
            lambda name: _arguments(name, parts).map(lambda arguments: Call(name, arguments))
        ),
    )


def _arguments(name: str, parts: st.SearchStrategy) -> st.SearchStrategy:
    least = FUNCTIONS[name].arity
    most = least + (FUNCTIONS[name].most > 0)
    return st.lists(parts, min_size=least, max_size=most).map(tuple)


class NotRealError(ArithmeticError):
    """The reference has no finite real value here."""


def _untied(function: Callable) -> Callable:
    """The function, undefined where two arguments are equal: nested ties have no one slope."""

    def untied(*arguments):
        if len({*arguments}) < len(arguments):
            raise NotRealError
        return function(*arguments)

    return untied


REFERENCE: dict[str, Callable] = {
    "ln": mpmath.log,
    "abs": abs,
    "sign": mpmath.sign,
    "max": _untied(max),
    "min": _untied(min),
    "log2": lambda x: mpmath.log(x, 2),
    "norm": lambda *x: mpmath.sqrt(mpmath.fsum(each * each for each in x)),
    "round": mpmath.nint,
    "clip": _untied(lambda x, low, high: min(max(x, low), high)),
    "relu": lambda x: max(x, 0) * mpmath.mpf(1),
    "sigmoid": lambda x: mpmath.mpf(1) / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "logsumexp": lambda *x: mpmath.log(mpmath.fsum(map(mpmath.exp, x))),
}


def reference(node: Node, point: list) -> Any:
    """The tree's value at a point, in mpmath's current precision."""
    try:
        value = _reference(node, point)
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        raise NotRealError from error
    if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value):
        raise NotRealError
    return value


def _reference(node: Node, point: list) -> Any:
    if isinstance(node, Number):
        return {"pi": mpmath.pi, "e": mpmath.e}.get(node.name, node.value) * mpmath.mpf(1)
    if isinstance(node, Variable):
        return mpmath.mpf(point[node.index])
    if isinstance(node, Negative):
        return -reference(node.operand, point)
    if isinstance(node, Sum):
        return mpmath.fsum(reference(term, point) for term in node.terms)
    if isinstance(node, Product):
        above = mpmath.fprod(reference(factor, point) for factor in node.factors)
        return above / mpmath.fprod(reference(divisor, point) for divisor in node.divisors)
    if isinstance(node, Power):
        function, parts = mpmath.power, (node.base, node.exponent)
    else:
        function, parts = REFERENCE.get(node.name) or getattr(mpmath, node.name), node.arguments
    return function(*(reference(part, point) for part in parts))


def reference_gradient(node: Node, point: list) -> list:
    """Central differences with a step of 10⁻¹⁵; their error is 10⁻³⁰ times the third derivative."""
    step = mpmath.mpf(10) ** -15
    gradient = []
    for index in range(len(point)):
        ahead = [x + step * (i == index) for i, x in enumerate(point)]
        behind = [x - step * (i == index) for i, x in enumerate(point)]
        gradient.append((reference(node, ahead) - reference(node, behind)) / (2 * step))
    return gradient


def reference_hessian(node: Node, point: list) -> list[list]:
    """Central differences of the gradient's."""
    step = mpmath.mpf(10) ** -10
    rows = []
    for index in range(len(point)):
        ahead = [x + step * (i == index) for i, x in enumerate(point)]
        behind = [x - step * (i == index) for i, x in enumerate(point)]
        sides = zip(reference_gradient(node, ahead), reference_gradient(node, behind), strict=True)
        rows.append([(a - b) / (2 * step) for a, b in sides])
    return rows
