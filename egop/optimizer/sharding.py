"""Parts of weights that this process holds (DTensor), and the bases that are local to them."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis, KroneckerBasis
from egop.networks.network import Block

if torch.distributed.is_available():
    from torch.distributed.tensor import DTensor, Replicate, Shard

    SHARDED: tuple[type, ...] = (DTensor,)
else:
    SHARDED = ()


def local(tensor: Any) -> Tensor:
    """The part of a tensor that this process holds; an ordinary tensor is all of it."""
    return tensor.to_local() if isinstance(tensor, SHARDED) else tensor


def local_gradient(weight: Any) -> Tensor | None:
    """The gradient of the part of a weight that this process holds, laid out as the weight is."""
    gradient = weight.grad
    if isinstance(gradient, SHARDED) and gradient.placements != weight.placements:
        gradient = gradient.redistribute(placements=weight.placements)
    return None if gradient is None else local(gradient)


def sharded_like(part: Tensor, weight: Any) -> Tensor:
    """A tensor of which this process holds `part`, sharded as the weight is."""
    if not isinstance(weight, SHARDED) or part.shape != local(weight).shape:
        return part
    return DTensor.from_local(
        part, weight.device_mesh, weight.placements, shape=weight.shape, stride=weight.stride()
    )


def local_basis(basis: BlockBasis, names: Sequence[str], weights: Sequence[Tensor]) -> BlockBasis:
    """The basis of the parts of the weights that this process holds.

    Raises:
        ValueError: these do not suffice: the basis mixes rows of several processes.
    """
    cut: list[Any] = [w for w in weights if isinstance(w, SHARDED) and not _whole(w)]
    if not cut:
        return basis
    rows_stay = isinstance(basis, KroneckerBasis) and basis.left is None and len(weights) == 1
    if not rows_stay or any(not _by_rows(w) for w in cut):
        raise ValueError(
            f"EGOPOptimizer takes weights that are sharded over processes by their rows, with a "
            f"basis that leaves the rows apart (structure 'data' or 'rows'), got {names[0]} "
            f"sharded as {tuple(cut[0].placements)} with a basis '{basis.structure}'; "
            "estimate such a basis, or do not shard this weight"
        )
    assert isinstance(basis, KroneckerBasis)
    part = local(weights[0])
    block = Block(basis.block.name, tuple(part.shape), 0, prod(part.shape))
    return replace(basis, block=block)


def _whole(weight: Any) -> bool:
    """True if every process holds all of a weight."""
    sizes = weight.device_mesh.shape
    return all(
        size == 1 or isinstance(placement, Replicate)
        for size, placement in zip(sizes, weight.placements, strict=True)
    )


def _by_rows(weight: Any) -> bool:
    """True if each process holds some rows of a weight."""
    return all(
        isinstance(placement, Replicate) or (type(placement) is Shard and placement.dim == 0)
        for placement in weight.placements
    )
