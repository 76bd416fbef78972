"""Every structure of a basis against dense matrices, on gradients with planted spectra."""

import numpy as np
import pytest
import torch

from egop import metrics
from egop.networks.block_basis import DenseBasis, KroneckerBasis
from egop.networks.network import Block
from egop.networks.partial_basis import PartialBasis
from egop.networks.structures import kronecker
from egop.networks.structures.choice import Structure
from egop.networks.structures.kronecker import MAX_SIDE, nearest_product, rotated_sides
from egop.networks.structures.random_basis import random_basis

M, N = 6, 5
BLOCK = Block("W", (M, N), 3, 3 + M * N)
CPU, DOUBLE = torch.device("cpu"), torch.float64


def orthogonal(size, columns, seed):
    drawn = torch.tensor(np.random.default_rng(seed).standard_normal((size, columns)))
    return torch.linalg.qr(drawn)[0]


def planted(n_samples, decay=0.6, seed=0, dim=M * N):
    """(M, p) gradients with E g gᵀ = V diag(decay^k) Vᵀ, exactly, and V."""
    vectors = orthogonal(dim, dim, seed)
    values = decay ** torch.arange(dim, dtype=DOUBLE)
    weights = orthogonal(n_samples, min(n_samples, dim), seed + 1) * n_samples**0.5
    k = weights.shape[1]
    return (weights * values[:k] ** 0.5) @ vectors[:, :k].T, values[:k], vectors[:, :k]


def estimated(structure, gradients, block=BLOCK, chunk=7, rows=DOUBLE):
    sums = structure.sums(block, len(gradients), CPU, DOUBLE, rows)
    for some in gradients.split(chunk):
        sums.add(some)
    return sums.basis(0, DOUBLE)


def matrix(basis):
    """V as columns."""
    return basis.from_basis(torch.eye(basis.n_coordinates, dtype=DOUBLE)).T


def egop(gradients):
    return gradients.T @ gradients / len(gradients)


def correlated(n_samples=300, seed=0):
    """Gradients A Z Bᵀ of independent Z, whose EGOP is AAᵀ ⊗ BBᵀ in expectation."""
    rng = np.random.default_rng(seed)
    left = np.diag(0.5 ** np.arange(M)) @ orthogonal(M, M, 8).numpy()
    right = np.diag(0.7 ** np.arange(N)) @ orthogonal(N, N, 9).numpy()
    drawn = left.T @ rng.standard_normal((n_samples, M, N)) @ right
    return torch.tensor(drawn).flatten(1)


ALL = {
    "dense": Structure(),
    "partial": Structure("partial", k=4),
    "random complement": Structure("partial", k=4, complement="random"),
    "kronecker": Structure("kronecker"),
    "nearest": Structure("kronecker", factors="nearest"),
    "rows": Structure("rows"),
    "sketch": Structure("sketch", k=3),
}


