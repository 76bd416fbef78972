"""Methods: update rules with their hyperparameters, one family per file."""

from typing import TYPE_CHECKING

from egop.methods.adafactor import adafactor
from egop.methods.adaptive import adadelta, adagrad, adam, adamax, adamw, amsgrad, rmsprop
from egop.methods.agd import agd
from egop.methods.aro import aro
from egop.methods.asgo import accumulating_asgo, asgo, dasgo
from egop.methods.cosmos import cosmos
from egop.methods.coupled import adagrad_norm, full_adagrad, normalized_momentum
from egop.methods.descent import gradient_descent, lion, momentum, sign_momentum
from egop.methods.elementwise import maximum, sign, where
from egop.methods.equivariance import equivariance_table
from egop.methods.galore import conda, galore
from egop.methods.kl_shampoo import kl_shampoo
from egop.methods.kl_soap import kl_soap
from egop.methods.method import Method
from egop.methods.muon import muon, spectral_momentum
from egop.methods.own import from_update
from egop.methods.pisa import pisa
from egop.methods.registry import (
    MATRIX_METHODS,
    METHODS,
    NETWORK_METHODS,
    RULES,
    VECTOR_METHODS,
    is_built_in,
    method,
    names,
    register,
    registered,
    written,
)
from egop.methods.rows import vector_adam
from egop.methods.rule import ROTATIONS, MatrixRule, Rule
from egop.methods.shampoo import one_sided_shampoo, shampoo
from egop.methods.soap import soap
from egop.methods.spelling import method_hint, nearest
from egop.methods.splus import iterate_average, splus

__all__ = [
    "MATRIX_METHODS",
    "METHODS",
    "NETWORK_METHODS",
    "ROTATIONS",
    "RULES",
    "VECTOR_METHODS",
    "MatrixRule",
    "Method",
    "Rule",
    "accumulating_asgo",
    "adadelta",
    "adafactor",
    "adagrad",
    "adagrad_norm",
    "adam",
    "adamax",
    "adamw",
    "agd",
    "amsgrad",
    "aro",
    "asgo",
    "conda",
    "cosmos",
    "dasgo",
    "equivariance_table",
    "from_update",
    "full_adagrad",
    "galore",
    "gradient_descent",
    "is_built_in",
    "iterate_average",
    "kl_shampoo",
    "kl_soap",
    "lion",
    "maximum",
    "method",
    "method_hint",
    "momentum",
    "muon",
    "names",
    "nearest",
    "normalized_momentum",
    "one_sided_shampoo",
    "pisa",
    "register",
    "registered",
    "rmsprop",
    "shampoo",
    "sign",
    "sign_momentum",
    "soap",
    "spectral_momentum",
    "splus",
    "vector_adam",
    "where",
    "written",
]

if not TYPE_CHECKING:

    def __getattr__(name: str):
        hint = "" if name.startswith("_") else f"; {method_hint(name, names())}"
        raise AttributeError(f"egop.methods has no {name!r}{hint}")
