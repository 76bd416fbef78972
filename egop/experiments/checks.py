"""Checks of an experiment's numbers, made before a run has a folder."""

import dataclasses
import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from egop.methods import nearest

LARGEST = {"trials": 100_000, "epochs": 10_000_000}
"""More of them is a slip of the hand, and would fill the memory before anything is computed."""

THREADS = 1024
"""At most so many of the CPU."""

DTYPES = ("float32", "float64")


def check_config(config: Any) -> None:
    """ValueError unless the numbers of a Config are of the kinds of its defaults.

    Integers are at least 1, or 0 where 0 is the default; other numbers are finite and not negative.
    """
    for field in dataclasses.fields(config):
        _check_field(field.name, getattr(config, field.name), field.default)


def _check_field(name: str, value: Any, default: Any) -> None:
    if name == "dtype":
        check_name(name, value, DTYPES)
    elif name == "problems":
        _check_names(name, value, default)
    elif isinstance(default, tuple) and default and isinstance(default[0], int | float):
        if not isinstance(value, tuple):
            raise ValueError(f"{name} takes a tuple such as {default}, got {value!r}")
        for each in value:
            _check_like(name, each, default[0])
    elif isinstance(default, int | float):
        _check_like(name, value, default)


def check_name(field: str, value: Any, known: Collection[str]) -> None:
    """ValueError unless a field of a Config holds one of some names."""
    if value not in known:
        raise ValueError(f"{field} takes one of {', '.join(known)}, got {value!r}")


def _check_names(field: str, value: Any, known: Sequence[str]) -> None:
    """ValueError unless a field holds at least one of some names, in a tuple."""
    if not isinstance(value, tuple) or not value:
        raise ValueError(f"{field} takes names in a tuple, such as ({known[0]!r},), got {value!r}")
    for each in value:
        if each not in known:
            raise ValueError(f"{field}: unknown name {each!r}; {nearest(str(each), known)}")


def _check_like(name: str, value: Any, default: float) -> None:
    """ValueError unless a number is of the kind of a default."""
    if isinstance(default, int):
        read_integer(name, value, 0 if default == 0 else 1, LARGEST.get(name))
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} takes a number, got {value!r}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} takes a finite number of at least 0, got {value!r}")


def read_integer(name: str, value: Any, at_least: int, at_most: int | None = None) -> int:
    """The value as an integer; one of numpy becomes one of Python.

    Raises:
        ValueError: it is none, or out of range.
    """
    value = plain(value)
    usable = isinstance(value, int) and not isinstance(value, bool)
    if not usable or value < at_least or (at_most is not None and value > at_most):
        limits = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most:,}"
        raise ValueError(f"{name} takes an integer {limits}, got {value!r}")
    return value


def plain(value: Any) -> Any:
    """A number of numpy as one of Python, which can be written down; all else as it is."""
    return value.item() if isinstance(value, np.generic) else value
