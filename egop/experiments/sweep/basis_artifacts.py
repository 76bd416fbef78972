"""Bases of a network as arrays of an artifact, and what a result shows of their spectra."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from egop.analysis.basis_costs import BASIS_COSTS
from egop.networks.arrays import as_tensor
from egop.networks.bases import BlockBases
from egop.networks.bases_file import describe, read_basis
from egop.networks.block_basis import BlockBasis, DenseBasis
from egop.networks.blocking import parts
from egop.networks.network import Block
from egop.runs.done import Arrays

DENSE = '{"kind": "dense"}'
"""Entries that older runs do not have of their bases."""
ESTIMATE = ("n_samples", "n_excluded", "seconds")
"""Attributes of an estimate beside its bases; older runs do not have the seconds."""


def packed(bases: BlockBases) -> Arrays:
    """The arrays of an artifact: of each block its kind as JSON, and its tensors by name."""
    arrays = {name: np.array(getattr(bases, name)) for name in ESTIMATE}
    for basis in bases:
        arrays[f"{basis.block.name} kind"] = np.array(json.dumps(describe(basis)))
        for name, tensor in basis.tensors().items():
            arrays[f"{basis.block.name} {name}"] = tensor.cpu().numpy()
    return arrays


def unpacked(layout: tuple[Block, ...], chosen: Sequence[Block], arrays: Arrays) -> BlockBases:
    """The bases of an artifact.

    Args:
        layout: of the flat vector.
        chosen: the blocks that have a basis.
        arrays: as `packed` makes them, or an older egop, whose bases are dense.
    """
    found = []
    for block in chosen:
        own = {
            key.removeprefix(f"{block.name} "): each
            for key, each in arrays.items()
            if key.startswith(f"{block.name} ")
        }
        said = json.loads(str(own.pop("kind", DENSE)))
        found.append(read_basis(block, said, {key: as_tensor(each) for key, each in own.items()}))
    samples = int(arrays["n_samples"]), int(arrays["n_excluded"])
    seconds = float(arrays.get("seconds", np.nan))
    return BlockBases(layout, tuple(found), *samples, seconds=seconds)


def costs(bases: Iterable[BlockBases]) -> Arrays:
    """The costs (B,) of some bases: gradients that they were estimated from, and seconds."""
    found = [(float(each.n_samples), each.seconds) for each in bases]
    return dict(zip(BASIS_COSTS, np.array(found, dtype=float).reshape(-1, 2).T, strict=True))


def spectra(estimated: Sequence[BlockBases]) -> Arrays:
    """The spectra of some bases, and the number of samples.

    Eigenvalues and density are (blocks, k), NaN beyond a block's size; block, stable_rank, gap and
    off_diagonal_share are (blocks,).
    """
    bases = [basis for each in estimated for basis in each]
    longest = max((basis.dim for basis in bases), default=0)
    eigenvalues, density = np.full((2, len(bases), longest), np.nan)
    for row, basis in enumerate(bases):
        known = len(basis.eigenvalues)
        eigenvalues[row, :known] = basis.eigenvalues.numpy()
        density[row, :known] = basis.density
    return {
        "block": np.array([basis.block.name for basis in bases], dtype=str),
        "eigenvalues": eigenvalues,
        "density": density,
        "stable_rank": np.array([basis.stable_rank for basis in bases]),
        "gap": np.array([basis.gap() for basis in bases]),
        "off_diagonal_share": np.array([off_diagonal_share(basis) for basis in bases]),
        "n_samples": np.array(estimated[0].n_samples if estimated else 0),
        "n_excluded": np.array(estimated[0].n_excluded if estimated else 0),
    }


def off_diagonal_share(basis: BlockBasis) -> float:
    """The share of the EGOP V diag(λ) Vᵀ beside its diagonal in original coordinates, from 0 to 1.

    1 − Σ_i (Σ_k V_ik² λ_k)²/Σ_k λ_k² of the gradients that the basis was made of, without any of
    them: 0.940 on digits, where other gradients give 0.940 without bias (Fashion: 0.979 both).
    NaN where the basis does not hold that EGOP whole, or it is 0.
    """
    if not isinstance(basis, DenseBasis) or basis.structure != "dense" or not basis.eigenvalues[0]:
        return np.nan
    values = basis.eigenvalues / basis.eigenvalues[0]
    vectors = basis.eigenvectors
    diagonal = torch.cat([vectors[some].double().square() @ values for some in _rows(len(vectors))])
    return float(1 - diagonal.square().sum() / values.square().sum())


def _rows(dim: int) -> list[slice]:
    """Slices of a matrix's rows that are worked on at once."""
    return [*parts(dim, max(1, 4_000_000 // dim))]
