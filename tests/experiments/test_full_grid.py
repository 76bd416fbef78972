"""Every method in every kind of basis, in one call."""

import numpy as np
import pytest

pytest.importorskip("torch")

from egop import methods
from egop.experiments import digits, run
from egop.methods.equivariance import CHANGED, cell

CONFIG = digits.Config(
    trials=1, epochs=2, hidden=(3,), n_samples=40, dtype="float64", batch_size=1000
)
KINDS = ["matrices", "kronecker", "rows", "random"]


@pytest.fixture(scope="module")
def grid():
    names = list(methods.NETWORK_METHODS)
    return run("digits", methods=names, bases=KINDS, rates=[0.01], config=CONFIG, out=None)


def test_every_method_is_trained_in_every_basis(grid):
    assert grid["optimizer"].values.tolist() == list(methods.NETWORK_METHODS)
    assert grid["basis"].values.tolist() == ["original", "egop", "kronecker", "rows", "random"]
    for name in methods.NETWORK_METHODS:
        status = grid["status"].sel({"optimizer": name}).isel(learning_rate=0, trial=0)
        skipped = methods.method(name).rule.equivariant
        expected = ["finished"] * 4 + ["not run" if skipped else "finished"]
        assert status.values.tolist() == expected, name


ROTATIONS = {"egop": "whole", "kronecker": "kronecker", "rows": "right"}


@pytest.mark.parametrize("name", methods.NETWORK_METHODS)
def test_a_basis_that_cannot_change_a_path_does_not(grid, name):
    """Pixels that are always blank have no gradients, which orthogonal factors cannot show."""
    losses = grid["training_loss"].sel({"optimizer": name}).isel(learning_rate=0, trial=0)
    rule = methods.method(name).rule
    for basis, rotation in ROTATIONS.items():
        off = np.abs(losses.sel(basis=basis) / losses.sel(basis="original") - 1).max()
        if rotation in rule.unchanged_by:
            assert off < 1e-6, basis
        elif cell(methods.method(name), rotation) == CHANGED:
            assert off > 1e-6, basis
