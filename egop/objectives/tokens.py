"""Text → tokens: numbers, names and signs; every other character is refused with a reason."""

import re
import unicodedata
from typing import NamedTuple, NoReturn

from egop.objectives.grammar import ExpressionError

_SAME = str.maketrans("−–×·⋅∗÷∕₀₁₂₃₄₅₆₇₈₉", "--****//0123456789")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUBSCRIPT = str.maketrans("", "", "_{}")
FRACTIONS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅙": (1, 6),
    "⅛": (1, 8),
}
"""Numerator and denominator of the characters that are fractions."""
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\u00a0\u2009]+)
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z][A-Za-z0-9]*(?:_[0-9]+|_\{[0-9]+\})?|π)
    |(?P<fraction>[½⅓⅔¼¾⅕⅙⅛])
    |(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    |(?P<sign>\*\*|[-+*/^(),|√])""",
    re.VERBOSE,
)
_HINTS = {
    "=": "a formula is one side only, without '='",
    "_": "an underscore only stands in x_1 to x_8",
    "!": "there is no factorial",
    ".": "a point belongs to a number; write sin(x), not np.sin(x)",
    "\\": "this is not LaTeX; write sin(x), sqrt(x), x/2",
    **dict.fromkeys("<>≤≥≠", "comparisons are not part of a formula"),
    "%": "write x - y*floor(x/y) for a remainder",
    ";": "separate arguments by ','",
    "‖": "write norm(x, y)",
    **dict.fromkeys("[]{}", "use round parentheses, and x1 to x8 for numbered variables"),
    **dict.fromkeys("'\"`‘’“”", "text in quotes is not part of a formula"),
}


class Token(NamedTuple):
    """A piece of the text; position counts from 1."""

    kind: str
    text: str
    position: int


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, an `end` after the last.

    Raises:
        ExpressionError: a character is not part of the grammar.
    """
    plain = text.translate(_SAME)
    tokens, start = [], 0
    while start < len(plain):
        match = _TOKEN.match(plain, start)
        if match is None:
            _refuse_character(text[start], start + 1)
        if match.lastgroup != "space":
            piece = match.group().translate(_RAISED)
            if match.lastgroup == "name":
                piece = "pi" if piece == "π" else piece.translate(_SUBSCRIPT)
            tokens.append(Token(str(match.lastgroup), piece, start + 1))
        start = match.end()
    return [*tokens, Token("end", "", len(text.rstrip()) + 1)]


def _refuse_character(character: str, position: int) -> NoReturn:
    hint = _HINTS.get(character)
    if character.isascii() and character.isprintable():
        shown = f"'{character}'"
    else:
        shown = unicodedata.name(character, f"U+{ord(character):04X}").lower()
        shown = f"'{character}' ({shown})" if character.isprintable() else shown
    because = f": {hint}" if hint else " is not part of a formula"
    raise ExpressionError(f"{shown} at position {position}{because}", position)
