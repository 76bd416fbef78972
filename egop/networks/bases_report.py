"""A report of block bases on one page: what they hold, what they fit, and whether they may help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from egop.bootstrap import Bootstrap
from egop.networks.bases import BlockBases
from egop.networks.block_basis import BlockBasis
from egop.networks.diagnostics import (
    NOT_OF_GRADIENTS,
    Energies,
    EstimatedNumber,
    bootstrap_of_block,
    effective_samples,
    energies,
    relative_error,
)
from egop.networks.distinct_gradients import count_shared
from egop.networks.network import Block
from egop.tails import FEWEST

if TYPE_CHECKING:
    import xarray as xr

ORIGINAL, THESE, RANDOM = "original", "these bases", "random"
"""The coordinates that are always compared, by name."""


@dataclass(frozen=True, eq=False)
class GradientsOfBlock:
    """Numbers of a block that take gradients.

    Attributes:
        n_samples: M.
        effective: gradients of equal length that would weigh as much.
        bootstrap: of the leading eigenvalues of these gradients.
        shares: the off-diagonal share by coordinates.
        error: ‖EGOP − V diag(λ) Vᵀ‖/‖EGOP‖; None where λ are not of gradients.
    """

    n_samples: int
    effective: float
    bootstrap: Bootstrap
    shares: dict[str, EstimatedNumber]
    error: EstimatedNumber | None

    @property
    def few(self) -> bool:
        """True if a few gradients outweigh the others, so that the numbers say little."""
        return self.effective < FEWEST


@dataclass(frozen=True, eq=False)
class BlockReport:
    """One block of a report.

    Attributes:
        basis: of the block.
        measured: what takes gradients; None where there are none.
    """

    basis: BlockBasis
    measured: GradientsOfBlock | None = None

    @property
    def block(self) -> Block:
        """The block."""
        return self.basis.block

    @property
    def of_gradients(self) -> bool:
        """True if the eigenvalues are those of an EGOP, not of inputs and not made up."""
        return self.basis.structure not in NOT_OF_GRADIENTS

    @property
    def gap(self) -> float:
        """λ_1/λ_2, NaN for a single eigenvalue."""
        return self.basis.gap() if len(self.basis.eigenvalues) > 1 else np.nan

    @property
    def leading_density(self) -> float:
        """β_1 of the leading eigenvector, about 2/π where it is random."""
        leading = self.basis.leading(1).double()
        return float(leading.abs().sum() ** 2 / len(leading))


@dataclass(frozen=True, eq=False)
class BasesReport:
    """A report, shown by a notebook or `print`, kept by `save` and `to_xarray`.

    Attributes:
        bases: that it is about.
        blocks: one for each basis.
        shares: the off-diagonal share of all blocks together, by coordinates; empty without
            gradients.
        n_seen: of the gradients, those that the bases were made of, as far as is known.
    """

    bases: BlockBases
    blocks: tuple[BlockReport, ...]
    shares: dict[str, EstimatedNumber] = field(default_factory=dict)
    n_seen: int = 0

    def __str__(self) -> str:
        from egop.networks.report_page import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from egop.networks.report_page import as_html

        return as_html(self)

    def save(self, path: Path | str) -> None:
        """Writes the page as one HTML file that needs nothing else."""
        from egop.networks.report_page import as_page

        Path(path).write_text(as_page(self), encoding="utf-8")

    def to_xarray(self) -> "xr.Dataset":
        """The numbers by block: spectra over k, and by coordinates what gradients told.

        NaN stands where a number was not measured.
        """
        from egop.networks.report_dataset import as_dataset

        return as_dataset(self)


def report(
    bases: BlockBases,
    gradients: Mapping[str, Tensor] | None = None,
    *,
    beside: Mapping[str, BlockBases] | None = None,
) -> BasesReport:
    """A page on bases: sizes, spectra, and, where gradients are given, how well they fit.

    Without gradients it holds what the bases tell by themselves. With gradients, best those of
    `sample_gradients`, which the bases have not seen: the share of the EGOP that they leave beside
    the diagonal, next to that of the original coordinates and the mean of random ones; the error
    of the EGOP that they stand for; effective samples, and how certain the first eigenvector is.
    A last part says what such numbers were worth over the problems that we measured. Where the
    bases were made of the same gradients, it says that nothing is known of the fit.

    Args:
        bases: of `estimate_block_bases`.
        gradients: (M, p_b) of each block by its name.
        beside: other bases of the same blocks to compare with, by names such as "data"; "random"
            is there by itself, as the mean over all bases.

    Raises:
        TypeError: no block bases.
        ValueError: a block without gradients or without a basis in `beside`, or gradients of
            another size.
    """
    if not isinstance(bases, BlockBases):
        raise TypeError(f"report takes bases of egop.networks.estimate_block_bases, got {bases!r}")
    others = dict(beside or {})
    if gradients is None:
        if others:
            raise ValueError(
                "report compares bases by gradients, got `beside` without them; take those of "
                "egop.networks.sample_gradients"
            )
        return BasesReport(bases, tuple(map(BlockReport, bases)))
    _check(bases, gradients, others)
    scale = max(float(gradients[basis.block.name].abs().max()) for basis in bases)
    found: list[tuple[BlockReport, dict[str, Energies]]] = []
    for basis in bases:
        candidates: dict[str, BlockBasis | None] = {ORIGINAL: None, THESE: basis}
        candidates |= {name: other[basis.block.name] for name, other in others.items()}
        found.append(_measured(basis, gradients[basis.block.name], candidates, scale))
    shares = {name: _together([each[name] for _, each in found]) for name in found[0][1]}
    marks = getattr(gradients, "marks", None)
    seen = 0 if marks is None else count_shared(marks, bases.gradient_marks)
    return BasesReport(bases, tuple(block for block, _ in found), shares, seen)


def _measured(
    basis: BlockBasis, rows: Tensor, candidates: Mapping[str, BlockBasis | None], scale: float
) -> tuple[BlockReport, dict[str, Energies]]:
    """The numbers of a block that take gradients."""
    squares = {name: energies(rows, other, scale) for name, other in candidates.items()}
    squares[RANDOM] = squares[ORIGINAL].in_random_basis(basis.dim)
    of_gradients = basis.structure not in NOT_OF_GRADIENTS
    measured = GradientsOfBlock(
        len(rows),
        effective_samples(rows),
        bootstrap_of_block(rows),
        {name: each.share() for name, each in squares.items()},
        relative_error(basis, rows) if of_gradients else None,
    )
    return BlockReport(basis, measured), squares


def _together(blocks: Sequence[Energies]) -> EstimatedNumber:
    """The off-diagonal share of several blocks of the same gradients."""
    return Energies(*(torch.stack(parts).sum(0) for parts in zip(*blocks, strict=True))).share()


def _check(
    bases: BlockBases, gradients: Mapping[str, Tensor], others: Mapping[str, BlockBases]
) -> None:
    """ValueError unless every block has gradients, as many as the others, and its other bases."""
    names = [basis.block.name for basis in bases]
    if missing := [name for name in names if name not in gradients]:
        raise ValueError(
            f"report takes gradients of every block of the bases, got none of {missing[0]!r}; "
            "sample them with the same `blocks`"
        )
    counts = {len(gradients[name]) for name in names}
    if len(counts) > 1:
        raise ValueError(
            f"report takes the same gradients of all blocks, got {sorted(counts)} of them"
        )
    for label, other in others.items():
        if label in {ORIGINAL, THESE, RANDOM}:
            raise ValueError(
                f"report gives {label!r} by itself, got other bases under that name; take another, "
                f"such as {f'drawn {label}'!r}"
            )
        there = {basis.block.name for basis in other}
        if absent := [name for name in names if name not in there]:
            raise ValueError(
                f"report takes bases of the same blocks beside these, got {label!r} without "
                f"{absent[0]!r}"
            )
