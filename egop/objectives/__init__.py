"""Objectives f: R^d → R, one family per file."""

import difflib
from typing import TYPE_CHECKING

from egop.objectives.associations import associative_memory
from egop.objectives.convex import log_sum_exp, power_law, quadratic
from egop.objectives.expression import ExpressionError, from_expression
from egop.objectives.factorization import matrix_factorization, matrix_sensing, tiny_network
from egop.objectives.functions import from_functions
from egop.objectives.landscapes import LANDSCAPES, landscape
from egop.objectives.matrices import matrix_quadratic, two_layer_linear
from egop.objectives.objective import Objective
from egop.objectives.regression import least_squares, logistic
from egop.objectives.torch_functions import from_torch

__all__ = [
    "LANDSCAPES",
    "ExpressionError",
    "Objective",
    "associative_memory",
    "from_expression",
    "from_functions",
    "from_torch",
    "landscape",
    "least_squares",
    "log_sum_exp",
    "logistic",
    "matrix_factorization",
    "matrix_quadratic",
    "matrix_sensing",
    "power_law",
    "quadratic",
    "tiny_network",
    "two_layer_linear",
]

if not TYPE_CHECKING:

    def __getattr__(name: str):
        if name.startswith("_"):
            raise AttributeError(f"module 'egop.objectives' has no attribute {name!r}")
        plain = name.lower()
        near = difflib.get_close_matches(plain, [*LANDSCAPES, *__all__], n=1, cutoff=0.7)
        if near and near[0] in LANDSCAPES:
            hint = f"the landscape is egop.objectives.landscape({near[0]!r})"
        elif near:
            hint = f"did you mean egop.objectives.{near[0]}?"
        else:
            hint = "landscapes are in egop.objectives.LANDSCAPES, the rest in its __all__"
        raise AttributeError(f"egop.objectives has no {name!r}; {hint}")
