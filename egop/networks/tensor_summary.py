"""Texts by which several processes see whether they have the same tensors."""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

COMPARED = 100
"""Entries of each tensor that processes compare."""


def summary(leaves: Iterable[Any]) -> str:
    """A text by which two processes see whether they have the same tensors, as a rule.

    It holds shapes and a checksum of dtypes and of the first entries of tensors and arrays, of
    numbers and of texts; of what else there is, its type alone.
    """
    shapes, checksum = [], 0
    for leaf in leaves:
        shape, content = _summarized(leaf)
        shapes.append(shape)
        checksum = crc32(content, checksum)
    several = ", ".join(shapes if len(shapes) < 5 else [*shapes[:2], "…", shapes[-1]])
    every = crc32(" ".join(shapes).encode(), checksum)
    return f"shapes {several} with checksum {every:08x}"


def _summarized(leaf: Any) -> tuple[str, bytes]:
    """The shape or the type of a leaf, and what of it is compared."""
    name = type(leaf).__name__
    if isinstance(leaf, str | int | float | complex):
        return name, repr(leaf).encode()
    try:
        if isinstance(leaf, np.ndarray):
            return str(leaf.shape), leaf.dtype.str.encode() + leaf.ravel()[:COMPARED].tobytes()
        if isinstance(leaf, Tensor):
            few = leaf.detach().flatten()[:COMPARED].resolve_conj().resolve_neg().cpu()
            content = few.contiguous().view(torch.uint8).numpy().tobytes()
            return str(tuple(leaf.shape)), str(leaf.dtype).encode() + content
    except (NotImplementedError, RuntimeError, TypeError):  # nested, sparse or quantized tensors
        pass
    return name, b""
