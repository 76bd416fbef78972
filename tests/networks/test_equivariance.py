"""The table of methods and rotations in batched training, with bases of every weight matrix."""

import pytest
import torch

from egop.methods import ROTATIONS, equivariance_table
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.plan import RunSpec
from tests.networks.small_trainings import CASES, TRIALS, orthogonal, path_of, training

EPOCHS = 20
"""Of three minibatches, whose gradients are noisy."""
RATES = {"momentum": 0.05, "muon": 0.02, "shampoo": 0.1, "vector_adam": 0.02, "adam": 0.02}


def rotated(block, kind, seed):
    """A basis of a weight matrix that turns what its name says."""
    size = block.stop - block.start
    if kind == "whole":
        return DenseBasis(block, torch.ones(size), orthogonal(size, seed))
    m, n = block.shape
    left = orthogonal(m, seed) if kind != "right" else None
    right = orthogonal(n, seed + 1) if kind != "left" else None
    return KroneckerBasis(block, left, right, torch.ones(m), torch.ones(n))


@pytest.mark.parametrize("name", RATES)
def test_batched_runs_in_bases_come_apart_where_the_table_says_so(name):
    matrices = CASES["classifier"][0].matrices
    bases = {
        kind: [
            [rotated(b, kind, 10 * t + 2 * k) for k, b in enumerate(matrices)]
            for t in range(TRIALS)
        ]
        for kind in ROTATIONS
    }
    plan = [RunSpec(name, basis, RATES[name]) for basis in ("original", *ROTATIONS)]
    made = training("classifier", plan, n_epochs=EPOCHS, bases=bases)
    points = path_of(made)
    way = (points[:, :, 0] - points[0, :, 0]).norm(dim=-1).amax()
    for place, kind in enumerate(ROTATIONS, start=1):
        change = (points[:, :, place] - points[:, :, 0]).norm(dim=-1).amax() / way
        if equivariance_table([name])[name][kind] == "unchanged":
            assert change < 1e-7
        else:
            assert change > 0.1
