"""The orthogonal change of coordinates of one block of parameters, dense or Kronecker."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
import torch
from torch import Tensor

from egop import metrics
from egop.networks.arrays import aligned
from egop.networks.network import Block


class BlockBasis(ABC):
    """The eigenbasis of one block of the flat vector, p_b entries.

    Attributes:
        block: which entries it rotates.
        structure: the name of how it was estimated, such as "dense" or "kronecker".
        eigenvalues: (r,) float64 on the CPU, descending, of the r directions that have one.
    """

    block: Block
    structure: str
    eigenvalues: Tensor

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.block.name!r}, {self.structure}, {self.dim} entries, "
            f"stable rank {self.stable_rank:.3g})"
        )

    def __post_init__(self):
        """Lays every tensor out in one way, so that products have the same bits from a file."""
        for name, tensor in self.tensors().items():
            object.__setattr__(self, name, aligned(tensor.contiguous()))

    @property
    def dim(self) -> int:
        """p_b, entries of the block."""
        return self.block.stop - self.block.start

    @property
    def n_coordinates(self) -> int:
        """Numbers in z = Vᵀx: p_b, or fewer where directions are dropped."""
        return self.dim

    @abstractmethod
    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx of the block's entries (..., p_b), as (..., n_coordinates)."""

    @abstractmethod
    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z of coordinates (..., n_coordinates), as (..., p_b)."""

    @abstractmethod
    def leading(self, k: int) -> Tensor:
        """(p_b, k) the eigenvectors of the k largest eigenvalues, as columns."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that makes the basis, by the name of its attribute."""

    def to(self, device=None, dtype=None) -> "BlockBasis":
        """The same basis with its eigenvectors on a device and in a dtype."""
        moved = {
            name: tensor.to(device, dtype)
            for name, tensor in self.tensors().items()
            if not name.endswith("eigenvalues")
        }
        return replace(self, **moved)  # type: ignore[type-var]  # each kind is a dataclass

    @property
    def coordinate_eigenvalues(self) -> Tensor:
        """(n_coordinates,) the eigenvalue of each coordinate in the order of `to_basis`, or 0."""
        values = torch.zeros(self.n_coordinates, dtype=torch.float64)
        values[: len(self.eigenvalues)] = self.eigenvalues
        return values

    @property
    def n_numbers(self) -> int:
        """Numbers that the basis holds."""
        return sum(tensor.numel() for tensor in self.tensors().values())

    @property
    def stable_rank(self) -> float:
        """Σ_i √(λ_i/λ_1) of the known eigenvalues, between 1 and p_b (Eq. 3)."""
        return float(metrics.stable_rank(self.eigenvalues))

    @property
    def density(self) -> np.ndarray:
        """β_k = ‖v_k‖₁²/p_b of the eigenvectors, in the order of the eigenvalues."""
        return metrics.density(self.leading(len(self.eigenvalues)).double().cpu())

    def gap(self, k: int = 1) -> float:
        """λ_k/λ_{k+1}: near 1, the leading k-dimensional subspace is arbitrary."""
        return metrics.spectral_gap(self.eigenvalues, k)


@dataclass(frozen=True, eq=False, repr=False)
class DenseBasis(BlockBasis):
    """A full orthogonal matrix.

    Attributes:
        eigenvalues: (p_b,) float64 on the CPU, descending.
        eigenvectors: (p_b, p_b) as columns; the entry of largest magnitude is positive.
    """

    block: Block
    eigenvalues: Tensor
    eigenvectors: Tensor
    structure: str = "dense"

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx of the block's entries (..., p_b)."""
        return x @ self.eigenvectors

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z of coordinates (..., n_coordinates)."""
        return z @ self.eigenvectors.mT

    def leading(self, k: int) -> Tensor:
        """(p_b, k) the eigenvectors of the k largest eigenvalues."""
        return self.eigenvectors[:, :k]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that makes the basis, by the name of its attribute."""
        return {"eigenvalues": self.eigenvalues, "eigenvectors": self.eigenvectors}


