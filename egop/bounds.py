"""Bounds of numbers that people give, and one sentence for what is not between them."""

from argparse import ArgumentTypeError
from reprlib import Repr
from typing import Any, NamedTuple

import numpy as np

SHOWN = 60
"""Characters of a refused value that are repeated."""


_REPR = Repr()
_REPR.maxstring = _REPR.maxlong = _REPR.maxother = SHOWN


class Bounds(NamedTuple):
    """The least and the largest value of a number.

    Attributes:
        low: the least.
        high: the largest.
        whole: whether it is an integer.
    """

    low: float
    high: float
    whole: bool = False

    def read(self, name: str, value: Any) -> Any:
        """Returns the value as a number of Python.

        Args:
            name: of what takes it.
            value: of any kind.

        Raises:
            ValueError: it is no number, not finite, not whole, or out of bounds.
        """
        value = plain(value)
        kinds = int if self.whole else (int, float)
        is_number = isinstance(value, kinds) and not isinstance(value, bool)
        if not is_number or not self.low <= value <= self.high:
            raise ValueError(f"{name} takes {self}, got {shown(value)}")
        return value

    def read_option(self, text: str) -> Any:
        """Returns the number that was typed as an option of a command.

        Raises:
            ArgumentTypeError: as `read`.
        """
        try:
            value = int(text) if self.whole else float(text)
        except ValueError:
            value = text
        try:
            return self.read("it", value)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    def __str__(self):
        kind = "an integer" if self.whole else "a number"
        return f"{kind} from {_written(self.low)} to {_written(self.high)}"


def plain(value: Any) -> Any:
    """A number of numpy as one of Python, which can be written down; all else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def shown(value: Any) -> str:
    """A refused value as a sentence repeats it: short, however large it is."""
    try:
        text = _REPR.repr(value)
    except ValueError:  # of an integer with thousands of digits
        return "a number with thousands of digits"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _written(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
