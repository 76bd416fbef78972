"""Products with the bases of many blocks: those of one shape are one batched product.

The product of one matrix of a thousand rows has tiles for half of a large GPU's multiprocessors
alone, and a model has many of them: batched they fill it, and are launched once. On a CPU the
products of small matrices take less time than what calls them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis, KroneckerBasis
from egop.optimizer.rotated_block import RotatedBlock

LARGEST_SIDES: dict[str, float] = {"cuda": float("inf"), "cpu": 64}
"""The largest side of a block whose products are batched, by the kind of device."""


Job = tuple[list[int], BlockBasis]
"""Places of blocks, and the basis that rotates them: their own, or one of all of them."""


class Stack(NamedTuple):
    """The bases of blocks of one shape as one.

    Attributes:
        basis: with sides (B, n, n), of which the blocks' bases have their parts.
        blocks: these.
    """

    basis: KroneckerBasis
    blocks: list[RotatedBlock]


class BatchedProducts:
    """Products of a list of blocks with their bases.

    Bases are put together once, before the first product: they keep their place whichever blocks
    take part in a step, and neighbours that do are rotated by one product.

    Args:
        blocks: the list, which may get other blocks, and blocks other bases.
    """

    def __init__(self, blocks: list[RotatedBlock]) -> None:
        self._blocks = blocks
        self._forget()

    def rotate_gradients(self) -> list[RotatedBlock]:
        """Gives shadows the gradients Vᵀg, or none, and returns the blocks that have gradients."""
        known = [block for block in self._blocks if block.has_gradients]
        rotated = self._products(known, [block.gradient() for block in known], "to_basis")
        if len(known) < len(self._blocks):
            for block in self._blocks:
                block.forget_gradients()
        for block, each in zip(known, rotated, strict=True):
            block.take_gradient(each)
        return known

    def write_weights(
        self, blocks: list[RotatedBlock], before: Mapping[RotatedBlock, Tensor] | None = None
    ) -> None:
        """Moves the weights of blocks to where their coordinates are.

        Args:
            blocks: whose.
            before: coordinates whose weights are there already.
        """
        before = before or {}
        products = self._products(blocks, [block.shift() for block in blocks], "from_basis")
        pairs = [
            pair
            for block, product in zip(blocks, products, strict=True)
            for pair in block.moves(product, before.get(block))
        ]
        if torch.is_grad_enabled():
            for x, moved in pairs:
                x.copy_(moved)
        else:
            _copy_together(pairs)
        for block in blocks:
            block.settle()

    def __getstate__(self) -> list[RotatedBlock]:
        return self._blocks

    def __setstate__(self, blocks: list[RotatedBlock]) -> None:
        self._blocks = blocks
        self._forget()

    def _forget(self) -> None:
        self._bases: list[BlockBasis] = []
        self._stacks: list[Stack] = []
        self._planned: tuple[list[RotatedBlock], list[BlockBasis]] = [], []
        self._jobs: list[Job] = []

    def _products(
        self, blocks: list[RotatedBlock], vectors: Sequence[Tensor], method: str
    ) -> list[Tensor]:
        found = list(vectors)
        for places, basis in self._planned_jobs(blocks):
            rotate = getattr(basis, method)
            if len(places) == 1:
                found[places[0]] = rotate(vectors[places[0]])
            else:
                together = rotate(torch.stack([vectors[k] for k in places]))
                for k, product in zip(places, together.unbind(), strict=True):
                    found[k] = product
        return found

    def _planned_jobs(self, blocks: list[RotatedBlock]) -> list[Job]:
        """The products that rotate some of the blocks, planned anew for others."""
        bases = [block.basis for block in blocks]
        if (blocks, bases) != self._planned:
            if [block.basis for block in self._blocks] != self._bases:
                self._stacks = _stacks(self._blocks)
                self._bases = [block.basis for block in self._blocks]
            self._jobs = _jobs(blocks, self._stacks)
            self._planned = list(blocks), [block.basis for block in blocks]  # put together by now
        return self._jobs


def _stacks(blocks: Sequence[RotatedBlock]) -> list[Stack]:
    """Puts the bases of blocks of one shape into common memory, of which each keeps its part."""
    groups: dict[object, list[RotatedBlock]] = {}
    for block in blocks:
        basis = block.basis
        if isinstance(basis, KroneckerBasis):
            sides = [side for side in (basis.left, basis.right) if side is not None]
            if sides and max(basis.shape) <= LARGEST_SIDES.get(sides[0].device.type, 0):
                kinds = basis.left is None, basis.right is None
                key = (basis.shape, kinds, sides[0].dtype, sides[0].device)
                groups.setdefault(key, []).append(block)
    return [_stack(group) for group in groups.values() if len(group) > 1]


def _stack(blocks: list[RotatedBlock]) -> Stack:
    sides: dict[str, Tensor] = {}
    for name in ("left", "right"):
        parts = [getattr(block.basis, name) for block in blocks]
        if parts[0] is not None:
            sides[name] = torch.stack(parts)
            for block, part in zip(blocks, sides[name], strict=True):
                block.basis = replace(block.basis, **{name: part})  # type: ignore[type-var]
    return Stack(replace(blocks[0].basis, **sides), blocks)  # type: ignore[type-var]


def _jobs(blocks: Sequence[RotatedBlock], stacks: Sequence[Stack]) -> list[Job]:
    """The places of blocks that are rotated by one product, and its basis."""
    place_of = {block: k for k, block in enumerate(blocks)}
    jobs: list[Job] = []
    for basis, members in stacks:
        present = [i for i, block in enumerate(members) if block in place_of]
        for _, some in groupby(enumerate(present), key=lambda pair: pair[1] - pair[0]):
            run = [i for _, i in some]
            if len(run) > 1:
                sides = {
                    name: side[run[0] : run[-1] + 1]
                    for name, side in (("left", basis.left), ("right", basis.right))
                    if side is not None
                }
                jobs.append(([place_of.pop(members[i]) for i in run], replace(basis, **sides)))
    return jobs + [([k], block.basis) for block, k in place_of.items()]


def _copy_together(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Copies the second of each pair into the first, those of one kind at once."""
    kinds: dict[object, tuple[list[Tensor], list[Tensor]]] = {}
    for to, source in pairs:
        tos, sources = kinds.setdefault((to.dtype, source.dtype, to.device), ([], []))
        tos.append(to)
        sources.append(source)
    for tos, sources in kinds.values():
        torch._foreach_copy_(tos, sources)  # pyright: ignore[reportPrivateImportUsage]
