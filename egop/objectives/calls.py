"""A function in a formula: its exponent, its arguments, with parentheses and without, and bars."""

from functools import cache, reduce
from typing import TYPE_CHECKING

from egop.objectives import refusals
from egop.objectives.grammar import ALIASES, CONSTANTS, FUNCTIONS, NUMBERED, ExpressionError
from egop.objectives.tokens import Token, tokenize
from egop.objectives.tree import Call, Negative, Node, Power, Product, substituted

if TYPE_CHECKING:
    from egop.objectives.descent import Parser


def call(parser: "Parser", name: str, token: Token) -> Node:
    """A function, whose name was taken, with its exponent and its arguments."""
    raised, exponent = parser.token, _exponent_of(parser, name)
    opening = parser.token
    if parser.take("("):
        arguments = inside(parser, opening, name)
    else:
        arguments = (_bare_argument(parser, name, token),)
    meaning = _meaning(parser, name, arguments, token.position)
    call = Call(name, arguments, token.position, meaning)
    return call if exponent is None else Power(call, exponent, raised.position)


def _exponent_of(parser: "Parser", name: str) -> Node | None:
    """The exponent between a function's name and its argument: 2 in sin^2(x)."""
    token = parser.token
    if token.kind == "raised":
        parser.index += 1
    elif parser.take("^", "**"):
        token = parser.token
        if token.kind != "number":
            raise refusals.exponent_of_name(name, token)
        parser.index += 1
        return parser.number(token)
    else:
        return None
    if token.text[0] == "-":
        raise refusals.exponent_of_name(name, token)
    return parser.raised(token)


def _bare_argument(parser: "Parser", name: str, token: Token) -> Node:
    """The argument of a function without parentheses, of which there is only one reading."""
    parser.descend(token)
    minus, parts = parser.take("-"), []
    if parser.token.kind in {"number", "fraction"} and FUNCTIONS[name].arity == 1:
        parts.append(parser.atom())
    alone = parts and name == "sqrt"  # √2x
    while parser.token.kind == "name" and parser.token.text.lower() in CONSTANTS and not alone:
        parts.append(parser.atom())
    if FUNCTIONS[name].arity == 1 and not alone and _begins_bare(parser, first=not parts):
        parts.append(parser.atom())
    if not parts:
        raise ExpressionError(
            f"the function '{name}' at position {token.position} needs parentheses: {name}(…)",
            token.position,
        )
    _refuse_second_reading(parser, name)
    parser.depth -= 1
    argument = parts[0] if len(parts) == 1 else Product(tuple(parts), (), token.position)
    return Negative(argument, minus.position) if minus else argument


def _begins_bare(parser: "Parser", first: bool) -> bool:
    """True if the token may stand in an argument without parentheses."""
    name = parser.token.text.lower()
    if parser.token.kind == "name":
        return first or ALIASES.get(name, name) not in FUNCTIONS
    return first and parser.token.text in {"|", "√"} and parser.begins_factor()


def _refuse_second_reading(parser: "Parser", name: str) -> None:
    """Refuses what may belong to an argument without parentheses, or not."""
    token = parser.token
    word = token.text.lower()
    product = parser.begins_factor() and ALIASES.get(word, word) not in FUNCTIONS
    if product or token.kind == "raised" or token.text in {"^", "**", "/"}:
        raise refusals.two_readings(token, f"argument of '{name}'", f"write {name}(…)")


def inside(parser: "Parser", opening: Token, name: str = "") -> tuple[Node, ...]:
    """Reads what stands between an opening parenthesis, already taken, and its closing one.

    Args:
        parser: at the token after the parenthesis.
        opening: the parenthesis.
        name: of the function whose arguments these are; "": there is none.
    """
    least, most = 1, 1
    if name:
        least, most = FUNCTIONS[name].arity, FUNCTIONS[name].most or FUNCTIONS[name].arity
    parser.descend(opening)
    parser.opened.append("(")
    nodes = [parser.sum()]
    while len(nodes) < most and parser.take(","):
        nodes.append(parser.sum())
    end = parser.token
    if end.kind == "end":
        raise ExpressionError(
            f"the parenthesis opened at position {opening.position} is never closed",
            opening.position,
        )
    if len(nodes) < least or (name and end.text == ","):
        raise refusals.number_of_arguments(name, len(nodes), end)
    if not parser.take(")"):
        parser.refuse_token()
    parser.opened.pop()
    parser.depth -= 1
    return tuple(nodes)


def inside_bars(parser: "Parser", opening: Token) -> Node:
    """Reads what stands between a bar, already taken, and the one that closes it."""
    parser.descend(opening)
    parser.opened.append("|")
    node = parser.sum()
    if parser.token.kind == "end":
        raise ExpressionError(
            f"the bar opened at position {opening.position} is never closed; where bars are "
            "nested, write abs(…)",
            opening.position,
        )
    if not parser.take("|"):
        parser.refuse_token()
    parser.opened.pop()
    parser.depth -= 1
    return node


def _meaning(
    parser: "Parser", name: str, arguments: tuple[Node, ...], position: int
) -> Node | None:
    """The definition of a function that is made of others; None for the others."""
    if FUNCTIONS[name].definition:
        definition = _definition(type(parser), name, len(arguments))
        return substituted(definition, arguments, position)
    if len(arguments) <= 2:
        return None
    return reduce(lambda left, right: Call(name, (left, right), position), arguments)


@cache
def _definition(parser: "type[Parser]", name: str, count: int) -> Node:
    """The tree of a function's definition for that many arguments."""
    summand = FUNCTIONS[name].summand
    summands = " + ".join(summand.format(variable) for variable in NUMBERED[:count])
    return parser(tokenize(FUNCTIONS[name].definition.format(summands))).formula()
