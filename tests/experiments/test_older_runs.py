"""A run that an egop began before experiments were planned as tasks is watched and goes on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

from egop.analysis.basis_costs import BASIS_COSTS
from egop.experiments import partial_results, resume, run
from egop.experiments.linear import Config

STORED = Path(__file__).with_name("half_run")
"""Two trials of a tiny linear network in float64: the original coordinates of the first stage are
trained, and in those of the EGOP the second trial has taken three steps, one of them an epoch's."""
CONFIG = Config(
    bases=("global",),
    sizes=(2, 3, 2), n_examples=(40, 10, 10), batch_size=20, trials=2, epochs=3, n_samples=12,
    methods=("adam",), dtype="float64",
)  # fmt: skip


@pytest.fixture
def half(tmp_path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / "half"))


def artifacts(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "pieces").glob("*.npz")}


def test_it_goes_on_where_it_was_and_keeps_what_it_had(half):
    before = artifacts(half)
    with np.load(half / "pieces" / "stage-0-group-1.part.npz") as part:
        measured = part["training_loss"]
    with np.load(half / "pieces" / "stage-0-group-0.npz") as group:
        original = group["training_loss"]
    result = resume(half)
    after = artifacts(half)
    kept = before.keys() - {"stage-0-group-1.part.npz"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    coarse = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]
    losses = result["training_loss"].sel({"optimizer": "adam", "learning_rate": coarse})
    found = losses.sel(basis="original").transpose("trial", "learning_rate", "epoch")
    np.testing.assert_array_equal(found, original)
    found = losses.sel(basis="egop").transpose("epoch", "trial", "learning_rate")
    assert 0 < len(measured) < 4
    np.testing.assert_array_equal(found[: len(measured)], measured)


def test_it_ends_as_the_uninterrupted_run(half):
    """To the last bit on the machine that began it, and elsewhere in all but the last ones."""
    whole = run("linear", config=CONFIG, out=None, threads=1, device="cpu")
    later = [*BASIS_COSTS, "off_diagonal_share"]
    assert whole[later].sel(basis="egop").notnull().to_array().all()
    found = resume(half)
    assert not {*later} & {*found.variables}
    xr.testing.assert_allclose(found, whole.drop_vars(later), rtol=1e-9, atol=1e-12)


def test_it_is_watched(half):
    seen = partial_results.read(half)
    assert seen is not None
    assert (seen["status"].sel(basis="original") == "finished").all()
    assert (seen["status"].sel(basis="egop") == "running").all()
    assert seen["eigenvalues"].notnull().all()
    assert seen.attrs["words"] == "12 runs of 2 trials, stage 1"
