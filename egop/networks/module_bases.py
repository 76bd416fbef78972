"""EGOP eigenbases of any torch.nn.Module, from one backward pass for each sample."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from torch import nn

from egop.networks.bases import BlockBases, Blocks, chosen_blocks
from egop.networks.criterion import Loss, as_loss
from egop.networks.estimate_cost import EstimateCost
from egop.networks.estimation import check_precision
from egop.networks.layout import trainable
from egop.networks.module_estimate import ModuleEstimate
from egop.networks.module_gradients import ModuleGradients
from egop.networks.network import blocks_of
from egop.networks.passes import read_count
from egop.networks.processes import Processes
from egop.networks.spectral import highest_precision
from egop.networks.structures.choice import WITHOUT_GRADIENTS, Structure


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
    on_progress: Callable[[int, int], object] | None = None,
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
        k: leading eigenvectors of "partial" and "sketch"; None: 64, or n_samples where it is less.
        energy: in place of k the share of the eigenvalues' sum that they are to have.
        complement: of the leading eigenvectors: "implicit", "random" (dense), or "dropped", with
            which updates stay in their span (§5).
        factors: of "kronecker": "moments", E[GGᵀ] and E[GᵀG], or "nearest", the factors of the
            product nearest to the EGOP in the Frobenius norm, for which gradients are kept.
        per_example: whether a sample is the gradient of one example of a batch, not of all of it.
            All examples of a batch are taken at one draw of the parameters: many small batches
            sample ρ better than few large ones.
        seed: an integer, or several. Sample i, of examples batch i, depends on it and i alone.
        precision: of sums and decompositions. float32 halves the memory, and leaves eigenvalues
            below 1e-7 of the largest, with their eigenvectors, as noise.
        memory_budget: bytes in each process; None: what is free, in equal shares for the processes
            on one machine. Batches and what the model computes of them are beside it.
        process_group: of `torch.distributed`, such as `torch.distributed.group.WORLD`: its
            processes, each with the same model, batches and arguments, compute every n-th sample
            each, and all get the same bases. Arguments are compared, `initialize` by its name and
            numbers, and of batches and weights the first 100 entries of each tensor; the loss and
            buffers are not. None: this process computes all.
        on_progress: called with the samples that are done here and M, after each gradient, or
            after a few of those of single examples.

    Raises:
        ValueError: n_samples < 1 or < k, no batches, no parameters to rotate, parameters that
            share memory, an unknown structure or block, an option that the structure does not
            have, a loss that is no scalar, or no finite gradient.
        TypeError: no module, loss, batches or initialize of these kinds.
        MemoryError: more memory is needed than the budget allows.
        RuntimeError: another process of the group has failed; the sentence says which, and how.
    """
    given, begin = locals(), perf_counter()
    with _prepared(**given) as estimate:
        bases = estimate.bases()
    return replace(bases, seconds=perf_counter() - begin)


def predict_estimate(
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
) -> EstimateCost:
    """The memory and the seconds that `estimate_block_bases` would take, from a few gradients.

    Arguments are those of the estimate, and all processes of a group call it; structures without
    gradients, which take forward passes or nothing, are not predicted.

    Raises:
        ValueError, TypeError, MemoryError, RuntimeError: as of the estimate.
    """
    given = locals()
    with _prepared(**given) as estimate:
        if structure in WITHOUT_GRADIENTS:
            raise ValueError(
                f"predict_estimate takes structures that are made of gradients, got {structure!r}, "
                "which takes none"
            )
        return estimate.cost()


@contextmanager
def _prepared(
    *,
    model: nn.Module,
    loss: Loss,
    batches: Iterable[Any],
    initialize: Any,
    n_samples: int,
    blocks: Blocks,
    per_example: bool,
    seed: Any,
    precision: torch.dtype,
    memory_budget: int | None,
    process_group: Any,
    on_progress: Callable[[int, int], object] | None = None,
    **structure: Any,
) -> Iterator[ModuleEstimate]:
    """A context of all processes with an estimate whose arguments are checked."""
    processes = Processes(process_group, _device_of(model))
    with processes.together(), highest_precision():
        asked = Structure(structure.pop("structure"), **structure)
        check_precision(precision)
        asked.check_options(precision, per_example=per_example)
        n_samples = read_count(n_samples)
        named = trainable(model, "estimate_block_bases")
        layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
        chosen = chosen_blocks(layout, blocks)
        asked.check_samples(chosen, n_samples)
        gradients = ModuleGradients(
            model,
            as_loss(loss),
            named,
            layout,
            initialize=initialize,
            seed=seed,
            compares=processes.count > 1,
        )
        estimate = ModuleEstimate(
            gradients,
            chosen,
            batches,
            n_samples,
            asked,
            per_example,
            precision,
            memory_budget,
            processes,
            on_progress,
        )
        estimate.check_processes()
        yield estimate


def _device_of(model: Any) -> torch.device:
    """The device of the first parameter; the CPU where there is none."""
    parameters = model.parameters() if isinstance(model, nn.Module) else iter(())
    return next((p.device for p in parameters), torch.device("cpu"))
