"""Rotating all runs of a trial at once: z = Vᵀx and x = Vz on slices of flat parameters."""

from collections.abc import Iterable, Sequence

from torch import Tensor

from egop.networks.block_basis import BlockBasis
from egop.networks.block_rotation import BlockRotation, Piece, block_rotation
from egop.networks.blocking import for_each


class Rotation:
    """One basis of every trial, block by block; parameters outside the blocks stay as they are.

    Args:
        bases: for each trial the bases of its blocks, of any kind but those that drop directions;
            the same blocks, kinds and sizes in every trial (`check_bases` in `layout.py`).
        n_parameters: p.
        like: a tensor of the device and dtype to work in.

    Attributes:
        blocks: the rotation of each block.
        dtype: of their matrices, and of the points.
    """

    def __init__(self, bases: Sequence[Iterable[BlockBasis]], n_parameters: int, like: Tensor):
        by_block = zip(*bases, strict=True)
        self.blocks = [block_rotation(trials, like) for trials in by_block]
        self.dtype = like.dtype
        self.rest = _gaps([block.columns for block in self.blocks], n_parameters)

    @property
    def multiplications(self) -> int:
        """Multiplications of numbers for one run of one trial, one way."""
        return sum(block.multiplications for block in self.blocks)

    @property
    def nbytes(self) -> int:
        """Bytes of all matrices."""
        return sum(block.nbytes for block in self.blocks)

    def to_basis(self, x: Tensor, out: Tensor) -> None:
        """Writes Vᵀx of points (trials, runs, p); the two must not overlap."""
        self._rotate(x, out, transpose=False)

    def from_basis(self, z: Tensor, out: Tensor) -> None:
        """Writes Vz of points (trials, runs, p); the two must not overlap."""
        self._rotate(z, out, transpose=True)

    def _rotate(self, x: Tensor, out: Tensor, transpose: bool) -> None:
        for rest in self.rest:
            out[..., rest].copy_(x[..., rest])
        if x.device.type != "cpu":
            for block in self.blocks:
                block.whole(x[..., block.columns], out[..., block.columns], transpose)
            return

        def work(job: tuple[BlockRotation, Piece]) -> None:
            block, piece = job
            block.work(piece, x[..., block.columns], out[..., block.columns], transpose)

        trials, runs, _ = x.shape
        jobs = [
            (block, piece)
            for trial in range(trials)
            for block in self.blocks
            for piece in block.pieces(trial, runs)
        ]
        for_each(work, jobs, x.device)


def _gaps(slices: list[slice], length: int) -> list[slice]:
    """Returns the slices of 0 … length that lie between the given ones."""
    gaps, start = [], 0
    for part in sorted(slices, key=lambda s: s.start):
        if part.start > start:
            gaps.append(slice(start, part.start))
        start = part.stop
    return [*gaps, slice(start, length)] if start < length else gaps
