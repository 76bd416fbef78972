"""Whole training steps with EGOPOptimizer beside torch's Adam and SOAP, and what bases cost.

`make bench` runs the small networks; `python -m benchmarks.optimizer --device cuda --wide 1024` all
of it, on a GPU or a CPU, and prints a table. A step is forward, backward and update of the same
model on the same batch, in turns with its peer; SOAP is averaged over one period of its
decompositions. The wide network has ten layers of `--wide` units (1024: 10.5 million parameters)
and batches of 3·(m + n) rows, of m × n weights.
"""

import argparse
import copy
import resource
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.stopwatch import Row, Timing, line, measure_in_turn, timing
from egop.networks import BlockBases, estimate_block_bases, pytorch_default
from egop.networks.network import Block
from egop.networks.structures.choice import Structure
from egop.optimizer import EGOPOptimizer

SMALL = {"digits": (64, 32, 10), "Fashion": (196, 20, 4)}
BATCH = 300
LAYERS = 10
PERIOD = 10
"""Steps between two decompositions of SOAP, its default."""
LOSS = nn.CrossEntropyLoss()
DENSE, KRONECKER, PARTIAL, DATA = 1.5, 1.25, 1.5, 1.1
"""The largest promised ratios of a step's time to Adam's, by structure."""


def rows(device: str = "cpu", seconds: float = 2.0) -> Iterator[Row]:
    """The steps of small networks, on a GPU with the promised ratio, and decompositions."""
    for name, sizes in SMALL.items():
        model, batch = perceptron(sizes, device), examples(sizes, BATCH, device)
        bases = estimate_block_bases(model, LOSS, [batch], pytorch_default(), 300)
        on_gpu = torch.device(device).type == "cuda"
        for label, some, allowed in (
            ("dense", bases, DENSE if on_gpu else None),
            ("data", of(model, batch, "data", 1, "first"), DATA if on_gpu else None),
        ):
            yield beside_adam(
                f"{name}: step of Adam, {label} basis", model, batch, some, allowed, seconds
            )


def wide_rows(width: int, device: str, seconds: float) -> Iterator[Row]:
    """The steps of a wide network with each structure, beside Adam and SOAP."""
    sizes = [width] * (LAYERS + 1)
    batch = examples(sizes, 6 * width, device)
    model = perceptron(sizes, device)
    count = sum(p.numel() for p in model.parameters())
    said = f"{count / 1e6:.3g} million parameters, batch {6 * width}"
    for label, bases, allowed in (
        ("Kronecker", of(model, batch, "kronecker", 1), KRONECKER),
        ("partial, k = 64", of(model, batch, "partial", 64, k=64), PARTIAL),
        ("data, first layer", of(model, batch, "data", 1, "first"), DATA),
        ("data, every layer", of(model, batch, "data", 1), None),
    ):
        yield beside_adam(f"{said}: Adam, {label}", model, batch, bases, allowed, seconds)
        if label == "Kronecker":
            yield from beside_soap(f"{said}: Adam, {label}", model, batch, bases, seconds)


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
    taken = seconds_of(lambda: of(wide, inputs, "kronecker", 200), device)
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
            pytorch_default_vector,
            n_samples,
            "global",
            structure="partial",
            k=k,
        ),
        "cpu",
    )
    used, allowed = peak_bytes() - before, (n_samples + 2 * k + 8) * p * 4
    print(f"    peak memory {used / 1e9:.3g} GB, allowed {allowed / 1e9:.3g} GB")
    yield Row(f"partial basis of {p:,} entries, k = {k}, M = {n_samples}", timing([taken]), 120.0)


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


def pytorch_default_vector(model: nn.Module, generator: torch.Generator) -> None:
    """Draws a standard normal point."""
    for p in model.parameters():
        nn.init.normal_(p, generator=generator)


def perceptron(sizes: Any, device: str) -> nn.Sequential:
    """A ReLU network with layers of such sizes."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).to(device)


def examples(sizes: Any, count: int, device: str) -> tuple[Tensor, Tensor]:
    """Random inputs with correlated features, and classes."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(count, sizes[0], generator=generator).cumsum(1) / sizes[0] ** 0.5
    classes = torch.randint(sizes[-1], (count,), generator=generator)
    return inputs.to(device), classes.to(device)


