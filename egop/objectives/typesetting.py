"""A formula's tree → LaTeX, grouped as it was typed."""

from egop.objectives.grammar import CONSTANT_LATEX, FUNCTIONS
from egop.objectives.tree import (
    POWER,
    PRODUCT,
    SIGN,
    Call,
    Formula,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
)

Names = tuple[str, ...]


def formula_latex(formula: Formula) -> str:
    r"""The formula in LaTeX: x^2/2 becomes \frac{x^{2}}{2}."""
    return _latex(formula.tree, variables_latex(formula.names))


def variables_latex(names: Names) -> Names:
    """The variables in LaTeX, numbers as indices."""
    return tuple(f"{name[0]}_{{{name[1:]}}}" if name[1:] else name for name in names)


def _latex(node: Node, names: Names) -> str:
    return _PRINTERS[type(node)](node, names)


def _number(node: Number, names: Names) -> str:
    if node.name:
        return CONSTANT_LATEX[node.name]
    mantissa, _, exponent = node.text(names).partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def _variable(node: Variable, names: Names) -> str:
    return names[node.index]


def _negative(node: Negative, names: Names) -> str:
    return "-" + _wrapped(node.operand, PRODUCT, names)


def _sum(node: Sum, names: Names) -> str:
    latex = _wrapped(node.terms[0], PRODUCT, names)
    for sign, term in node.signed():
        latex += f" {sign} {_wrapped(term, PRODUCT, names)}"
    return latex


def _product(node: Product, names: Names) -> str:
    if not node.divisors:
        return _row(node.factors, names)
    return rf"\frac{{{_row(node.factors, names)}}}{{{_row(node.divisors, names)}}}"


def _power(node: Power, names: Names) -> str:
    latex = _latex(node.base, names)
    atom = isinstance(node.base, Number | Variable | Call) and "times" not in latex
    base = latex if atom else rf"\left({latex}\right)"
    return f"{base}^{{{_latex(node.exponent, names)}}}"


def _call(node: Call, names: Names) -> str:
    arguments = ", ".join(_latex(argument, names) for argument in node.arguments)
    return FUNCTIONS[node.name].latex.format(arguments)


_PRINTERS = {
    Number: _number,
    Variable: _variable,
    Negative: _negative,
    Sum: _sum,
    Product: _product,
    Power: _power,
    Call: _call,
}


def _row(factors: tuple[Node, ...], names: Names) -> str:
    """Factors side by side, with a dot where two numbers would run together."""
    if len(factors) == 1:
        return _latex(factors[0], names)
    row = _wrapped(factors[0], SIGN, names)
    for factor in factors[1:]:
        latex = _wrapped(factor, POWER, names)
        row += (r" \cdot " if latex[0].isdigit() else " ") + latex
    return row


def _wrapped(node: Node, place: int, names: Names) -> str:
    """The node, in parentheses when it binds less than its place asks for; fractions bind."""
    latex = _latex(node, names)
    fraction = isinstance(node, Product) and node.divisors
    return latex if fraction or node.binding >= place else rf"\left({latex}\right)"
