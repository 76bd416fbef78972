"""Checks of an experiment's numbers, made before a run has a folder."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from egop.bounds import Bounds, shown
from egop.experiments.trial_numbers import COUNT, FIRST
from egop.methods import nearest

BOUNDS = {
    "trials": COUNT,
    "first_trial": FIRST,
    "epochs": Bounds(1, 10_000_000, whole=True),
    "r_med_epochs": Bounds(1, 1000, whole=True),
    "seed": Bounds(0, 2**63 - 1, whole=True),
    "batch_size": Bounds(1, 10_000_000, whole=True),
    "hidden": Bounds(1, 100_000, whole=True),
    "sizes": Bounds(1, 100_000, whole=True),
    "n_examples": Bounds(1, 10_000_000, whole=True),
    "n_samples": Bounds(1, 100_000_000, whole=True),
    "n_rows": Bounds(1, 1_000_000, whole=True),
    "samples_per_variable": Bounds(1, 1_000_000, whole=True),
    "samples_per_parameter": Bounds(1, 100_000, whole=True),
    "decay": Bounds(0, 100.0),
    "decays": Bounds(0, 100.0),
    "tolerance": Bounds(0, 1e12),
    "initial_accumulator": Bounds(0, 1e12),
    "initial_rate": Bounds(0, 1e12),
    "start_radius": Bounds(0, 1e12),
    "singular_values": Bounds(0, 1e12),
    "scales": Bounds(0, 1e12),
    "threads": Bounds(1, 1024, whole=True),
    "memory_budget": Bounds(1, 10**15, whole=True),
}
"""Bounds of each number of a Config, in tuples too, and of the command line's options; where the
default is 0, 0 is allowed. What is beyond them is a slip of the hand; how large a run may be in all
is checked in `extent.py`."""

MOST_NUMBERS = 100
"""The most numbers in one tuple."""

DTYPES = ("float32", "float64")


def check_config(config: Any) -> None:
    """ValueError unless a Config holds what its fields take, numbers within `BOUNDS`."""
    for field in dataclasses.fields(config):
        _check_field(field.name, getattr(config, field.name), field.default)


def _check_field(name: str, value: Any, default: Any) -> None:
    if name == "dtype":
        check_name(name, value, DTYPES)
    elif name == "problems":
        _check_names(name, value, default)
    elif name in BOUNDS and isinstance(default, tuple):
        if not isinstance(value, tuple) or len(value) > MOST_NUMBERS:
            such = default or (1.0,)
            raise ValueError(
                f"{name} takes a tuple such as {such}, of at most {MOST_NUMBERS} numbers, "
                f"got {shown(value)}"
            )
        for each in value:
            BOUNDS[name].read(name, each)
    elif name in BOUNDS:
        bounds = BOUNDS[name]
        (bounds._replace(low=0) if default == 0 else bounds).read(name, value)


def check_name(field: str, value: Any, known: Collection[str]) -> None:
    """ValueError unless a field of a Config holds one of some names."""
    if value not in known:
        raise ValueError(f"{field} takes one of {', '.join(known)}, got {shown(value)}")


def _check_names(field: str, value: Any, known: Sequence[str]) -> None:
    """ValueError unless a field holds at least one of some names, each once, in a tuple."""
    if not isinstance(value, tuple) or not value:
        raise ValueError(
            f"{field} takes names in a tuple, such as ({known[0]!r},), got {shown(value)}"
        )
    check_distinct(field, value)
    for each in value:
        if each not in known:
            raise ValueError(f"{field}: unknown name {shown(each)}; {nearest(str(each), known)}")


def check_distinct(field: str, names: Sequence[Any]) -> None:
    """ValueError if a field names something twice."""
    known = set()
    for name in names:
        if name in known:
            raise ValueError(f"{field} names {shown(name)} more than once; name it once")
        known.add(name)
