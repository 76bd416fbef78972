"""Text → tree, by recursive descent; milliseconds, and nothing but the tables of the grammar.

    sum      = product {("+" | "-") product}
    product  = sign {("*" | "/" | nothing) sign}
    sign     = {"-" | "+"} power
    power    = atom [("^" | "**") sign | raised digits]          2^3^2 = 2^(3^2), -x^2 = -(x^2)
    atom     = number | constant | variable | function "(" sum {"," sum} ")" | "(" sum ")"

Nothing between two factors means a product where it reads in one way only: after a number, a
closing parenthesis, a name or raised digits and before a name or an opening parenthesis (`2x`,
`3(x+1)`, `2 pi x`, `x y`, `x²y`). Refused are `x(y+1)`, which looks like a call, `1/2x` and
`x^2y`, where people disagree how far the fraction or the exponent goes, and a number after a
factor (`x 2`).
"""

import difflib
from typing import NoReturn

import numpy as np

from egop.objectives.grammar import (
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    MAX_DEPTH,
    MAX_LENGTH,
    NUMBERED,
    ExpressionError,
)
from egop.objectives.tokens import Token, tokenize
from egop.objectives.tree import (
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

VARIABLES = "the variables are x, y, z, w or x1 to x8"


def parse(text: str) -> Formula:
    """The formula that a text means, checked but not yet differentiated; about 0.1 ms.

    Args:
        text: numbers, x, y, z, w or x1…x8, pi, e, + - * / ^ **, parentheses and the functions of
            `egop.objectives.grammar.FUNCTIONS`. Also read: × · ÷ − π, raised and lowered digits.

    Raises:
        ExpressionError: the text is refused; the sentence and `.position` say where and why.
        TypeError: it is no string.
    """
    if not isinstance(text, str):
        raise TypeError(f"a formula is a string, got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the formula has {len(text)} characters; at most {MAX_LENGTH} are allowed",
            MAX_LENGTH + 1,
        )
    parser = _Parser(tokenize(text))
    tree = parser.formula()
    with np.errstate(all="ignore"):
        size = tree.size()
    if not parser.dim:
        raise ExpressionError(f"the formula has no variable; {VARIABLES}", 1)
    quadratic = size.polynomial and size.degree <= 2
    return Formula(text, tree, max(parser.dim, 2), parser.family is NUMBERED, quadratic)


class _Parser:
    """One pass over the tokens; `dim` and `family` fill with the variables met."""

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.raised_until = -1  # where the last exponent written with ^ ended
        self.dim = 0
        self.family: tuple[str, ...] | None = None

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def take(self, *signs: str) -> Token | None:
        """The current token if it is one of the signs, stepping over it; else None."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return None
        self.index += 1
        return token

    def formula(self) -> Node:
        if self.token.kind == "end":
            raise ExpressionError("the formula is empty", 1)
        tree = self.sum()
        if self.token.kind != "end":
            self.refuse_token()
        return tree

    def sum(self) -> Node:
        terms, position = [self.product()], self.token.position
        while sign := self.take("+", "-"):
            term = self.product()
            terms.append(Negative(term, sign.position) if sign.text == "-" else term)
        return Sum(tuple(terms), position) if len(terms) > 1 else terms[0]

    def product(self) -> Node:
        factors, divisors, position = [self.sign()], [], self.token.position
        divided = False
        while True:
            sign = self.take("*", "/")
            if sign is None and not self.product_is_implied(divided):
                break
            divided = sign is not None and sign.text == "/"
            (divisors if divided else factors).append(self.sign())
        if len(factors) + len(divisors) == 1:
            return factors[0]
        return Product(tuple(factors), tuple(divisors), position)

    def product_is_implied(self, divided: bool) -> bool:
        """Whether a factor follows without a sign; refuses what can be read in two ways."""
        token, last = self.token, self.tokens[self.index - 1]
        if token.kind not in {"name", "number"} and token.text != "(":
            return False
        if divided or self.raised_until == self.index:
            what = "fraction" if divided else "exponent"
            raise ExpressionError(
                f"'{token.text}' at position {token.position} can be read inside or outside the "
                f"{what}; write '*' or parentheses",
                token.position,
            )
        if token.kind == "number" or (token.text == "(" and last.kind == "name"):
            raise ExpressionError(
                f"no operation between '{last.text}' and '{token.text}' at position "
                f"{token.position}; write '*' there",
                token.position,
            )
        return True

    def sign(self) -> Node:
        position, negative = self.token.position, False
        while sign := self.take("-", "+"):
            negative ^= sign.text == "-"
        power = self.power()
        return Negative(power, position) if negative else power

    def power(self) -> Node:
        base = self.atom()
        token = self.token
        if self.take("^", "**"):
            self.descend(token)
            node = Power(base, self.sign(), token.position)
            self.depth -= 1
            self.raised_until = self.index
            return node
        if token.kind == "raised":
            self.index += 1
            exponent = self.number(token)
            return Power(base, exponent, token.position)
        return base

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.index += 1
            return self.number(token)
        if token.kind == "name":
            self.index += 1
            return self.name(token)
        if not self.take("("):
            self.refuse_operand()
        return self.inside(token, arity=1)[0]

    def number(self, token: Token) -> Node:
        value = float(token.text)
        if value == float("inf"):
            raise ExpressionError(
                f"the number at position {token.position} is too large", token.position
            )
        return Number(value, position=token.position)

    def name(self, token: Token) -> Node:
        name = token.text
        if name in CONSTANTS:
            return Number(CONSTANTS[name], name, token.position)
        if name in FUNCTIONS:
            return self.call(name, token)
        for family in (LETTERS, NUMBERED):
            if name in family:
                return self.variable(name, family, token.position)
        raise _unknown_name(token)

    def variable(self, name: str, family: tuple[str, ...], position: int) -> Node:
        if self.family not in {None, family}:
            raise ExpressionError(
                f"'{name}' at position {position} mixes x1…x8 with x, y, z, w; use one of the two",
                position,
            )
        self.family = family
        index = family.index(name)
        self.dim = max(self.dim, index + 1)
        return Variable(index, position)

    def call(self, name: str, token: Token) -> Node:
        opening, arity = self.token, FUNCTIONS[name].arity
        if not self.take("("):
            raise ExpressionError(
                f"the function '{name}' at position {token.position} needs parentheses: {name}(…)",
                token.position,
            )
        return Call(name, self.inside(opening, arity), token.position)

    def inside(self, opening: Token, arity: int) -> tuple[Node, ...]:
        """What stands between an opening parenthesis, already taken, and its closing one."""
        self.descend(opening)
        nodes = [self.sum()]
        while len(nodes) < arity and self.take(","):
            nodes.append(self.sum())
        end = self.token
        if end.kind == "end":
            raise ExpressionError(
                f"the parenthesis opened at position {opening.position} is never closed",
                opening.position,
            )
        if len(nodes) < arity:
            raise ExpressionError(
                f"max and min take {arity} arguments, got {len(nodes)} before position "
                f"{end.position}; separate them by ','",
                end.position,
            )
        if not self.take(")"):
            self.refuse_token()
        self.depth -= 1
        return tuple(nodes)

    def descend(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"the formula is nested deeper than {MAX_DEPTH} levels at position "
                f"{token.position}",
                token.position,
            )

    def refuse_token(self) -> NoReturn:
        """Refuses a token after a finished part."""
        text, position = self.token.text, self.token.position
        reason = {
            ")": f"')' at position {position} has no opening parenthesis",
            ",": f"',' at position {position} does not fit: only max and min take two arguments",
        }.get(text, f"'{text}' at position {position} does not fit there")
        raise ExpressionError(reason, position)

    def refuse_operand(self) -> NoReturn:
        """Refuses a token where a number, a variable, a function or a parenthesis should begin."""
        token = self.token
        what = f"'{token.text}'" if token.kind != "end" else "the end"
        raise ExpressionError(
            f"a number, a variable or '(' is missing before {what} at position {token.position}",
            token.position,
        )


def _unknown_name(token: Token) -> ExpressionError:
    name, position = token.text, token.position
    shown = name if len(name) <= 20 else name[:20] + "…"
    message = f"unknown name '{shown}' at position {position}"
    known = [*FUNCTIONS, *CONSTANTS, *LETTERS, *NUMBERED]
    nearest = difflib.get_close_matches(name[:20].lower(), known, n=1, cutoff=0.6)
    if set(name) <= {*LETTERS} and len(name) <= 8:
        message += f"; did you mean '{'*'.join(name)}'?"
    elif nearest and not name[1:].isdigit():
        message += f"; did you mean '{nearest[0]}'?"
    else:
        message += f"; {VARIABLES}"
    return ExpressionError(message, position)