def of(
    model: nn.Module,
    batch: Any,
    structure: str,
    n_samples: int,
    blocks: Any = "matrices",
    **more: Any,
) -> BlockBases:
    """Bases of a model at draws of the initialization."""
    return estimate_block_bases(
        model, LOSS, [batch], pytorch_default(), n_samples, blocks, structure=structure, **more
    )


def layout_of(model: nn.Module) -> list[Block]:
    """The parameters as blocks of a flat vector."""
    found, start = [], 0
    for name, p in model.named_parameters():
        found.append(Block(name, tuple(p.shape), start, start + p.numel()))
        start += p.numel()
    return found


def beside_adam(
    question: str,
    model: nn.Module,
    batch: Any,
    bases: BlockBases,
    allowed: float | None,
    seconds: float,
) -> Row:
    """The row of a training step in bases beside one of Adam."""
    ours, theirs = measure_in_turn(
        rotated_stepper(model, batch, bases),
        stepper(model, batch, lambda p: torch.optim.Adam(p, lr=1e-6)),
        seconds=seconds,
    )
    return Row(question, ours, None, "torch.optim.Adam", theirs, allowed)


def beside_soap(
    question: str, model: nn.Module, batch: Any, bases: BlockBases, seconds: float
) -> Iterator[Row]:
    """The row of a training step in bases beside the average of SOAP's, where it is installed."""
    try:
        from pytorch_optimizer import SOAP
    except ImportError:
        return
    steps = [
        rotated_stepper(model, batch, bases),
        stepper(model, batch, lambda p: SOAP(p, lr=1e-6, precondition_frequency=PERIOD)),
    ]
    steps[1]()  # the first step only decomposes
    periods: list[Callable[[], object]] = [
        lambda step=step: [step() for _ in range(PERIOD)] for step in steps
    ]
    timings = measure_in_turn(*periods, seconds=seconds)
    ours, theirs = (Timing(t.best / PERIOD, t.median / PERIOD, t.repetitions) for t in timings)
    yield Row(question, ours, None, f"SOAP, mean of {PERIOD} steps", theirs, 1.0)


def stepper(
    model: nn.Module, batch: Any, make: Callable[[Any], torch.optim.Optimizer], named: bool = False
) -> Callable[[], None]:
    """A function that takes one training step of a copy of the model and waits for the device.

    Each optimizer has a copy of its own: one that keeps coordinates of the weights takes them anew
    after another one's step.
    """
    model = copy.deepcopy(model)
    optimizer = make(model.named_parameters() if named else model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        LOSS(model(batch[0]), batch[1]).backward()
        optimizer.step()
        wait(str(batch[0].device))

    return step


def rotated_stepper(model: nn.Module, batch: Any, bases: BlockBases) -> Callable[[], None]:
    """That function for Adam in bases."""
    return stepper(
        model, batch, lambda p: EGOPOptimizer(torch.optim.Adam, p, bases, lr=1e-6), named=True
    )


def wait(device: str) -> None:
    """Waits until a device has done what was asked."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()


def seconds_of(call: Callable[[], object], device: str) -> float:
    """Seconds that a call takes once, what it asks of the device included."""
    wait(device)
    begin = time.perf_counter()
    call()
    wait(device)
    return time.perf_counter() - begin


def peak_bytes() -> int:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(words: list[str] | None = None) -> None:
    """Measures all rows and prints them, as a table of Markdown with `--out`."""
    parser = argparse.ArgumentParser("python -m benchmarks.optimizer", description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--wide", type=int, default=1024, help="units of the wide network's layers")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each timing")
    parser.add_argument("--million", type=int, default=10**6, help="entries of the large block")
    parser.add_argument("--out", type=Path, help="a file for the table")
    asked = parser.parse_args(words)
    lines = []
    for group in (
        one_large_block(asked.million),
        rows(asked.device, asked.seconds),
        wide_rows(asked.wide, asked.device, asked.seconds),
        estimate_rows(asked.wide, asked.device),
    ):
        for row in group:
            lines.append(line(row))
            print(lines[-1], flush=True)
            if asked.out is not None:
                asked.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
