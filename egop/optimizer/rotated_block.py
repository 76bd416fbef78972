"""Weights x of a block and its coordinates z = Vᵀx, the tensors that a base optimizer steps on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, nn

from egop.networks.block_basis import BlockBasis
from egop.optimizer.sharding import SHARDED, local, local_basis, local_gradient, sharded_like

SHADOW, WEIGHT, BASIS = "egop_shadow", "egop_weight", "egop_basis"
"""Entries of a saved parameter: its coordinates, its weight in float32, and which basis it had."""


class RotatedBlock:
    """A block of weights with all of its coordinates.

    The coordinates are kept, in float32 at least, and the weights follow them: x ← V z. Where
    something else has changed the weights, the coordinates follow, z ← Vᵀx.

    Attributes:
        names: of its parameters.
        weights: these, in the order of the flat vector.
        shadows: the tensors that the base optimizer steps on, one for each weight: its
            coordinates, cut into the shapes of the weights.
        dtype: of the coordinates: float64 if a weight has it, else float32.
        basis: V, in this dtype and on the device of the coordinates.
        differentiable: True if steps are to be differentiated: shadows have a graph.
    """

    def __init__(
        self,
        basis: BlockBasis,
        names: Sequence[str],
        weights: Sequence[Tensor],
        differentiable: bool = False,
    ) -> None:
        self.names, self.weights, self.differentiable = tuple(names), tuple(weights), differentiable
        self._is_sharded = any(isinstance(w, SHARDED) for w in weights)
        self._shapes = [local(w).shape for w in weights]
        self.dtype = self._dtype_of_weights()
        self.basis = local_basis(basis, names, weights).to(local(weights[0]).device, self.dtype)
        self._fingerprint: int | None = None
        self.check()
        with torch.set_grad_enabled(differentiable):
            parts = [part.clone() for part in self.cut(self.to_basis(self._weights_flat()))]
            shadows = [sharded_like(p, w) for p, w in zip(parts, self.weights, strict=True)]
        self.shadows = tuple(shadows if differentiable else map(nn.Parameter, shadows))
        self._seen: list[Any] | None = self._versions()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what the bases of other blocks hold in the same memory."""
        parts = self.basis.tensors().items()
        own = {name: x.clone() for name, x in parts if x.untyped_storage().nbytes() > x.nbytes}
        return self.__dict__ | ({"basis": replace(self.basis, **own)} if own else {})  # type: ignore[type-var]

    def check(self) -> None:
        """ValueError if a weight is frozen among others, which would change it, or elsewhere."""
        if len(self.weights) == 1:
            return
        devices = {x.device for x in self.locals(self.weights)}
        if len(devices) > 1:
            raise ValueError(
                f"EGOPOptimizer takes all parameters of a block on one device, got those of "
                f"{self.basis.block.name} on {' and '.join(sorted(map(str, devices)))}"
            )
        frozen = [n for n, w in zip(self.names, self.weights, strict=True) if not w.requires_grad]
        if frozen:
            raise ValueError(
                f"EGOPOptimizer takes no frozen parameter in a block of several, got {frozen[0]} "
                f"in {self.basis.block.name}; estimate the bases with the same parameters frozen"
            )

    def check_gradients(self) -> None:
        """ValueError if a gradient is sparse, or has a graph."""
        for name, w in zip(self.names, self.weights, strict=True):
            gradient = w.grad
            if gradient is None:
                continue
            if gradient.layout != torch.strided:
                raise ValueError(
                    f"EGOPOptimizer takes dense gradients of rotated parameters, got a sparse one "
                    f"of {name}; make its layer with sparse=False, or leave it out of the bases"
                )
            if gradient.requires_grad and not self.differentiable:
                raise ValueError(
                    f"EGOPOptimizer rotates gradients without their graph, got one of {name} from "
                    "backward(create_graph=True); base optimizers that differentiate gradients "
                    "again cannot be rotated"
                )

    @property
    def n_coordinates(self) -> int:
        """Numbers in z."""
        return self.basis.n_coordinates

    @property
    def has_gradients(self) -> bool:
        """True if a weight has a gradient."""
        return any(w.grad is not None for w in self.weights)

    @property
    def is_trained(self) -> bool:
        """True if a weight may get a gradient."""
        return any(w.requires_grad for w in self.weights)

    def gradient(self) -> Tensor:
        """(p_b,) the gradient; in a block of several, a missing one counts as 0."""
        gradients = [local_gradient(w) if self._is_sharded else w.grad for w in self.weights]
        filled = [
            torch.zeros_like(x) if g is None else g
            for g, x in zip(gradients, self.locals(self.weights), strict=True)
        ]
        return self.flat(filled)

    def take_gradient(self, rotated: Tensor) -> None:
        """Gives each shadow its part of the gradient Vᵀg."""
        for shadow, part, w in zip(self.shadows, self.cut(rotated), self.weights, strict=True):
            shadow.grad = sharded_like(part, w) if self._is_sharded else part

    def forget_gradients(self) -> None:
        """Frees the gradients of the shadows."""
        for shadow in self.shadows:
            shadow.grad = None

    def follow(self) -> None:
        """Takes the weights as they are where something else has changed them.

        Coordinates whose weights are the very ones that `write` would write are kept: those of a
        checkpoint, or after weights were swapped and swapped back. Nothing waits for the device.
        """
        if self._seen == self._versions():
            return
        self.place()
        z = self.flat(self.shadows)
        exact = self.in_shapes(self.from_basis(z))
        same = [local(w).eq(y.to(w.dtype)) for w, y in zip(self.weights, exact, strict=True)]
        points = self.flat(
            torch.where(unmoved, part, local(w).to(self.dtype))  # narrow weights tell less
            for unmoved, part, w in zip(same, exact, self.weights, strict=True)
        )
        kept = torch.stack([unmoved.all() for unmoved in same]).all()
        self._store(torch.where(kept, z, self.to_basis(points)))
        self._seen = self._versions()

    def read(self) -> None:
        """Takes the weights as they are, also where a write through `.data` left no trace."""
        self.place()
        self._store(self.to_basis(self._weights_flat()))
        self._seen = self._versions()

    def shift(self) -> Tensor:
        """Coordinates that `write` takes the product with V of."""
        return self.flat(self.shadows)

    def moves(self, product: Tensor, before: Tensor | None) -> list[tuple[Tensor, Tensor]]:
        """The weights, each with what it becomes: x ← V z.

        Args:
            product: V z of the coordinates z that `shift` returned.
            before: coordinates whose weights are there already: these stay to the last bit.
        """
        weights, parts = self.locals(self.weights), self.in_shapes(product)
        if before is not None:
            still = (self.flat(self.shadows) == before).all()
            parts = [
                torch.where(still, x, part.to(x.dtype))
                for x, part in zip(weights, parts, strict=True)
            ]
        return list(zip(weights, parts, strict=True))

    def settle(self) -> None:
        """Takes note that the weights have moved to where the coordinates are."""
        self._seen = self._versions()

    def points(self) -> Tensor:
        """(p_b,) the weights, as exactly as the coordinates tell them."""
        return self.from_basis(self.flat(self.shadows))

    def take_over(self, points: Callable[[], Tensor], shadows: Sequence[Tensor]) -> None:
        """Begins at points (p_b,) that other blocks know, in given shadows if they fit."""
        exact = all(w.dtype.itemsize >= torch.float32.itemsize for w in self.weights)
        z = self.flat(self.shadows) if exact else self.to_basis(points())
        if [s.shape for s in shadows] == [s.shape for s in self.shadows]:
            self.shadows = tuple(shadows)
        self._store(z)

    def place(self) -> None:
        """Brings coordinates and basis to the device and dtype that the weights now ask for."""
        device, dtype = local(self.weights[0]).device, self._dtype_of_weights()
        if (local(self.shadows[0]).device, self.dtype) != (device, dtype):
            self.basis, self.dtype = self.basis.to(device, dtype), dtype
            self._fingerprint = None
            for shadow in self.shadows:
                shadow.data = shadow.data.to(device, dtype)

    def saved(self) -> list[dict[str, Any]]:
        """Entries of each parameter in a checkpoint beside the state of the base optimizer."""
        return [{SHADOW: s.detach(), BASIS: self.fingerprint} for s in self.shadows]

    def load(self, saved: Sequence[dict[str, Any]]) -> None:
        """Takes the coordinates from what `saved` returned, checked before."""
        for shadow, each in zip(self.shadows, saved, strict=True):
            if SHADOW in each:
                local(shadow).copy_(local(each[SHADOW]))
        self._seen = None

    @property
    def fingerprint(self) -> int:
        """A number that tells the basis from others."""
        if self._fingerprint is None:
            complement = getattr(self.basis, "complement", "")
            digest = blake2b(f"{type(self.basis).__name__} {complement}".encode(), digest_size=7)
            for name, tensor in sorted(self.basis.tensors().items()):
                if not name.endswith("eigenvalues"):
                    digest.update(name.encode())
                    digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
            self._fingerprint = int.from_bytes(digest.digest(), "little")
        return self._fingerprint

    def to_basis(self, x: Tensor) -> Tensor:
        """Vᵀx of entries (..., p_b)."""
        return self.basis.to_basis(x)

    def from_basis(self, z: Tensor) -> Tensor:
        """V z of coordinates (..., n_coordinates)."""
        return self.basis.from_basis(z)

    def flat(self, parts: Iterable[Tensor]) -> Tensor:
        """Tensors of all weights, or of all shadows, as one vector of the coordinates' dtype."""
        flat = [part.reshape(-1).to(self.dtype) for part in self.locals(parts)]
        return flat[0] if len(flat) == 1 else torch.cat(flat)

    def locals(self, parts: Iterable[Tensor]) -> Iterable[Tensor]:
        """The parts of tensors that this process holds."""
        return map(local, parts) if self._is_sharded else parts

    def cut(self, z: Tensor) -> list[Tensor]:
        """Coordinates (n_coordinates,) in the shapes of the shadows, as views."""
        return self.in_shapes(z)

    def in_shapes(self, x: Tensor) -> list[Tensor]:
        """A vector (p_b,) in the shapes of the weights, as views."""
        if len(self._shapes) == 1:
            return [x.view(self._shapes[0])]
        parts = x.split([shape.numel() for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _dtype_of_weights(self) -> torch.dtype:
        wide = any(w.dtype == torch.float64 for w in self.weights)
        return torch.float64 if wide else torch.float32

    def _weights_flat(self) -> Tensor:
        return self.flat(self.weights)

    def _store(self, z: Tensor) -> None:
        for shadow, part in zip(self.shadows, self.cut(z), strict=True):
            local(shadow.detach()).copy_(part)

    def _versions(self) -> list[Any]:
        """Numbers that change where a weight is written in place, or gets other memory."""
        return [(x._version, x.data_ptr()) for x in self.locals(self.weights)]
