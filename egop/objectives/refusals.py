"""Error messages of the formula parser, one for each kind of mistake."""

import difflib

from egop.objectives.grammar import (
    ALIASES,
    CONSTANTS,
    FUNCTIONS,
    LETTERS,
    NUMBERED,
    VARIABLES,
    ExpressionError,
)
from egop.objectives.tokens import Token

INSTEAD = {
    "pow": "write x^2 for a power",
    "cbrt": "write sign(x)*abs(x)^(1/3)",
    "mod": "write x - y*floor(x/y)",
    "softmax": "write exp(x)/(exp(x) + exp(y))",
    "sum": "write the terms one by one",
    "where": "write max, min, sign or relu",
    "if": "write max, min, sign or relu",
    "heaviside": "write (1 + sign(x))/2",
    "step": "write (1 + sign(x))/2",
    "gelu": "write x*sigmoid(1.702x)",
    "silu": "write x*sigmoid(x)",
    "swish": "write x*sigmoid(x)",
    "huber": "write sqrt(1 + x^2) - 1",
    "elu": "write max(x, 0) + exp(min(x, 0)) - 1",
    "root": "write sqrt(x)",
    "sqr": "write x^2",
    "square": "write x^2",
    "exp2": "write 2^x",
    "tg": "write tan(x)",
    "cot": "write 1/tan(x)",
    "sec": "write 1/cos(x)",
    "csc": "write 1/sin(x)",
    "sinc": "write sin(x)/x",
    "mean": "write (x + y)/2",
    "tau": "write 2*pi",
}
"""Replacements for words that are no names of the grammar."""


def two_readings(token: Token, what: str, instead: str = "write '*' or parentheses"):
    """Returns the refusal of a token that can be read inside or outside of something."""
    return ExpressionError(
        f"'{token.text}' at position {token.position} can be read inside or outside the {what}; "
        f"{instead}",
        token.position,
    )


def exponent_of_name(name: str, token: Token) -> ExpressionError:
    """Returns the refusal of sin^-1(x) and the like."""
    return ExpressionError(
        f"the exponent at position {token.position} of '{name}' can be read in two ways; write "
        f"{name}(…)^(…)",
        token.position,
    )


def number_of_arguments(name: str, count: int, end: Token) -> ExpressionError:
    """Returns the refusal of a call with too few or too many arguments."""
    least, most = FUNCTIONS[name].arity, FUNCTIONS[name].most
    takes = f"{least} to {most} arguments" if most else f"{least} argument{'s'[: least - 1]}"
    got = f"got {count} before" if end.text != "," else "another one follows at"
    return ExpressionError(f"{name} takes {takes}, {got} position {end.position}", end.position)


def no_operand(token: Token) -> ExpressionError:
    """Returns the refusal of a token where a number, a variable or a parenthesis should begin."""
    what = f"'{token.text}'" if token.kind != "end" else "the end"
    return ExpressionError(
        f"a number, a variable or '(' is missing before {what} at position {token.position}",
        token.position,
    )


def unexpected(before: Token, token: Token, after: Token | None) -> ExpressionError:
    """Returns the refusal of a token after a finished part.

    Args:
        before: the token before it.
        token: what is refused.
        after: the token after it.
    """
    text, position = token.text, token.position
    reason = f"'{text}' at position {position} does not fit there"
    if text == ")":
        reason = f"')' at position {position} has no opening parenthesis"
    elif text == "," and after is not None and before.kind == after.kind == "number":
        reason += f"; for a decimal number write a point, {before.text}.{after.text}"
    elif text == ",":
        reason += ": it separates arguments, as in max(x, y)"
    return ExpressionError(reason, position)


def unknown_name(token: Token) -> ExpressionError:
    """Returns the refusal of a name that means nothing here."""
    name, position = token.text, token.position
    shown = name if len(name) <= 20 else name[:20] + "…"
    message = f"unknown name '{shown}' at position {position}; "
    known = [*FUNCTIONS, *ALIASES, *CONSTANTS, *LETTERS, *NUMBERED]
    nearest = difflib.get_close_matches(name[:20].lower(), known, n=1, cutoff=0.6)
    if name in INSTEAD:
        message += INSTEAD[name]
    elif parted := _parted(name.lower()):
        message += f"did you mean '{parted}'?"
    elif set(name.lower()) <= {*LETTERS} and len(name) <= 8:
        message += f"did you mean '{'*'.join(name.lower())}'?"
    elif nearest and not name[1:].isdigit():
        message += f"did you mean '{ALIASES.get(nearest[0], nearest[0])}'?"
    else:
        message += VARIABLES
    return ExpressionError(message, position)


def _parted(name: str) -> str:
    """Returns y*sin for ysin and sin(x) for sinx; "" where no function begins or ends a name."""
    for function in sorted(FUNCTIONS, key=len, reverse=True):
        before, after = name.removesuffix(function), name.removeprefix(function)
        if before != name and before in {*LETTERS, *NUMBERED, *CONSTANTS}:
            return f"{before}*{function}"
        if after != name and after in {*LETTERS, *NUMBERED}:
            return f"{function}({after})"
    return ""
