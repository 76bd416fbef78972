"""Methods: update rules with their hyperparameters, one family per file."""

from typing import TYPE_CHECKING

from egop.methods.adaptive import adadelta, adagrad, adam, adamax, adamw, amsgrad, rmsprop
from egop.methods.coupled import adagrad_norm, full_adagrad, normalized_momentum
from egop.methods.descent import gradient_descent, momentum, sign_momentum
from egop.methods.elementwise import maximum, sign, where
from egop.methods.method import Method, Rule
from egop.methods.own import from_update
from egop.methods.registry import METHODS, RULES, is_built_in, method, names, register, registered
from egop.methods.spelling import method_hint, nearest

__all__ = [
    "METHODS",
    "RULES",
    "Method",
    "Rule",
    "adadelta",
    "adagrad",
    "adagrad_norm",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "from_update",
    "full_adagrad",
    "gradient_descent",
    "is_built_in",
    "maximum",
    "method",
    "method_hint",
    "momentum",
    "names",
    "nearest",
    "normalized_momentum",
    "register",
    "registered",
    "rmsprop",
    "sign",
    "sign_momentum",
    "where",
]

if not TYPE_CHECKING:

    def __getattr__(name: str):
        hint = "" if name.startswith("_") else f"; {method_hint(name, names())}"
        raise AttributeError(f"egop.methods has no {name!r}{hint}")
