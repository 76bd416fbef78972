"""Moments in the coordinates of another basis, against products with dense matrices."""

import pytest
import torch

from egop.methods.state_kinds import FIRST, SCALE, SECOND
from egop.networks.block_basis import KroneckerBasis
from egop.networks.network import Block
from egop.optimizer import moments
from egop.optimizer.joined_blocks import JoinedBlocks, UnrotatedBlock
from egop.optimizer.moments import turned
from egop.optimizer.projected_block import ProjectedBlock
from egop.optimizer.rotated_block import RotatedBlock
from tests.optimizer.rotated_models import (
    dense,
    dropped,
    kronecker,
    partial,
    rows_apart,
)


def block_of(make, seed=0, rows=4):
    size = 5 * rows
    weight = torch.nn.Parameter(torch.randn(rows, 5, dtype=torch.float64))
    if make is None:
        return UnrotatedBlock("w", weight)
    basis = make(Block("w", (rows, 5), 0, size), seed)
    kind = RotatedBlock if basis.n_coordinates == size else ProjectedBlock
    return kind(basis, ["w"], [weight])


def alone(make):
    def joined(seed):
        block = block_of(make, seed)
        return JoinedBlocks([block], block.weights)

    return joined


def several(seed):
    """Three blocks, not in the order of their weights."""
    blocks = [block_of(m, seed, rows) for m, rows in ((kronecker, 2), (None, 1), (dropped, 1))]
    return JoinedBlocks(blocks, [blocks[k].weights[0] for k in (1, 2, 0)])


KINDS = {
    "dense": alone(dense),
    "kronecker": alone(kronecker),
    "rows": alone(rows_apart),
    "partial": alone(partial),
    "dropped": alone(dropped),
    "original": alone(None),
    "several": several,
}


@pytest.mark.parametrize("chunk", [30, moments.CHUNK_FLOATS])
@pytest.mark.parametrize("to", KINDS)
@pytest.mark.parametrize("start", KINDS)
def test_moments_turn_as_dense_matrices_say(start, to, chunk, monkeypatch):
    monkeypatch.setattr(moments, "CHUNK_FLOATS", chunk)
    old, new = KINDS[start](0), KINDS[to](50)
    turn = matrix(new).T @ matrix(old)
    n = old.n_coordinates
    mean, squares = torch.randn(n).double(), torch.rand(n).double()
    entries = {"m": mean, "v": squares, "s": squares}
    found = turned(entries, {"m": FIRST, "v": SECOND, "s": SCALE}, old, new)
    torch.testing.assert_close(found["m"], turn @ mean)
    torch.testing.assert_close(found["v"], torch.diag(turn @ torch.diag(squares) @ turn.T))
    torch.testing.assert_close(
        found["s"], torch.diag(turn @ torch.diag(squares**2) @ turn.T).sqrt()
    )
    if n == new.n_coordinates == 20:
        torch.testing.assert_close(found["v"].sum(), squares.sum())


def matrix(block):
    """(p_b, n_coordinates) V."""
    return block.from_basis(torch.eye(block.n_coordinates, dtype=torch.float64)).T


def test_squares_about_a_mean_stay_above_its_square():
    old, new = KINDS["dense"](0), KINDS["dense"](50)
    mean = torch.randn(20).double()
    entries = {"grad_avg": mean, "square_avg": mean.square() + 1e-9}
    found = turned(entries, {"grad_avg": FIRST, "square_avg": SECOND}, old, new)
    variance = found["square_avg"] - found["grad_avg"].square()
    torch.testing.assert_close(variance, torch.full((20,), 1e-9).double(), rtol=1e-4, atol=0)


def test_a_kronecker_turn_needs_no_large_matrix():
    ones = torch.ones(300, dtype=torch.float64)
    block = Block("w", (300, 300), 0, 90_000)
    weight = torch.nn.Parameter(torch.randn(300, 300, dtype=torch.float64))
    sides = [torch.linalg.qr(torch.randn(300, 300, dtype=torch.float64)).Q for _ in range(4)]
    old, new = (
        JoinedBlocks(
            [RotatedBlock(KroneckerBasis(block, *pair, ones, ones), ["w"], [weight])], [weight]
        )
        for pair in (sides[:2], sides[2:])
    )
    squares = torch.rand(90_000, dtype=torch.float64)
    found = turned({"v": squares}, {"v": SECOND}, old, new)["v"].view(300, 300)
    left, right = (sides[2].T @ sides[0]).square(), (sides[3].T @ sides[1]).square()
    torch.testing.assert_close(found, left @ squares.view(300, 300) @ right.T)
