"""Tensors whose place and order in memory change no last bits."""

import numpy as np
import torch
from torch import Tensor

ALIGNMENT = 64
"""Bytes that the address of every tensor PyTorch makes on the CPU is a multiple of."""


def as_tensor(array: np.ndarray) -> Tensor:
    """The array as a tensor, copied if its memory begins elsewhere than that of PyTorch's own.

    A matrix product may add up in another order there (oneMKL Developer Guide, "Getting
    reproducible results"): what is read from a file would give other last bits than what was
    computed.
    """
    return aligned(torch.from_numpy(array))


def aligned(tensor: Tensor) -> Tensor:
    """The tensor, copied if its memory begins elsewhere than that of PyTorch's own."""
    misplaced = tensor.device.type == "cpu" and tensor.data_ptr() % ALIGNMENT
    return tensor.clone() if misplaced else tensor
