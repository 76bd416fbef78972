"""The rows of the oracle board: what each method is held against, and how near it must be."""

import torch.optim as torch_optim

from benchmarks.oracles import closed_forms
from benchmarks.oracles.eigenbasis_rows import EIGENBASIS_ROWS
from benchmarks.oracles.optimizers import Float64, by, flat, library
from benchmarks.oracles.row import FORMULA, Row
from benchmarks.oracles.shampoo_rows import SHAMPOO_ROWS
from egop import methods


def modded_nanogpt(parameter):
    """Muon with the coefficients of the public records of modded-nanogpt."""
    group = {"params": [parameter], "use_muon": True, "lr": 0.03, "weight_decay": 0.1}
    return library("Muon")([group], ns_coeffs="quintic", use_adjusted_lr=True)


def scion(parameter, rate):
    """Momentum in a trust region of the spectral norm."""
    from pytorch_optimizer.optimizer.scion import LMONorm

    return library("SCION")([parameter], rate, momentum=0.1, norm_type=LMONorm.SPECTRAL)


ROWS = (
    Row(
        methods.gradient_descent(0.05),
        "torch.optim.SGD",
        by(lambda p: torch_optim.SGD([p], 0.05)),
    ),
    Row(
        methods.momentum(0.05),
        "torch.optim.SGD",
        by(lambda p: torch_optim.SGD([p], 0.05, momentum=0.9)),
    ),
    Row(
        methods.adagrad(0.1),
        "torch.optim.Adagrad",
        by(lambda p: torch_optim.Adagrad([p], 0.1)),
    ),
    Row(
        methods.adagrad(0.1, initial_accumulator=0.1),
        "torch.optim.Adagrad",
        by(lambda p: torch_optim.Adagrad([p], 0.1, initial_accumulator_value=0.1)),
    ),
    Row(
        methods.adam(0.03),
        "torch.optim.Adam",
        by(lambda p: torch_optim.Adam([p], 0.03)),
    ),
    Row(
        methods.adamw(0.03),
        "torch.optim.AdamW",
        by(lambda p: torch_optim.AdamW([p], 0.03)),
    ),
    Row(
        methods.amsgrad(0.03),
        "torch.optim.Adam(amsgrad)",
        by(lambda p: torch_optim.Adam([p], 0.03, amsgrad=True)),
    ),
    Row(
        methods.adamax(0.03),
        "torch.optim.Adamax",
        by(lambda p: torch_optim.Adamax([p], 0.03)),
    ),
    Row(
        methods.adadelta(1.0),
        "torch.optim.Adadelta",
        by(lambda p: torch_optim.Adadelta([p], 1.0)),
    ),
    Row(
        methods.rmsprop(0.03),
        "torch.optim.RMSprop",
        by(lambda p: torch_optim.RMSprop([p], 0.03)),
    ),
    Row(
        methods.sign_momentum(0.03),
        "pytorch_optimizer.SignSGD",
        by(lambda p: library("SignSGD")([p], 0.03, momentum=0.9)),
    ),
    Row(
        methods.sign_momentum(0.03, weight_decay=0.1),
        "pytorch_optimizer.SignSGD",
        by(lambda p: library("SignSGD")([p], 0.03, momentum=0.9, weight_decay=0.1)),
    ),
    Row(
        methods.adagrad_norm(0.3, eps=0.0),
        FORMULA,
        closed_forms.adagrad_norm(0.3),
    ),
    Row(
        methods.full_adagrad(0.3),
        "pytorch_optimizer.Shampoo",
        flat(lambda p: library("Shampoo")([p], 0.3, matrix_eps=1e-6)),
        difference="of W as one vector it adds ε = 1e-6 to S before the root, ours to the root",
        corrected=flat(lambda p: library("Shampoo")([p], 0.3, matrix_eps=1e-13)),
        bound=1e-8,
    ),
    Row(
        methods.normalized_momentum(0.03, eps=0.0, weight_decay=0.1),
        FORMULA,
        closed_forms.normalized_momentum(0.03, 0.9, 0.1),
    ),
    Row(
        methods.lion(0.03, weight_decay=0.1),
        "pytorch_optimizer.Lion",
        by(lambda p: library("Lion")([p], 0.03, betas=(0.9, 0.99), weight_decay=0.1)),
    ),
    Row(
        methods.agd(0.03, weight_decay=0.1),
        FORMULA,
        closed_forms.agd(0.03, 0.9, 0.999, 1e-5, 0.1),
    ),
    Row(
        methods.pisa(0.03),
        FORMULA,
        closed_forms.pisa(0.03, 5e-4, 0.999, 1e-8),
    ),
    Row(
        methods.adafactor(0.01, weight_decay=0.1),
        "torch.optim.Adafactor",
        by(lambda p: torch_optim.Adafactor([p], 0.01, weight_decay=0.1)),
    ),
    Row(
        methods.vector_adam(0.03),
        FORMULA,
        closed_forms.vector_adam(0.03, 0.9, 0.999, 1e-8),
    ),
    Row(
        methods.muon(0.03),
        "torch.optim.Muon",
        by(lambda p: torch_optim.Muon([p], 0.03, weight_decay=0.0)),
        difference="it orthogonalizes in bfloat16",
        corrected=by(lambda p: torch_optim.Muon([p], 0.03, weight_decay=0.0), Float64),
    ),
    Row(
        methods.muon(0.03, orthogonalization="modded_nanogpt", scale="match_rms", weight_decay=0.1),
        "pytorch_optimizer.Muon",
        by(modded_nanogpt),
        difference="it orthogonalizes in bfloat16",
        corrected=by(modded_nanogpt, Float64),
    ),
    Row(
        methods.spectral_momentum(0.03, orthogonalization="newton_schulz"),
        "pytorch_optimizer.SCION",
        by(lambda p: scion(p, 0.03)),
        difference="it orthogonalizes in bfloat16, and its steps are √(m/n) times as long",
        corrected=by(lambda p: scion(p, 0.03 * (p.shape[1] / p.shape[0]) ** 0.5), Float64),
    ),
    Row(
        methods.spectral_momentum(0.03, weight_decay=0.1),
        FORMULA,
        closed_forms.spectral_momentum(0.03, 0.9, 0.1),
    ),
    Row(
        methods.spectral_momentum(0.03, order="orthogonalize_first"),
        FORMULA,
        closed_forms.spectral_momentum(0.03, 0.9, orthogonalize_first=True),
    ),
    *SHAMPOO_ROWS,
    *EIGENBASIS_ROWS,
)
