"""Diagonals of Hessians of many runs, against the whole Hessian by PyTorch."""

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from egop import metrics
from egop.networks.block_basis import DenseBasis
from egop.networks.classifier import Classifier
from egop.networks.hessian_diagonals import hessian_diagonal
from egop.networks.network import Block
from egop.networks.rotation import Rotation
from tests.networks.small_trainings import (
    CASES,
    REGRESSED,
    TRIALS,
    Called,
    dense,
    numbers,
    orthogonal,
    random_bases,
)

RUNS = 3


def case(name):
    """A network, points (trials, runs, p), a batch, and the diagonals VᵀHV in two bases."""
    network, batches, module, loss = CASES[name]
    points = numbers(TRIALS, RUNS, network.n_parameters, seed=7) / 2
    data = REGRESSED if "linear" in name else batches.whole["train"]
    names = [key for key, _ in module.named_parameters()]
    hessians = []
    for trial in range(TRIALS):
        batch = type(data)(*(part[min(trial, len(part) - 1)] for part in data))

        def value(flat, batch=batch):
            values = {n: b.of(flat) for n, b in zip(names, network.blocks, strict=True)}
            return loss(Called(module, values), batch)

        hessians.append(
            torch.stack([torch.func.jacrev(torch.func.grad(value))(x) for x in points[trial]])
        )
    return network, points, batches.whole["train"], torch.stack(hessians)


def rotated(network, points, hessians):
    """A rotation of the weight matrices, and the diagonals in it."""
    bases = random_bases(network)
    V = torch.stack([dense(basis, network.n_parameters) for basis in bases])[:, None]
    turned = V.mT @ hessians @ V
    return Rotation(bases, network.n_parameters, points), turned.diagonal(dim1=-2, dim2=-1)


@pytest.mark.parametrize("name", CASES)
def test_exact_is_the_diagonal_in_either_coordinates(name):
    network, points, batch, hessians = case(name)
    found = hessian_diagonal(network, points, batch)
    expected = hessians.diagonal(dim1=-2, dim2=-1)
    tolerance = {"rtol": 1e-7, "atol": 1e-7 * float(expected.abs().max())}
    np.testing.assert_allclose(found.diagonal, expected, **tolerance)
    _, expected = rotated(network, points, hessians)
    found = hessian_diagonal(network, points, batch, bases=random_bases(network))
    np.testing.assert_allclose(found.diagonal, expected, **tolerance)
    assert found.n_probes == 0
    assert not found.standard_error.any()


@pytest.mark.parametrize("name", CASES)
def test_products_are_those_of_the_whole_hessian(name):
    network, points, batch, hessians = case(name)
    vectors = 100 * numbers(*points.shape, seed=9)
    vectors[0, 0] = 0
    found = network.hessian_products(points, batch, vectors)
    expected = (hessians @ vectors[..., None])[..., 0]
    np.testing.assert_allclose(found, expected, atol=1e-7 * float(expected.abs().max()))


@pytest.mark.parametrize("estimator", ["hutchinson", "gauss_newton"])
@pytest.mark.parametrize("basis", ["original", "random"])
def test_estimates_are_off_by_their_standard_errors(estimator, basis):
    network, points, batch, hessians = case("classifier")
    rotation, expected = rotated(network, points, hessians)
    if basis == "original":
        rotation, expected = None, hessians.diagonal(dim1=-2, dim2=-1)
    found = hessian_diagonal(
        network, points, batch, estimator=estimator, n_probes=800, bases=rotation
    )
    error = found.standard_error
    some = error > 1e-9  # a unit that is off for all examples has none
    ratios = (found.diagonal - expected)[some] / error[some]
    assert found.n_probes == 800
    assert 0.6 < ratios.square().mean() < 2.5  # 7/5 of Student's t by 8 groups
    np.testing.assert_allclose(found.diagonal[~some], expected[~some], atol=1e-8)
    if estimator == "gauss_newton":
        relative = (found.diagonal - expected)[some].abs() / expected[some]
        assert relative.median() < 2 * (2 / 800) ** 0.5


