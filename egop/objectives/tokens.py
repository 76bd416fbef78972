"""Text → tokens: numbers, names and signs; every other character is refused with a reason."""

import re
import unicodedata
from typing import NamedTuple, NoReturn

from egop.objectives.grammar import ExpressionError

_SAME = str.maketrans("−–×·⋅∗÷∕₀₁₂₃₄₅₆₇₈₉", "--****//0123456789")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\u00a0\u2009]+)
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z][A-Za-z0-9]*|π)
    |(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    |(?P<sign>\*\*|[-+*/^(),])""",
    re.VERBOSE,
)
_HINTS = {
    "=": "a formula is one side only, without '='",
    "|": "write abs(…) for an absolute value",
    "√": "write sqrt(…) for a square root",
    "_": "names have no underscore",
    "!": "there is no factorial",
    ".": "a point belongs to a number",
    **dict.fromkeys("<>≤≥≠", "comparisons are not part of a formula"),
    **dict.fromkeys("[]{}", "use round parentheses"),
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
            piece = "pi" if match.group() == "π" else match.group().translate(_RAISED)
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
