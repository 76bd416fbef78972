"""Each basis as the only one beside the original coordinates."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from egop.experiments import digits, merge, run
from egop.experiments.sweep.basis_names import BASES
from egop.figures import draw

CONFIG = digits.Config(
    trials=2, epochs=1, hidden=(3,), n_samples=50, methods=("adam",), dtype="float64"
)


@pytest.mark.parametrize("basis", BASES)
def test_every_basis_can_be_the_only_one(basis, tmp_path):
    config = replace(CONFIG, bases=(basis,))
    result = run("digits", rates=[0.01], config=config, out=None, device="cpu")
    name = "egop" if basis == "matrices" else basis
    assert result["basis"].values.tolist() == ["original", name]
    losses = result["training_loss"].sel({"epoch": 1}).squeeze()
    assert losses.notnull().all()
    assert (losses.sel(basis=name) != losses.sel(basis="original")).all()
    assert ("loss_plane" in result) == (basis != "refreshed")
    assert draw(result)
    if basis != "refreshed":
        return
    beside = run("digits", rates=[0.01], config=replace(config, bases=(basis, "few")), out=None)
    both = [each["training_loss"].sel(basis="refreshed") for each in (result, beside)]
    np.testing.assert_allclose(*both, rtol=1e-10)
    assert result["refreshed_eigenvalues"].notnull().any()
    for part in (range(1), range(1, 2)):
        run("digits", part, rates=[0.01], config=config, out=tmp_path, device="cpu")
    np.testing.assert_allclose(
        merge(tmp_path, out=None)["training_loss"], result["training_loss"], rtol=1e-10
    )
