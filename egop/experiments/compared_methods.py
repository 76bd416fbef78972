"""The methods that an experiment compares: built-in ones, its own, and registered ones.

A Config holds them in writing, by name or with options, such as "galore(rank=4)"; so do the tables
and the coordinate `optimizer` of its result, of which `egop.methods.method` makes them again.
"""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from egop.bounds import shown
from egop.experiments.checks import check_distinct
from egop.experiments.data_shapes import gradient_ranks
from egop.experiments.sweep.rates import by_method
from egop.methods import (
    NETWORK_METHODS,
    VECTOR_METHODS,
    Method,
    adagrad,
    method,
    method_hint,
    names,
    registered,
    written,
)
from egop.methods.blocks import rule_block
from egop.methods.written import read_call

MOST_METHODS = 100
"""Methods beside each other in one experiment."""


def read_methods(config: Any, network: bool) -> tuple[str, ...]:
    """The methods of a Config in writing, each option that is not the usual one with its value.

    Args:
        config: of an experiment, whose methods are names, names with options, or methods.
        network: whether it trains networks, in batches.

    Raises:
        ValueError: one is not known, has no such options, cannot be run by the experiment, or is
            there twice.
    """
    given = config.methods
    chosen = (given,) if isinstance(given, str | Method) else given
    if not chosen or not all(isinstance(each, str | Method) for each in chosen):
        raise ValueError(
            "methods takes names such as ('adagrad', 'adam'), with options where they are not the "
            f"usual ones, such as 'galore(rank=4)', or methods of egop.methods, got {shown(given)}"
        )
    check_distinct("methods", [each for each in chosen if isinstance(each, str)])
    if len(chosen) > MOST_METHODS:
        raise ValueError(f"methods takes at most {MOST_METHODS} of them, got {len(chosen):,}")
    found = tuple(_read(each, config, network) for each in chosen)
    check_distinct("methods", found)
    return found


def in_writing(config: Any, network: bool) -> Any:
    """The Config with its methods, and those that its rates are given for, in writing.

    Args:
        config: of an experiment; one without methods is returned as it is.
        network: as in `read_methods`.

    Raises:
        ValueError: as `read_methods`.
    """
    if not hasattr(config, "methods"):
        return config
    changes: dict[str, Any] = {"methods": read_methods(config, network)}
    pairs = by_method(config.rates)
    if pairs is not None:
        changes["rates"] = tuple(
            (_read(m, config, network) if isinstance(m, Method) or "(" in str(m) else m, row)
            for m, row in pairs
        )
    return replace(config, **changes)


def check_methods(config: Any, network: bool) -> None:
    """ValueError unless every method of a Config can be run, as `read_methods`; or it has none."""
    if hasattr(config, "methods"):
        read_methods(config, network)


def check_layers(config: Any) -> None:
    """ValueError unless the methods of a Config in writing can step each layer that is known.

    The sentence names the smallest of the layers that one cannot step, so that what it says fits
    the others, too.
    """
    layers = enumerate((each.shape for each in gradient_ranks(config)), 1)
    by_size = sorted(layers, key=lambda layer: min(layer[1]))
    for each in getattr(config, "methods", ()) if by_size else ():
        made = method_of(each, getattr(config, "initial_accumulator", 0.0))
        for place, shape in by_size:
            try:
                rule_block(made, shape).state_shapes()
            except ValueError as error:
                raise ValueError(f"methods: layer {place}: {error}") from None


def _read(given: str | Method, config: Any, network: bool) -> str:
    """One method in writing, checked."""
    variants = type(config)().methods
    try:
        name, options = (given.name, {}) if isinstance(given, Method) else read_call(given)
        known = list(dict.fromkeys([*names(), *variants]))
        if name not in known:
            hint = method_hint(name, known)
            own = "" if "did you mean" in hint else "; egop.methods.from_update makes others known"
            raise ValueError(f"unknown method {shown(name)}; {hint}{own}")
        if name not in variants and not fits(name, network):
            raise ValueError(REFUSALS[network].format(name))
        usual = method_of(name, getattr(config, "initial_accumulator", 0.0))
        made = given if isinstance(given, Method) else usual.changed(**options)
        other = np.ndim(made.learning_rate) or made.learning_rate != usual.learning_rate
        if other or "learning_rate" in options:
            raise ValueError(
                f"{name} is run at the rates of the experiment; leave its learning_rate out, and "
                "give rates={...} where they are not to be searched for"
            )
        return written(replace(made, name=name), usual)
    except (TypeError, ValueError) as error:
        raise ValueError(f"methods: {error}") from None


def method_of(text: str, initial_accumulator: float) -> Method:
    """The method in writing; Adagrad begins as Optax's (App. D.5), or as torch's at 0.

    Args:
        text: a name, or a name with options.
        initial_accumulator: Adagrad's, where the text gives none.

    Raises:
        ValueError, TypeError: as `egop.methods.method`.
    """
    name, options = read_call(text)
    if name in {"adagrad", "adagrad_from_zero"} and registered(name) is None:
        usual = adagrad(initial_accumulator=initial_accumulator if name == "adagrad" else 0.0)
        return usual.changed(**options)
    return method(text)


REFUSALS = {
    True: "{} keeps a number for each pair of parameters, too many for a network; take shampoo",
    False: (
        "{} steps matrices, and the variables of this experiment are one vector; take it in an "
        "experiment with a network, such as digits"
    ),
}


def fits(name: str, network: bool) -> bool:
    """Returns True if a method can be compared on networks, or else on vectors of variables."""
    return name in (NETWORK_METHODS if network else VECTOR_METHODS) or registered(name) is not None


def read_names(given: Sequence[str] | str) -> tuple[str, ...]:
    """Names of bases as a config holds them; one name stands for itself."""
    return (given,) if isinstance(given, str) else tuple(given)


def import_own(files: Sequence[str]) -> None:
    """Imports files or modules whose `egop.methods.from_update` makes methods known by name.

    Args:
        files: paths that end in .py, or names of modules.

    Raises:
        ImportError: one is not there, or fails.
    """
    for file in files:
        try:
            _import(file)
        except Exception as error:
            raise ImportError(
                f"--import: {file} cannot be imported, {type(error).__name__}: "
                f"{' '.join(str(error).split())}"
            ) from error


def _import(file: str) -> None:
    if not file.endswith(".py"):
        importlib.import_module(file)
        return
    path = Path(file).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
