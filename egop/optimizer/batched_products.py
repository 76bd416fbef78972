"""Products with the bases of many blocks: on a GPU those of one shape are one batched product.

The product of one matrix of a thousand rows has tiles for half of a large GPU's multiprocessors
alone, and a model has many of them: batched they fill it, and are launched once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from egop.networks.block_basis import KroneckerBasis
from egop.optimizer.rotated_block import RotatedBlock

DEVICES = {"cuda"}
"""Types of devices where products are batched."""


def rotate_gradients(blocks: Sequence[RotatedBlock]) -> None:
    """Gives the shadows of blocks the gradients Vᵀg, or none where there is no gradient."""
    known = [block for block in blocks if block.has_gradients]
    rotated = _products(known, [block.gradient() for block in known], "to_basis")
    for block, each in zip(known, rotated, strict=True):
        block.take_gradient(each)
    for block in blocks:
        if not block.has_gradients:
            block.forget_gradients()


def write_weights(
    blocks: Sequence[RotatedBlock], before: Mapping[RotatedBlock, Tensor] | None = None
) -> None:
    """Moves the weights of blocks to where their coordinates are.

    Args:
        blocks: whose.
        before: coordinates whose weights are there already.
    """
    products = _products(blocks, [block.shift() for block in blocks], "from_basis")
    for block, product in zip(blocks, products, strict=True):
        block.write(product, None if before is None else before.get(block))


def _products(
    blocks: Sequence[RotatedBlock], vectors: Sequence[Tensor], method: str
) -> list[Tensor]:
    found: dict[int, Tensor] = {}
    for places in _groups(blocks):
        if len(places) == 1:
            (k,) = places
            found[k] = getattr(blocks[k], method)(vectors[k])
        else:
            together = _batched([blocks[k] for k in places])
            products = getattr(together, method)(torch.stack([vectors[k] for k in places]))
            found |= dict(zip(places, products.unbind(), strict=True))
    return [found[k] for k in range(len(blocks))]


def _groups(blocks: Sequence[RotatedBlock]) -> list[list[int]]:
    """The places of blocks that are rotated together."""
    groups: dict[object, list[int]] = {}
    for k, block in enumerate(blocks):
        basis, key = block.basis, object()
        if isinstance(basis, KroneckerBasis):
            sides = [side for side in (basis.left, basis.right) if side is not None]
            if sides and sides[0].device.type in DEVICES and not block.differentiable:
                kinds = basis.left is None, basis.right is None
                key = (basis.shape, kinds, sides[0].dtype, sides[0].device)
        groups.setdefault(key, []).append(k)
    return list(groups.values())


def _batched(blocks: Sequence[RotatedBlock]) -> KroneckerBasis:
    """The bases of blocks as one whose sides have a leading axis of blocks.

    Their sides are put into common memory at the first time, of which each keeps its part.
    """
    sides: dict[str, Tensor | None] = {}
    for side in ("left", "right"):
        parts = [getattr(block.basis, side) for block in blocks]
        if parts[0] is None:
            sides[side] = None
            continue
        stack = _common_memory(parts)
        if stack is None:
            stack = torch.stack(parts)
            for block, part in zip(blocks, stack, strict=True):
                block.basis = replace(block.basis, **{side: part})  # type: ignore[type-var]
        sides[side] = stack
    first = blocks[0].basis
    assert isinstance(first, KroneckerBasis)
    return replace(first, **sides)


def _common_memory(parts: Sequence[Tensor]) -> Tensor | None:
    """The tensor (B, n, n) whose parts follow each other in memory; None if they do not."""
    first, size = parts[0], parts[0].numel()
    storage = first.untyped_storage().data_ptr()
    for k, part in enumerate(parts):
        follows = part.storage_offset() == first.storage_offset() + k * size
        if not follows or part.untyped_storage().data_ptr() != storage:
            return None
    return first.as_strided((len(parts), *first.shape), (size, *first.stride()))
