"""Text → tree, by recursive descent; milliseconds, and nothing but the tables of the grammar.

    sum      = product {("+" | "-") product}
    product  = sign {("*" | "/" | nothing) sign}
    sign     = {"-" | "+"} power
    power    = atom [("^" | "**") sign | raised digits]          2^3^2 = 2^(3^2), -x^2 = -(x^2)
    atom     = number | constant | variable | function [exponent] "(" sum {"," sum} ")"
             | function [exponent] argument | "(" sum ")" | "|" sum "|" | "√" argument

Nothing between two factors means a product where it reads in one way only: after a number, a
closing parenthesis, a name or raised digits and before a name or an opening parenthesis (`2x`,
`3(x+1)`, `2 pi x`, `x y`, `x²y`). Refused are `x(y+1)`, which looks like a call, `1/2x` and
`x^2y`, where people disagree how far the fraction or the exponent goes, and a number after a
factor (`x 2`). An argument without parentheses is one variable with a number before it (`sin x`,
`sin 2x`, `sin² x`), and nothing may follow that could belong to it: `sin x^2`, `sin x y`. A bar
closes the innermost one that is open, and opens one where an operand is missing.
"""

from typing import NoReturn

from egop.objectives import calls, refusals
from egop.objectives.grammar import (
    ALIASES,
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    MAX_DEPTH,
    NUMBERED,
    ExpressionError,
)
from egop.objectives.tokens import FRACTIONS, Token
from egop.objectives.tree import (
    Call,
    Negative,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Variable,
)


class Parser:
    """One pass over the tokens; `dim` and `family` fill with the variables met."""

    def __init__(self, tokens: list[Token]):
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.opened: list[str] = []  # parentheses and bars that are open
        self.spelled: dict[str, str] = {}  # how each variable was first written
        self.raised_until = -1  # where the last exponent written with ^ ended
        self.dim = 0
        self.family: tuple[str, ...] | None = None

    @property
    def token(self) -> Token:
        """The current token."""
        return self.tokens[self.index]

    def take(self, *signs: str) -> Token | None:
        """The current token if it is one of the signs, stepping over it; else None."""
        token = self.token
        if token.kind != "sign" or token.text not in signs:
            return None
        self.index += 1
        return token

    def formula(self) -> Node:
        """The tree of the whole text."""
        if self.token.kind == "end":
            raise ExpressionError("the formula is empty", 1)
        tree = self.sum()
        if self.token.kind != "end":
            self.refuse_token()
        return tree

    def sum(self) -> Node:
        """Terms between + and -."""
        terms, position = [self.product()], self.token.position
        while sign := self.take("+", "-"):
            term = self.product()
            terms.append(Negative(term, sign.position) if sign.text == "-" else term)
        return Sum(tuple(terms), position) if len(terms) > 1 else terms[0]

    def product(self) -> Node:
        """Factors and divisors."""
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
        """Returns True if a factor follows without a sign; refuses what can be read in two ways."""
        token, last = self.token, self.tokens[self.index - 1]
        if not self.begins_factor():
            return False
        if divided or self.raised_until == self.index:
            what = "fraction" if divided else "exponent"
            raise refusals.two_readings(token, what)
        number = token.kind in {"number", "fraction"}
        if number or (token.text == "(" and last.kind == "name"):
            raise ExpressionError(
                f"no operation between '{last.text}' and '{token.text}' at position "
                f"{token.position}; write '*' there",
                token.position,
            )
        return True

    def begins_factor(self) -> bool:
        """True if the current token, after a finished factor, begins another."""
        token = self.token
        if token.text == "|":
            return self.opened[-1:] != ["|"]
        return token.kind in {"name", "number", "fraction"} or token.text in {"(", "√"}

    def sign(self) -> Node:
        """A power after any signs."""
        position, negative = self.token.position, False
        while sign := self.take("-", "+"):
            negative ^= sign.text == "-"
        power = self.power()
        return Negative(power, position) if negative else power

    def power(self) -> Node:
        """An atom with its exponent."""
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
            return Power(base, self.raised(token), token.position)
        return base

    def raised(self, token: Token) -> Node:
        """A number in raised digits."""
        self.descend(token)
        self.depth -= 1
        number = Number(float(token.text.lstrip("+-")), position=token.position)
        return Negative(number, token.position) if token.text[0] == "-" else number

    def atom(self) -> Node:
        """A number, a name with what belongs to it, a parenthesis, bars or a root."""
        token = self.token
        if token.kind in {"number", "fraction"}:
            self.index += 1
            return self.number(token)
        if token.kind == "name":
            self.index += 1
            return self.name(token)
        if self.take("√"):
            return calls.call(self, "sqrt", token)
        if self.take("|"):
            return Call("abs", (calls.inside_bars(self, token),), token.position)
        if not self.take("("):
            raise refusals.no_operand(token)
        return calls.inside(self, token)[0]

    def number(self, token: Token) -> Node:
        """A number or a fraction in one character."""
        if token.kind == "fraction":
            self.descend(token)
            self.depth -= 1
            above, below = (Number(float(part)) for part in FRACTIONS[token.text])
            return Product((above,), (below,), token.position)
        value = float(token.text)
        if value == float("inf"):
            raise ExpressionError(
                f"the number at position {token.position} is too large", token.position
            )
        return Number(value, position=token.position)

    def name(self, token: Token) -> Node:
        """A constant, a function with its arguments or a variable."""
        name = token.text if token.text in FUNCTIONS else token.text.lower()
        if name in CONSTANTS:
            return Number(CONSTANTS[name], name, token.position)
        name = ALIASES.get(name, name)
        if name in FUNCTIONS:
            return calls.call(self, name, token)
        for family in (LETTERS, NUMBERED):
            if name in family:
                return self.variable(name, family, token)
        raise refusals.unknown_name(token)

    def variable(self, name: str, family: tuple[str, ...], token: Token) -> Node:
        """A variable, in the spelling of its first occurrence."""
        if self.family not in {None, family}:
            raise ExpressionError(
                f"'{token.text}' at position {token.position} mixes x1…x8 with x, y, z, w; use one "
                "of the two",
                token.position,
            )
        first = self.spelled.setdefault(name, token.text)
        if first != token.text:
            raise ExpressionError(
                f"'{token.text}' at position {token.position} is the same variable as '{first}'; "
                "write both in one way",
                token.position,
            )
        self.family = family
        index = family.index(name)
        self.dim = max(self.dim, index + 1)
        return Variable(index, token.position)

    def descend(self, token: Token) -> None:
        """Counts a level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(
                f"the formula is nested deeper than {MAX_DEPTH} levels at position "
                f"{token.position}",
                token.position,
            )

    def refuse_token(self) -> NoReturn:
        """Refuses a token after a finished part."""
        before, after = self.tokens[self.index - 1], self.tokens[self.index + 1 :]
        raise refusals.unexpected(before, self.token, after[0] if after else None)