def test_r_med_is_that_of_a_layer_with_the_error_that_other_probes_show():
    network, points, batch, hessians = case("classifier")
    layer = slice(network.blocks[0].start, network.blocks[0].stop)
    true = metrics.r_med(hessians.diagonal(dim1=-2, dim2=-1)[..., layer].numpy())
    value, error = hessian_diagonal(network, points, batch).r_med(layer)
    np.testing.assert_allclose(value, true, rtol=1e-6)
    assert not error.any()
    found = [
        hessian_diagonal(
            network, points, batch, estimator="gauss_newton", n_probes=256, seed=seed
        ).r_med(layer)
        for seed in range(12)
    ]
    values, errors = (np.array(each) for each in zip(*found, strict=True))
    spread = values.std(axis=0, ddof=1)
    assert (np.abs(values.mean(axis=0) / true - 1) < 0.25).all()
    assert (errors.mean(axis=0) / spread > 0.4).all()
    assert (errors.mean(axis=0) / spread < 3).all()


@pytest.mark.parametrize("estimator", ["hutchinson", "gauss_newton"])
def test_a_trial_has_the_same_probes_whatever_it_is_batched_with(estimator):
    network, points, batch, _ = case("classifier")
    options = {"estimator": estimator, "n_probes": 16, "seed": 3}
    both = hessian_diagonal(network, points, batch, **options)
    alone = hessian_diagonal(network, points[1:], batch, trials=[1], **options)
    np.testing.assert_allclose(alone.groups, both.groups[:, 1:], rtol=1e-10, atol=1e-14)
    other = hessian_diagonal(network, points, batch, **options | {"seed": 4})
    assert not torch.allclose(both.groups, other.groups)


def test_many_runs_are_taken_in_pieces(monkeypatch):
    network, points, batch, _ = case("classifier")
    whole = hessian_diagonal(network, points, batch).diagonal
    monkeypatch.setattr("egop.networks.hessian_diagonals.VECTORS", 5)
    monkeypatch.setattr("egop.networks.hessian_diagonals.PIECE_FLOATS", 1)
    parts = hessian_diagonal(network, points, batch).diagonal
    np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=1e-15)


def _mixing(points):
    p = points.shape[-1]
    block = Block("global", (p,), 0, p)
    return Rotation([[DenseBasis(block, torch.ones(p), orthogonal(p, 1))]] * TRIALS, p, points)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("classifier", {"estimator": "bekas"}, "one of exact, hutchinson, gauss_newton, got"),
        ("classifier", {"estimator": "hutchinson", "n_probes": 0}, "at least 1, got 0"),
        ("classifier", {"estimator": "hutchinson", "n_probes": True}, "at least 1, got True"),
        (
            "classifier",
            {"estimator": "hutchinson", "trials": [0] * 9},
            f"one number for each of {TRIALS} trials, got 9",
        ),
        ("classifier", {"seed": -1}, "seed takes"),
        ("classifier", {"bases": []}, "'bases' takes a list with one set of blocks for each"),
        ("linear", {"estimator": "gauss_newton"}, "takes a Classifier, got LinearNetwork"),
    ],
)
def test_refuses_in_one_sentence(name, options, sentence):
    network, points, batch, _ = case(name)
    with pytest.raises((TypeError, ValueError), match=sentence):
        hessian_diagonal(network, points, batch, **options)


def test_numbers_of_probes_may_be_those_of_numpy():
    network, points, batch, _ = case("classifier")
    of_both = [
        hessian_diagonal(network, points, batch, estimator="hutchinson", n_probes=count).groups
        for count in (np.int64(8), 8)
    ]
    assert torch.equal(*of_both)


def test_random_gradients_take_no_basis_that_mixes_layers():
    network, points, batch, hessians = case("classifier")
    rotation = _mixing(points)
    with pytest.raises(ValueError, match="bases of single layers"):
        hessian_diagonal(network, points, batch, estimator="gauss_newton", bases=rotation)
    V = orthogonal(network.n_parameters, 1)
    found = hessian_diagonal(network, points, batch, bases=rotation).diagonal
    expected = (V.T @ hessians @ V).diagonal(dim1=-2, dim2=-1)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_products_draw_no_global_random_numbers():
    state = torch.random.get_rng_state()
    network, points, batch, _ = case("classifier")
    assert isinstance(network, Classifier)
    hessian_diagonal(network, points, batch, estimator="hutchinson", n_probes=8)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("name", ["linear", "linear by moments"])
def test_linear_networks_take_the_slopes_of_their_product(name):
    network, points, batch, hessians = case(name)
    factors = torch.stack(list(network.layer_factors(points, batch)))
    assert len(factors) == network.sizes[0] * network.sizes[-1]
    for block in network.blocks:
        some = slice(block.start, block.stop)
        found = torch.einsum("ktri,ktrj->trij", factors[..., some], factors[..., some])
        np.testing.assert_allclose(found, hessians[..., some, some], atol=1e-12)
