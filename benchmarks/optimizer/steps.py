"""Whole training steps, forward, backward and update, beside the same step of Adam or SOAP.

Both step on the same batch, in turns; SOAP is averaged over one period of its decompositions. The
wide network's batches have 3·(m + n) rows, for weights of m × n.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from benchmarks.optimizer.models import (
    LAYERS,
    bases_of,
    examples,
    perceptron,
    rotated_stepper,
    stepper,
)
from benchmarks.stopwatch import Row, Timing, measure_in_turn
from egop.networks import BlockBases

SMALL = {"digits": (64, 32, 10), "Fashion": (196, 20, 4)}
BATCH = 300
PERIOD = 10
"""Steps between two decompositions of SOAP, its default."""
DENSE, KRONECKER, PARTIAL, DATA = 1.5, 1.25, 1.5, 1.1
"""The largest promised ratios of a step's time to Adam's, by structure."""


def rows(device: str = "cpu", seconds: float = 2.0) -> Iterator[Row]:
    """The steps of small networks; what is promised is promised on a GPU."""
    on_gpu = torch.device(device).type == "cuda"
    for name, sizes in SMALL.items():
        model, batch = perceptron(sizes, device), examples(sizes, BATCH, device)
        for label, bases, allowed in (
            ("dense", bases_of(model, batch, "dense", 300), DENSE),
            ("data", bases_of(model, batch, "data", 1, "first"), DATA),
        ):
            question = f"{name}: step of Adam, {label} basis"
            yield beside_adam(question, model, batch, bases, allowed if on_gpu else None, seconds)


def wide_rows(width: int, device: str, seconds: float) -> Iterator[Row]:
    """The steps of a wide network with each structure, beside Adam and SOAP."""
    sizes = [width] * (LAYERS + 1)
    batch = examples(sizes, 6 * width, device)
    model = perceptron(sizes, device)
    count = sum(p.numel() for p in model.parameters())
    said = f"{count / 1e6:.3g} million parameters in {LAYERS} of {width}², batch {6 * width}"
    for label, estimate, allowed in (
        ("Kronecker", {"structure": "kronecker", "n_samples": 1}, KRONECKER),
        ("partial, k = 64", {"structure": "partial", "n_samples": 64, "k": 64}, PARTIAL),
        ("data, first layer", {"structure": "data", "n_samples": 1, "blocks": "first"}, DATA),
        ("data, every layer", {"structure": "data", "n_samples": 1}, None),
    ):
        bases = bases_of(model, batch, **estimate)
        yield beside_adam(f"{said}: Adam, {label}", model, batch, bases, allowed, seconds)
        if label == "Kronecker":
            yield from beside_soap(f"{said}: Adam, {label}", model, batch, bases, seconds)


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
