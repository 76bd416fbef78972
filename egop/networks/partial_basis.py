"""A basis of which the leading eigenvectors alone are stored."""

from dataclasses import dataclass

import torch
from torch import Tensor

from egop.networks.arrays import aligned
from egop.networks.block_basis import BlockBasis
from egop.networks.network import Block

PIECE = 2048
"""Entries of a long product that are summed by one piece of work on a GPU."""


@dataclass(frozen=True, eq=False, repr=False)
class PartialBasis(BlockBasis):
    """The leading k eigenvectors, completed without storing the rest, or dropping it (§5).

    The full basis is Q diag(O, I) with the block reflector Q = I − Y T Yᵀ, Y = W − E O, where W are
    the leading eigenvectors, E the first k unit vectors and −O the polar factor of their first k
    rows (Schreiber and Parlett, SIAM J. Numer. Anal. 25, 1988): its first k columns are W, it is
    orthogonal to round-off, and it holds k·p + 2k² numbers.

    A change of coordinates goes through W twice, which takes nearly all of its time: once for Wᵀx,
    and once, when all of that is known, for W times k numbers.

    Attributes:
        eigenvalues: (k,) float64 on the CPU, descending.
        leading_vectors: (p_b, k) W, orthonormal columns, one after the other in memory: products
            with a vector then go along them.
        complement: "implicit": completed so; "dropped": z has k coordinates, and x = V z lies in
            their span.
    """

    block: Block
    eigenvalues: Tensor
    leading_vectors: Tensor
    complement: str = "implicit"
    structure: str = "partial"

    def __post_init__(self):
        object.__setattr__(self, "eigenvalues", aligned(self.eigenvalues.contiguous()))
        columns = aligned(self.leading_vectors.mT.contiguous()).mT
        object.__setattr__(self, "leading_vectors", columns)
        top = self.leading_vectors[: self.k].double().cpu()
        left, values, right = torch.linalg.svd(top)
        like = self.leading_vectors
        inverse = (right.mT / (1 + values)) @ right
        object.__setattr__(self, "_turn", (-left @ right).to(like))
        object.__setattr__(self, "_core", inverse.to(like))

    @property
    def k(self) -> int:
        """The number of leading eigenvectors."""
        return self.leading_vectors.shape[1]

    @property
    def n_coordinates(self) -> int:
        """p_b, or k where the other directions are dropped."""
        return self.k if self.complement == "dropped" else self.dim

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx of the block's entries (..., p_b)."""
        along = _long_product(x, self.leading_vectors)
        if self.complement == "dropped":
            return along
        turn, core = self.reflector()
        z = self._without(x, (along - x[..., : self.k] @ turn) @ core)
        z[..., : self.k] = along
        return z

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z of coordinates (..., n_coordinates)."""
        if self.complement == "dropped":
            return z @ self.leading_vectors.mT
        turn, core = self.reflector()
        first = z[..., : self.k]
        turned = z.clone()
        turned[..., : self.k] = first @ turn.mT
        weights = (_long_product(turned, self.leading_vectors) - first) @ core
        x = self._without(turned, weights)
        x[..., : self.k] += weights @ turn.mT
        return x

    def leading(self, k: int) -> Tensor:
        """(p_b, k) the eigenvectors of the k largest eigenvalues."""
        return self.leading_vectors[:, :k]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that makes the basis, by the name of its attribute."""
        return {"eigenvalues": self.eigenvalues, "leading_vectors": self.leading_vectors}

    def reflector(self) -> tuple[Tensor, Tensor]:
        """O and T, (k, k) each."""
        return self._turn, self._core  # type: ignore[attr-defined]

    def _without(self, x: Tensor, weights: Tensor) -> Tensor:
        """x − W w of points (..., p_b) and weights (..., k)."""
        if x.ndim == 1:
            return torch.addmv(x, self.leading_vectors, weights, alpha=-1)
        return x - weights @ self.leading_vectors.mT


def _long_product(x: Tensor, columns: Tensor) -> Tensor:
    """x W of few points (..., p) and few columns (p, k); on a GPU in pieces of p, added up.

    The matrix products of GPU libraries give each entry of the result to one multiprocessor, of
    which most would stand still.
    """
    if x.device.type == "cpu" or len(columns) < 2 * PIECE:
        return x @ columns
    return product_in_pieces(x, columns)


def product_in_pieces(x: Tensor, columns: Tensor, size: int = PIECE) -> Tensor:
    """x W of points (..., p) and columns (p, k), p ≥ size, by the products of pieces of p."""
    count = len(columns) // size
    whole = count * size
    points = x.reshape(-1, len(columns))
    pieces = points[:, :whole].unflatten(1, (count, size)).transpose(0, 1)
    product = torch.bmm(pieces, columns[:whole].unflatten(0, (count, size))).sum(0)
    if whole < len(columns):
        product = product + points[:, whole:] @ columns[whole:]
    return product.view(*x.shape[:-1], columns.shape[1])
