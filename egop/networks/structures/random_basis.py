"""The structure "random": a basis drawn uniformly from the orthogonal matrices, the control."""

from typing import Any

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis, DenseBasis, KroneckerBasis, matrix_shape
from egop.networks.network import Block
from egop.networks.rng import stream
from egop.networks.structures.kronecker import SIDES, rotated_sides

MAX_DENSE = 8192
"""Entries of a block up to which a random basis is dense, or one that "auto" chooses; beyond, it is
one of each side."""


def random_basis(
    block: Block, seed: Any, dtype: torch.dtype, device: torch.device | str = "cpu"
) -> BlockBasis:
    """A random basis of a block, with eigenvalues one: it says nothing of the gradients.

    Args:
        block: one that `check_random` lets through.
        seed: an integer, or several; the draw depends on it and on where the block begins.
        dtype: of the eigenvectors.
        device: where they are to be.

    Raises:
        ValueError: a long block that is no matrix.
    """
    check_random(block)
    dim = block.stop - block.start
    if dim <= MAX_DENSE:
        vectors = _haar(dim, seed, block, "dense", device).to(dtype)
        return DenseBasis(block, torch.ones(dim, dtype=torch.float64), vectors, "random")
    shape = dict(zip(SIDES, matrix_shape(block), strict=True))
    sides = {
        side: _haar(shape[side], seed, block, side, device).to(dtype)
        for side in rotated_sides(block)
    }
    ones = (torch.ones(size, dtype=torch.float64) for size in shape.values())
    return KroneckerBasis(block, sides.get("left"), sides.get("right"), *ones, structure="random")


def random_memory(block: Block) -> int:
    """Bytes at the peak of drawing a random basis (measured)."""
    return int(4.2 * 8 * max(drawn_sides(block)) ** 2)


def drawn_sides(block: Block) -> list[int]:
    """The sizes of the orthogonal matrices that a random basis of a block is drawn as."""
    check_random(block)
    dim = block.stop - block.start
    if dim <= MAX_DENSE:
        return [dim]
    shape = dict(zip(SIDES, matrix_shape(block), strict=True))
    return [shape[side] for side in rotated_sides(block)]


def check_random(block: Block) -> None:
    """ValueError if a block is too long for a dense random basis, and no matrix."""
    dim = block.stop - block.start
    if dim > MAX_DENSE and not block.is_matrix:
        raise ValueError(
            f"a random basis takes matrices, or blocks of at most {MAX_DENSE:,} entries, got "
            f"{block.name} with {dim:,}; take blocks='matrices', each matrix by itself"
        )


def _haar(dim: int, seed: Any, block: Block, purpose: str, device: torch.device | str) -> Tensor:
    """(dim, dim) uniform (Haar) on the orthogonal matrices, float64."""
    drawn = stream(seed, f"random {purpose} basis", block.start).standard_normal((dim, dim))
    vectors, triangle = torch.linalg.qr(torch.from_numpy(drawn).to(device))
    return vectors * triangle.diagonal().sign()
