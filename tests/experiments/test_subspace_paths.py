"""Weight paths on the plane of the two leading EGOP directions, against torch step by step."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

import torch

from egop.experiments import configure, resume, run
from egop.experiments.classifiers import INITIALIZATIONS, classifier, egop_batches
from egop.experiments.sweep.subspace_paths import leading
from egop.networks.bases import BlockBases
from egop.networks.batches import Minibatches
from egop.networks.block_basis import DenseBasis
from egop.networks.data import load
from egop.networks.network import blocks_of

RATES = {"adam": [0.01, 0.1], "momentum": [0.01, 1e30]}


@pytest.fixture(scope="module")
def digits() -> xr.Dataset:
    config = replace(configure("digits", quick=True), hidden=(4,), n_samples=300, trials=2)
    config = replace(config, epochs=3, methods=("adam", "momentum"), dtype="float64")
    return run("digits", rates=RATES, config=config, out=None, device="cpu")


def directions() -> np.ndarray:
    """(p, 2) the eigenvectors of the largest two eigenvalues of W1 and W2, from all gradients."""
    data = load("digits")
    network = classifier(data, (4,))
    law = INITIALIZATIONS["xavier_normal"]()
    batches = egop_batches(data, 300, seed=0, trial=0)
    drawn = law.sample(network.blocks, range(300), (0, 0))
    gradients = torch.cat(
        [
            network.gradients(
                drawn[k][None, None], batches[k % len(batches)].to(None, drawn.dtype)
            )[1][0]
            for k in range(300)
        ]
    ).numpy()
    found = []
    for block in network.matrices:
        some = gradients[:, block.start : block.stop]
        values, vectors = np.linalg.eigh(some.T @ some / 300)
        for value, vector in zip(values, vectors.T, strict=True):
            whole = np.zeros(network.n_parameters)
            whole[block.start : block.stop] = vector * np.sign(vector[abs(vector).argmax()])
            found.append((value, whole))
    found.sort(key=lambda each: -each[0])
    return np.stack([vector for _, vector in found[:2]], axis=1)


def weights() -> np.ndarray:
    """(4, p) of the first trial under Adam at 0.01, by torch.optim."""
    data = load("digits")
    start = INITIALIZATIONS["xavier_normal"]().sample(
        classifier(data, (4,)).blocks, [0], 0, "start"
    )
    module = module_at(start[0])
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    batches = Minibatches.of(data, size=300, seed=0).to(dtype=torch.float64)
    kept = [start[0].double().numpy()]
    for epoch in range(3):
        for inputs, targets in batches.epoch(epoch, [0]):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(inputs[0]), targets[0]).backward()
            optimizer.step()
        kept.append(torch.nn.utils.parameters_to_vector(module.parameters()).detach().numpy())
    return np.stack(kept)


def module_at(parameters: torch.Tensor) -> torch.nn.Module:
    module = torch.nn.Sequential(
        torch.nn.Linear(64, 4), torch.nn.ReLU(), torch.nn.Linear(4, 10)
    ).double()
    torch.nn.utils.vector_to_parameters(parameters.double().clone(), module.parameters())
    return module


def test_projections_are_those_of_the_weights_on_the_leading_eigenvectors(digits):
    movement = weights() - weights()[0]
    expected = movement @ directions()
    where = {"optimizer": "adam", "basis": "original", "learning_rate": 0.01}
    found = digits["projection"].sel(where)
    assert found.dims == ("epoch", "axis")
    assert abs(expected[-1]).max() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
    shares = (expected[1:] ** 2).sum(1) / (movement[1:] ** 2).sum(1)
    np.testing.assert_allclose(digits["share_of_movement"].sel(where)[1:], shares, rtol=1e-5)


def test_the_plane_holds_the_training_loss(digits):
    data = load("digits")
    inputs, targets = data.train.inputs.double(), data.train.targets
    start, vectors = weights()[0], directions()
    for i, j in ((0, 0), (20, 31), (40, 3)):
        a, b = float(digits["a"][i]), float(digits["b"][j])
        module = module_at(torch.from_numpy(start + vectors @ [a, b]))
        loss = torch.nn.functional.cross_entropy(module(inputs), targets).item()
        assert float(digits["loss_plane"][i, j]) == pytest.approx(loss, rel=1e-4)


def test_the_plane_covers_the_paths_at_the_chosen_rates(digits):
    for method in ("adam", "momentum"):
        rate = digits["chosen_rate"].sel({"optimizer": method})
        paths = digits["projection"].sel({"optimizer": method, "learning_rate": rate})
        paths = paths.dropna("basis")  # momentum is not run in the controls
        assert paths.sizes["basis"] == (4 if method == "adam" else 2)
        for axis, name in ((1, "a"), (2, "b")):
            assert (paths.sel(axis=axis) >= digits[name].min()).all()
            assert (paths.sel(axis=axis) <= digits[name].max()).all()


def test_equivariant_methods_take_one_path_and_diverged_ones_have_none(digits):
    tame = digits["projection"].sel({"optimizer": "momentum", "learning_rate": 0.01})
    np.testing.assert_allclose(tame.sel(basis="egop"), tame.sel(basis="original"), atol=1e-9)
    wild = digits["projection"].sel({"optimizer": "momentum", "learning_rate": 1e30})
    wild = wild.sel(basis=["original", "egop"])
    assert wild.sel(epoch=0).notnull().all()
    assert wild.sel(epoch=[1, 2, 3]).isnull().all()
    not_run = digits["projection"].sel({"optimizer": "adam", "learning_rate": 1e30})
    assert not_run.isnull().all()


def test_the_leading_directions_are_of_all_blocks():
    layout = blocks_of([("W1", (1, 2)), ("b1", (1,)), ("W2", (1, 2))])
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
    values = {"W1": [4.0, 3.0], "W2": [5.0, 1.0]}
    bases = tuple(
        DenseBasis(block, torch.tensor(values[block.name], dtype=torch.float64), turn)
        for block in layout
        if block.is_matrix
    )
    found = leading(BlockBases(layout, bases))
    expected = [[0, 0.6], [0, 0.8], [0, 0], [0.6, 0], [0.8, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_a_run_without_paths_goes_on_without_them(tmp_path):
    """Groups that were finished before paths were kept."""
    config = replace(configure("digits", quick=True), hidden=(3,), n_samples=50, trials=1)
    config = replace(config, epochs=1, methods=("adam",))
    whole = run("digits", rates=[0.01], config=config, out=tmp_path, device="cpu")
    (folder,) = tmp_path.iterdir()
    for path in folder.glob("pieces/stage-*.npz"):
        with np.load(path) as file:
            kept = {name: file[name] for name in file.files}
        kept = {n: x for n, x in kept.items() if n not in ("projection", "share_of_movement")}
        np.savez(path, allow_pickle=False, **kept)
    (folder / "result.nc").unlink()
    resumed = resume(folder)
    assert "projection" not in resumed
    assert "loss_plane" not in resumed
    xr.testing.assert_identical(resumed["training_loss"], whole["training_loss"])
