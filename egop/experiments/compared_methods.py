"""The methods that an experiment compares, by name: built-in ones, its own, and registered ones."""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from egop.bounds import shown
from egop.experiments.checks import check_distinct
from egop.methods import NETWORK_METHODS, VECTOR_METHODS, method_hint, names, registered


def check_methods(config: Any, network: bool) -> None:
    """ValueError unless every method of a Config is known and can be run by its experiment.

    Args:
        config: of an experiment; one without methods passes.
        network: whether it trains networks, in batches.
    """
    if not hasattr(config, "methods"):
        return
    chosen, variants = config.methods, type(config)().methods
    if isinstance(chosen, str) or not chosen or not all(isinstance(name, str) for name in chosen):
        raise ValueError(f"methods takes names such as ('adagrad', 'adam'), got {shown(chosen)}")
    check_distinct("methods", chosen)
    known = list(dict.fromkeys([*names(), *variants]))
    for name in chosen:
        if name not in known:
            hint = method_hint(name, known)
            own = "" if "did you mean" in hint else "; egop.methods.from_update makes others known"
            raise ValueError(f"methods: unknown method {shown(name)}; {hint}{own}")
        if name not in variants and not fits(name, network):
            raise ValueError(f"methods: {REFUSALS[network].format(name)}")


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
    """Names of methods or bases as a config holds them; one name stands for itself."""
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
