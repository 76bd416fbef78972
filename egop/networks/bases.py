"""EGOP eigenbases of several blocks of parameters: x = V z both ways on flat vectors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from egop.networks import bases_file
from egop.networks.block_basis import BlockBasis
from egop.networks.network import Block
from egop.theme import count_words

Blocks = str | Sequence[str] | Callable[[Block], bool]
"""Blocks that get a basis, as `chosen_blocks` takes them."""


@dataclass(frozen=True, eq=False)
class BlockBases:
    """EGOP eigenbases of disjoint blocks of a network's parameters (Eq. 5).

    Entries of the flat vector that belong to no block, such as biases, are left as they are.

    Attributes:
        layout: every tensor of parameters as a slice of the flat vector (p entries).
        bases: one for each rotated block, in the order of the flat vector.
        n_samples: M gradients they were estimated from; 0 where none was needed.
        n_excluded: gradients left out, since they were not finite.
        memory: bytes that the estimate was predicted to need.
        seconds: how long the estimate took, gradients and decompositions.
        gradient_marks: of the first of these gradients (`egop.networks.distinct_gradients`).
    """

    layout: tuple[Block, ...]
    bases: tuple[BlockBasis, ...]
    n_samples: int = 0
    n_excluded: int = 0
    memory: int = 0
    seconds: float = 0.0
    gradient_marks: Sequence[Sequence[float]] = ()

    def __repr__(self) -> str:
        each = ", ".join(f"{b.block.name} ({b.structure}, {b.n_numbers:,})" for b in self.bases)
        origin = f" from {count_words(self.n_samples, 'gradient')}" if self.n_samples else ""
        return f"BlockBases of {each}, {self.n_numbers:,} numbers{origin}"

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

    def only(self, *names: str) -> "BlockBases":
        """The bases of some blocks alone, such as those whose parameters one optimizer has.

        Raises:
            KeyError: there is no basis of such a name.
        """
        chosen = {self[name].block.name for name in names}
        return replace(self, bases=tuple(b for b in self if b.block.name in chosen))

    @property
    def n_parameters(self) -> int:
        """p, entries of the flat vector."""
        return self.layout[-1].stop

    @property
    def n_numbers(self) -> int:
        """Numbers that all bases hold."""
        return sum(basis.n_numbers for basis in self.bases)

    def to_basis(self, x: Tensor) -> Tensor:
        """z = Vᵀx, block by block, of points (..., p); fewer entries where directions are dropped.

        Raises:
            ValueError: the last axis is not p.
        """
        sizes = [basis.dim for basis in self.bases]
        return self._rotated(x, sizes, "to_basis")

    def from_basis(self, z: Tensor) -> Tensor:
        """x = V z, block by block, of points (..., p).

        Raises:
            ValueError: the last axis is not that of `to_basis`.
        """
        sizes = [basis.n_coordinates for basis in self.bases]
        return self._rotated(z, sizes, "from_basis")

    def to(self, device=None, dtype=None) -> "BlockBases":
        """The same bases with their eigenvectors on a device and in a dtype."""
        return replace(self, bases=tuple(basis.to(device, dtype) for basis in self.bases))

    def save(self, path: Path | str) -> None:
        """Writes everything into one file of safetensors; nothing else is needed to load it."""
        bases_file.write(path, self.layout, self.bases, self._numbers())

    @classmethod
    def load(cls, path: Path | str) -> "BlockBases":
        """The bases in a file that `save` wrote.

        Raises:
            FileNotFoundError: there is no file.
            ValueError: another program wrote it, or it is cut off.
        """
        layout, bases, numbers = bases_file.read(path)
        return cls(layout, bases, **numbers)

    def fingerprint(self) -> str:
        """A hash of blocks, structures and eigenvectors, by which checkpoints know their bases."""
        return bases_file.fingerprint(self.layout, self.bases)

    def _numbers(self) -> dict[str, Any]:
        names = ("n_samples", "n_excluded", "memory", "seconds", "gradient_marks")
        return {name: getattr(self, name) for name in names}

    def _rotated(self, points: Tensor, sizes: Sequence[int], method: str) -> Tensor:
        """Each block's entries rotated and the others copied, in the order of the flat vector.

        Args:
            points: (..., n).
            sizes: entries of each block in them.
            method: of a basis, that takes them.
        """
        missing = sum(basis.dim for basis in self.bases) - sum(sizes)
        expected = self.n_parameters - missing
        if points.ndim == 0 or points.shape[-1] != expected:
            raise ValueError(
                f"these bases take points whose last axis has {expected} parameters, got "
                f"shape {tuple(points.shape)}"
            )
        parts, begin, behind = [], 0, 0
        for basis, size in zip(self.bases, sizes, strict=True):
            start = basis.block.start - behind
            rotated = getattr(basis, method)(points[..., start : start + size])
            parts += [points[..., begin:start], rotated]
            begin, behind = start + size, behind + basis.dim - size
        return torch.cat([*parts, points[..., begin:]], dim=-1)


def chosen_blocks(layout: tuple[Block, ...], blocks: Any) -> tuple[Block, ...]:
    """The blocks that get a basis of their own; never those without entries.

    Args:
        layout: of the flat vector.
        blocks: "matrices": one for each weight matrix; "first": for the first of them alone;
            "global": one for all parameters together; names out of the layout; or a function of a
            `Block` that is true for those that get one.

    Raises:
        ValueError: another word, a name that is not there, or a function that chooses none.
    """
    whole, layout = layout, tuple(block for block in layout if block.stop > block.start)
    if blocks == "global":
        stop = whole[-1].stop
        return (Block("global", (stop,), 0, stop),)
    matrices = tuple(block for block in layout if block.is_matrix)
    if isinstance(blocks, Iterable) and not isinstance(blocks, str):
        blocks = list(blocks)
    if blocks in ("matrices", "first"):
        if not matrices:
            raise ValueError(f"blocks={blocks!r} takes a network with weight matrices, got none")
        return matrices if blocks == "matrices" else matrices[:1]
    if callable(blocks):
        chosen = tuple(block for block in layout if blocks(block))
        if not chosen:
            raise ValueError(
                "blocks takes a function that is true for at least one of "
                f"{', '.join(block.name for block in layout)}, got one that is false for all"
            )
        return chosen
    names = {block.name for block in layout}
    if not isinstance(blocks, list) or not blocks or not names.issuperset(blocks):
        raise ValueError(
            "blocks takes 'matrices', 'global', 'first', a function of a block or a list of names "
            f"out of {', '.join(block.name for block in layout)}, got {blocks!r}"
        )
    return tuple(block for block in layout if block.name in set(blocks))
