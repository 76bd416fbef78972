"""Diagnostics of bases: exact values on planted spectra, and those known of the digits network."""

import numpy as np
import pytest
import torch

from egop.networks import (
    Classifier,
    Minibatches,
    estimate_block_bases,
    load,
    sample_gradients,
    xavier_normal,
)
from egop.networks.block_basis import KroneckerBasis
from egop.networks.diagnostics import (
    bootstrap_of_block,
    effective_samples,
    energies,
    off_diagonal_share,
    relative_error,
)
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import random_basis
from tests.networks.test_module_structures import LOSS, batches, gradients_of, multilayer
from tests.networks.test_structures import (
    ALL,
    BLOCK,
    DOUBLE,
    M,
    N,
    correlated,
    egop,
    estimated,
    matrix,
    orthogonal,
    planted,
)


def by_definition(gradients, columns):
    rotated = columns.T @ egop(gradients) @ columns
    return float(1 - rotated.diagonal().square().sum() / rotated.square().sum())


@pytest.mark.parametrize("scale", [1.0, 1e-100, 1e100])
@pytest.mark.parametrize("n_samples", [9, 200])
@pytest.mark.parametrize("name", [name for name in ALL if name != "rows"])
def test_the_share_of_the_sample_is_that_of_its_dense_egop(name, n_samples, scale):
    gradients, basis = correlated(n_samples), estimated(ALL[name], correlated(n_samples, 5))
    found = off_diagonal_share(gradients * scale, basis, corrected=False)
    assert found.value == pytest.approx(by_definition(gradients, matrix(basis)), rel=1e-9)
    original = off_diagonal_share(gradients * scale, corrected=False)
    assert original.value == pytest.approx(by_definition(gradients, torch.eye(M * N).double()))


def test_the_share_of_dropped_directions_is_that_among_the_kept():
    gradients = correlated(200)
    basis = estimated(Structure("partial", k=4, complement="dropped"), correlated(200, 5))
    found = off_diagonal_share(gradients, basis, corrected=False)
    kept = basis.leading_vectors
    assert found.value == pytest.approx(by_definition(gradients, kept), rel=1e-9)


def test_an_eigenbasis_leaves_nothing_and_a_random_basis_nearly_everything():
    gradients = planted(500)[0]
    dense = estimated(Structure(), gradients)
    assert off_diagonal_share(gradients, dense, corrected=False).value == pytest.approx(
        0, abs=1e-12
    )
    drawn = random_basis(BLOCK, 0, DOUBLE)
    assert off_diagonal_share(gradients, drawn, corrected=False).value > 0.7


def test_the_share_of_random_bases_is_their_mean():
    gradients = correlated(40)
    squares = energies(gradients)
    drawn = [energies(gradients, random_basis(BLOCK, seed, DOUBLE)) for seed in range(300)]
    expected = squares.in_random_basis(M * N)
    for name in ("diagonal", "diagonal_alone"):
        means = torch.stack([getattr(each, name) for each in drawn]).mean(0)
        found = getattr(expected, name)
        assert float((means - found).abs().sum() / found.sum()) < 0.05


@pytest.mark.parametrize("n_samples", [12, 60])
def test_pairs_of_different_gradients_have_no_bias(n_samples):
    """The mean of both sums over many samples is that of the true EGOP, however small they are."""
    columns = orthogonal(M * N, M * N, 3)
    scales = 0.8 ** torch.arange(M * N, dtype=DOUBLE)
    true = (columns * scales**2) @ columns.T
    rng, sums, plain = np.random.default_rng(0), [], []
    for _ in range(400):
        drawn = torch.tensor(rng.standard_normal((n_samples, M * N)))
        gradients = drawn * scales @ columns.T
        found = energies(gradients)
        largest = float(gradients.abs().max()) ** 4
        pairs = n_samples * (n_samples - 1) / largest
        sums.append(
            [
                float(found.all.sum() - found.all_alone.sum()) / pairs,
                float(found.diagonal.sum() - found.diagonal_alone.sum()) / pairs,
            ]
        )
        plain.append(float(egop(gradients).square().sum()))
    exact = [float(true.square().sum()), float(true.diagonal().square().sum())]
    spread = np.std(sums, axis=0) / 20
    assert (np.abs(np.mean(sums, axis=0) - exact) < 3.5 * spread).all()
    assert np.mean(plain) > exact[0] * 1.05


def test_the_error_that_is_told_is_the_spread_over_samples():
    rng, found = np.random.default_rng(1), []
    scales = 0.7 ** torch.arange(M * N, dtype=DOUBLE)
    turn = orthogonal(M * N, M * N, 3)
    for _ in range(200):
        drawn = torch.tensor(rng.standard_normal((80, M * N))) * scales @ turn.T
        found.append(off_diagonal_share(drawn))
    values, errors = np.transpose(found)
    assert np.median(errors) == pytest.approx(values.std(), rel=0.3)


