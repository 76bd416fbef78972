"""Properties of a formula's parts that are seen on the tree: positive, even, exponential."""

from egop.objectives.tree import Call, Negative, Node, Number, Power, Product, Sum

POSITIVE, EVEN = 2, 1


def is_positive(node: Node) -> bool:
    """Returns whether the part is above 0 wherever it is defined, as far as its form shows."""
    return _sign(node) == POSITIVE


def is_even(node: Node) -> bool:
    """Returns whether the part is positive, or a sum of squares and absolute values.

    Such a part is 0 only at a minimum of its own, where it is smooth or has a symmetric kink.
    """
    return _sign(node) >= EVEN


def _sign(node: Node) -> int:
    match node:
        case Number():
            return POSITIVE if node.value > 0 else EVEN
        case Sum():
            signs = [_sign(term) for term in node.terms]
            return max(signs) if all(signs) else 0
        case Product():
            return _sign_of_product(node)
        case Power():
            exponent = node.exponent.size().constant
            squared = EVEN if exponent is not None and exponent % 2 == 0 else 0
            return max(squared, _sign(node.base))
        case Call():
            return _sign_of_call(node)
    return 0


def _sign_of_product(node: Product) -> int:
    above = [_sign(factor) for factor in node.factors]
    odd = [factor for factor, sign in zip(node.factors, above, strict=True) if not sign]
    if any(odd.count(factor) % 2 for factor in odd):
        return 0
    signs = [sign or EVEN for sign in above] + [_sign(divisor) for divisor in node.divisors]
    return min(signs)


def _sign_of_call(node: Call) -> int:
    if node.meaning is not None:
        return _sign(node.meaning)
    if node.name == "sqrt":
        return _sign(node.arguments[0])
    if node.name == "abs":
        return max(EVEN, _sign(node.arguments[0]))
    return POSITIVE if node.name in {"exp", "cosh"} else 0


def is_exponential(node: Node) -> bool:
    """Returns whether the part is made of exponentials, so that its logarithm is tamer than it."""
    match node:
        case Sum() | Product() | Negative():
            return any(map(is_exponential, _operands(node)))
        case Power() if node.exponent.size().constant is None:
            return node.base.size().constant is not None
        case Power():
            return is_exponential(node.base)
        case Call():
            return _is_exponential_call(node)
    return False


def _operands(node: Sum | Product | Negative) -> tuple[Node, ...]:
    if isinstance(node, Negative):
        return (node.operand,)
    return node.terms if isinstance(node, Sum) else node.factors + node.divisors


def _is_exponential_call(node: Call) -> bool:
    if node.meaning is not None:
        return is_exponential(node.meaning)
    if node.name == "sqrt":
        return is_exponential(node.arguments[0])
    return node.name in {"exp", "cosh"} and node.size().constant is None


def is_sum_of_exponentials(node: Node) -> bool:
    """Returns whether the part is positive and a sum of exponentials, or a power of one."""
    match node:
        case Sum():
            return is_exponential(node) and is_positive(node)
        case Power():
            constant = node.exponent.size().constant is not None
            return constant and is_sum_of_exponentials(node.base)
        case Call():
            if node.meaning is not None:
                return is_sum_of_exponentials(node.meaning)
            if node.name == "sqrt":
                return is_sum_of_exponentials(node.arguments[0])
            return node.name == "cosh" and node.size().constant is None
    return False


def nesting(node: Node) -> int:
    """Returns how many functions and powers stand within each other at most."""
    match node:
        case Sum() | Product() | Negative():
            return max(map(nesting, _operands(node)))
        case Power():
            return 1 + max(nesting(node.base), nesting(node.exponent))
        case Call():
            return 1 + max(map(nesting, node.arguments))
    return 0


def zeros(node: Node) -> set[Node]:
    """Returns parts at whose zeros this one is 0 too: of x·sqrt(y) those are x and y."""
    match node:
        case Product():
            return set().union(*map(zeros, node.factors))
        case Negative():
            return zeros(node.operand)
        case Power():
            exponent = node.exponent.size().constant
            return zeros(node.base) if exponent is not None and exponent > 0 else set()
        case Call() if node.meaning is not None:
            return zeros(node.meaning)
        case Call() if node.name in {"abs", "sqrt"}:
            return zeros(node.arguments[0])
    return set() if isinstance(node, Number) else {node}


def flat_product(node: Node) -> tuple[list[Node], list[Node]]:
    """Returns the factors and the divisors of a part, those of products within it among them.

    A minus sign becomes the factor −1.
    """
    if isinstance(node, Call) and isinstance(node.meaning, Product):
        node = node.meaning
    if isinstance(node, Negative):
        factors, divisors = flat_product(node.operand)
        return [Negative(Number(1.0)), *factors], divisors
    if not isinstance(node, Product):
        return [node], []
    factors, divisors = [], []
    for factor in node.factors:
        above, below = flat_product(factor)
        factors, divisors = factors + above, divisors + below
    for divisor in node.divisors:
        above, below = flat_product(divisor)
        factors, divisors = factors + below, divisors + above
    return factors, divisors
