"""Partial bases: how they lie in memory, and products in pieces, which GPUs are given."""

import pickle

import pytest
import torch

from egop.networks.bases import BlockBases
from egop.networks.network import Block
from egop.networks.partial_basis import PIECE, PartialBasis, product_in_pieces


def drawn(size, k=6):
    generator = torch.Generator().manual_seed(0)
    vectors = torch.linalg.qr(torch.randn(size, k, generator=generator).double())[0]
    return PartialBasis(Block("g", (size,), 0, size), torch.ones(k).double(), vectors)


def test_eigenvectors_lie_one_after_the_other_wherever_they_come_from(tmp_path):
    basis = drawn(50)
    BlockBases((basis.block,), (basis,)).save(tmp_path / "bases")
    (loaded,) = BlockBases.load(tmp_path / "bases")
    for each in (basis, basis.to(dtype=torch.float32), pickle.loads(pickle.dumps(basis)), loaded):
        assert each.leading_vectors.mT.is_contiguous()
    points = torch.randn(50, dtype=torch.float64)
    assert torch.equal(loaded.to_basis(points), basis.to_basis(points))
    assert torch.equal(loaded.from_basis(points), basis.from_basis(points))


@pytest.mark.parametrize("size", [PIECE, 2 * PIECE, 3 * PIECE + 77])
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_pieces_add_up_to_the_product(size, shape):
    columns = drawn(size).leading_vectors
    points = torch.randn(*shape, size, dtype=torch.float64)
    torch.testing.assert_close(product_in_pieces(points, columns), points @ columns)
