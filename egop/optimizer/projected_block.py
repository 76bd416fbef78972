"""Weights of a block that move in the span of k eigenvectors alone, where a basis drops others."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis
from egop.optimizer.rotated_block import BASIS, WEIGHT, RotatedBlock
from egop.optimizer.sharding import local


def block_of(
    basis: BlockBasis, names: Sequence[str], weights: Sequence[Tensor], differentiable: bool
) -> RotatedBlock:
    """The block of a basis, in the coordinates of its weights as they are now."""
    dropped = basis.n_coordinates < basis.dim
    return (ProjectedBlock if dropped else RotatedBlock)(basis, names, weights, differentiable)


class ProjectedBlock(RotatedBlock):
    """A block of weights with k coordinates z = V_kᵀx: x ← x + V_k(z_new − z_old).

    The weights hold what the coordinates do not, so that the coordinates are taken from them before
    each step; of weights narrower than float32 a copy in float32 is kept. The first shadow has
    shape (k,), those of the other weights of the block are empty.
    """

    def __init__(
        self,
        basis: BlockBasis,
        names: Sequence[str],
        weights: Sequence[Tensor],
        differentiable: bool = False,
    ) -> None:
        self.weights, self._copies = tuple(weights), {}
        self._copies = self._placed_copies()
        super().__init__(basis, names, weights, differentiable)
        self._before = self.flat(self.shadows).clone()

    def follow(self) -> None:
        """Takes the coordinates of the weights as they are."""
        if self._seen != self._versions():
            self.place()
            for k, copy in self._copies.items():
                x = local(self.weights[k].detach())
                self._copies[k] = torch.where(copy.to(x.dtype) == x, copy, x.float())
        self._project()

    def read(self) -> None:
        """Takes the weights as they are, also where a write through `.data` left no trace."""
        self.place()
        for k in self._copies:
            self._copies[k] = local(self.weights[k].detach()).float()
        self._project()
        self._seen = self._versions()

    def shift(self) -> Tensor:
        """z − z_old, which `write` takes the product with V_k of."""
        return self.flat(self.shadows) - self._before

    def moves(self, product: Tensor, before: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        """The weights, each with what it becomes: x ← x + V_k(z − z_old)."""
        return [
            (local(w), self._copies[k].add_(part) if k in self._copies else local(w) + part)
            for k, (w, part) in enumerate(zip(self.weights, self.in_shapes(product), strict=True))
        ]

    def settle(self) -> None:
        """Takes note that the weights have moved to where the coordinates are."""
        super().settle()
        self._before = self.flat(self.shadows).clone()

    def points(self) -> Tensor:
        """(p_b,) the weights, as exactly as they are known."""
        return self._weights_flat()

    def take_over(self, points: Callable[[], Tensor], shadows: Sequence[Tensor]) -> None:
        """Begins at points (p_b,) that other blocks know, in given shadows if they fit."""
        if self._copies:
            parts = self.in_shapes(points())
            self._copies = {k: parts[k].clone() for k in self._copies}
        super().take_over(points, shadows)
        self._project()

    def place(self) -> None:
        """Brings coordinates and basis to the device and dtype that the weights now ask for."""
        super().place()
        self._copies = self._placed_copies()

    def saved(self) -> list[dict[str, Any]]:
        """Entries of each parameter in a checkpoint beside the state of the base optimizer."""
        saved: list[dict[str, Any]] = [{BASIS: self.fingerprint} for _ in self.weights]
        for k, copy in self._copies.items():
            saved[k][WEIGHT] = copy
        return saved

    def load(self, saved: Sequence[dict[str, Any]]) -> None:
        """Takes the copies from what `saved` returned, checked before."""
        for k in self._copies:
            if WEIGHT in saved[k]:
                self._copies[k].copy_(local(saved[k][WEIGHT]))
        self._seen = None

    def cut(self, z: Tensor) -> list[Tensor]:
        """Coordinates (k,) in the shapes of the shadows, as views."""
        return [z, *[z[:0] for _ in self.weights[1:]]]

    def _weights_flat(self) -> Tensor:
        return self.flat([self._copies.get(k, w) for k, w in enumerate(self.weights)])

    def _placed_copies(self) -> dict[int, Tensor]:
        """The copies in float32 of weights that are narrower now, where the weights are."""
        narrow = {
            k: local(w.detach())
            for k, w in enumerate(self.weights)
            if w.dtype.itemsize < torch.float32.itemsize
        }
        return {k: self._copies.get(k, x).to(x.device, torch.float32) for k, x in narrow.items()}

    def _project(self) -> None:
        self._store(self.to_basis(self.points()))
        self._before = self.flat(self.shadows).clone()
