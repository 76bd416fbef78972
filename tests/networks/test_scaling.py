"""Gradients whose squares vanish or overflow: the same eigenvectors, the right eigenvalues."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from egop import metrics
from egop.networks import (
    Batch,
    Minibatches,
    RunSpec,
    Training,
    estimate_bases,
    estimate_block_bases,
    from_module,
    gaussian,
    xavier_normal,
)
from egop.networks.network import Block, Network, blocks_of
from egop.networks.scaling import exponent, power_exponent, row_norms
from egop.networks.structures.dense import DenseSums

CPU = torch.device("cpu")
ROWS = torch.tensor(np.random.default_rng(0).standard_normal((40, 6)) * [9, 4, 2, 1, 0.5, 0.1])


def cross_entropy(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1])


def decomposed(rows, dtype, n_samples=40, chunks=3):
    dim = rows.shape[1]
    egop = DenseSums(Block("w", (dim,), 0, dim), n_samples, CPU, dtype)
    for some in rows[:n_samples].chunk(chunks):
        egop.add(some)
    basis = egop.basis(0, dtype)
    return basis.eigenvalues, basis.eigenvectors


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n_samples", [40, 4], ids=["many", "few"])
@pytest.mark.parametrize("power", [-430, -120, -60, -8, 0, 8, 60, 120, 430])
def test_eigenvectors_are_the_same_bits_at_every_power_of_two(dtype, n_samples, power):
    values, vectors = decomposed(ROWS, dtype, n_samples)
    scaled_values, scaled = decomposed(ROWS * 2.0**power, dtype, n_samples)
    assert torch.equal(vectors, scaled)
    assert torch.equal(torch.from_numpy(np.ldexp(values.numpy(), 2 * power)), scaled_values)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n_samples", [40, 4], ids=["many", "few"])
@pytest.mark.parametrize("powers", [(-500, 0, 300), (-300, -260, -200), (300, -300, 0)])
def test_chunks_of_different_sizes_add_up(dtype, n_samples, powers):
    rows = torch.cat([c * 2.0**p for c, p in zip(ROWS[:n_samples].chunk(3), powers, strict=False)])
    values, vectors = decomposed(rows, dtype, n_samples)
    expected = np.linalg.svd(rows.numpy() * 2.0 ** -max(powers))[1][0] ** 2 / n_samples
    assert np.ldexp(float(values[0]), -2 * max(powers)) == pytest.approx(expected, rel=1e-5)
    right = np.linalg.svd(rows.numpy())[2][0]
    assert metrics.subspace_angle(vectors[:, :1].double().numpy(), right[:, None]) < 1e-3


def test_ordinary_numbers_are_left_as_they_are():
    for dtype, limit in ((torch.float32, 32), (torch.float64, 256)):
        assert power_exponent(limit, dtype) == power_exponent(-limit, dtype) == 0
        assert power_exponent(limit + 1, dtype) == limit + 1
    assert (exponent(0.0), exponent(0.75), exponent(1.0)) == (0, 0, 1)


def sigmoids(layers):
    torch.manual_seed(1)
    parts = [part for _ in range(layers) for part in (nn.Linear(4, 4), nn.Sigmoid())]
    return nn.Sequential(*parts, nn.Linear(4, 3))


INPUTS = torch.tensor(np.random.default_rng(1).standard_normal((20, 4)), dtype=torch.float32)
CLASSES = torch.arange(20) % 3


def assert_alike(found, exact, rel):
    for one, other in zip(found, exact, strict=True):
        assert other.eigenvalues[0] > 0
        assert float(one.eigenvalues[0]) == pytest.approx(float(other.eigenvalues[0]), rel=rel)
        vectors = [b.eigenvectors[:, :1].double().numpy() for b in (one, other)]
        assert metrics.subspace_angle(*vectors) < rel


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("n_samples", [5, 20], ids=["few", "many"])
def test_forty_sigmoid_layers_in_float32_have_the_bases_of_float64(precision, n_samples):
    """The first layer's gradients are near 1e-28, its eigenvalues below all of float32."""
    found, exact = (
        estimate_block_bases(
            sigmoids(40).to(dtype),
            cross_entropy,
            [(INPUTS.to(dtype), CLASSES)],
            xavier_normal(),
            n_samples,
            precision=sums,
        )
        for dtype, sums in ((torch.float32, precision), (torch.float64, torch.float64))
    )
    assert exact["0.weight"].eigenvalues[0] < 1e-45
    assert_alike(found, exact, 1e-3)


