"""EGOP eigenbases of any torch.nn.Module, from one backward pass for each sample."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import torch
from torch import nn

from egop.networks.bases import BlockBases, Blocks, chosen_blocks
from egop.networks.criterion import Loss, as_loss
from egop.networks.estimation import Sums, check_precision, widened
from egop.networks.footprint import allowed_memory, check_memory, predicted_memory
from egop.networks.input_moments import InputMoments
from egop.networks.layout import trainable
from egop.networks.module_gradients import ModuleGradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import Block, blocks_of
from egop.networks.passes import batched, read_count
from egop.networks.per_example import per_example_gradients
from egop.networks.processes import Processes
from egop.networks.spectral import highest_precision
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import random_basis

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients that are gathered before they are added up."""


def estimate_block_bases(
    model: nn.Module,
    loss: Loss,
    batches: Iterable[Any],
    initialize: Any,
    n_samples: int,
    blocks: Blocks = "matrices",
    *,
    structure: str = "dense",
    k: int | None = None,
    energy: float | None = None,
    complement: str = "implicit",
    factors: str = "moments",
    per_example: bool = False,
    seed: Any = 0,
    precision: torch.dtype = torch.float64,
    memory_budget: int | None = None,
    process_group: Any = None,
    on_progress: Callable[[int, int], object] = lambda done, total: None,
) -> BlockBases:
    """The EGOP eigenbases of a model's blocks of parameters, from M gradients (Eq. 5).

    The flat vector is made of the parameters that require gradients, in the order of
    `model.named_parameters()`, where tied weights appear once; frozen parameters keep their
    values. The model is left as it was: parameters, buffers, modes, gradients, and the state of
    PyTorch's random numbers.

    The loss is taken in the mode that the model is in: in training mode, dropout draws anew for
    each sample and batch normalization uses the statistics of the batch; call `model.eval()` first
    for the function that the model predicts with.

    A weight matrix is (first axis, all others): the kernels of a convolution are (outputs, inputs ·
    kernel), stacked projections of attention one matrix, and of an embedding longer than 8192 the
    shorter side alone is rotated by the Kronecker structures. Vectors, such as biases and the
    weights of norms, are rotated only where `blocks` names them.

    Args:
        model: any module.
        loss: `loss(model, batch)`, a scalar; or a loss of outputs and targets, such as
            `nn.CrossEntropyLoss()`, for batches (inputs, targets).
        batches: a list or a DataLoader of what `loss` takes, gone through as often as is needed;
            or a generator, whose batches are kept.
        initialize: `initialize(model, generator)` draws new parameters in place, on the CPU; or a
            distribution such as `xavier_normal()`; None: the current parameters.
        n_samples: M; of the structure "data", forward passes.
        blocks: "matrices": a basis for each weight matrix; "first": for the first of them alone;
            "global": one for all parameters; a list of parameters' names; or a function that is
            true for a `Block` that gets one.
        structure: "dense", (p_b)² numbers;
            "partial", the leading k eigenvectors and a complement, k·p_b;
            "kronecker", the eigenbases of both sides of a matrix (m, n), m² + n²;
            "rows", that of its right side alone, for which each row of a gradient is one sample;
            "sketch", as "partial", with gradients seen once and never kept;
            "data", I ⊗ R from the inputs of each layer, without gradients;
            "random", a control that knows nothing of the loss;
            "auto", dense where it fits into memory and has at most 8192 entries, else Kronecker.
        k: leading eigenvectors of "partial" and "sketch"; None: 64.
        energy: in place of k the share of the eigenvalues' sum that they are to have.
        complement: of the leading eigenvectors: "implicit", "random" (dense), or "dropped", with
            which updates stay in their span (§5).
        factors: of "kronecker": "moments", E[GGᵀ] and E[GᵀG], or "nearest", the factors of the
            product nearest to the EGOP in the Frobenius norm, for which gradients are kept.
        per_example: whether a sample is the gradient of one example of a batch, not of all of it.
        seed: an integer, or several. Sample i depends on it and i alone.
        precision: of sums and decompositions. float32 halves the memory, and leaves eigenvalues
            below 1e-7 of the largest, with their eigenvectors, as noise.
        memory_budget: bytes; None: what is free.
        process_group: of `torch.distributed`, such as `torch.distributed.group.WORLD`: its
            processes, each with the same model and batches, compute every n-th sample each, and
            all get the same bases. None: this process computes all.
        on_progress: called with the samples that are done here and M, after each.

    Raises:
        ValueError: n_samples < 1 or < k, no batches, no parameters to rotate, parameters that
            share memory, an unknown structure or block, an option that the structure does not
            have, a loss that is no scalar, or no finite gradient.
        TypeError: no module, loss, batches or initialize of these kinds.
        MemoryError: more memory is needed than the budget allows.
    """
    begin, named = perf_counter(), trainable(model, "estimate_block_bases")
    layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
    chosen, n_samples = chosen_blocks(layout, blocks), read_count(n_samples)
    asked = Structure(structure, k, energy, complement, factors)
    asked.check_samples(chosen, n_samples)
    check_precision(precision)
    gradients = ModuleGradients(
        model, as_loss(loss), named, layout, initialize=initialize, seed=seed
    )
    processes = Processes(process_group)
    estimate = _Estimate(gradients, layout, chosen, n_samples, seed, processes, on_progress)
    with highest_precision():
        if asked.name == "random":
            bases = estimate.at_random()
        elif asked.name == "data":
            bases = estimate.from_inputs(batches)
        else:
            bases = estimate.from_gradients(
                batches, asked, precision, memory_budget, per_example=per_example
            )
    return replace(bases, seconds=perf_counter() - begin)


