"""The structures "kronecker" and "rows": eigenbases of the two sides of a matrix, or of its right.

Of a weight matrix with gradients G (m, n) they are the eigenbases of L = E[GGᵀ] and R = E[GᵀG]: the
memory is m² + n² in place of (mn)² (§5). With "rows" every row of G, such as a filter of a
convolution, is one sample, and all rows share the basis of R.
"""

from typing import Any

import torch
from torch import Tensor

from egop.networks.block_basis import KroneckerBasis, matrix_shape
from egop.networks.network import Block
from egop.networks.structures.sums import GradientSums

SIDES: tuple[str, ...] = ("left", "right")
MAX_SIDE = 8192
"""The longest side that is rotated where the other one is shorter, as of large embeddings."""
FACTOR_STEPS = 200
"""Alternations after which the nearest product is taken as found."""
FACTOR_TOLERANCE = 1e-12
"""Relative change of a factor below which it is."""


class KroneckerSums(GradientSums):
    """L = Σ GGᵀ and R = Σ GᵀG; the larger side keeps the identity beyond `MAX_SIDE`."""

    sides = SIDES

    def allocate(self) -> None:
        """Makes room for the sum of each rotated side."""
        self.shape = matrix_shape(self.block)
        for side in rotated_sides(self.block, self.sides):
            size = self.shape[SIDES.index(side)]
            self.held[side] = torch.zeros(size, size, device=self.device, dtype=self.dtype)

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        matrices = gradients.to(self.dtype).unflatten(-1, self.shape)
        if "right" in self.held:
            rows = matrices.flatten(0, 1)
            self.held["right"].addmm_(rows.mT, rows)
        if "left" in self.held:
            columns = matrices[0] if len(matrices) == 1 else matrices.mT.flatten(0, 1).mT
            self.held["left"].addmm_(columns, columns.mT)

    def basis(self, seed: Any, dtype: torch.dtype) -> KroneckerBasis:
        """The eigenbasis in a dtype; the sums are used up."""
        found = {
            side: self.processes.eigenbasis(self.used_up(side).div_(self.n_samples))
            for side in [*self.held]
        }
        return self._made(found, dtype, "rows" if self.sides == ("right",) else "kronecker")

    def _made(
        self, found: dict[str, tuple[Tensor, Tensor]], dtype: torch.dtype, structure: str
    ) -> KroneckerBasis:
        vectors = {side: each.to(dtype) for side, (_, each) in found.items()}
        left, right = (
            self.unscaled(found[side][0]) if side in found else torch.ones(size).double()
            for side, size in zip(SIDES, self.shape, strict=True)
        )
        if "right" not in found:  # EGOP ≈ L ⊗ I/n
            right *= left.sum() / len(right)
        sides = vectors.get("left"), vectors.get("right")
        return KroneckerBasis(self.block, *sides, left, right, structure)

    @classmethod
    def memory(cls, block: Block, n_samples: int, dtype: torch.dtype) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decompositions."""
        shape = matrix_shape(block)
        sizes = [shape[SIDES.index(side)] for side in rotated_sides(block, cls.sides)]
        held = sum(size * size for size in sizes) * dtype.itemsize
        return held, held + int(3.5 * max(sizes) ** 2) * dtype.itemsize


class RowSums(KroneckerSums):
    """R = Σ GᵀG alone: each row of G is a sample (the paper's convolutions, second version)."""

    sides = ("right",)


class NearestKroneckerSums(KroneckerSums):
    """The product A ⊗ B nearest to the EGOP in the Frobenius norm; it keeps the gradients.

    Van Loan and Pitsianis (1993): the leading singular pair of the rearranged EGOP, found by
    alternating A ← Σ G B Gᵀ/‖B‖² and B ← Σ Gᵀ A G/‖A‖², from L and R on.
    """

    power = 1
    degree = 4

    def allocate(self) -> None:
        """Makes room for this process's share of the gradients."""
        self.shape = matrix_shape(self.block)
        count = self.processes.share(self.expected)
        self.held["rows"] = torch.zeros(count, self.dim, device=self.device, dtype=self.dtype)

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        self.held["rows"][self.n_samples : self.n_samples + len(gradients)] = gradients

    def decomposed_sides(self) -> list[int]:
        """The sides of the matrices that will be decomposed."""
        return [*self.shape]

    def combine_held(self) -> None:
        """Puts the rows of all processes together."""
        self.held["rows"] = self.processes.all_rows(self.held["rows"])

    def basis(self, seed: Any, dtype: torch.dtype) -> KroneckerBasis:
        """The eigenbasis in a dtype; the sums are used up."""
        rows = self.used_up("rows").unflatten(-1, self.shape)  # those that never came are 0
        left, right = nearest_product(rows, self.n_samples)
        total = left.trace().clamp_min(torch.finfo(self.dtype).tiny)
        factors = {"left": left / total, "right": right * total}
        found = {side: self.processes.eigenbasis(factor) for side, factor in factors.items()}
        return self._made(found, dtype, "kronecker")

    @classmethod
    def memory(cls, block: Block, n_samples: int, dtype: torch.dtype) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decomposition."""
        m, n = matrix_shape(block)
        rows = n_samples * m * n * dtype.itemsize
        return rows, 2 * rows + 5 * (m * m + n * n) * dtype.itemsize


def nearest_product(matrices: Tensor, n_samples: int) -> tuple[Tensor, Tensor]:
    """(A, B) with A ⊗ B nearest to (1/M) Σ vec(G) vec(G)ᵀ in the Frobenius norm.

    Args:
        matrices: (M or more, m, n) gradients, vectorized row by row; others are 0.
        n_samples: M.
    """
    right = (matrices.flatten(0, 1).mT @ matrices.flatten(0, 1)) / n_samples
    left = torch.zeros(matrices.shape[1], matrices.shape[1]).to(matrices)
    for _ in range(FACTOR_STEPS):
        if not right.any():
            break
        before = left
        left = torch.einsum("sij,skj->ik", matrices @ right, matrices) / n_samples
        left = left / right.square().sum()
        right = torch.einsum("sji,sjk->ik", matrices, left @ matrices) / n_samples
        right = right / left.square().sum()
        if (left - before).norm() <= FACTOR_TOLERANCE * left.norm():
            break
    return (left + left.mT) / 2, (right + right.mT) / 2


def rotated_sides(block: Block, wanted: tuple[str, ...] = SIDES) -> tuple[str, ...]:
    """The sides of a matrix that get a basis: the longer one only up to `MAX_SIDE`."""
    shape = dict(zip(SIDES, matrix_shape(block), strict=True))
    shorter = min(wanted, key=lambda side: shape[side])
    return tuple(side for side in wanted if side == shorter or shape[side] <= MAX_SIDE)
