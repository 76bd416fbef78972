"""Networks of given sizes with random examples, and bases of them."""

import copy
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks import BlockBases, estimate_block_bases, pytorch_default
from egop.optimizer import EGOPOptimizer

LOSS = nn.CrossEntropyLoss()
LAYERS = 10
"""Layers of the wide network; ten of 1024 units have 10.5 million parameters."""


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


def bases_of(
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
