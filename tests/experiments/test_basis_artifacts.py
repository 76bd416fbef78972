"""Bases as arrays of an artifact: every kind comes back, and so do those of older runs."""

import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from egop.experiments import EXPERIMENTS
from egop.experiments.execution import stored_config
from egop.experiments.sweep.basis_artifacts import off_diagonal_share, packed, spectra, unpacked
from egop.experiments.sweep.basis_names import BASES
from egop.experiments.sweep.block_eigenbases import BlockEigenbases
from egop.networks import estimate_bases
from egop.networks.initialization import xavier_normal
from tests.networks.test_without_gradients import BATCHES, NETWORK


def estimated(structure, n_samples=40):
    blocks = "first" if structure == "data" else "matrices"
    options = {"structure": structure, "dtype": torch.float64}
    return estimate_bases(NETWORK, xavier_normal(), BATCHES, n_samples, blocks, **options)


@pytest.mark.parametrize("structure", ["dense", "kronecker", "partial", "data", "random"])
def test_every_kind_comes_back_from_a_file(structure, tmp_path):
    bases = estimated(structure)
    np.savez(tmp_path / "basis.npz", **packed(bases))
    with np.load(tmp_path / "basis.npz") as file:
        arrays = dict(file)
    found = unpacked(NETWORK.blocks, [basis.block for basis in bases], arrays)
    assert found.fingerprint() == bases.fingerprint()
    assert (found.n_samples, found.n_excluded) == (bases.n_samples, 0)
    assert found.seconds == bases.seconds > 0
    for one, other in zip(found, bases, strict=True):
        assert (type(one), one.structure) == (type(other), other.structure)
        torch.testing.assert_close(one.eigenvalues, other.eigenvalues, rtol=0, atol=0)


def test_bases_of_older_runs_are_dense():
    bases = estimated("dense")
    newer = ("kind", "seconds")
    older = {name: each for name, each in packed(bases).items() if not name.endswith(newer)}
    assert len(older) == len(packed(bases)) - 3
    found = unpacked(NETWORK.blocks, NETWORK.matrices, older)
    assert found.fingerprint() == bases.fingerprint()
    assert np.isnan(found.seconds)


def test_spectra_of_bases_that_know_part_of_it():
    """The eigenvalues beyond the leading ones are not known."""
    arrays = spectra([estimated("partial", 3)])
    assert arrays["eigenvalues"].shape == (2, 30)
    np.testing.assert_array_equal(np.isfinite(arrays["eigenvalues"]).sum(axis=1), [3, 3])
    assert arrays["block"].tolist() == ["W1", "W2"]
    assert spectra([])["eigenvalues"].shape == (0, 0)


def test_the_share_beside_the_diagonal_is_that_of_the_egop_that_a_dense_basis_has():
    bases = estimated("dense")
    for basis, share in zip(bases, spectra([bases])["off_diagonal_share"], strict=True):
        egop = (basis.eigenvectors * basis.eigenvalues) @ basis.eigenvectors.mT
        beside = egop - torch.diag(egop.diagonal())
        np.testing.assert_allclose(share, beside.square().sum() / egop.square().sum(), rtol=1e-10)
        assert 0.01 < share < 0.99
        along = dataclasses.replace(basis, eigenvectors=torch.eye(basis.dim).double())
        assert abs(off_diagonal_share(along)) < 1e-12
        assert np.isnan(off_diagonal_share(dataclasses.replace(basis, eigenvalues=0 * egop[0])))
    for structure in ("kronecker", "partial", "random", "data"):
        assert np.isnan(spectra([estimated(structure)])["off_diagonal_share"]).all()


def test_trials_of_older_runs_have_no_share():
    estimates = BlockEigenbases(NETWORK, {"egop": "matrices"}, xavier_normal(), lambda *_: [], 40)
    newer = spectra([estimated("dense")])
    older = {name: each for name, each in newer.items() if name != "off_diagonal_share"}
    done = {estimates.key(0): older, estimates.key(1): newer}
    (found,) = estimates.assembled(done, range(2))
    assert found["off_diagonal_share"].dims == ("trial", "block")
    np.testing.assert_array_equal(found["off_diagonal_share"][0], [np.nan] * 2)
    np.testing.assert_array_equal(found["off_diagonal_share"][1], newer["off_diagonal_share"])


@pytest.mark.parametrize("name", ["digits", "fashion", "linear", "linear_blocks"])
def test_runs_from_before_the_controls_go_on_without_them(name):
    """A config.json that names no bases has those that its egop compared, not today's."""
    experiment = EXPERIMENTS[name]
    today = experiment.config()
    stored = {
        field.name: getattr(today, field.name)
        for field in dataclasses.fields(today)
        if field.name not in experiment.later
    }
    manifest = {"config": json.loads(json.dumps(stored)), "versions": {"egop": "0.1.0"}}
    found = stored_config(experiment, manifest, "folder")
    controls = {each for each in today.bases if BASES[each].control}
    assert controls >= {"data"}
    assert {*today.bases} - {*found.bases} == controls
    assert found == type(today)(bases=found.bases)
