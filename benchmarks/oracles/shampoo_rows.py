"""The rows of methods whose preconditioners are sums or means of outer products."""

import torch

from benchmarks.oracles import closed_forms
from benchmarks.oracles.optimizers import (
    Float64,
    by,
    corrected_shampoo,
    flat_vectors,
    library,
    scalable_shampoo,
)
from benchmarks.oracles.row import FORMULA, Row
from egop import methods
from egop.methods.eigenbases import first_eigenbasis

SPLUS_DIFFERENCE = (
    "its eigenbases are in float32, and in the null space of GGᵀ or GᵀG what round-off leaves, "
    "ours what is left of the coordinates; both have the paper's steps of 2/(m+n), the authors' "
    "torch/splus.py a quarter of them"
)


def splus(parameter):
    """SPlus with new bases every ten steps."""
    return library("SPlus")([parameter], 0.3, weight_decay=0.0, inverse_steps=10)


class InOurBases(Float64):
    """Within it eigenvectors are those of this package, of null spaces, too."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Calls the function, in float64."""
        if func is torch.linalg.eigh:
            return None, first_eigenbasis(args[0])
        return super().__torch_function__(func, types, args, kwargs)


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
        methods.shampoo(0.3, momentum=0.9),
        "pytorch_optimizer.Shampoo",
        by(lambda p: library("Shampoo")([p], 0.3, momentum=0.9)),
        difference="it mixes its last step into the gradient, before L and R; ours preconditions a "
        "mean of gradients, with L and R of the gradients themselves, as a closed form does",
        corrected=closed_forms.shampoo(0.3, 0.9, 1e-6),
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
    Row(
        methods.asgo(0.03),
        FORMULA,
        closed_forms.asgo(0.03, 0.9, 0.8),
        bound=1e-8,
    ),
    Row(
        methods.accumulating_asgo(0.3, eps=1e-3),
        FORMULA,
        closed_forms.accumulating_asgo(0.3, 1e-3),
        bound=1e-11,
    ),
    Row(
        methods.dasgo(0.03),
        FORMULA,
        closed_forms.transposed(closed_forms.dasgo(0.03, 0.9, 0.95, 1e-8)),
        difference="the public code, github.com/infinity-stars/ASGO, is the formula with sums over "
        "columns, so that rows and columns are swapped",
        corrected=closed_forms.dasgo(0.03, 0.9, 0.95, 1e-8),
    ),
    Row(
        methods.splus(0.3, refresh=10),
        "pytorch_optimizer.SPlus",
        by(splus),
        difference=SPLUS_DIFFERENCE,
        corrected=by(splus, InOurBases),
    ),
)