@pytest.mark.parametrize("n_samples", [9, 200])
@pytest.mark.parametrize("name", ALL)
def test_the_error_of_a_structure_is_its_distance_from_the_dense_egop(name, n_samples):
    gradients = correlated(n_samples)
    basis = estimated(ALL[name], gradients)
    model = matrix(basis) * basis.coordinate_eigenvalues @ matrix(basis).T
    exact = (egop(gradients) - model).norm() / egop(gradients).norm()
    found = relative_error(basis, gradients, corrected=False)
    assert found.value == pytest.approx(float(exact), abs=1e-7)
    if name == "dense":
        assert found.value < 1e-7


def test_the_error_is_corrected_for_the_sample_it_is_measured_with():
    basis = estimated(Structure("kronecker"), correlated(20_000))
    few = [correlated(60, seed) for seed in range(50, 70)]
    corrected = [relative_error(basis, gradients).value for gradients in few]
    plain = [relative_error(basis, gradients, corrected=False).value for gradients in few]
    assert np.median(corrected) < np.median(plain) / 1.3


def test_an_error_takes_eigenvalues_of_gradients():
    with pytest.raises(ValueError, match="off_diagonal_share takes it"):
        relative_error(random_basis(BLOCK, 0, DOUBLE), correlated(20))


def test_effective_samples_count_equal_lengths():
    assert effective_samples(torch.eye(7)) == pytest.approx(7)
    assert effective_samples(torch.diag(torch.tensor([1e3, 1.0, 1.0]))) == pytest.approx(
        1, abs=0.01
    )


@pytest.mark.parametrize("n_samples", [20, 300])
def test_the_bootstrap_is_that_of_the_gradients(n_samples):
    from egop.bootstrap import bootstrap

    gradients = correlated(n_samples)
    found, exact = bootstrap_of_block(gradients), bootstrap(gradients.numpy(), 200)
    assert found.n_tied == exact.n_tied
    assert found.angle_of_v1_degrees == pytest.approx(exact.angle_of_v1_degrees, rel=0.02)


@pytest.mark.parametrize(
    "gradients", [torch.zeros(1, 30), torch.zeros(4, 7), torch.full((4, 30), torch.inf)]
)
def test_other_gradients_are_refused(gradients):
    with pytest.raises(ValueError, match="a diagnostic takes"):
        off_diagonal_share(gradients, random_basis(BLOCK, 0, DOUBLE))


def digits_gradients():
    """(M, 2048) gradients of the first layer of the digits network, M = 2368, and the data."""
    data, network = load("digits"), Classifier((64, 32, 10))
    batches = list(Minibatches.of(data, size=300, seed=0).epoch(0, [0]))
    drawn = xavier_normal().sample(network.blocks, range(2368), (0, 0)).float()
    rows = [
        network.gradients(drawn[k :: len(batches)][None], batch)[1][0]
        for k, batch in enumerate(batches)
    ]
    return torch.cat(rows)[:, :2048], network.blocks[0], data


def test_shares_of_the_digits_network_are_the_known_ones():
    """First layer: .955 in original coordinates, .30 in I ⊗ R of the inputs, Kronecker .013."""
    gradients, block, data = digits_gradients()
    inputs = data.train.inputs.double()
    values, right = torch.linalg.eigh(inputs.T @ inputs / len(inputs))
    ones = torch.ones(block.shape[0], dtype=DOUBLE)
    of_data = KroneckerBasis(block, None, right.flip(1).float(), ones, values.flip(0), "data")
    kronecker = estimated(Structure("kronecker"), gradients, block, chunk=500)
    known = {0.955: (None, 0.005), 0.30: (of_data, 0.02), 0.013: (kronecker, 0.003)}
    for share, (basis, within) in known.items():
        found = off_diagonal_share(gradients, basis, corrected=False)
        assert found.value == pytest.approx(share, abs=2 * within if data.note else within)


def test_module_gradients_are_those_of_the_loss_and_not_those_of_the_basis():
    model, data = multilayer(), batches()
    rows = sample_gradients(model, LOSS, data, None, 3)
    assert [*rows] == ["0.weight", "2.weight"]
    assert rows.n_samples == 3
    torch.testing.assert_close(rows["0.weight"], gradients_of(model, data)[:, :30])
    drawn = [
        sample_gradients(model, LOSS, data, xavier_normal(), 40, "first", **options)["0.weight"]
        for options in ({}, {"seed": 0})
    ]
    bases = estimate_block_bases(model, LOSS, data, xavier_normal(), 40, "first")
    assert relative_error(bases["0.weight"], drawn[1], corrected=False).value < 1e-7
    assert relative_error(bases["0.weight"], drawn[0], corrected=False).value > 0.1


def test_gradients_of_examples_average_to_that_of_their_batch():
    model, data = multilayer(), batches(1)
    rows = sample_gradients(model, LOSS, data, None, 20, per_example=True)
    torch.testing.assert_close(rows["0.weight"].mean(0), gradients_of(model, data)[0, :30])


def test_gradients_that_are_not_finite_are_left_out_and_counted():
    model, data = multilayer(), batches(4)
    data[1][0][0] = torch.inf
    rows = sample_gradients(model, LOSS, data, None, 4)
    assert (rows.n_samples, rows.n_excluded) == (3, 1)
    with pytest.raises(ValueError, match="at least two different finite gradients, got 1 of 2"):
        sample_gradients(model, LOSS, data, None, 2)
