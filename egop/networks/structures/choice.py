"""The structure of a block by name, with its options and its memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch

from egop.methods.spelling import nearest
from egop.networks.block_basis import matrix_shape
from egop.networks.network import Block
from egop.networks.passes import read_count
from egop.networks.processes import Processes
from egop.networks.structures.dense import DenseSums
from egop.networks.structures.kronecker import (
    SIDES,
    KroneckerSums,
    NearestKroneckerSums,
    RowSums,
    rotated_sides,
)
from egop.networks.structures.partial import DEFAULT_K, PartialSums, SketchSums
from egop.networks.structures.random_basis import MAX_DENSE, drawn_sides, random_memory
from egop.networks.structures.sums import ALONE, GradientSums

STRUCTURES: dict[str, Any] = {
    "dense": DenseSums,
    "partial": PartialSums,
    "kronecker": KroneckerSums,
    "sketch": SketchSums,
    "rows": RowSums,
}
"""The structures that are made of gradients, by name."""
WITHOUT_GRADIENTS = ("data", "random")
"""The structures that take none."""
ONE_OR_TWO_SIDES = {"kronecker": SIDES, "rows": RowSums.sides, "data": RowSums.sides}
"""The sides that a Kronecker basis of each structure rotates."""
COMPLEMENTS = ("implicit", "random", "dropped")
FACTORS = ("moments", "nearest")


@dataclass(frozen=True)
class Structure:
    """A structure's name and its options.

    Attributes:
        name: a name in `STRUCTURES` or `WITHOUT_GRADIENTS`, or "auto": dense for blocks of at most
            `MAX_DENSE` entries if all fit into memory, Kronecker for other matrices, and partial
            for the rest.
        k: leading eigenvectors of "partial" and "sketch"; None: 64, or as many as there are
            gradients or entries.
        energy: in place of k the share of the eigenvalues' sum that they are to have.
        complement: of the leading eigenvectors: "implicit", "random" or "dropped".
        factors: of "kronecker": "moments", the eigenbases of E[GGᵀ] and E[GᵀG], or "nearest", of
            the product nearest to the EGOP in the Frobenius norm.

    Raises:
        ValueError: an unknown name, or an option that the structure does not have.
    """

    name: str = "dense"
    k: int | None = None
    energy: float | None = None
    complement: str = "implicit"
    factors: str = "moments"

    def __post_init__(self):
        known = ("auto", *STRUCTURES, *WITHOUT_GRADIENTS)
        if self.name not in known:
            raise ValueError(f"there is no structure {self.name!r}: {nearest(self.name, known)}")
        leading = self.name in {"partial", "sketch"}
        for option, others in (
            ("k", leading),
            ("energy", leading),
            ("complement", leading),
            ("factors", self.name == "kronecker"),
        ):
            if not others and getattr(self, option) != getattr(Structure, option):
                takes = "kronecker" if option == "factors" else "partial' or 'sketch"
                raise ValueError(
                    f"{option} is an option of structure='{takes}', got structure={self.name!r}"
                )
        _check_options(self)

    def check_samples(self, blocks: Sequence[Block], n_samples: int) -> None:
        """ValueError where so many gradients cannot give as many eigenvectors."""
        wanted = min(self.k or 0, max((b.stop - b.start for b in blocks), default=0))
        if wanted > n_samples:
            raise ValueError(
                f"k={self.k} leading eigenvectors take at least as many gradients, got "
                f"n_samples={n_samples}; take more samples, or a smaller k"
            )

    def check_options(self, precision: torch.dtype, *, per_example: bool = False) -> None:
        """ValueError for options of an estimate that its structure would not heed."""
        gradients = self.name not in WITHOUT_GRADIENTS
        if per_example and not gradients:
            raise ValueError(
                "per_example is an option of structures that are made of gradients, got "
                f"structure={self.name!r}"
            )
        if precision != torch.float64 and self.name == "random":
            raise ValueError(
                "precision is an option of structures that are made of sums, got "
                f"structure='random' with {precision}"
            )

    def resolved(
        self, blocks: Sequence[Block], n_samples: int, precision: torch.dtype, budget: int | None
    ) -> "list[Structure]":
        """The structure of each block, which "auto" chooses by its size and by the memory."""
        if self.name != "auto":
            return [self] * len(blocks)
        sizes = [block.stop - block.start for block in blocks]
        dense = [size <= MAX_DENSE for size in sizes]
        needed = sum(
            DenseSums.memory(block, n_samples, precision)[1]
            for block, small in zip(blocks, dense, strict=True)
            if small
        )
        if budget is not None and needed > budget:
            dense = [False] * len(blocks)
        names = [
            "dense" if small else "kronecker" if block.is_matrix else "partial"
            for block, small in zip(blocks, dense, strict=True)
        ]
        return [Structure(name) for name in names]

    def sums(
        self,
        block: Block,
        n_samples: int,
        device: torch.device,
        precision: torch.dtype,
        rows: torch.dtype,
        processes: Processes = ALONE,
    ) -> GradientSums:
        """An empty EGOP of a block.

        Args:
            block: whose.
            n_samples: M, gradients to come.
            device: where it lives.
            precision: dtype of sums.
            rows: dtype of gradients, where they are kept.
            processes: that sum up together.
        """
        if self.name == "kronecker" and self.factors == "nearest":
            return NearestKroneckerSums(block, n_samples, device, precision, processes)
        more: dict[str, Any] = {"processes": processes}
        if self.name in {"partial", "sketch"}:
            more |= {"k": self.k, "energy": self.energy, "complement": self.complement}
            more |= {"rows": rows}
        return STRUCTURES[self.name](block, n_samples, device, precision, **more)

    def memory(
        self, block: Block, n_samples: int, precision: torch.dtype, rows: torch.dtype
    ) -> tuple[int, int]:
        """Bytes held while samples come, and at the peak of the decomposition.

        Args:
            block: whose.
            n_samples: M.
            precision: dtype of sums.
            rows: dtype of gradients, where they are kept.
        """
        if self.name == "random":
            return 0, random_memory(block)
        if self.name == "data":
            held, peak = RowSums.memory(block, n_samples, precision)
            return 2 * held, peak  # all samples and one more
        if self.name == "kronecker" and self.factors == "nearest":
            return NearestKroneckerSums.memory(block, n_samples, precision)
        kind, dim = STRUCTURES[self.name], block.stop - block.start
        if self.name not in {"partial", "sketch"}:
            return kind.memory(block, n_samples, precision)
        k = n_samples if self.energy else self.k
        held, peak = kind.memory(block, n_samples, precision, k=k, rows=rows)
        completed = held + int(5.2 * 8 * dim * dim) if self.complement == "random" else 0
        return held, max(peak, completed)

    def kept_numbers(self, block: Block, n_samples: int) -> int:
        """Numbers in the basis of a block, at most."""
        dim = block.stop - block.start
        if self.name in {"partial", "sketch"} and self.complement != "random":
            return dim * self._leading(dim, n_samples)
        return sum(size**2 for size in self.sides(block))

    def multiplications(self, block: Block, n_samples: int) -> int:
        """Multiplications of numbers in rotating a block once, at most (`BlockRotation`)."""
        dim = block.stop - block.start
        if self.name in {"partial", "sketch"} and self.complement != "random":
            k = self._leading(dim, n_samples)
            return 2 * k * (dim + k)
        return dim * sum(self.sides(block))

    def sides(self, block: Block) -> list[int]:
        """The sizes of the matrices that a whole basis of a block consists of."""
        if self.name == "random":
            return drawn_sides(block)
        if self.name not in ONE_OR_TWO_SIDES:
            return [block.stop - block.start]
        shape = dict(zip(SIDES, matrix_shape(block), strict=True))
        return [shape[side] for side in rotated_sides(block, ONE_OR_TWO_SIDES[self.name])]

    def _leading(self, dim: int, n_samples: int) -> int:
        """Returns the number of leading eigenvectors, at most."""
        return min(dim, n_samples, n_samples if self.energy else self.k or DEFAULT_K)


def _check_options(structure: Structure) -> None:
    """ValueError unless each option has a value that it takes."""
    for option, known in (("complement", COMPLEMENTS), ("factors", FACTORS)):
        value = getattr(structure, option)
        if value not in known:
            raise ValueError(f"{option} takes one of {', '.join(known)}, got {value!r}")
    k, energy = structure.k, structure.energy
    if k is not None and energy is not None:
        raise ValueError(f"give k or energy, not both, got k={k!r} and energy={energy!r}")
    if k is not None:
        object.__setattr__(structure, "k", read_count(k, "k takes a number of eigenvectors"))
    if energy is not None and not (isinstance(energy, Real) and 0 < energy <= 1):
        raise ValueError(f"energy takes a share of the eigenvalues' sum in (0, 1], got {energy!r}")
    if energy is not None and structure.name == "sketch":
        raise ValueError(
            "a sketch takes k, since it keeps as many rows: energy is not known before"
        )
