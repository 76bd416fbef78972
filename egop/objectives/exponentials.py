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
    """Returns base and constant exponent of a part; 1 where it is no power."""
    if isinstance(node, Power):
        exponent = node.exponent.size().constant
        if exponent is not None:
            return node.base, exponent
    return node, 1.0


def shortened(factors: list[Node], divisors: list[Node]) -> tuple[list[Node], list[Node]]:
    """Returns the fraction with one exponential for several, and tanh for sinh/cosh."""
    above = [_exponent(factor) for factor in factors]
    below = [_exponent(divisor) for divisor in divisors]
    exponents = [e for e in above if e is not None]
    exponents += [Negative(e) for e in below if e is not None]
    if len(exponents) > 1:
        factors = [f for f, e in zip(factors, above, strict=True) if e is None]
        divisors = [d for d, e in zip(divisors, below, strict=True) if e is None]
        factors = [*factors, Call("exp", (Sum(tuple(exponents)),))]
    for factor in factors:
        if isinstance(factor, Call) and factor.name == "sinh":
            cosh, tanh = (Call(name, factor.arguments) for name in ("cosh", "tanh"))
            if cosh in divisors:
                others = [each for each in factors if each is not factor]
                return [*others, tanh], [each for each in divisors if each != cosh]
    return factors, divisors


def _exponent(node: Node) -> Node | None:
    """Returns u of exp(u) or e^u; None for another part."""
    if isinstance(node, Call) and node.name == "exp":
        return node.arguments[0]
    if isinstance(node, Power) and node.base == Number(math.e, "e"):
        return node.exponent
    return None


def complement(node: Sum) -> Node | None:
    """Returns B/(A + B) for 1 − A/(A + B); None for another sum."""
    one, *rest = node.terms
    if one != Number(1.0) or len(rest) != 1 or not isinstance(rest[0], Negative):
        return None
    factors, divisors = flat_product(rest[0].operand)
    if len(divisors) != 1 or not isinstance(divisors[0], Sum) or len(factors) != 1:
        return None
    terms = list(divisors[0].terms)
    if factors[0] not in terms or not is_sum_of_exponentials(divisors[0]):
        return None
    terms.remove(factors[0])
    return Product((terms[0] if len(terms) == 1 else Sum(tuple(terms)),), (divisors[0],))
