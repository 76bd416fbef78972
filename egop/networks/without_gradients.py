"""Bases of a network for which no gradient is sampled: of its inputs, or drawn at random."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from egop.networks.bases import BlockBases
from egop.networks.block_basis import KroneckerBasis, matrix_shape
from egop.networks.network import Block, Network
from egop.networks.passes import checked_batches
from egop.networks.spectral import eigenbasis
from egop.networks.structures.random_basis import random_basis


def bases_without_gradients(
    network: Network,
    structure: str,
    chosen: Sequence[Block],
    batches: Iterable[Any],
    *,
    seed: Any,
    dtype: torch.dtype,
    precision: torch.dtype,
    device: torch.device,
) -> BlockBases:
    """The bases of the structure "data" or "random".

    Args:
        network: whose.
        structure: its name.
        chosen: the blocks that get a basis.
        batches: whose inputs "data" takes.
        seed: of "random".
        dtype: of the eigenvectors.
        precision: of the decompositions of "data".
        device: where to compute.

    Raises:
        ValueError, TypeError: as `bases_of_inputs`.
    """
    if structure == "data":
        return bases_of_inputs(network, chosen, batches, dtype, precision, device)
    made = tuple(random_basis(block, seed, dtype, device) for block in chosen)
    return BlockBases(network.blocks, made)


def bases_of_inputs(
    network: Network,
    chosen: Sequence[Block],
    batches: Iterable[Any],
    dtype: torch.dtype,
    precision: torch.dtype,
    device: torch.device,
) -> BlockBases:
    """I ⊗ R of the first layer, R the eigenvectors of its inputs' E[xxᵀ], uncentered.

    Args:
        network: one that knows its inputs (`Network.input_moment`).
        chosen: the blocks that are to get a basis: the first weight matrix alone.
        batches: of one trial; gone through once, and weighted by their examples.
        dtype: of the eigenvectors.
        precision: of the decomposition.
        device: where to compute.

    Raises:
        ValueError: other blocks, or no batches.
        TypeError: the network does not know its inputs.
    """
    if tuple(chosen) != network.matrices[:1]:
        raise ValueError(
            "structure='data' of a batched network takes blocks='first', whose inputs are the "
            f"data, got {', '.join(block.name for block in chosen)}; "
            "egop.networks.estimate_block_bases sees the inputs of every layer of a module"
        )
    block, total, weights = chosen[0], torch.zeros((), device=device), 0
    for batch in checked_batches(batches):
        network.check(batch)
        weight = _examples(batch)
        moved = batch.to(device) if hasattr(batch, "to") else batch
        total = total + weight * network.input_moment(moved)
        weights += weight
    if not weights:
        raise ValueError("structure='data' takes at least one batch of inputs, got none")
    values, vectors = eigenbasis((total / weights).to(precision))
    ones = torch.ones(matrix_shape(block)[0], dtype=torch.float64)
    made = KroneckerBasis(block, None, vectors.to(dtype), ones, values, "data")
    return BlockBases(network.blocks, (made,))


def _examples(batch: Any) -> int:
    """The number of examples of a batch; moments of equally many weigh the same."""
    inputs: Tensor | None = getattr(batch, "inputs", None)
    return 1 if inputs is None else inputs.shape[1]