@dataclass(frozen=True)
class _Estimate:
    """The estimates of a module's bases.

    Attributes:
        gradients: of the module's loss.
        layout: of the flat vector.
        blocks: those that get a basis.
        n_samples: M.
        seed: an integer, or several.
        processes: that estimate together.
        on_progress: called after each sample.
    """

    gradients: ModuleGradients
    layout: tuple[Block, ...]
    blocks: tuple[Block, ...]
    n_samples: int
    seed: Any
    processes: Processes
    on_progress: Callable[[int, int], object]

    @property
    def like(self) -> torch.Tensor:
        """A parameter, whose device and dtype bases have."""
        return self.gradients.parameters[0]

    def from_gradients(
        self,
        batches: Iterable[Any],
        asked: Structure,
        precision: torch.dtype,
        memory_budget: int | None,
        *,
        per_example: bool,
    ) -> BlockBases:
        """The bases of a structure that is made of gradients."""
        device, dtype = self.like.device, widened(self.like.dtype)
        p = self.layout[-1].stop
        chunk = max(1, min(self.n_samples, CHUNK_FLOATS // p))
        budget = allowed_memory(memory_budget, device)
        resolved = asked.resolved(self.blocks, self.n_samples, precision, budget)
        structures = dict(zip(self.blocks, resolved, strict=True))
        memory = predicted_memory(structures, self.n_samples, chunk * p, dtype, precision)
        check_memory(memory, budget, structures)
        sums = Sums(structures, self.n_samples, device, precision, dtype, self.processes)
        rows = per_example_gradients if per_example else batch_gradients
        with left_as_it_was(self.gradients.model) as restore_buffers, torch.enable_grad():
            done = 0
            every = (batches, self.n_samples, chunk, restore_buffers, self.processes)
            for some in rows(self.gradients, *every):
                sums.add(some)
                done += len(some)
                self.on_progress(done, self.n_samples)
        bases = sums.bases(self.layout, dtype, self.seed, memory)
        _warn_of_zeros(bases, self.gradients.used)
        return bases

    def from_inputs(self, batches: Iterable[Any]) -> BlockBases:
        """I ⊗ R from the inputs of each layer, in as many forward passes as there are samples."""
        moments = InputMoments(self.gradients.model, self.blocks)
        model = self.gradients.model
        with left_as_it_was(model) as restore_buffers, torch.no_grad(), moments.watched():
            for sample in self.gradients.samples(batches, self.n_samples):
                if self.processes.is_mine(sample.number):
                    self.gradients.loss_at(sample, restore_buffers)
                    self.on_progress(sample.number + 1, self.n_samples)
        return BlockBases(self.layout, moments.bases(widened(self.like.dtype), self.processes))

    def at_random(self) -> BlockBases:
        """Random bases."""
        dtype, device = widened(self.like.dtype), self.like.device
        found = [random_basis(block, self.seed, dtype, device) for block in self.blocks]
        return BlockBases(self.layout, tuple(map(self.processes.same, found)))


def batch_gradients(
    gradients: ModuleGradients,
    batches: Iterable[Any],
    n_samples: int,
    chunk: int,
    before: Callable[[], None],
    processes: Processes,
) -> Iterable[torch.Tensor]:
    """This process's share of the gradients of batches, float64 rows (m, p) by the chunk.

    The memory of a chunk is used again.
    """
    like = gradients.parameters[0]
    size = gradients.layout[-1].stop
    gathered = torch.empty(chunk, size, device=like.device, dtype=torch.float64)
    samples = gradients.samples(batches, n_samples)
    mine = (sample for sample in samples if processes.is_mine(sample.number))
    for some in batched(mine, chunk):
        for row, sample in enumerate(some):
            gradients.write(sample, gathered[row], before)
        yield gathered[: len(some)]


def _warn_of_zeros(bases: BlockBases, used: set[str]) -> None:
    """Warns of blocks that the loss uses, but whose gradients are 0 in every sample."""
    zero = [b.block.name for b in bases if b.block.name in used and not b.eigenvalues.any()]
    if zero:
        warnings.warn(
            f"the gradients of {', '.join(zero)} are 0 in all {bases.n_samples} samples, so that "
            "their eigenvectors are arbitrary; if they are too small for the model's dtype, use "
            "model.double()",
            stacklevel=4,
        )
