"""Parameters of `param` that refuse a value in one sentence: what takes what, and what it got."""

from numbers import Integral, Real
from typing import Any

import numpy as np
import param

from egop.methods import nearest
from egop.theme import number


def refuse(parameter: param.Parameter, takes: str, value: Any) -> None:
    """Raises the ValueError of a parameter that takes something else."""
    raise ValueError(f"{parameter.name} takes {takes}, got {value!r}")


class Number(param.Number):
    """A number within bounds."""

    kind: Any = Real
    words = "a number"

    def _validate(self, val: Any) -> None:
        bounds: Any = self.bounds
        low, high = bounds
        is_number = isinstance(val, self.kind) and not isinstance(val, bool)
        if not is_number or not low <= val <= high:
            refuse(self, f"{self.words} from {number(low, 4)} to {number(high, 4)}", val)


class Integer(param.Integer, Number):
    """A whole number within bounds."""

    kind: Any = Integral
    words = "a whole number"

    _validate = Number._validate


class Point(param.NumericTuple):
    """Coordinates."""

    def _validate(self, val: Any) -> None:
        try:
            fits = isinstance(val, tuple) and np.shape(val) == (self.length,)
            is_finite = fits and bool(np.isfinite(val).all())
        except (TypeError, ValueError):
            is_finite = False
        if not is_finite:
            refuse(self, f"a tuple of {self.length} finite numbers such as (1.0, 0.5)", val)


class Choice(param.Selector):
    """One of several names."""

    def _validate(self, val: Any) -> None:
        names = [each for each in self.objects if isinstance(each, str)]
        if val not in self.objects:
            raise ValueError(f"{self.name} takes no {val!r}; {nearest(str(val), names)}")


class Choices(param.ListSelector):
    """Several of several names."""

    def _validate(self, val: Any) -> None:
        if not isinstance(val, list | tuple):
            refuse(self, "a list of names", val)
        for each in val:
            if each not in self.objects:
                raise ValueError(
                    f"{self.name} takes no {each!r}; {nearest(str(each), self.objects)}"
                )


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


class Rates(param.Dict):
    """Learning rates by the name of a method."""

    def _validate(self, val: Any) -> None:
        if not isinstance(val, dict) or not all(map(_is_rate, val.values())):
            refuse(self, "a positive learning rate for each method, such as {'adam': 0.1}", val)


def _is_rate(value: Any) -> bool:
    return isinstance(value, Real) and 0 < float(value) < np.inf
