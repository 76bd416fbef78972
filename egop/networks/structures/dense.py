"""The structure "dense": a full eigenbasis of each block."""

from typing import Any

import torch
from torch import Tensor

from egop.decomposition import decompose
from egop.networks.block_basis import DenseBasis
from egop.networks.network import Block
from egop.networks.spectral import eigenbasis
from egop.networks.structures.sums import GradientSums


class DenseSums(GradientSums):
    """The EGOP as a sum Σ g gᵀ (p_b, p_b), or the gradients themselves where M < p_b."""

    def __init__(self, block: Block, n_samples: int, device: torch.device, dtype: torch.dtype):
        super().__init__(block, n_samples, device, dtype)
        self.few = n_samples < self.dim
        self.power = 1 if self.few else 2
        shape = (n_samples if self.few else self.dim, self.dim)
        self.held["egop"] = torch.zeros(shape, device=device, dtype=dtype)

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        gradients = gradients.to(self.dtype)
        if self.few:
            self.held["egop"][self.n_samples : self.n_samples + len(gradients)] = gradients
        else:
            self.held["egop"].addmm_(gradients.mT, gradients)

    def basis(self, seed: Any, dtype: torch.dtype) -> DenseBasis:
        """The eigenbasis in a dtype; the sums are used up."""
        if self.few:
            rows = self.used_up("egop")[: self.n_samples].double().cpu().numpy()
            found, columns = decompose(rows, self.n_samples, seed)
            values, vectors = torch.from_numpy(found), torch.from_numpy(columns)
        else:
            values, vectors = eigenbasis(self.used_up("egop").div_(self.n_samples))
        return DenseBasis(self.block, self.unscaled(values), vectors.to(self.device, dtype))

    @staticmethod
    def memory(block: Block, n_samples: int, dtype: torch.dtype) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decomposition (measured)."""
        dim = block.stop - block.start
        if n_samples < dim:
            rows = n_samples * dim
            return rows * dtype.itemsize, 8 * (2 * rows + int(4.6 * dim * dim))
        return dim * dim * dtype.itemsize, int(4.5 * dim * dim) * dtype.itemsize
