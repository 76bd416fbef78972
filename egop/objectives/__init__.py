"""Objectives f: R^d → R, one family per file."""

from egop.objectives.convex import log_sum_exp, power_law, quadratic
from egop.objectives.expression import ExpressionError, from_expression
from egop.objectives.factorization import matrix_factorization, matrix_sensing, tiny_network
from egop.objectives.functions import from_functions
from egop.objectives.landscapes import LANDSCAPES, landscape
from egop.objectives.objective import Objective
from egop.objectives.regression import least_squares, logistic
from egop.objectives.torch_functions import from_torch

__all__ = [
    "LANDSCAPES",
    "ExpressionError",
    "Objective",
    "from_expression",
    "from_functions",
    "from_torch",
    "landscape",
    "least_squares",
    "log_sum_exp",
    "logistic",
    "matrix_factorization",
    "matrix_sensing",
    "power_law",
    "quadratic",
    "tiny_network",
]
