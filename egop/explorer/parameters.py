"""Parameters of `param` that refuse a value in one sentence: what takes what, and what it got."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import param

from egop.bounds import shown
from egop.methods import nearest
from egop.theme import number

LARGEST = 1e12
"""The largest size of a coordinate and of a learning rate."""
MOST_NAMES = 100
"""The most names in a list of methods, and the most methods that have a rate; there are fewer."""
EXPLORE = "egop.explore(methods=[…]) takes methods of egop.methods, and names with options"


def refuse(parameter: param.Parameter, takes: str, value: Any) -> None:
    """Raises the ValueError of a parameter that takes something else."""
    raise ValueError(f"{parameter.name} takes {takes}, got {shown(value)}")


class BoundedNumber(param.Number):
    """A number within bounds."""

    kind: Any = Real
    words = "a number"

    def _validate(self, val: Any) -> None:
        bounds: Any = self.bounds
        low, high = bounds
        is_number = isinstance(val, self.kind) and not isinstance(val, bool)
        if not is_number or not low <= val <= high:
            refuse(self, f"{self.words} from {number(low, 4)} to {number(high, 4)}", val)


class Integer(param.Integer, BoundedNumber):
    """A whole number within bounds."""

    kind: Any = Integral
    words = "a whole number"

    _validate = BoundedNumber._validate


class Point(param.NumericTuple):
    """Coordinates."""

    def _validate(self, val: Any) -> None:
        fits = isinstance(val, tuple) and len(val) == self.length
        if not fits or not all(_is_within(each, -LARGEST) for each in val):
            takes = f"a tuple of {self.length} finite numbers such as (1.0, 0.5)"
            refuse(self, f"{takes}, none beyond ±{number(LARGEST)}", val)


class Choice(param.Selector):
    """One of several names."""

    def _validate(self, val: Any) -> None:
        names = [each for each in self.objects if isinstance(each, str)]
        if val not in self.objects:
            raise ValueError(f"{self.name} takes no {shown(val)}; {nearest(val, names)}")


class Methods(param.ListSelector):
    """Names of methods."""

    def _validate(self, val: Any) -> None:
        if not isinstance(val, list | tuple) or len(val) > MOST_NAMES:
            refuse(self, f"a list of names, {MOST_NAMES} at most", val)
        for each in val:
            if each not in self.objects:
                has_options = not isinstance(each, str) or "(" in each
                hint = EXPLORE if has_options else nearest(each, self.objects)
                raise ValueError(f"{self.name} takes no {shown(each)}; {hint}")
        if len(set(val)) < len(val):
            refuse(self, "each name once", val)


class Flag(param.Boolean):
    """True or False."""

    def _validate(self, val: Any) -> None:
        if not isinstance(val, bool | np.bool_):
            refuse(self, "True or False", val)


class Text(param.String):
    """A text."""

    def _validate(self, val: Any) -> None:
        if not isinstance(val, str):
            refuse(self, "a text", val)


class RatesByMethod(param.Dict):
    """Learning rates by the name of a method."""

    def _validate(self, val: Any) -> None:
        if (
            not isinstance(val, dict)
            or len(val) > MOST_NAMES
            or not all(map(_is_rate, val.values()))
        ):
            takes = "a positive learning rate for each method, such as {'adam': 0.1}"
            refuse(self, f"{takes}, none above {number(LARGEST)}", val)


def _is_rate(value: Any) -> bool:
    return _is_within(value, 0.0) and value > 0


def _is_within(value: Any, low: float) -> bool:
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    number: Any = value
    return bool(low <= number <= LARGEST)
