"""Analyses of runs: the numbers and words behind the explorer's pictures, one question a file."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

MODULES = tuple(sorted(module.name for module in iter_modules(__path__)))
"""Each is loaded when `egop.analysis.NAME` is first used."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"egop.analysis.{name}")
    raise AttributeError(f"module 'egop.analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *MODULES])
