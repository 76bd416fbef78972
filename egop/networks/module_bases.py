"""EGOP eigenbases of any torch.nn.Module, from one backward pass for each sample."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks.bases import BlockBases, chosen_blocks
from egop.networks.estimation import Sums, check_counts, widened
from egop.networks.footprint import check_memory, predicted_memory
from egop.networks.network import Block, blocks_of
from egop.networks.spectral import highest_precision
from egop.networks.streams import streams

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients that are gathered before they are added up."""


def estimate_block_bases(
    model: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batches: Sequence[Any],
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
    `model.named_parameters()`, where tied weights appear once. The model is left as it was:
    parameters, buffers, modes, gradients, and the state of PyTorch's random numbers.

    Args:
        model: any module.
        loss: `loss(model, batch)`, a scalar.
        batches: a list of what `loss` takes, cycled.
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
        MemoryError: more memory is needed than the budget allows.
    """
    named = _trainable(model)
    layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
    chosen = chosen_blocks(layout, blocks)
    check_counts(n_samples, batches)
    device, dtype = named[0][1].device, widened(named[0][1].dtype)
    p = layout[-1].stop
    chunk = max(1, min(n_samples, CHUNK_FLOATS // p))
    memory = predicted_memory(chosen, n_samples, chunk * p, dtype, precision)
    check_memory(memory, memory_budget, device, chosen)
    sums = Sums(chosen, structure, n_samples, device, precision)
    gathered = torch.empty(chunk, p, device=device, dtype=dtype)
    draw = _drawing(model, named, layout, initialize, seed)
    with left_as_it_was(model) as restore_buffers, highest_precision(), torch.enable_grad():
        for i, random in enumerate(streams(seed, "module", range(n_samples))):
            restore_buffers()
            draw(i, int(random.integers(2**63)))
            row = i % chunk
            _gradient(model, loss, batches[i % len(batches)], named, gathered[row])
            if row == chunk - 1 or i == n_samples - 1:
                sums.add(gathered[: row + 1])
    return sums.bases(layout, dtype, seed, memory)


def _trainable(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Names and parameters that require gradients.

    Raises:
        ValueError: there are none, one is complex, or two of them share memory.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not named:
        raise ValueError(
            f"EGOP bases take a model with parameters that require gradients, got "
            f"{type(model).__name__} with none"
        )
    for name, p in named:
        if not p.is_floating_point():
            raise ValueError(f"EGOP bases take real parameters, got {name} of {p.dtype}")
    spans = sorted((p.data_ptr(), p.nbytes, name) for name, p in named if p.numel())
    for (first, length, name), (second, _, other) in pairwise(spans):
        if first + length > second:
            raise ValueError(
                f"{name} and {other} share memory but are two parameters, so that neither's "
                "gradient is the whole one; tie them by assigning the same Parameter"
            )
    return named


def _drawing(
    model: nn.Module,
    named: Sequence[tuple[str, nn.Parameter]],
    layout: Sequence[Block],
    initialize: Any,
    seed: Any,
) -> Callable[[int, int], None]:
    """A function of a sample's number and own seed that fills the parameters with draw i."""
    generator = torch.Generator()

    def draw(i: int, own_seed: int) -> None:
        for device in {p.device for _, p in named} | {torch.device("cpu")}:
            _reseed(device, own_seed)
        if initialize is None:
            return
        if hasattr(initialize, "sample"):
            drawn = initialize.sample(layout, [i], seed)[0]
            for (_, p), block in zip(named, layout, strict=True):
                p.data.copy_(block.of(drawn))
            return
        with on_cpu([p for _, p in named]), torch.no_grad():
            initialize(model, generator.manual_seed(own_seed))
        if any(p is not model.get_parameter(name) for name, p in named):
            raise ValueError(
                "initialize takes a model and fills its parameters in place, as "
                "torch.nn.init does; it got new Parameter objects instead"
            )

    return draw


def _gradient(
    model: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    batch: Any,
    named: Sequence[tuple[str, nn.Parameter]],
    out: Tensor,
) -> None:
    """Writes the gradient of the loss into out (p,); zero for parameters it does not use."""
    value = loss(model, batch)
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"loss returns a scalar that depends on the parameters, got {got}")
    parameters = [p for _, p in named]
    slopes = torch.autograd.grad(value.squeeze(), parameters, allow_unused=True)
    start = 0
    for p, slope in zip(parameters, slopes, strict=True):
        part = out[start : start + p.numel()]
        part.zero_() if slope is None else part.copy_(slope.flatten())
        start += p.numel()


@contextmanager
def left_as_it_was(model: nn.Module) -> Iterator[Callable[[], None]]:
    """A context after which a model and PyTorch's random numbers are what they were.

    It gives a function that puts the buffers back, for the time between two gradients.
    """
    modules = [(m, m.training, dict(m._parameters), dict(m._buffers)) for m in model.modules()]
    parameters = [(p, p.data, p.detach().clone(), p.requires_grad) for p in model.parameters()]
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    devices = sorted({p.device.index for p in model.parameters() if p.is_cuda})

    def restore_buffers() -> None:
        with torch.no_grad():
            for module, training, _, own in modules:
                module.training = training
                module._buffers.update(own)
            for buffer, before in buffers:
                buffer.copy_(before)

    with torch.random.fork_rng(devices=devices):
        try:
            yield restore_buffers
        finally:
            for module, _, own, _ in modules:
                module._parameters.update(own)
            for p, data, before, required in parameters:
                p.data = data.copy_(before)
                p.requires_grad_(required)
            restore_buffers()


@contextmanager
def on_cpu(parameters: Sequence[nn.Parameter]) -> Iterator[None]:
    """A context in which parameters lie on the CPU, so that draws are the same on every device."""
    with ExitStack() as stack:
        for p in parameters:
            if p.device.type != "cpu":
                stack.callback(_move_back, p, p.data)
                p.data = p.data.cpu()
        yield


def _move_back(parameter: nn.Parameter, home: Tensor) -> None:
    parameter.data = home.copy_(parameter.data)


def _reseed(device: torch.device, seed: int) -> None:
    """Seeds what a module or a loss draws by itself, such as dropout."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "cpu":
        torch.default_generator.manual_seed(seed)
