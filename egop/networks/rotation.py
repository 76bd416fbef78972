"""Rotating all runs of a trial at once: z = Vᵀx and x = Vz on slices of flat parameters."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from egop.networks.blocking import for_each

COLUMNS = 512
"""Columns of V in one piece of a product on the CPU, whatever the number of threads."""


class Rotation:
    """One basis of every trial, block by block; parameters outside the blocks stay as they are.

    Args:
        bases: for each trial its blocks, each with `block` (start and stop in the flat vector)
            and `eigenvectors` (p_b, p_b) as columns; the same blocks in every trial.
        n_parameters: p.
        like: a tensor of the device and dtype to work in.
    """

    def __init__(self, bases: Sequence[Any], n_parameters: int, like: Tensor):
        trials = [tuple(basis) for basis in bases]
        self.slices = [slice(b.block.start, b.block.stop) for b in trials[0]]
        held: list[Any] = [
            [torch.as_tensor(trial[k].eigenvectors).to(like.device, like.dtype) for trial in trials]
            for k in range(len(self.slices))
        ]
        if like.device.type != "cpu":
            held = [torch.stack(tuple(each)) for each in held]
        self.eigenvectors: list[Sequence[Tensor]] = held
        self.rest = _gaps(self.slices, n_parameters)

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
            for columns, vectors in zip(self.slices, self.eigenvectors, strict=True):
                assert isinstance(vectors, Tensor)
                matrix = vectors.mT if transpose else vectors
                out[..., columns].copy_(torch.bmm(x[..., columns], matrix))
            return

        def work(piece: tuple[int, int, slice]) -> None:
            trial, block, some = piece
            columns, vectors = self.slices[block], self.eigenvectors[block][trial]
            matrix = vectors.mT if transpose else vectors
            torch.mm(x[trial, :, columns], matrix[:, some], out=out[trial, :, columns][:, some])

        for_each(work, self._pieces(len(x)), x.device)

    def _pieces(self, trials: int) -> list[tuple[int, int, slice]]:
        """Trial, block and columns of each product, the long ones of a trial first."""
        return [
            (trial, block, slice(first, min(first + COLUMNS, s.stop - s.start)))
            for trial in range(trials)
            for block, s in enumerate(self.slices)
            for first in range(0, s.stop - s.start, COLUMNS)
        ]


def _gaps(slices: list[slice], length: int) -> list[slice]:
    """Returns the slices of 0 … length that lie between the given ones."""
    gaps, start = [], 0
    for part in sorted(slices, key=lambda s: s.start):
        if part.start > start:
            gaps.append(slice(start, part.start))
        start = part.stop
    return [*gaps, slice(start, length)] if start < length else gaps
