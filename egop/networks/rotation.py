"""Rotating all runs of a trial at once: z = Vᵀx and x = Vz on slices of flat parameters."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from egop.networks.tiles import for_each

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
        self.eigenvectors = [
            torch.stack([_on(like, trial[k].eigenvectors) for trial in trials])
            for k in range(len(self.slices))
        ]
        self.rest = _gaps(self.slices, n_parameters)

    def to_basis(self, x: Tensor, out: Tensor) -> None:
        """Writes Vᵀx of points (trials, runs, p); the two must not overlap."""
        self._rotate(x, out, self.eigenvectors)

    def from_basis(self, z: Tensor, out: Tensor) -> None:
        """Writes Vz of points (trials, runs, p); the two must not overlap."""
        self._rotate(z, out, [vectors.mT for vectors in self.eigenvectors])

    def _rotate(self, x: Tensor, out: Tensor, matrices: list[Tensor]) -> None:
        for rest in self.rest:
            out[..., rest].copy_(x[..., rest])
        if x.device.type != "cpu":
            for columns, matrix in zip(self.slices, matrices, strict=True):
                out[..., columns].copy_(torch.bmm(x[..., columns], matrix))
            return

        def work(piece: tuple[int, int, slice]) -> None:
            trial, block, some = piece
            columns = self.slices[block]
            into = out[trial, :, columns][:, some]
            torch.mm(x[trial, :, columns], matrices[block][trial][:, some], out=into)

        for_each(work, self._pieces(len(x)), x.device)

    def _pieces(self, trials: int) -> list[tuple[int, int, slice]]:
        """Trial, block and columns of each product, the long ones of a trial first."""
        return [
            (trial, block, slice(first, min(first + COLUMNS, s.stop - s.start)))
            for trial in range(trials)
            for block, s in enumerate(self.slices)
            for first in range(0, s.stop - s.start, COLUMNS)
        ]


def _on(like: Tensor, vectors: Any) -> Tensor:
    return torch.as_tensor(vectors).to(like.device, like.dtype)


def _gaps(slices: list[slice], length: int) -> list[slice]:
    """What the slices leave of 0 … length."""
    gaps, start = [], 0
    for part in sorted(slices, key=lambda s: s.start):
        if part.start > start:
            gaps.append(slice(start, part.start))
        start = part.stop
    return [*gaps, slice(start, length)] if start < length else gaps
