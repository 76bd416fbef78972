"""The eigenbases of one block of weights, one for each trial and run."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from egop.methods.matrices import eigh, identity, qr
from egop.networks.block_basis import matrix_shape
from egop.networks.network import Block


class RunBases:
    """The basis of one block for every trial and run, V = V_left ⊗ V_right, or V_right alone.

    Args:
        block: a weight matrix.
        dense: one basis of all its entries.
        points: (trials, runs, p); their number, dtype and device.

    Attributes:
        left: (trials, runs, m, m), or None.
        right: (trials, runs, n, n).
        left_values: eigenvalues (trials, runs, m) float64, descending, or None.
        right_values: likewise (trials, runs, n).
        columns: the block's entries of the flat vector.
    """

    def __init__(self, block: Block, dense: bool, points: Tensor):
        self.block, self.columns = block, slice(block.start, block.stop)
        size = block.stop - block.start
        self.shape = rows, columns = (1, size) if dense else matrix_shape(block)
        leading = points.shape[:2]

        def side(n: int) -> Tensor:
            return torch.eye(n).to(points).repeat(*leading, 1, 1)

        def values(n: int) -> Tensor:
            return torch.zeros(*leading, n, dtype=torch.float64, device=points.device)

        self.left, self.right = None if dense else side(rows), side(columns)
        self.left_values, self.right_values = None if dense else values(rows), values(columns)
        self._turn: tuple[Tensor | None, Tensor] = (None, self.right)
        self._sums: list[Tensor] = []
        self._count = torch.zeros(leading, dtype=torch.int64, device=points.device)

    def turned(self, x: Tensor, left: Tensor | None, right: Tensor | None) -> Tensor:
        """LᵀXR of entries (trials, runs, ..., mn) as matrices X."""
        matrices = x.unflatten(-1, self.shape)
        rows = (slice(None), slice(None), *(None,) * (x.ndim - 3))
        left, right = (None if side is None else side[rows] for side in (left, right))
        if left is not None:
            matrices = left.mT @ matrices
        if right is not None:
            matrices = matrices @ right
        return matrices.flatten(-2)

    def begin(self) -> None:
        """Forgets the gradients of the estimate before."""
        self._count.zero_()
        sides = [side for side in (self.left, self.right) if side is not None]
        self._sums = [torch.zeros_like(side, dtype=torch.float64) for side in sides]

    def add(self, gradients: Tensor, count: Tensor) -> None:
        """Adds gradients (trials, runs, samples, mn), of which so many are finite."""
        self._count += count
        matrices = gradients.double().unflatten(-1, self.shape)
        rows = matrices.flatten(2, 3)
        self._sums[-1] += rows.mT @ rows
        if self.left is not None:
            columns = matrices.movedim(2, -1).flatten(3)
            self._sums[0] += columns @ columns.mT

    def decompose(self, completion: Callable[[str, int], Tensor]) -> None:
        """Takes the eigenbases of the sums, where a run has any gradient.

        Args:
            completion: takes the name of a side and its length n; gives the random (n, n), the same
                for all runs, that complete the eigenvectors of eigenvalues that are not 0.
        """
        known = (self._count > 0)[..., None]
        turns = []
        names = ("right",) if self.left is None else ("left", "right")
        for name, total in zip(names, self._sums, strict=True):
            old, held = getattr(self, name), getattr(self, f"{name}_values")
            values, vectors = (part.flip(-1) for part in eigh(total / 2 + total.mT / 2))
            vectors = completed(vectors, values, old, partial(completion, name)).to(old.dtype)
            signs = torch.where((old * vectors).sum(-2, keepdim=True) < 0, -1.0, 1.0)
            new = torch.where(known[..., None], vectors * signs.to(old.dtype), old)
            turns.append(new.mT @ old)
            held.copy_(torch.where(known, values.clamp_min(0) / self._count[..., None], held))
            old.copy_(new)
        self._sums = []
        self._turn = (turns[0] if len(turns) > 1 else None, turns[-1])

    def turn(self, runs: slice) -> tuple[Tensor | None, Tensor]:
        """L and R of W = V_newᵀV_old = L ⊗ R of some runs, (trials, runs, n, n); None for I."""
        left, right = self._turn
        return None if left is None else left[:, runs], right[:, runs]

    def spectrum(self) -> Tensor:
        """(trials, runs, mn) the eigenvalues of the EGOP, descending; 0 before the first estimate.

        Those of L ⊗ R/tr L where the basis has two sides.
        """
        if self.left_values is None:
            return self.right_values
        total = self.left_values.sum(-1, keepdim=True)
        share = self.left_values / torch.where(total > 0, total, 1.0)
        products = share[..., :, None] * self.right_values[..., None, :]
        return products.flatten(-2).sort(-1, descending=True).values


class EntriesTurn:
    """W = V_newᵀV_old of entries of which those of some blocks have bases, as a `Turn`.

    Args:
        bases: of these blocks.
        start: the first entry's place in the flat vector of all.
        runs: which runs.
    """

    def __init__(self, bases: Sequence[RunBases], start: int, runs: slice):
        self._bases = bases
        self._turns = [basis.turn(runs) for basis in bases]
        places = ((b.columns.start - start, b.columns.stop - start) for b in bases)
        self._columns = [slice(*place) for place in places]

    def __call__(self, x: Tensor) -> Tensor:
        """Wx of coordinates (trials, runs, entries), or of each row (trials, runs, k, entries)."""
        return self._turned(x, self._turns)

    def of_squares(self, v: Tensor) -> Tensor:
        """(trials, runs, entries) Σ_j W_ij² v_j."""
        squares = [(None if a is None else a.square(), b.square()) for a, b in self._turns]
        return self._turned(v, squares)

    def sides(self, shape: tuple[int, ...]) -> tuple[Tensor | None, Tensor] | None:
        """L and R of W = L ⊗ R, (trials, runs, n, n); None unless it is that of one matrix."""
        (basis, *others), (left, right) = self._bases, self._turns[0]
        return None if others or left is None or basis.shape != shape else (left, right)

    def _turned(self, x: Tensor, turns: Sequence[tuple[Tensor | None, Tensor]]) -> Tensor:
        new = x.clone()
        for basis, columns, (left, right) in zip(self._bases, self._columns, turns, strict=True):
            transposed = None if left is None else left.mT
            new[..., columns] = basis.turned(x[..., columns], transposed, right.mT)
        return new


def completed(
    vectors: Tensor, values: Tensor, like: Tensor, random: Callable[[int], Tensor]
) -> Tensor:
    """Eigenvectors with columns from random ones where descending eigenvalues are 0 to round-off.

    `eigh` leaves the null space in whatever basis round-off makes: another one in every batch.

    Args:
        vectors: (..., n, n) float64 of a sum of outer products of gradients.
        values: (..., n).
        like: a tensor of the dtype in which the gradients were.
        random: gives (n, n).
    """
    n, units = values.shape[-1], [torch.finfo(t.dtype).eps for t in (values, like)]
    known = values > n * max(units[0], (8 * units[1]) ** 2) * values[..., :1]
    if bool(known.all()):
        return vectors
    basis, triangle = qr(torch.where(known[..., None, :], vectors, random(n).to(vectors)))
    signs = torch.where((triangle * identity(triangle)).sum(-2, keepdim=True) < 0, -1.0, 1.0)
    return basis * signs
