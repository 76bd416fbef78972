"""EGOP eigenbases of any torch.nn.Module, from one backward pass for each sample."""

import warnings
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from egop.networks.bases import BlockBases, chosen_blocks
from egop.networks.criterion import Loss, as_loss
from egop.networks.estimation import Sums, check_precision, widened
from egop.networks.footprint import check_memory, predicted_memory
from egop.networks.layout import trainable
from egop.networks.module_gradients import ModuleGradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import blocks_of
from egop.networks.passes import read_count
from egop.networks.spectral import highest_precision

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients that are gathered before they are added up."""


def estimate_block_bases(
    model: nn.Module,
    loss: Loss,
    batches: Iterable[Any],
    initialize: Any,
    n_samples: int,
    blocks: Any = "matrices",
    *,
    structure: str = "dense",
    seed: Any = 0,
    precision: torch.dtype = torch.float64,
    memory_budget: int | None = None,
) -> BlockBases:
    """The EGOP eigenbases of a model's blocks of parameters, from M gradients (Eq. 5).

    The flat vector is made of the parameters that require gradients, in the order of
    `model.named_parameters()`, where tied weights appear once; frozen parameters keep their
    values. The model is left as it was: parameters, buffers, modes, gradients, and the state of
    PyTorch's random numbers.

    The loss is taken in the mode that the model is in: in training mode, dropout draws anew for
    each sample and batch normalization uses the statistics of the batch; call `model.eval()` first
    for the function that the model predicts with.

    Args:
        model: any module.
        loss: `loss(model, batch)`, a scalar; or a loss of outputs and targets, such as
            `nn.CrossEntropyLoss()`, for batches (inputs, targets).
        batches: a list or a DataLoader of what `loss` takes, gone through as often as is needed;
            or a generator, whose batches are kept.
        initialize: `initialize(model, generator)` draws new parameters in place, on the CPU; or a
            distribution such as `xavier_normal()`; None: the current parameters.
        n_samples: M.
        blocks: "matrices": a basis for each weight matrix; "first": for the first of them alone;
            "global": one for all parameters; or a list of parameters' names.
        structure: "dense".
        seed: an integer, or several. Sample i depends on it and i alone.
        precision: of sums and decompositions. float32 halves the memory, and leaves eigenvalues
            below 1e-7 of the largest, with their eigenvectors, as noise.
        memory_budget: bytes; None: what is free.

    Raises:
        ValueError: n_samples < 1, no batches, no parameters to rotate, parameters that share
            memory, an unknown structure or block, a loss that is no scalar, or no finite gradient.
        TypeError: no module, loss, batches or initialize of these kinds.
        MemoryError: more memory is needed than the budget allows.
    """
    named = trainable(model, "estimate_block_bases")
    layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
    chosen, n_samples = chosen_blocks(layout, blocks), read_count(n_samples)
    check_precision(precision)
    device, dtype = named[0][1].device, widened(named[0][1].dtype)
    p = layout[-1].stop
    chunk = max(1, min(n_samples, CHUNK_FLOATS // p))
    memory = predicted_memory(chosen, n_samples, chunk * p, dtype, precision)
    check_memory(memory, memory_budget, device, chosen)
    sums = Sums(chosen, structure, n_samples, device, precision)
    gathered = torch.empty(chunk, p, device=device, dtype=torch.float64)
    with left_as_it_was(model) as restore_buffers, highest_precision(), torch.enable_grad():
        gradients = ModuleGradients(
            model, as_loss(loss), named, layout, initialize=initialize, seed=seed
        )
        for sample in gradients.samples(batches, n_samples):
            row = sample.number % chunk
            gradients.write(sample, gathered[row], restore_buffers)
            if row == chunk - 1 or sample.number == n_samples - 1:
                sums.add(gathered[: row + 1])
    bases = sums.bases(layout, dtype, seed, memory)
    _warn_of_zeros(bases, gradients.used)
    return bases


def _warn_of_zeros(bases: BlockBases, used: set[str]) -> None:
    """Warns of blocks that the loss uses, but whose gradients are 0 in every sample."""
    zero = [b.block.name for b in bases if b.block.name in used and not b.eigenvalues.any()]
    if zero:
        warnings.warn(
            f"the gradients of {', '.join(zero)} are 0 in all {bases.n_samples} samples, so that "
            "their eigenvectors are arbitrary; if they are too small for the model's dtype, use "
            "model.double()",
            stacklevel=3,
        )