@dataclass(frozen=True, eq=False, repr=False)
class KroneckerBasis(BlockBasis):
    """V = V_left ⊗ V_right for a block that is a matrix X (m, n): z = V_leftᵀ X V_right (§5).

    Tensors of more axes are taken as matrices (first axis, all others). The EGOP is taken as
    L ⊗ R/tr L, whose eigenvalues are those that `eigenvalues` sorts.

    Attributes:
        left: (m, m) eigenvectors as columns; None: the identity.
        right: (n, n); None: the identity.
        left_eigenvalues: (m,) float64 on the CPU, descending; ones for the identity.
        right_eigenvalues: (n,).
    """

    block: Block
    left: Tensor | None
    right: Tensor | None
    left_eigenvalues: Tensor
    right_eigenvalues: Tensor
    structure: str = "kronecker"

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n) of the block as a matrix."""
        return matrix_shape(self.block)

    @cached_property
    def eigenvalues(self) -> Tensor:  # pyright: ignore[reportIncompatibleVariableOverride]
        """(mn,) products of one eigenvalue of each side, over the sum of the left ones."""
        return self.coordinate_eigenvalues.sort(descending=True).values

    @property
    def coordinate_eigenvalues(self) -> Tensor:
        """(mn,) the same products in the order of `to_basis`, row by row."""
        total = self.left_eigenvalues.sum()
        share = self.left_eigenvalues / torch.where(total > 0, total, 1.0)
        return torch.outer(share, self.right_eigenvalues).flatten()

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx of the block's entries (..., p_b)."""
        return self._rotated(x, self.left, self.right)

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z of coordinates (..., n_coordinates)."""
        left, right = (None if v is None else v.mT for v in (self.left, self.right))
        return self._rotated(z, left, right)

    def leading(self, k: int) -> Tensor:
        """(p_b, k) the eigenvectors of the k largest eigenvalues."""
        where, columns = self._order()[:k], self.shape[1]
        like = next(v for v in (self.left, self.right, self.right_eigenvalues) if v is not None)
        left = _columns(self.left, where // columns, self.shape[0], like)
        right = _columns(self.right, where % columns, columns, like)
        return (left[:, None] * right[None]).flatten(0, 1)

    @property
    def density(self) -> np.ndarray:
        """β_k = ‖v_k‖₁²/p_b of the eigenvectors: products of those of the two sides."""
        sides = [
            np.full(size, 1 / size) if side is None else metrics.density(side.double().cpu())
            for side, size in zip((self.left, self.right), self.shape, strict=True)
        ]
        return np.outer(*sides).ravel()[self._order().numpy()]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that makes the basis, by the name of its attribute."""
        sides = {"left": self.left, "right": self.right}
        held = {name: side for name, side in sides.items() if side is not None}
        values = {
            "left_eigenvalues": self.left_eigenvalues,
            "right_eigenvalues": self.right_eigenvalues,
        }
        return held | values

    def _order(self) -> Tensor:
        return self.coordinate_eigenvalues.argsort(descending=True, stable=True)

    def _rotated(self, x: Tensor, left: Tensor | None, right: Tensor | None) -> Tensor:
        matrices = x.unflatten(-1, self.shape)
        if right is not None:
            matrices = matrices @ right
        if left is not None:
            matrices = left.mT @ matrices
        return matrices.flatten(-2)


def _columns(side: Tensor | None, which: Tensor, size: int, like: Tensor) -> Tensor:
    """(size, k) the columns of a side by their numbers; None is the identity."""
    if side is not None:
        return side[:, which]
    return (torch.arange(size)[:, None] == which).to(like)


def matrix_shape(block: Block) -> tuple[int, int]:
    """(m, n) of a block as a matrix: its first axis, and all others together.

    Raises:
        ValueError: it has fewer than two axes.
    """
    if not block.is_matrix:
        raise ValueError(
            f"a Kronecker basis takes blocks with two axes or more, got {block.name} of shape "
            f"{block.shape}; leave it out by `blocks`, or take another structure"
        )
    return block.shape[0], prod(block.shape[1:])
