"""The structure "dense": a full eigenbasis of each block."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from egop.decomposition import decompose
from egop.networks.block_basis import DenseBasis
from egop.networks.network import Block
from egop.networks.structures.sums import GradientSums


class DenseSums(GradientSums):
    """The EGOP as a sum Σ g gᵀ (p_b, p_b), or the gradients themselves where M < p_b."""

    def allocate(self) -> None:
        """Makes room for the sum, or for this process's share of the gradients."""
        self.few = self.expected < self.dim
        self.power = 1 if self.few else 2
        count = self.processes.share(self.expected) if self.few else self.dim
        self.held["egop"] = torch.zeros(count, self.dim, device=self.device, dtype=self.dtype)

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        gradients = gradients.to(self.dtype)
        if self.few:
            self.held["egop"][self.n_samples : self.n_samples + len(gradients)] = gradients
        else:
            self.held["egop"].addmm_(gradients.mT, gradients)

    def decomposed_sides(self) -> list[int]:
        """The sides of the matrices that will be decomposed; few rows are completed to all."""
        return [self.dim]

    def combine_held(self) -> None:
        """Adds up the sums, or puts all rows together."""
        if self.few:
            self.held["egop"] = self.processes.all_rows(self.held["egop"])
        else:
            super().combine_held()

    def basis(self, seed: Any, dtype: torch.dtype) -> DenseBasis:
        """The eigenbasis in a dtype; the sums are used up."""
        if self.few:
            rows = self.used_up("egop").double().cpu().numpy()  # those that never came are 0
            values, vectors = self._decomposed(rows, seed)
        else:
            values, vectors = self.processes.eigenbasis(self.used_up("egop").div_(self.n_samples))
        return DenseBasis(self.block, self.unscaled(values), vectors.to(self.device, dtype))

    def _decomposed(self, rows: np.ndarray, seed: Any) -> tuple[Tensor, Tensor]:
        """Eigenvalues and eigenvectors of few rows, completed, made by the first process."""
        if self.processes.rank == 0:
            values, vectors = map(torch.from_numpy, decompose(rows, self.n_samples, seed))
        else:
            values, vectors = torch.empty(self.dim), torch.empty(self.dim, self.dim)
        values, vectors = (x.double().to(self.device) for x in (values, vectors))
        return self.processes.from_first(values), self.processes.from_first(vectors)

    @staticmethod
    def memory(block: Block, n_samples: int, dtype: torch.dtype) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decomposition (measured)."""
        dim = block.stop - block.start
        if n_samples < dim:
            rows = n_samples * dim
            return rows * dtype.itemsize, 8 * (2 * rows + int(4.6 * dim * dim))
        return dim * dim * dtype.itemsize, int(4.5 * dim * dim) * dtype.itemsize
