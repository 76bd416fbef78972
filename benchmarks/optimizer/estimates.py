"""Estimates of large bases: time beside the gradients they are made of, and memory."""

import resource
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.optimizer.models import LAYERS, LOSS, bases_of, examples, perceptron, seconds_of
from benchmarks.stopwatch import Row, timing
from egop.networks import estimate_block_bases
from egop.networks.network import Block
from egop.networks.structures.choice import Structure


def estimate_rows(width: int, device: str) -> Iterator[Row]:
    """The estimates of large bases: sums beside forward and backward passes, decompositions."""
    sizes = [width] * (LAYERS + 1)
    batch = examples(sizes, 2 * width, device)
    model = perceptron(sizes, device)
    n_samples = 64
    blocks = [block for block in layout_of(model) if block.is_matrix]
    sums = [
        Structure("kronecker").sums(
            b, n_samples, torch.device(device), torch.float64, torch.float32
        )
        for b in blocks
    ]
    passes, added = [], []
    for _ in range(n_samples):
        model.zero_grad()
        passes.append(seconds_of(lambda: LOSS(model(batch[0]), batch[1]).backward(), device))
        found = [p.grad for p in model.parameters() if p.ndim > 1]
        slopes = [gradient.reshape(1, -1) for gradient in found if gradient is not None]
        added.append(
            seconds_of(lambda s=slopes: [e.add(g) for e, g in zip(sums, s, strict=True)], device)
        )
    question = f"Kronecker sums of {n_samples} gradients, {len(blocks)} layers of {width}²"
    peer = "their forward and backward passes"
    yield Row(question, timing([sum(added)]), None, peer, timing([sum(passes)]), allowed=1.0)
    decomposed = seconds_of(lambda: [each.basis(0, torch.float32) for each in sums], device)
    yield Row(f"decompositions of {2 * len(blocks)} sides of {width}", timing([decomposed]))
    wide = nn.Linear(784, 512, bias=False, device=device)
    inputs = examples((784, 512), 300, device)
    taken = seconds_of(lambda: bases_of(wide, inputs, "kronecker", 200), device)
    yield Row("Kronecker basis of 784 × 512 from 200 gradients", timing([taken]), 10.0)


def one_large_block(p: int = 10**6, k: int = 64, n_samples: int = 256) -> Iterator[Row]:
    """A partial basis of a million entries in one block: time, and memory at the peak."""
    model = Quadratic(p)
    before = peak_bytes()
    taken = seconds_of(
        lambda: estimate_block_bases(
            model,
            lambda m, _: m(),
            [None],
            standard_normal,
            n_samples,
            "global",
            structure="partial",
            k=k,
        ),
        "cpu",
    )
    used, allowed = peak_bytes() - before, (n_samples + 2 * k + 8) * p * 4
    said = f"{used / 1e9:.3g} GB of at most {allowed / 1e9:.3g} GB"
    question = f"partial basis of {p:,} entries, k = {k}, M = {n_samples}, {said}"
    yield Row(question, timing([taken]), 120.0)


class Quadratic(nn.Module):
    """½ Σ λ_i x_i², whose gradient costs next to nothing."""

    curvatures: Tensor

    def __init__(self, p: int):
        super().__init__()
        self.x = nn.Parameter(torch.zeros(p))
        self.register_buffer("curvatures", 1 / torch.arange(1.0, p + 1))

    def forward(self) -> Tensor:
        """The value."""
        return 0.5 * (self.curvatures * self.x.square()).sum()


def standard_normal(model: nn.Module, generator: torch.Generator) -> None:
    """Draws a standard normal point."""
    for p in model.parameters():
        nn.init.normal_(p, generator=generator)


def layout_of(model: nn.Module) -> list[Block]:
    """The parameters as blocks of a flat vector."""
    found, start = [], 0
    for name, p in model.named_parameters():
        found.append(Block(name, tuple(p.shape), start, start + p.numel()))
        start += p.numel()
    return found


def peak_bytes() -> int:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
