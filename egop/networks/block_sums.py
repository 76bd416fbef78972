"""The EGOPs of several blocks, summed from gradients of all parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from egop.networks.bases import BlockBases
from egop.networks.network import Block
from egop.networks.processes import Processes
from egop.networks.structures.choice import Structure
from egop.networks.structures.sums import ALONE, largest_entry


class Sums:
    """The EGOPs of several blocks, growing by gradients of all parameters.

    Args:
        structures: how the EGOP of each block is held.
        n_samples: M.
        device: where they live.
        precision: dtype of the sums.
        rows: dtype of the gradients, where they are kept.
        processes: that estimate together.
    """

    def __init__(
        self,
        structures: Mapping[Block, Structure],
        n_samples: int,
        device: torch.device,
        precision: torch.dtype,
        rows: torch.dtype,
        processes: Processes = ALONE,
    ):
        self.processes = processes
        self.egops = [
            structure.sums(block, n_samples, device, precision, rows, processes)
            for block, structure in structures.items()
        ]
        self.limit = torch.finfo(torch.float64).max ** 0.5 / n_samples  # squares are eigenvalues
        self.n_excluded = 0

    def add(self, gradients: Tensor) -> None:
        """Adds gradients (m, p); those with entries that are not finite are left out, counted.

        So are entries above about 1e154/M, whose squares float64 cannot add up.
        """
        parts = [gradients[:, egop.block.start : egop.block.stop] for egop in self.egops]
        entries = [largest_entry(each) for each in (gradients, *parts)]
        whole, *largest = torch.stack(entries).tolist()  # the only time that a GPU is waited for
        if whole < self.limit:
            for egop, part, entry in zip(self.egops, parts, largest, strict=True):
                egop.add(part, entry)
            return
        usable = torch.linalg.vector_norm(gradients, torch.inf, dim=1) < self.limit
        self.n_excluded += int((~usable).sum())
        self.add(gradients[usable])

    def bases(
        self, layout: Sequence[Block], dtype: torch.dtype, seed: Any, memory: int
    ) -> BlockBases:
        """The eigenbases; the sums are used up.

        Raises:
            ValueError: not one finite gradient.
        """
        for egop in self.egops:
            egop.combine()
        n_samples = self.egops[0].n_samples
        self.n_excluded = self.processes.total(self.n_excluded)
        if n_samples == 0:
            raise ValueError(
                f"an EGOP takes at least one finite gradient, got none ({self.n_excluded} left "
                "out); sample smaller parameters"
            )
        bases = tuple(egop.basis(seed, dtype) for egop in self.egops)
        return BlockBases(tuple(layout), bases, n_samples, self.n_excluded, memory)
