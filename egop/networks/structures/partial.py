"""The structures "partial" and "sketch": the leading k eigenvectors, with what becomes of the rest.

"partial" keeps all M gradients and decomposes their Gram matrix (the method of snapshots: M²
numbers in place of p²); "sketch" sees each gradient once and keeps at most 4k rows.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from egop.decomposition import complete, fix_signs
from egop.networks.block_basis import BlockBasis, DenseBasis
from egop.networks.blocking import parts
from egop.networks.network import Block
from egop.networks.partial_basis import PartialBasis
from egop.networks.processes import Processes
from egop.networks.spectral import eigenbasis
from egop.networks.structures.dense import DenseSums
from egop.networks.structures.sums import ALONE, GradientSums

DEFAULT_K = 64
"""Leading eigenvectors where neither k nor an energy is given."""
COLUMNS_FLOATS = 4_000_000
"""Numbers of float64 in the columns that are worked on at once."""
NOISE = 1e-13
"""Relative size below which an eigenvalue of a Gram matrix is round-off."""


class PartialSums(GradientSums):
    """The gradients themselves, or their EGOP where M ≥ p_b, for its leading eigenvectors.

    Args:
        arguments, named: as of `GradientSums`.
        k: eigenvectors; None: `DEFAULT_K`, or as many as the energy takes.
        energy: the share of the sum of all eigenvalues that the leading ones are to have.
        complement: "implicit", "random" or "dropped".
        rows: dtype in which gradients are kept, their own.
    """

    power = 1

    def __init__(
        self,
        *arguments: Any,
        k: int | None = None,
        energy: float | None = None,
        complement: str = "implicit",
        rows: torch.dtype = torch.float32,
        **named: Any,
    ):
        self._wanted, self.energy, self.complement, self.rows = k, energy, complement, rows
        self.dense: DenseSums | None = None
        super().__init__(*arguments, **named)

    def allocate(self) -> None:
        """Makes room for this process's share of the gradients, or for their EGOP."""
        most = self._wanted or (self.expected if self.energy else DEFAULT_K)
        self.k = min(self.dim, self.expected, most)
        if self.dim <= self.most_rows(self.expected, self.k):
            given = self.block, self.expected, self.device, self.dtype, self.processes
            self.dense = DenseSums(*given)
            return
        count = self.most_rows(self.processes.share(self.expected), self.k)
        self.held["rows"] = torch.zeros(count, self.dim, device=self.device, dtype=self.rows)

    @property
    def narrowest(self) -> torch.dtype:
        """The dtype of the rows."""
        return self.rows

    @staticmethod
    def most_rows(n_samples: int, k: int) -> int:
        """Rows that are held at most; where there are as many entries, their EGOP is."""
        return n_samples

    def add(self, gradients: Tensor, largest: float | None = None) -> None:
        """Adds gradients (m, p_b), all of them finite."""
        if self.dense is None:
            super().add(gradients, largest)
            return
        self.dense.add(gradients, largest)
        self.n_samples = self.dense.n_samples

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        self.held["rows"][self.n_samples : self.n_samples + len(gradients)] = gradients

    def decomposed_sides(self) -> list[int]:
        """The sides of the matrices that will be decomposed; rows have their Gram matrix."""
        return super().decomposed_sides() if self.dense is None else self.dense.decomposed_sides()

    def combine(self) -> None:
        """Adds up what all processes hold."""
        if self.dense is None:
            super().combine()
            return
        self.dense.combine()
        self.n_samples = self.dense.n_samples

    def combine_held(self) -> None:
        """Gives each process its columns of all rows."""
        self.held["rows"] = self.processes.columns(self.held["rows"])

    def basis(self, seed: Any, dtype: torch.dtype) -> BlockBasis:
        """The eigenbasis in a dtype; the sums are used up."""
        if self.dense is not None:
            found = self.dense.basis(seed, dtype)
            k = self._count(found.eigenvalues)
            values, vectors = found.eigenvalues[:k], found.eigenvectors[:, :k].clone()
        else:
            values, vectors = self._leading(seed, dtype)
        structure = "sketch" if isinstance(self, SketchSums) else "partial"
        if self.complement == "random":
            full = torch.from_numpy(complete(vectors.double().cpu().numpy(), seed)).to(vectors)
            padded = torch.zeros(self.dim, dtype=torch.float64)
            padded[: len(values)] = values
            return DenseBasis(self.block, padded, full, structure)
        return PartialBasis(self.block, values, vectors, self.complement, structure)

    def _leading(self, seed: Any, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """The leading eigenvalues and eigenvectors (p_b, k) of the rows; they are used up."""
        rows, processes = self.used_up("rows"), self.processes  # those that never came are 0
        products = processes.add(gram(rows)).div_(self.n_samples)
        values, weights = processes.eigenbasis(products)
        known = int((values > NOISE * values[0]).sum())
        k = self._count(values)
        used = min(k, known)
        vectors = torch.zeros(rows.shape[1], k, device=rows.device, dtype=dtype)
        scaled = (
            weights[:, :used].double() / (values[:used].to(weights.device) * self.n_samples) ** 0.5
        )
        for some in _columns(rows):
            vectors[some, :used] = (rows[:, some].double().mT @ scaled).to(dtype)
        del rows
        if used < k:
            generator = torch.Generator().manual_seed(_number(seed))
            drawn = torch.randn(processes.count * len(vectors), k - used, generator=generator)
            drawn[self.dim :] = 0
            vectors[:, used:] = drawn.chunk(processes.count)[processes.rank].to(vectors)
        orthonormalize(vectors, processes)
        vectors = processes.all_rows(vectors)[: self.dim]
        for some in parts(k, 16):
            vectors[:, some] = fix_signs(vectors[:, some])
        values = torch.where(torch.arange(k) < used, values[:k], 0.0)
        return self.unscaled(values), vectors

    def _count(self, values: Tensor) -> int:
        """Returns the number of eigenvalues kept, of all, descending."""
        if self.energy is None:
            return min(self.k, len(values))
        shares = values.cumsum(0) / values.sum().clamp_min(torch.finfo(torch.float64).tiny)
        return min(int((shares < self.energy * (1 - 1e-12)).sum()) + 1, self.k, len(values))

    @classmethod
    def memory(
        cls,
        block: Block,
        n_samples: int,
        dtype: torch.dtype,
        *,
        k: int | None = None,
        rows: torch.dtype = torch.float32,
    ) -> tuple[int, int]:
        """Bytes held while gradients come, and at the peak of the decomposition."""
        dim = block.stop - block.start
        k = min(k or DEFAULT_K, n_samples, dim)
        count = cls.most_rows(n_samples, k)
        if dim <= count:
            return DenseSums.memory(block, n_samples, dtype)
        held = rows.itemsize * count * dim
        columns = rows.itemsize * k * dim
        products = 12 * k * min(dim, COLUMNS_FLOATS // count)  # with some columns, and narrowed
        return held, held + columns + products + 32 * count**2 + 24 * COLUMNS_FLOATS


class SketchSums(PartialSums):
    """The leading k directions of the gradients so far, 2k of them kept (incremental SVD).

    Directions that were dropped do not come back: the spectrum is exact up to k of rank, and else
    as good as the decay of the eigenvalues allows.
    """

    _filled = 0

    @staticmethod
    def most_rows(n_samples: int, k: int) -> int:
        """Rows that are held at most."""
        return min(n_samples, 4 * k)

    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held."""
        rows = self.held["rows"]
        for gradient in gradients.split(max(1, len(rows) - 2 * self.k)):
            if self._filled + len(gradient) > len(rows):
                self._compress()
            rows[self._filled : self._filled + len(gradient)] = gradient
            self._filled += len(gradient)

    def _compress(self) -> None:
        """Replaces the rows by the 2k leading ones with the same Gram matrix, or nearly so."""
        rows = self.held["rows"]
        _, weights = eigenbasis(gram(rows[: self._filled]))
        keep = min(2 * self.k, self._filled)
        for some in _columns(rows):
            rows[:keep, some] = weights[:, :keep].mT @ rows[: self._filled, some].double()
        rows[keep:] = 0
        self._filled = keep


def gram(rows: Tensor) -> Tensor:
    """(M, M) products of rows (M, p) with each other, in float64."""
    found = torch.zeros(len(rows), len(rows), device=rows.device, dtype=torch.float64)
    for some in _columns(rows):
        columns = rows[:, some].double()
        found.addmm_(columns, columns.mT)
        del columns  # before the next ones are made
    return found


def orthonormalize(vectors: Tensor, processes: Processes = ALONE) -> None:
    """Makes columns (p, k) orthonormal in place, in the order they stand (Cholesky QR, twice).

    Args:
        vectors: the columns, or this process's rows of them.
        processes: that hold the others.
    """
    for _ in range(2):
        triangle = torch.linalg.cholesky(processes.add(gram(vectors.mT))).mT
        for some in parts(len(vectors), max(1, COLUMNS_FLOATS // vectors.shape[1])):
            vectors[some] = torch.linalg.solve_triangular(
                triangle, vectors[some].double(), upper=True, left=False
            )


def _columns(rows: Tensor) -> Iterator[slice]:
    """Slices of the columns of rows (M, p) that are worked on at once."""
    yield from parts(rows.shape[1], max(1, COLUMNS_FLOATS // max(1, len(rows))))


def _number(seed: Any) -> int:
    """One number of a seed, which may be several."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0])
