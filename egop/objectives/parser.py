"""The text of a formula → the formula, within bounds on its length."""

import numpy as np

from egop.objectives.descent import Parser
from egop.objectives.grammar import (
    MAX_CANONICAL,
    MAX_LENGTH,
    NUMBERED,
    VARIABLES,
    ExpressionError,
)
from egop.objectives.tokens import tokenize
from egop.objectives.tree import Formula


def parse(text: str) -> Formula:
    """The formula that a text means, checked but not yet differentiated; about 0.1 ms.

    Args:
        text: numbers, x, y, z, w or x1…x8, pi, e, + - * / ^ **, parentheses, |…| and the functions
            of `egop.objectives.grammar.FUNCTIONS`. Also read: × · ÷ − π √ ½, raised and lowered
            digits, x_1, capital letters. At most `MAX_LENGTH` characters, or `MAX_CANONICAL` of a
            canonical spelling, `str` of what this returns.

    Raises:
        ExpressionError: the text is refused; the sentence and `.position` say where and why.
        TypeError: it is no string.
    """
    if not isinstance(text, str):
        raise TypeError(f"a formula is a string, got {type(text).__name__}")
    if len(text) > MAX_LENGTH and not _is_canonical(text):
        raise ExpressionError(
            f"the formula has {len(text)} characters; at most {MAX_LENGTH} are allowed",
            MAX_LENGTH + 1,
        )
    return _read(text)


def _is_canonical(text: str) -> bool:
    """Returns True if a text is the canonical spelling of the formula that it means."""
    if len(text) > MAX_CANONICAL:
        return False
    try:
        return str(_read(text)) == text
    except ExpressionError:
        return False


def _read(text: str) -> Formula:
    parser = Parser(tokenize(text))
    tree = parser.formula()
    with np.errstate(all="ignore"):
        size = tree.size()
    if not parser.dim:
        raise ExpressionError(f"the formula has no variable; {VARIABLES}", 1)
    quadratic = size.polynomial and size.degree <= 2
    degree = int(size.degree) if size.polynomial else None
    numbered = parser.family is NUMBERED
    return Formula(text, tree, max(parser.dim, 2), numbered, quadratic, degree)
