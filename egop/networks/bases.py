"""EGOP eigenbases of blocks of parameters, x = V z both ways on flat vectors, and their storage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from torch import Tensor

from egop import metrics
from egop.networks.arrays import as_tensor
from egop.networks.network import Block
from egop.theme import count_words


@dataclass(frozen=True, eq=False)
class BlockBasis:
    """The eigenbasis of one block of the flat vector.

    Attributes:
        block: which entries it rotates, p_b of them.
        eigenvalues: (p_b,) float64 on the CPU, descending.
        eigenvectors: (p_b, p_b) as columns; the entry of largest magnitude is positive.
    """

    block: Block
    eigenvalues: Tensor
    eigenvectors: Tensor

    def __repr__(self) -> str:
        return (
            f"BlockBasis({self.block.name!r}, {self.dim} entries, stable rank "
            f"{self.stable_rank:.3g})"
        )

    @property
    def dim(self) -> int:
        """p_b, entries of the block."""
        return self.block.stop - self.block.start

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx of the block's entries (..., p_b)."""
        return x @ self.eigenvectors

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z of the block's entries (..., p_b)."""
        return z @ self.eigenvectors.mT

    def to(self, device=None, dtype=None) -> "BlockBasis":
        """The same basis with its eigenvectors on a device and in a dtype."""
        return replace(self, eigenvectors=self.eigenvectors.to(device, dtype))

    @property
    def stable_rank(self) -> float:
        """Σ_i √(λ_i/λ_1), between 1 and p_b (Eq. 3)."""
        return float(metrics.stable_rank(self.eigenvalues))

    @property
    def density(self) -> np.ndarray:
        """(p_b,) β_k = ‖v_k‖₁²/p_b of each eigenvector."""
        return metrics.density(self.eigenvectors.double().cpu())

    def gap(self, k: int = 1) -> float:
        """λ_k/λ_{k+1}: near 1, the leading k-dimensional subspace is arbitrary."""
        return metrics.spectral_gap(self.eigenvalues, k)