def test_layers_whose_gradients_vanish_in_float32_get_the_bases_of_float64():
    """Sixty layers: gradients of the first are denormal numbers of float32, or none."""
    found, exact = (
        estimate_block_bases(
            sigmoids(60).to(dtype), cross_entropy, [(INPUTS.to(dtype), CLASSES)], xavier_normal(), 3
        )
        for dtype in (torch.float32, torch.float64)
    )
    assert exact["0.weight"].eigenvalues[0] ** 0.5 < 1e-40
    assert_alike(found, exact, 1e-3)


@pytest.mark.parametrize("factor", [1e-30, 1e-15, 1e15, 1e30])
def test_a_loss_in_other_units_has_the_same_bases(factor):
    found, exact = (
        estimate_block_bases(
            sigmoids(1).to(dtype),
            lambda model, batch: factor * model(batch).square().mean(),
            [INPUTS.to(dtype)],
            xavier_normal(),
            5,
        )
        for dtype in (torch.float32, torch.float64)
    )
    assert_alike(found, exact, 1e-3)


def test_batched_gradients_that_vanish_are_computed_in_float64():
    network = from_module(sigmoids(60), cross_entropy)
    data = [Batch(INPUTS[None], CLASSES[None])]
    found, exact = (
        estimate_bases(network, xavier_normal(), data, 3, dtype=dtype)
        for dtype in (torch.float32, torch.float64)
    )
    assert_alike(found, exact, 1e-3)


def test_halves_have_the_bases_of_float32():
    model = sigmoids(4)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half())
    halved = estimate_block_bases(
        sigmoids(4).half(), cross_entropy, [(INPUTS.half(), CLASSES)], None, 1
    )
    exact = estimate_block_bases(model, cross_entropy, [(INPUTS.half().float(), CLASSES)], None, 1)
    assert_alike(halved, exact, 0.05)


def test_gradients_that_are_lost_all_the_same_are_warned_of():
    with pytest.warns(
        UserWarning, match=r"gradients of 0\.weight.* are 0 in all 2 samples.*double"
    ):
        estimate_block_bases(sigmoids(250), cross_entropy, [(INPUTS, CLASSES)], xavier_normal(), 2)


class Planted(Network):
    """f(x) = s·(Σ a_i x_i)²/2, whose gradients are s(aᵀx)a."""

    blocks = blocks_of([("W1", (2, 3))])
    direction = functional.normalize(torch.arange(1.0, 7.0).double(), dim=0)

    def __init__(self, size):
        self.size = size

    def losses(self, parameters, batch):
        return self.gradients(parameters, batch)[0]

    def gradients(self, parameters, batch, out=None):
        a = self.direction.to(parameters)
        inner = parameters @ a
        slopes = self.size * inner[..., None] * a
        return inner.square(), slopes if out is None else out.copy_(slopes)


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_no_finite_gradient_is_left_out_and_v1_is_the_direction(size, precision):
    (basis,) = bases = estimate_bases(Planted(size), gaussian(), [None], 50, precision=precision)
    assert (bases.n_samples, bases.n_excluded) == (50, 0)
    (usual,) = estimate_bases(Planted(1.0), gaussian(), [None], 50)
    assert float(basis.eigenvalues[0]) == pytest.approx(
        size**2 * float(usual.eigenvalues[0]), rel=1e-5
    )
    assert abs(basis.eigenvectors[:, 0].double() @ Planted.direction) > 1 - 1e-6


def test_gradients_whose_squares_exceed_float64_are_left_out_and_counted():
    bases = estimate_bases(Planted(3e152), gaussian(), [None], 50, dtype=torch.float64)
    assert 0 < bases.n_excluded < 50
    assert bases["W1"].eigenvalues.isfinite().all()


@pytest.mark.parametrize("size", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_gradient_norms_of_training_are_right_at_every_size(size):
    data = Minibatches(Batch(torch.ones(1, 1, 1), torch.ones(1, 1, 1)))
    start = Planted.direction[None].float() * 2
    plan = [RunSpec("gradient_descent", "original", 0.0)]
    (measured,) = Training(Planted(size), data, plan, start, n_epochs=0)
    assert measured.gradient_norm.item() == pytest.approx(2 * size, rel=1e-6)


def test_norms_of_ordinary_rows_are_those_of_their_dtype():
    rows = torch.randn(5, 30, generator=torch.Generator().manual_seed(0))
    rows[3] = 0
    rows[4, 2] = torch.nan
    norms = row_norms(rows)
    assert torch.equal(norms[:4], torch.linalg.vector_norm(rows, dim=-1)[:4].double())
    assert norms[4].isnan()
