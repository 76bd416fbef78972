"""The bases that examples are trained in: every structure, of the same weights."""

from typing import Any

import torch
from torch import nn

from benchmarks.examples.example import Example

LARGEST_DENSE = 2500
"""Entries of the largest block up to which a dense basis is estimated."""
LEADING = 64
"""Eigenvectors of a partial basis, where there are as many samples."""
LAYERS = (nn.Linear, nn.Conv2d)
"""Layers whose weights are rotated; of embeddings there is no basis of inputs."""
STRUCTURES = ("dense", "kronecker", "partial", "data", "random")


def rotated(model: nn.Module) -> dict[str, int]:
    """The names of the rotated weights, with the numbers of their entries."""
    layers = {name: each for name, each in model.named_modules() if isinstance(each, LAYERS)}
    return {f"{name}.weight": layer.weight.numel() for name, layer in layers.items()}


def entries(example: Example) -> dict[str, Any]:
    """Adam in original coordinates, and in a basis of each structure that fits.

    They are what `egop.compare` takes as optimizers, by label.
    """
    adam, blocks = torch.optim.Adam, rotated(example.model)
    found: dict[str, Any] = {"Adam": adam}
    for structure in STRUCTURES:
        if structure != "dense" or max(blocks.values()) <= LARGEST_DENSE:
            bases = {"structure": structure, "n_samples": example.n_samples, "blocks": [*blocks]}
            if structure == "partial":
                bases["k"] = min(LEADING, example.n_samples)
            found[f"Adam, {structure}"] = (adam, bases)
    return found
