"""Rotations of one block of all trials: z = Vᵀx and x = Vz by batched products, kind by kind.

Points are (trials, runs, p_b), and the first axis of every matrix is the trials. On the CPU a call
gets one trial and some of its runs or columns, in the thread of a worker; on a GPU it gets all of
them, and everything it does can be captured as a graph.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis, DenseBasis, KroneckerBasis
from egop.networks.blocking import scratch
from egop.networks.partial_basis import PartialBasis

COLUMNS = 512
"""Columns of V in one piece of a dense product on the CPU, whatever the number of threads."""
RUNS = 32
"""Runs in one piece of the other products there: what lies between two of them stays in caches."""


class Piece(NamedTuple):
    """A part of a rotation that a worker does by itself.

    Attributes:
        trial: the number of the trial.
        runs: of this trial.
        columns: entries of the result.
    """

    trial: int
    runs: slice
    columns: slice


class BlockRotation(ABC):
    """One block of the flat vector, rotated in every trial.

    Args:
        bases: of each trial, of one kind and size.
        like: a tensor of the device and dtype to work in.

    Attributes:
        columns: the block's entries of the flat vector.
        multiplications: of numbers, for one run one way.
        matrices: by name what is multiplied with: on the CPU a tensor for each trial, on a GPU one
            of all trials.
    """

    multiplications: int

    def __init__(self, bases: Sequence[BlockBasis], like: Tensor):
        block = bases[0].block
        self.columns = slice(block.start, block.stop)
        self.dim = block.stop - block.start
        parts = [self.factors(basis) for basis in bases]
        held: dict[str, Any] = {
            name: [torch.as_tensor(part[name]).to(like.device, like.dtype) for part in parts]
            for name in parts[0]
        }
        if like.device.type != "cpu":
            held = {name: torch.stack(tuple(each)) for name, each in held.items()}
        self.matrices: dict[str, Sequence[Tensor]] = held

    @abstractmethod
    def factors(self, basis: Any) -> dict[str, Tensor]:
        """The matrices of a basis that are multiplied with, by name."""

    @abstractmethod
    def pieces(self, trial: int, runs: int) -> list[Piece]:
        """The parts of a trial's rotation on the CPU, which any worker may do in any order."""

    @abstractmethod
    def work(self, piece: Piece, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes a piece of Vᵀx, or with `transpose` of Vx, on the CPU.

        Args:
            piece: of `pieces`.
            x: (trials, runs, p_b) the block's entries of points.
            out: where the same entries of the result are.
            transpose: whether to multiply with V in place of Vᵀ.
        """

    @abstractmethod
    def whole(self, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes Vᵀx or Vx of all trials, on a GPU."""

    @property
    def nbytes(self) -> int:
        """Bytes of the matrices."""
        return sum(matrix.nbytes for each in self.matrices.values() for matrix in each)

    def of_trial(self, trial: int) -> dict[str, Tensor]:
        """The matrices of one trial, with an axis of one trial."""
        return {name: each[trial][None] for name, each in self.matrices.items()}


class DenseRotation(BlockRotation):
    """x ↦ Vᵀx by one product with a (p_b, p_b) matrix."""

    def __init__(self, bases: Sequence[DenseBasis], like: Tensor):
        super().__init__(bases, like)
        self.multiplications = self.dim**2

    def factors(self, basis: DenseBasis) -> dict[str, Tensor]:
        """The matrix V."""
        return {"vectors": basis.eigenvectors}

    def pieces(self, trial: int, runs: int) -> list[Piece]:
        """Some columns each."""
        return [
            Piece(trial, slice(0, runs), slice(first, min(first + COLUMNS, self.dim)))
            for first in range(0, self.dim, COLUMNS)
        ]

    def work(self, piece: Piece, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes some columns of the product."""
        trial, _, some = piece
        vectors = self.matrices["vectors"][trial]
        matrix = vectors.mT if transpose else vectors
        torch.mm(x[trial], matrix[:, some], out=out[trial][:, some])

    def whole(self, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes the products of all trials."""
        vectors = self.matrices["vectors"]
        assert isinstance(vectors, Tensor)
        out.copy_(torch.bmm(x, vectors.mT if transpose else vectors))


class _FactoredRotation(BlockRotation):
    """A rotation by several small products, the same on both devices."""

    def pieces(self, trial: int, runs: int) -> list[Piece]:
        """Some runs each."""
        return [
            Piece(trial, slice(first, min(first + RUNS, runs)), slice(0, self.dim))
            for first in range(0, runs, RUNS)
        ]

    def work(self, piece: Piece, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes the entries of some runs."""
        trial, runs, _ = piece
        where = slice(trial, trial + 1), runs
        self.rotate(x[where], out[where], transpose, **self.of_trial(trial))

    def whole(self, x: Tensor, out: Tensor, transpose: bool) -> None:
        """Writes the entries of all trials and runs."""
        self.rotate(x, out, transpose, **self.matrices)

    @abstractmethod
    def rotate(self, x: Tensor, out: Tensor, transpose: bool, **matrices: Any) -> None:
        """Writes Vᵀx or Vx of points (T, R, p_b) by matrices (T, …)."""


class KroneckerRotation(_FactoredRotation):
    """X ↦ V_leftᵀ X V_right, where a side may be the identity."""

    def __init__(self, bases: Sequence[KroneckerBasis], like: Tensor):
        super().__init__(bases, like)
        self.shape = bases[0].shape
        self.multiplications = self.dim * sum(each[0].shape[0] for each in self.matrices.values())

    def factors(self, basis: KroneckerBasis) -> dict[str, Tensor]:
        """The sides that are not the identity."""
        sides = {"left": basis.left, "right": basis.right}
        return {name: side for name, side in sides.items() if side is not None}

    def rotate(
        self,
        x: Tensor,
        out: Tensor,
        transpose: bool,
        *,
        left: Tensor | None = None,
        right: Tensor | None = None,
    ) -> None:
        """Writes both products; all runs of a trial are one product with each side.

        For that the axes are (T, m, R, n): with the right side every row of every run is one row,
        with the left one all runs' rows are one long row.
        """
        (trials, runs, _), (m, n) = x.shape, self.shape
        now = scratch("rotated", (trials, m, runs, n), x)
        now.copy_(x.unflatten(-1, self.shape).transpose(1, 2))
        after = scratch("rotated by one side", (trials, m, runs, n), x)
        for side, shape in ((right, (trials, m * runs, n)), (left, (trials, m, runs * n))):
            if side is None:
                continue
            matrix = side.mT if transpose else side
            if side is right:
                torch.bmm(now.view(shape), matrix, out=after.view(shape))
            else:
                torch.bmm(matrix.mT, now.view(shape), out=after.view(shape))
            now, after = after, now
        out.unflatten(-1, self.shape).copy_(now.transpose(1, 2))


class PartialRotation(_FactoredRotation):
    """The leading k coordinates and the implicit complement, by the reflector of `PartialBasis`."""

    def __init__(self, bases: Sequence[PartialBasis], like: Tensor):
        super().__init__(bases, like)
        self.k = bases[0].k
        self.multiplications = 2 * self.k * (self.dim + self.k)

    def factors(self, basis: PartialBasis) -> dict[str, Tensor]:
        """The leading vectors W and the reflector's matrices O and T."""
        turn, core = basis.reflector()
        return {"leading": basis.leading_vectors, "turn": turn, "core": core}

    def rotate(
        self,
        x: Tensor,
        out: Tensor,
        transpose: bool,
        *,
        leading: Tensor,
        turn: Tensor,
        core: Tensor,
    ) -> None:
        """Writes what `PartialBasis.to_basis` and `from_basis` do, for each trial."""
        k, top, below = self.k, leading[:, : self.k], leading[:, self.k :]
        first, rest = x[..., :k], x[..., k:]
        if transpose:
            turned = first @ turn.mT
            weights = (turned @ top + rest @ below - first) @ core
            begin = turned - weights @ (top - turn).mT
        else:
            begin = x @ leading
            weights = (begin - first @ turn) @ core
        out[..., :k].copy_(begin)
        out[..., k:].copy_(torch.baddbmm(rest, weights, below.mT, alpha=-1))


ROTATIONS: dict[type[BlockBasis], Any] = {
    DenseBasis: DenseRotation,
    KroneckerBasis: KroneckerRotation,
    PartialBasis: PartialRotation,
}
"""The rotation of all trials at once by each kind of basis."""


def block_rotation(bases: Sequence[BlockBasis], like: Tensor) -> BlockRotation:
    """The rotation of one block by the basis of each trial.

    Args:
        bases: of one kind and size.
        like: a tensor of the device and dtype to work in.
    """
    return ROTATIONS[type(bases[0])](bases, like)
