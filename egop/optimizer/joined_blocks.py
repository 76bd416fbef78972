"""Blocks taken as one, where the same parameters are cut into blocks otherwise before or after."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis, KroneckerBasis
from egop.networks.network import Block
from egop.optimizer.rotated_block import RotatedBlock
from egop.optimizer.sharding import SHARDED, local
from egop.optimizer.wrapped import same


class UnrotatedBlock(RotatedBlock):
    """A parameter in its own coordinates, which the base optimizer steps as it is."""

    def __init__(self, name: str, weight: Tensor) -> None:
        self.names, self.weights, self.shadows = (name,), (weight,), (weight,)
        self._is_sharded, self._shapes = isinstance(weight, SHARDED), [local(weight).shape]
        self.dtype = self._dtype_of_weights()
        shape = tuple(self._shapes[0])
        size = prod(shape)
        rows = shape[0] if len(shape) > 1 else 1
        columns = size // max(rows, 1)
        whole = Block(name, (rows, columns), 0, size)
        self.basis = KroneckerBasis(whole, None, None, torch.ones(rows), torch.ones(columns))


class JoinedBlocks:
    """Blocks whose coordinates are put together, those of one after those of another.

    Attributes:
        names: of all parameters.
        weights: these, in the order of the flat vector.
        n_coordinates: numbers in the coordinates of all blocks.
        is_whole: True if no block drops directions.
    """

    def __init__(self, blocks: Sequence[RotatedBlock], weights: Sequence[Tensor]) -> None:
        self._blocks, self.weights = blocks, tuple(weights)
        self.names = self._of_weights(block.names for block in blocks)
        self.n_coordinates = sum(block.n_coordinates for block in blocks)
        self.is_whole = self.n_coordinates == sum(block.basis.dim for block in blocks)
        self._sizes = [local(w).numel() for w in weights]

    @property
    def shadows(self) -> list[Tensor]:
        """The tensor that is stepped in place of each weight."""
        return self._of_weights(block.shadows for block in self._blocks)

    @property
    def basis(self) -> BlockBasis | None:
        """That of a single block."""
        return self._blocks[0].basis if len(self._blocks) == 1 else None

    @property
    def matrix_shape(self) -> tuple[int, ...]:
        """The shape in which a method of matrices sees a single weight, else that of all."""
        shape = self.shadows[0].shape
        single = len(self.weights) == 1 and len(shape) > 1
        return (shape[0], prod(shape[1:])) if single else (self.n_coordinates,)

    def take_over(self, old: "JoinedBlocks") -> None:
        """Begins at the point of other blocks of the same weights, in their shadows if they fit."""
        for block in self._blocks:
            if not isinstance(block, UnrotatedBlock):
                (first, *others) = old._blocks
                alike = not others and same(first.weights, block.weights)
                kept = first.shadows if alike and not isinstance(first, UnrotatedBlock) else ()
                block.take_over(lambda block=block: old._points(block), kept)

    def flat(self, parts: Iterable[Tensor]) -> Tensor:
        """(n_coordinates,) tensors in the shapes of the shadows as one vector."""
        of = dict(zip(self.weights, parts, strict=True))
        return torch.cat([block.flat([of[w] for w in block.weights]) for block in self._blocks])

    def cut(self, z: Tensor) -> list[Tensor]:
        """Coordinates (n_coordinates,) in the shapes of the shadows."""
        cut = zip(self._blocks, self._of_blocks(z), strict=True)
        return self._of_weights(block.cut(part) for block, part in cut)

    def gathered(self, parts: Sequence[Tensor]) -> Tensor:
        """Coordinates (..., n_coordinates) of those (..., n) of each weight, if none is dropped."""
        of = dict(zip(self.weights, parts, strict=True))
        return torch.cat([of[w] for block in self._blocks for w in block.weights], -1)

    def scattered(self, z: Tensor) -> list[Tensor]:
        """The coordinates (..., n) of each weight, if none is dropped."""
        pairs = zip(self._blocks, self._of_blocks(z), strict=True)
        return self._of_weights(
            part.split([local(w).numel() for w in block.weights], -1) for block, part in pairs
        )

    def to_basis(self, x: Tensor) -> Tensor:
        """Vᵀx of entries (..., p), those of the weights in their order."""
        of = dict(zip(self.weights, x.split(self._sizes, -1), strict=True))
        parts = [torch.cat([of[w] for w in block.weights], -1) for block in self._blocks]
        pairs = zip(self._blocks, parts, strict=True)
        return torch.cat([block.to_basis(part.to(block.dtype)) for block, part in pairs], -1)

    def from_basis(self, z: Tensor) -> Tensor:
        """V z of coordinates (..., n_coordinates)."""
        pairs = zip(self._blocks, self._of_blocks(z), strict=True)
        entries = [(block, block.from_basis(part.to(block.dtype))) for block, part in pairs]
        parts = [x.split([local(w).numel() for w in block.weights], -1) for block, x in entries]
        return torch.cat(self._of_weights(parts), -1)

    def _points(self, other: RotatedBlock) -> Tensor:
        """The weights of another block, as exactly as the coordinates tell them."""
        cut = [block.in_shapes(block.points()) for block in self._blocks]
        of = dict(zip(self.weights, self._of_weights(cut), strict=True))
        return other.flat([of[w] for w in other.weights])

    def _of_blocks(self, z: Tensor) -> Sequence[Tensor]:
        return z.split([block.n_coordinates for block in self._blocks], -1)

    def _of_weights(self, parts: Iterable[Sequence[Any]]) -> list[Any]:
        """Parts that blocks have for each of their weights, in the order of all weights."""
        of = {
            w: part
            for block, some in zip(self._blocks, parts, strict=True)
            for w, part in zip(block.weights, some, strict=True)
        }
        return [of[w] for w in self.weights]


def joined(
    before: Sequence[RotatedBlock], after: Sequence[RotatedBlock]
) -> list[tuple[JoinedBlocks, JoinedBlocks]]:
    """Pairs of old and new blocks of the same parameters, as few in each pair as possible.

    A parameter that is rotated in one of the two alone has its own coordinates in the other.
    """
    together: dict[Tensor, dict[Tensor, str]] = {}
    for block in (*after, *before):
        merged: dict[Tensor, str] = {}
        for name, w in zip(block.names, block.weights, strict=True):
            merged |= together.get(w, {w: name})
        together |= dict.fromkeys(merged, merged)
    of: list[dict[int, list[RotatedBlock]]] = [{}, {}]
    for sides, blocks in zip(of, (before, after), strict=True):
        for block in blocks:
            sides.setdefault(id(together[block.weights[0]]), []).append(block)
    pairs = []
    for names in {id(each): each for each in together.values()}.values():
        old, new = (side.get(id(names), []) for side in of)
        pairs.append((_with_unrotated(old, names), _with_unrotated(new, names)))
    return pairs


def _with_unrotated(blocks: Sequence[RotatedBlock], names: dict[Tensor, str]) -> JoinedBlocks:
    """Blocks, and those of named parameters that are not among theirs."""
    held = {w for block in blocks for w in block.weights}
    others = [UnrotatedBlock(name, w) for w, name in names.items() if w not in held]
    return JoinedBlocks([*blocks, *others], list(names))
