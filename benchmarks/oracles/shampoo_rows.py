"""The rows of methods whose preconditioners are sums or means of outer products."""

from benchmarks.oracles import closed_forms
from benchmarks.oracles.optimizers import (
    by,
    corrected_shampoo,
    flat_vectors,
    library,
    scalable_shampoo,
)
from benchmarks.oracles.row import FORMULA, Row
from egop import methods

SHAMPOO_ROWS = (
    Row(
        methods.shampoo(0.3),
        "pytorch_optimizer.Shampoo",
        by(lambda p: library("Shampoo")([p], 0.3)),
        difference="W of one row or column has two roots of power −1/4 there, one of −1/2 here",
        corrected=flat_vectors(lambda p: library("Shampoo")([p], 0.3)),
        bound=1e-10,
    ),
    Row(
        methods.shampoo(0.3, accumulation="mean", eps=1e-13),
        "pytorch_optimizer.ScalableShampoo",
        by(lambda p: scalable_shampoo(p, 0.3, 0.999, matrix_eps=1e-13)),
        difference="its means are not divided by 1 − β₂ᵗ, and a vector has two roots there",
        corrected=by(lambda p: corrected_shampoo(p, 0.3, 0.999, matrix_eps=1e-13)),
        bound=1e-8,
    ),
    Row(
        methods.one_sided_shampoo(0.3),
        "pytorch_optimizer.ScalableShampoo",
        by(lambda p: scalable_shampoo(p, 0.3, one_sided=True)),
        bound=1e-10,
    ),
    Row(
        methods.kl_shampoo(0.03),
        FORMULA,
        closed_forms.kl_shampoo(0.03, 0.9, 0.98, 1e-8, 10),
        bound=1e-8,
    ),
)