@pytest.mark.parametrize("n_samples", [9, 200])
@pytest.mark.parametrize("name", ALL)
def test_every_full_basis_is_orthogonal_and_both_ways(name, n_samples):
    gradients = planted(n_samples)[0]
    basis = estimated(ALL[name], gradients)
    columns = matrix(basis)
    torch.testing.assert_close(columns.T @ columns, torch.eye(30, dtype=DOUBLE), atol=1e-12, rtol=0)
    points = torch.tensor(np.random.default_rng(1).standard_normal((2, 3, 30)))
    torch.testing.assert_close(basis.to_basis(points), points @ columns, atol=1e-12, rtol=0)
    torch.testing.assert_close(basis.from_basis(basis.to_basis(points)), points)
    count = len(basis.eigenvalues)
    leading = basis.leading(count)
    torch.testing.assert_close(leading.norm(dim=0), torch.ones(count, dtype=DOUBLE))
    assert (basis.eigenvalues.diff() <= 0).all()
    np.testing.assert_allclose(basis.density, metrics.density(leading), rtol=1e-10)
    single = basis.to(dtype=torch.float32)
    torch.testing.assert_close(
        single.to_basis(points.float()).double(), points @ columns, atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("scale", [1.0, 1e-140, 1e150])
@pytest.mark.parametrize("name", ["dense", "partial", "sketch"])
@pytest.mark.parametrize("n_samples", [9, 200])
def test_leading_directions_of_a_planted_spectrum(name, n_samples, scale):
    gradients, values, vectors = planted(n_samples)
    basis = estimated(ALL[name], gradients * scale)
    k = 3
    np.testing.assert_allclose(
        basis.eigenvalues[:k] / scale**2, values[:k], rtol=1e-3 if name == "sketch" else 1e-9
    )
    angle = metrics.subspace_angle(basis.leading(k), vectors[:, :k])
    assert angle < (0.01 if name == "sketch" else 1e-7)


def test_the_sketch_sees_gradients_once_and_is_near_the_dense_basis():
    block = Block("g", (400,), 0, 400)
    gradients, values, vectors = planted(1000, decay=0.8, dim=400)
    order = torch.tensor(np.random.default_rng(3).permutation(1000))
    sketch = estimated(Structure("sketch", k=10), gradients[order], block, rows=torch.float32)
    sums = Structure("sketch", k=10).sums(block, 1000, CPU, DOUBLE, torch.float32)
    assert sums.held["rows"].shape == (40, 400)
    np.testing.assert_allclose(sketch.eigenvalues, values[:10], rtol=0.02)
    assert metrics.subspace_angle(sketch.leading(5).double(), vectors[:, :5]) < 0.05
    exact = estimated(Structure("sketch", k=10), planted(1000, decay=0.1, dim=400)[0], block)
    np.testing.assert_allclose(exact.eigenvalues[:5], 0.1 ** np.arange(5), rtol=1e-6)


def test_kronecker_factors_are_the_second_moments_of_both_sides():
    gradients = correlated()
    basis = estimated(ALL["kronecker"], gradients)
    matrices = gradients.unflatten(1, (M, N))
    for found, side in (
        (basis.left, torch.einsum("sij,skj->ik", matrices, matrices) / 300),
        (basis.right, torch.einsum("sij,sik->jk", matrices, matrices) / 300),
    ):
        rotated = found.T @ side @ found
        torch.testing.assert_close(rotated, rotated.diag().diag(), atol=1e-12, rtol=0)
    torch.testing.assert_close(matrix(basis), torch.kron(basis.left, basis.right))
    assert float(basis.eigenvalues.sum()) == pytest.approx(float(gradients.square().sum() / 300))
    leading = basis.leading(30)
    torch.testing.assert_close(
        (gradients @ leading).square().mean(0)[:3], basis.eigenvalues[:3], rtol=0.2, atol=0
    )


def test_one_rotated_side_has_the_whole_energy(monkeypatch):
    monkeypatch.setattr(kronecker, "MAX_SIDE", 5)
    gradients = correlated()
    wide = Block("W", (N, M), 0, M * N)
    for block, missing in ((BLOCK, "left"), (wide, "right")):
        basis = estimated(ALL["kronecker"], gradients, block)
        assert getattr(basis, missing) is None
        total = float(gradients.square().sum() / len(gradients))
        assert float(basis.eigenvalues.sum()) == pytest.approx(total)


def test_rows_share_one_basis():
    gradients = correlated()
    basis = estimated(ALL["rows"], gradients)
    samples = gradients.unflatten(1, (M, N)).flatten(0, 1)  # every row of a gradient is one
    rotated = basis.right.T @ egop(samples) @ basis.right
    torch.testing.assert_close(rotated, rotated.diag().diag(), atol=1e-12, rtol=0)
    assert basis.left is None
    assert basis.structure == "rows"
    torch.testing.assert_close(
        matrix(basis), torch.kron(torch.eye(M, dtype=DOUBLE), basis.right.contiguous())
    )


def test_the_nearest_product_is_van_loans():
    matrices = correlated(40).unflatten(1, (M, N))
    left, right = nearest_product(matrices, 40)
    whole = egop(matrices.flatten(1))
    rearranged = whole.reshape(M, N, M, N).permute(0, 2, 1, 3).reshape(M * M, N * N)
    u, values, vt = torch.linalg.svd(rearranged)
    expected = values[0] * torch.outer(u[:, 0], vt[0])
    found = torch.outer(left.flatten(), right.flatten())
    torch.testing.assert_close(found, expected, atol=1e-8 * float(values[0]), rtol=0)
    moments = estimated(ALL["kronecker"], matrices.flatten(1))
    optimal = estimated(ALL["nearest"], matrices.flatten(1))
    errors = [
        float((whole - b.leading(30) * b.eigenvalues @ b.leading(30).T).norm())
        for b in (optimal, moments)
    ]
    assert errors[0] < errors[1]
    assert errors[0] == pytest.approx(float(values[1:].square().sum() ** 0.5), rel=1e-6)


@pytest.mark.parametrize("n_samples", [12, 300])
def test_energy_takes_as_few_eigenvectors_as_have_it(n_samples):
    gradients, values, _ = planted(n_samples)
    basis = estimated(Structure("partial", energy=0.9), gradients)
    shares = values.cumsum(0) / values.sum()
    assert len(basis.eigenvalues) == int((shares < 0.9).sum()) + 1
    everything = estimated(Structure("partial", energy=1.0), gradients)
    assert len(everything.eigenvalues) == len(values)


def test_dropped_directions_are_dropped():
    gradients, _, vectors = planted(50)
    basis = estimated(Structure("partial", k=3, complement="dropped"), gradients)
    assert basis.n_coordinates == 3
    points = torch.tensor(np.random.default_rng(1).standard_normal((4, 30)))
    assert basis.to_basis(points).shape == (4, 3)
    projected = points @ vectors[:, :3] @ vectors[:, :3].T
    torch.testing.assert_close(basis.from_basis(basis.to_basis(points)), projected)


def test_fewer_directions_than_asked_are_completed():
    rank_two = torch.zeros(40, 30, dtype=DOUBLE)
    rank_two[:, 4], rank_two[:20, 7] = 1.0, 2.0
    for few in (rank_two[:12], rank_two):
        basis = estimated(Structure("partial", k=5), few)
        columns = basis.leading(5)
        torch.testing.assert_close(
            columns.T @ columns, torch.eye(5, dtype=DOUBLE), atol=1e-12, rtol=0
        )
        assert (basis.eigenvalues[2:] < 1e-12).all()
    flat = estimated(Structure("partial", k=5), torch.zeros(12, 30, dtype=DOUBLE))
    columns = matrix(flat)
    torch.testing.assert_close(columns.T @ columns, torch.eye(30, dtype=DOUBLE), atol=1e-12, rtol=0)


def test_random_bases_are_uniform_and_the_same_for_a_seed():
    first, again, other = (random_basis(BLOCK, seed, DOUBLE) for seed in (1, 1, 2))
    assert torch.equal(first.eigenvectors, again.eigenvectors)
    assert not torch.allclose(first.eigenvectors, other.eigenvectors, atol=0.1)
    long = Block("W", (300, 200), 0, 60_000)
    basis = random_basis(long, 0, torch.float32)
    assert isinstance(basis, KroneckerBasis)
    assert basis.left is not None
    torch.testing.assert_close(basis.left.T @ basis.left, torch.eye(300), atol=1e-5, rtol=0)
    told = Structure("random")
    assert told.kept_numbers(long, 0) == 300**2 + 200**2
    assert told.multiplications(long, 0) == 60_000 * 500
    with pytest.raises(ValueError, match="blocks of at most 8,192 entries, got global with 60,000"):
        random_basis(Block("global", (60_000,), 0, 60_000), 0, torch.float32)
    traces = [float(random_basis(BLOCK, seed, DOUBLE).eigenvectors.trace()) for seed in range(200)]
    assert abs(np.mean(traces)) < 0.3  # of the Haar measure 0, with standard deviation 1
    assert np.std(traces) == pytest.approx(1, rel=0.2)


def test_one_sided_bases_of_long_embeddings_take_no_matrix_of_their_length():
    long = 1_000_000  # whose identity would be 8 TB
    values = torch.tensor([3.0, 2.0, 1.0]).double()
    ones = torch.ones(long).double()
    right = orthogonal(3, 3, 0)
    tall = KroneckerBasis(Block("E", (long, 3), 0, 3 * long), None, right, ones, values)
    leading = tall.leading(2).view(long, 3, 2)
    assert leading[:2].norm() == leading.norm()
    torch.testing.assert_close(leading[0, :, 0], right[:, 0])
    torch.testing.assert_close(leading[1, :, 1], right[:, 0])
    wide = KroneckerBasis(Block("E", (3, long), 0, 3 * long), right, None, values, ones)
    leading = wide.leading(2).view(3, long, 2)
    torch.testing.assert_close(leading[:, 1, 1], right[:, 0])
    assert tall.eigenvalues is tall.eigenvalues  # sorted once


def test_long_sides_keep_the_identity():
    assert rotated_sides(Block("E", (MAX_SIDE + 1, 8), 0, 1)) == ("right",)
    assert rotated_sides(Block("E", (8, MAX_SIDE + 1), 0, 1)) == ("left",)
    assert rotated_sides(Block("E", (MAX_SIDE + 1, MAX_SIDE + 2), 0, 1)) == ("left",)
    assert rotated_sides(Block("W", (8, 8), 0, 64)) == ("left", "right")


def test_auto_is_dense_where_it_fits_and_kronecker_elsewhere():
    small, long = Block("W", (20, 10), 0, 200), Block("E", (500, 100), 200, 50_200)
    vector = Block("b", (20_000,), 50_200, 70_200)
    blocks, auto = [small, long, vector], Structure("auto")
    names = [each.name for each in auto.resolved(blocks, 100, DOUBLE, 10**10)]
    assert names == ["dense", "kronecker", "partial"]
    names = [each.name for each in auto.resolved(blocks, 100, DOUBLE, 1000)]
    assert names == ["kronecker", "kronecker", "partial"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "kroneker"}, "no structure 'kroneker': did you mean 'kronecker'"),
        ({"name": "dense", "k": 3}, "k is an option of structure='partial' or 'sketch'"),
        ({"name": "partial", "factors": "nearest"}, "option of structure='kronecker'"),
        ({"name": "partial", "k": 0}, "k takes a number of eigenvectors of at least 1, got 0"),
        ({"name": "partial", "k": 2.0}, "k takes a number of eigenvectors of at least 1, got 2.0"),
        ({"name": "partial", "energy": 1.5}, r"a share of the eigenvalues' sum in \(0, 1\], got"),
        ({"name": "partial", "k": 3, "energy": 0.5}, "give k or energy, not both"),
        ({"name": "sketch", "energy": 0.5}, "a sketch takes k"),
        ({"name": "partial", "complement": "none"}, "complement takes one of implicit, random"),
        ({"name": "kronecker", "factors": "best"}, "factors takes one of moments, nearest"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Structure(**options)


def test_memory_of_structures_counts_the_rows_in_their_dtype():
    block = Block("W", (500, 800), 0, 400_000)
    for name in ("partial", "sketch"):
        structure = Structure(name, k=20)
        single, double = (
            structure.memory(block, 80, DOUBLE, rows) for rows in (torch.float32, DOUBLE)
        )
        assert double[0] == 2 * single[0] == 8 * 80 * 400_000
        assert double[1] == single[1] + 4 * 100 * 400_000
    completed = Structure("partial", k=20, complement="random").memory(block, 80, DOUBLE, DOUBLE)
    assert completed[1] > 8 * 400_000**2


@pytest.mark.parametrize("precision", [torch.float32, DOUBLE])
@pytest.mark.parametrize("scale", [1e-44, 1e-40, 1e-30, 2.0**-31, 0.99 * 2**32])
@pytest.mark.parametrize("name", ["partial", "sketch", "nearest"])
def test_rows_that_are_held_in_float32_lose_no_gradients(name, scale, precision):
    gradients = correlated(12)
    gradients /= gradients.abs().max()
    exact = estimated(ALL[name], gradients)
    sums = ALL[name].sums(BLOCK, 12, CPU, precision, torch.float32)
    for some in gradients.split(5):
        sums.add(some * scale)
    basis = sums.basis(0, DOUBLE)
    np.testing.assert_allclose(basis.eigenvalues[:3] / scale**2, exact.eigenvalues[:3], rtol=1e-4)
    assert metrics.subspace_angle(basis.leading(1), exact.leading(1)) < 1e-3


def test_kinds_of_bases_are_what_their_structures_say():
    kinds = {name: type(estimated(each, planted(50)[0])) for name, each in ALL.items()}
    assert kinds == {
        "dense": DenseBasis,
        "partial": PartialBasis,
        "random complement": DenseBasis,
        "kronecker": KroneckerBasis,
        "nearest": KroneckerBasis,
        "rows": KroneckerBasis,
        "sketch": PartialBasis,
    }
