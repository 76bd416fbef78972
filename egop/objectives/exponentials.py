"""Parts of a formula that are made of exponentials: in which form they do not overflow."""

import math

from egop.objectives.shape import flat_product, is_exponential, is_sum_of_exponentials
from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum


def term_factors(term: Node) -> list[Node]:
    """Returns the factors of a term of a sum, divisors as fractions."""
    factors, divisors = flat_product(term)
    return factors + [Product((Number(1.0),), (divisor,)) for divisor in divisors]


def is_large(divisor: Node) -> bool:
    """Returns whether the divisor is a sum of exponentials, of any signs, or a power of one."""
    base, _ = base_and_exponent(divisor)
    summed = isinstance(base, Sum) and is_exponential(base)
    return summed or is_sum_of_exponentials(divisor)


def base_and_exponent(node: Node) -> tuple[Node, float]:
    """Returns base and constant exponent of a part, also of a root; 1 where it is no power."""
    match node:
        case Power():
            exponent = node.exponent.size().constant
            if exponent is not None:
                return node.base, exponent
        case (
            Call(name="sqrt", arguments=(base,))
            | Call(meaning=Call(name="sqrt", arguments=(base,)))
        ):
            return base, 0.5
    return node, 1.0


def shortened(factors: list[Node], divisors: list[Node]) -> tuple[list[Node], list[Node]]:
    """Returns the fraction with one exponential for several, and tanh·cosh for sinh."""
    above = [_exponent(factor) for factor in factors]
    below = [_exponent(divisor) for divisor in divisors]
    exponents = [e for e in above if e is not None]
    exponents += [Negative(e) for e in below if e is not None]
    if len(exponents) > 1:
        factors = [f for f, e in zip(factors, above, strict=True) if e is None]
        divisors = [d for d, e in zip(divisors, below, strict=True) if e is None]
        factors = [*factors, Call("exp", (Sum(tuple(exponents)),))]
    divisors = list(map(_sum_with_cosh, divisors))
    if any(map(is_exponential, divisors)):
        factors = list(map(_sum_with_cosh, factors))
    if not any(map(is_exponential, divisors)) and not any(map(_has_sinh, divisors)):
        return factors, divisors
    factors = [each for factor in factors for each in without_sinh(factor)]
    divisors = [each for divisor in divisors for each in without_sinh(divisor)]
    for factor in list(factors):
        if is_exponential(factor) and factor in divisors:
            factors.remove(factor)
            divisors.remove(factor)
    return factors, divisors


def _sum_with_cosh(node: Node) -> Node:
    """Returns a part that is a sum, or a power or root of one, `with_cosh`."""
    base, exponent = base_and_exponent(node)
    if not isinstance(base, Sum) or (other := with_cosh(base)) == base:
        return node
    return other if exponent == 1 else Power(other, Number(exponent))


def _has_sinh(node: Node) -> bool:
    return len(without_sinh(node)) > 1


def without_sinh(node: Node) -> tuple[Node, ...]:
    """Returns tanh(u) and cosh(u) for sinh(u), and so for powers of it; else the part alone.

    The logarithm of cosh(u) is tame, and the product is as accurate near 0 as sinh(u) is.
    """
    base, exponent = base_and_exponent(node)
    if not isinstance(base, Call) or base.name != "sinh" or not exponent.is_integer():
        return (node,)
    parts = tuple(Call(name, base.arguments) for name in ("tanh", "cosh"))
    if not isinstance(node, Power):
        return parts
    return tuple(Power(part, node.exponent) for part in parts)


def with_cosh(node: Node) -> Node:
    """Returns the part with tanh(u)·cosh(u) for each sinh(u) in its terms and factors."""
    match node:
        case Sum():
            return _if_changed(node, Sum(tuple(map(with_cosh, node.terms))))
        case Product():
            above, below = (tuple(map(with_cosh, side)) for side in (node.factors, node.divisors))
            return _if_changed(node, Product(above, below))
        case Negative():
            return _if_changed(node, Negative(with_cosh(node.operand)))
        case Call(name="abs"):
            parts = without_sinh(node.arguments[0])
            return node if len(parts) == 1 else Product((Call("abs", parts[:1]), parts[1]))
    parts = without_sinh(node)
    return node if len(parts) == 1 else Product(parts)


def _if_changed(node: Node, other: Node) -> Node:
    return node if node == other else other


def _exponent(node: Node) -> Node | None:
    """Returns u of exp(u), e^u, or a root of one; None for another part."""
    if isinstance(node, Call) and node.name in {"exp", "sqrt"}:
        inner = node.arguments[0]
        half = _exponent(inner) if node.name == "sqrt" else None
        return inner if node.name == "exp" else half and Product((Number(0.5), half))
    if isinstance(node, Power) and node.base == Number(math.e, "e"):
        return node.exponent
    return None


def complement(node: Sum) -> Node | None:
    """Returns B/(A + B) for 1 − A/(A + B), 2/(1 + exp(∓2u)) for 1 ± tanh(u); else None."""
    one, *rest = sorted(node.terms, key=lambda term: term != Number(1.0))
    if one != Number(1.0) or len(rest) != 1:
        return None
    sign, inner = (2.0, rest[0].operand) if isinstance(rest[0], Negative) else (-2.0, rest[0])
    if isinstance(inner, Call) and inner.name == "tanh":
        double = Product((Number(2.0), inner.arguments[0]))
        exponential = Call("exp", (double if sign > 0 else Negative(double),))
        return Product((Number(2.0),), (Sum((Number(1.0), exponential)),))
    if not isinstance(rest[0], Negative):
        return None
    factors, divisors = flat_product(rest[0].operand)
    if len(divisors) != 1 or not isinstance(divisors[0], Sum) or len(factors) != 1:
        return None
    terms = list(divisors[0].terms)
    if factors[0] not in terms or not is_sum_of_exponentials(divisors[0]):
        return None
    terms.remove(factors[0])
    return Product((terms[0] if len(terms) == 1 else Sum(tuple(terms)),), (divisors[0],))
