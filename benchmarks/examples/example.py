"""An example: a model with its loss and loaders, and how long it is trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

SIZES = ("tiny", "laptop", "gpu")
"""Sizes of every example: for tests, for minutes on two cores, and for a GPU."""


@dataclass(frozen=True)
class Example:
    """The arguments of `egop.compare` for an example.

    Attributes:
        title: for tables.
        model: on the CPU.
        loss: as `egop.compare` takes it.
        loaders: likewise, on the CPU or where the model is to be.
        epochs: how many.
        n_samples: gradients, or forward passes, of each estimate of a basis.
    """

    title: str
    model: nn.Module
    loss: Any
    loaders: dict[str, Any]
    epochs: int
    n_samples: int


class Shuffled:
    """Minibatches of examples, in a new order in each epoch.

    The order is drawn from PyTorch's own generator, which `egop.compare` seeds for each epoch.

    Args:
        inputs: (n, …).
        targets: (n,).
        size: of a minibatch; what is left over is left out.
    """

    def __init__(self, inputs: Tensor, targets: Tensor, size: int):
        self.inputs, self.targets, self.size = inputs, targets, size

    def __len__(self) -> int:
        return len(self.inputs) // self.size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(self.inputs))[: len(self) * self.size]
        for some in order.to(self.inputs.device).split(self.size):
            yield self.inputs[some], self.targets[some]


def reset(model: nn.Module, generator: torch.Generator) -> None:
    """Draws every layer as PyTorch makes it: ρ, and the starts.

    Args:
        model: filled in place.
        generator: not used: layers draw from PyTorch's own, seeded alike for each sample.
    """
    for layer in model.modules():
        again = getattr(layer, "reset_parameters", None)
        if again is not None:
            again()


def digits(device: str, n: int, size: int) -> dict[str, Any]:
    """Loaders of scikit-learn's digits, images (1, 8, 8) with entries from 0 to 1.

    Args:
        device: where they are to be.
        n: images to train with; 297 others are for validation.
        size: of a minibatch.
    """
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    order = torch.randperm(len(data.target), generator=torch.Generator().manual_seed(0))
    images = torch.tensor(data.images / 16, dtype=torch.float32)[order, None].to(device)
    classes = torch.tensor(data.target)[order].to(device)
    return {
        "train": Shuffled(images[297 : 297 + n], classes[297 : 297 + n], size),
        "validation": [(images[:297], classes[:297])],
    }