@dataclass(frozen=True, eq=False)
class BlockBases:
    """EGOP eigenbases of disjoint blocks of a network's parameters (Eq. 5).

    Entries of the flat vector that belong to no block, such as biases, are left as they are.

    Attributes:
        layout: every tensor of parameters as a slice of the flat vector (p entries).
        bases: one for each rotated block, in the order of the flat vector.
        n_samples: M gradients they were estimated from.
        n_excluded: gradients left out, since they were not finite.
        memory: bytes that the estimate was predicted to need.
    """

    layout: tuple[Block, ...]
    bases: tuple[BlockBasis, ...]
    n_samples: int = 0
    n_excluded: int = 0
    memory: int = 0

    def __repr__(self) -> str:
        names = ", ".join(basis.block.name for basis in self.bases)
        return f"BlockBases of {names} from {count_words(self.n_samples, 'gradient')}"

    def __iter__(self) -> Iterator[BlockBasis]:
        return iter(self.bases)

    def __len__(self) -> int:
        return len(self.bases)

    def __getitem__(self, name: str) -> BlockBasis:
        for basis in self.bases:
            if basis.block.name == name:
                return basis
        known = ", ".join(basis.block.name for basis in self.bases)
        raise KeyError(f"there is no basis of {name!r}, only of {known}")

    @property
    def n_parameters(self) -> int:
        """p, entries of the flat vector."""
        return self.layout[-1].stop

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx, block by block, of points (..., p).

        Raises:
            ValueError: the last axis is not p.
        """
        return self._rotated(x, BlockBasis.to_basis)

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z, block by block, of points (..., p).

        Raises:
            ValueError: the last axis is not p.
        """
        return self._rotated(z, BlockBasis.from_basis)

    def to(self, device=None, dtype=None) -> "BlockBases":
        """The same bases with their eigenvectors on a device and in a dtype."""
        return replace(self, bases=tuple(basis.to(device, dtype) for basis in self.bases))

    def state_dict(self) -> dict[str, Any]:
        """All of it as tensors and plain values, for `torch.save`."""
        return {
            "layout": [(b.name, b.shape, b.start, b.stop) for b in self.layout],
            "blocks": [(b.block.name, b.block.shape, b.block.start, b.block.stop) for b in self],
            "eigenvalues": [basis.eigenvalues for basis in self],
            "eigenvectors": [basis.eigenvectors for basis in self],
            "samples": (self.n_samples, self.n_excluded, self.memory),
        }

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> "BlockBases":
        """The bases that `state_dict` described."""
        parts = zip(state["blocks"], state["eigenvalues"], state["eigenvectors"], strict=True)
        bases = tuple(BlockBasis(_block(b), values, vectors) for b, values, vectors in parts)
        return cls(tuple(map(_block, state["layout"])), bases, *state["samples"])

    def save(self, path: Path | str) -> None:
        """Writes everything into one .npz file; nothing else is needed to load it."""
        state = self.state_dict()
        arrays: dict[str, Any] = {
            key: np.array(
                [
                    [name, " ".join(map(str, shape)), start, stop]
                    for name, shape, start, stop in state[key]
                ]
            )
            for key in ("layout", "blocks")
        }
        for k, basis in enumerate(self):
            arrays[f"eigenvalues_{k}"] = basis.eigenvalues.numpy()
            arrays[f"eigenvectors_{k}"] = basis.eigenvectors.cpu().numpy()
        arrays["samples"] = np.array(state["samples"])
        with Path(path).open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> "BlockBases":
        """The bases in a file that `save` wrote.

        Raises:
            FileNotFoundError: there is no file.
            ValueError: another program wrote it, or it is cut off.
        """
        try:
            with Path(path).open("rb") as opened, np.load(opened) as file:
                return cls.from_state_dict(_read_state(file))
        except (AttributeError, EOFError, KeyError, TypeError, ValueError, BadZipFile):
            raise ValueError(
                f"{path} holds no block bases; give a file that BlockBases.save wrote"
            ) from None

    def _rotated(self, points: Tensor, rotate: Any) -> Tensor:
        if points.ndim == 0 or points.shape[-1] != self.n_parameters:
            raise ValueError(
                f"these bases take points whose last axis has {self.n_parameters} parameters, got "
                f"shape {tuple(points.shape)}"
            )
        rotated = points.clone()
        for basis in self.bases:
            part = slice(basis.block.start, basis.block.stop)
            rotated[..., part] = rotate(basis, points[..., part])
        return rotated


def _read_state(file: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The bases that `state_dict` described, from the arrays of a file."""
    state: dict[str, Any] = {key: [_row(*r) for r in file[key]] for key in ("layout", "blocks")}
    count = range(len(state["blocks"]))
    return state | {
        "eigenvalues": [as_tensor(file[f"eigenvalues_{k}"]) for k in count],
        "eigenvectors": [as_tensor(file[f"eigenvectors_{k}"]) for k in count],
        "samples": file["samples"].tolist(),
    }


def _block(row: Any) -> Block:
    name, shape, start, stop = row
    return Block(name, tuple(shape), start, stop)


def _row(name: str, shape: str, start: str, stop: str) -> tuple[str, tuple[int, ...], int, int]:
    return str(name), tuple(map(int, shape.split())), int(start), int(stop)


def chosen_blocks(layout: tuple[Block, ...], blocks: Any) -> tuple[Block, ...]:
    """The blocks that get a basis of their own.

    Args:
        layout: of the flat vector.
        blocks: "matrices": one for each weight matrix; "first": for the first of them alone;
            "global": one for all parameters together; or names out of the layout.

    Raises:
        ValueError: another word, or a name that is not there.
    """
    if blocks == "global":
        stop = layout[-1].stop
        return (Block("global", (stop,), 0, stop),)
    matrices = tuple(block for block in layout if block.is_matrix)
    if blocks in ("matrices", "first"):
        if not matrices:
            raise ValueError(f"blocks={blocks!r} takes a network with weight matrices, got none")
        return matrices if blocks == "matrices" else matrices[:1]
    names = {block.name for block in layout}
    if isinstance(blocks, str) or not blocks or not names.issuperset(blocks):
        raise ValueError(
            "blocks takes 'matrices', 'global', 'first' or a list of names out of "
            f"{', '.join(block.name for block in layout)}, got {blocks!r}"
        )
    return tuple(block for block in layout if block.name in set(blocks))
