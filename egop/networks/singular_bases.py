"""GaLore's projection as bases of a model: leading singular vectors of each block's gradients."""

from math import ceil

import torch
from torch import Tensor, nn

from egop.networks.bases import BlockBases
from egop.networks.block_basis import matrix_shape
from egop.networks.gradient_sample import BlockGradients
from egop.networks.layout import trainable
from egop.networks.network import Block, blocks_of
from egop.networks.partial_basis import PartialBasis
from egop.networks.passes import read_count
from egop.singular_vectors import singular_vectors


def singular_bases(
    model: nn.Module,
    gradients: BlockGradients,
    rank: int | None = None,
    complement: str = "dropped",
) -> BlockBases:
    """Bases of the r leading singular vectors of the shorter side of each block's gradients.

    With one gradient a step of Adam in them, by `EGOPOptimizer`, is one of `egop.methods.galore`
    in its first subspace; with several, drawn from ρ as those of an EGOP, it is GaLore's projection
    averaged over parameters.

    Args:
        model: whose layout the bases are of.
        gradients: what `sample_gradients` gives, of blocks that are matrices.
        rank: r, at most the shorter side of each block; None: a quarter of it, rounded up.
        complement: "dropped": nothing moves in the other directions; "implicit": all do.

    Raises:
        ValueError: a rank above a block's shorter side, a block that is no matrix, or another word.
    """
    if complement not in ("dropped", "implicit"):
        raise ValueError(f"complement takes 'dropped' or 'implicit', got {complement!r}")
    named = trainable(model, "singular_bases")
    layout = blocks_of([(name, tuple(p.shape)) for name, p in named])
    bases = tuple(_basis(b, gradients[b.name], rank, complement) for b in gradients.blocks)
    return BlockBases(layout, bases, gradients.n_samples, gradients.n_excluded)


def _basis(block: Block, rows: Tensor, rank: int | None, complement: str) -> PartialBasis:
    """The basis of one block, from its gradients (M, p_b)."""
    shape = matrix_shape(block)
    shorter, longer = sorted(shape)
    kept = ceil(shorter / 4) if rank is None else read_count(rank, "rank takes a number of vectors")
    if kept > shorter:
        raise ValueError(
            f"singular_bases takes a rank up to the shorter side of every block, got {kept} for "
            f"{block.name}, {shape[0]}×{shape[1]}; take rank={shorter} or less"
        )
    values, vectors = singular_vectors(rows.double().cpu().unflatten(1, shape).numpy())
    some = torch.from_numpy(vectors[:, :kept].copy()).to(rows)
    by = "ai,bk->abki" if shape[0] >= shape[1] else "bi,ak->abki"
    leading = torch.einsum(by, torch.eye(longer).to(rows), some).flatten(2).flatten(0, 1)
    eigenvalues = torch.from_numpy(values[:kept] / longer).repeat_interleave(longer)
    return PartialBasis(block, eigenvalues, leading, complement)
