"""Muon and the trust regions of three norms against other implementations and closed forms."""

from functools import partial

import numpy as np
import pytest
import torch
from pytorch_optimizer import Muon, SignSGD
from pytorch_optimizer.optimizer.muon import base
from pytorch_optimizer.optimizer.utils.matrix import zero_power_via_newton_schulz_5

from egop import methods
from egop.methods.orthogonalization import SCHEDULES, orthogonalized
from tests.methods.walks import SHAPES, start_and_gradients, torch_walk, walk

RATE = 0.03
CLOSE = {"rtol": 0, "atol": 1e-11}


def polar(matrix):
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


def their_muon(monkeypatch, **settings):
    """pytorch_optimizer's, whose products are of float64 rather than bfloat16."""
    double = partial(zero_power_via_newton_schulz_5, dtype=torch.float64)
    monkeypatch.setattr(base, "zero_power_via_newton_schulz_5", double)
    return lambda p: Muon([{"params": p, "use_muon": True, "lr": RATE, **settings}])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"nesterov": 0.0, "momentum": 0.8}, {"nesterov": False, "momentum": 0.8}),
        ({"weight_decay": 0.1, "iterations": 3}, {"weight_decay": 0.1, "ns_steps": 3}),
        ({"scale": "match_rms"}, {"use_adjusted_lr": True}),
        ({"orthogonalization": "modded_nanogpt"}, {"ns_coeffs": "quintic"}),
    ],
    ids=str,
)
def test_muon_equals_pytorch_optimizer(monkeypatch, ours, theirs, shape):
    start, gradients = start_and_gradients(shape)
    expected = torch_walk(their_muon(monkeypatch, **theirs), start, gradients)
    found = walk(methods.muon(RATE, **ours), start, gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("scale", "theirs"), [("original", None), ("match_rms", "match_rms_adamw")]
)
def test_muon_is_near_that_of_torch_in_bfloat16(shape, scale, theirs):
    start, gradients = start_and_gradients(shape, 10)
    make = partial(torch.optim.Muon, lr=RATE, weight_decay=0.1, adjust_lr_fn=theirs)
    expected = torch_walk(make, start, gradients)
    found = walk(methods.muon(RATE, weight_decay=0.1, scale=scale), start, gradients)
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected - start).max()


@pytest.mark.parametrize("kind", SCHEDULES)
@pytest.mark.parametrize("iterations", [1, 5, 9])
def test_polynomials_equal_those_of_pytorch_optimizer(kind, iterations):
    matrices = np.random.default_rng(0).standard_normal((3, 6, 4))
    schedule = SCHEDULES[kind]
    expected = zero_power_via_newton_schulz_5(
        torch.tensor(matrices), iterations, safety_factor=schedule.safety,
        weights=list(schedule.coefficients), dtype=torch.float64,
    )  # fmt: skip
    found = orthogonalized(matrices, kind, iterations, 1e-7)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize(
    ("kind", "iterations", "apart"),
    [("newton_schulz", 5, 0.35), ("modded_nanogpt", 5, 0.1), ("polar_express", 8, 1e-3),
     ("cans", 12, 1e-3)],
)  # fmt: skip
def test_polynomials_come_near_the_polar_factor(kind, iterations, apart):
    left, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((6, 6)))
    matrix = (left * np.geomspace(1.0, 0.01, 6)) @ left[::-1]
    values = np.linalg.svd(orthogonalized(matrix, kind, iterations, 1e-7), compute_uv=False)
    assert np.abs(values - 1).max() < apart
    if apart <= 1e-3:
        found = orthogonalized(matrix, kind, iterations, 1e-7)
        np.testing.assert_allclose(found, polar(matrix), atol=2e-3)


def test_cubics_are_those_of_their_paper():
    published = [
        (5.182503604966906, -5.178098480082684),
        (2.586120737395915, -0.6479542005271643),
        (2.567364126726186, -0.6454968804392178),
        (2.520560084348265, -0.6393528082067044),
    ]
    found = [each[:2] for each in SCHEDULES["cans"].coefficients[:4]]
    np.testing.assert_allclose(found, published, rtol=1e-12)


@pytest.mark.parametrize(("scale", "factor"), [("spectral", 2.0), ("none", 1.0), ("original", 2.0)])
def test_a_first_step_is_the_polar_factor_times_the_scale(scale, factor):
    gradient = np.random.default_rng(2).standard_normal((1, 8, 2))
    method = methods.muon(1.0, orthogonalization="exact", scale=scale)
    moved = walk(method, np.zeros((8, 2)), gradient)[1]
    np.testing.assert_allclose(moved, -factor * polar(gradient[0]), atol=1e-12)


def test_vectors_decay_as_matrices_do():
    decaying = methods.muon(weight_decay=0.1, vector_rate=0.5)
    vectors = decaying.rule.vectors(decaying.hyperparameters)
    assert (vectors.name, vectors.learning_rate) == ("adamw", 0.5)
    assert vectors.hyperparameters.weight_decay == 0.1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
def test_trust_regions_step_to_the_least_of_the_linear_model(shape, weight_decay):
    """Each step is −η times the point of the unit ball where ⟨m, ·⟩ is largest."""
    start, gradients = start_and_gradients(shape)
    farthest = {
        "sign_momentum": np.sign,
        "normalized_momentum": lambda m: m / (np.linalg.norm(m) + 1e-10),
        "spectral_momentum": polar,
    }
    for name, of_mean in farthest.items():
        x, mean, points = start, np.zeros(shape), [start]
        for gradient in gradients:
            mean = 0.9 * mean + 0.1 * gradient
            x = (1 - RATE * weight_decay) * x - RATE * of_mean(mean)
            points.append(x)
        found = walk(methods.method(name, RATE, weight_decay=weight_decay), start, gradients)
        np.testing.assert_allclose(found, points, **CLOSE)


@pytest.mark.parametrize("shape", SHAPES)
def test_sign_momentum_equals_pytorch_optimizer(shape):
    start, gradients = start_and_gradients(shape)
    make = partial(SignSGD, lr=RATE, momentum=0.9, weight_decay=0.2)
    expected = torch_walk(make, start, gradients)
    found = walk(methods.sign_momentum(RATE, weight_decay=0.2), start, gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_other_order_is_torch_momentum_of_polar_factors(shape):
    start, gradients = start_and_gradients(shape)
    factors = np.array([polar(gradient) for gradient in gradients])
    make = partial(torch.optim.SGD, lr=RATE * (1 - 0.9), momentum=0.9)
    expected = torch_walk(make, start, factors)
    found = walk(methods.spectral_momentum(RATE, order="orthogonalize_first"), start, gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)
    usual = walk(methods.spectral_momentum(RATE), start, gradients)
    assert np.abs(found - usual).max() > 0.05


def test_the_two_spectral_methods_are_one_without_scale():
    start, gradients = start_and_gradients((6, 3))
    paths = [
        walk(method, start, gradients)
        for method in (
            methods.spectral_momentum(RATE, orthogonalization="polar_express"),
            methods.muon(RATE, 0.9, nesterov=0, orthogonalization="polar_express", scale="none"),
        )
    ]
    np.testing.assert_array_equal(*paths)


@pytest.mark.parametrize("kind", [*SCHEDULES, "exact"])
def test_zero_matrices_stay_zero(kind):
    for zero in (np.zeros((2, 3, 4)), torch.zeros(2, 3, 4)):
        assert not np.asarray(orthogonalized(zero, kind, 5, 0.0)).any()


def test_weights_decay_where_the_gradient_is_zero():
    for name in ("muon", "spectral_momentum", "sign_momentum", "normalized_momentum"):
        extra = {"eps": 0.0} if name != "sign_momentum" else {}
        method = methods.method(name, 0.1, weight_decay=0.5, **extra)
        path = walk(method, np.ones((3, 2)), np.zeros((3, 3, 2)))
        np.testing.assert_allclose(path[:, 0, 0], 0.95 ** np.arange(4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: methods.muon(orthogonalization="svd"), "muon takes orthogonalization 'newton_sch"),
        (lambda: methods.muon(scale="rms"), "muon takes scale 'original' or 'match_rms' or"),
        (lambda: methods.muon(iterations=0), "muon takes iterations as an integer of at least 1"),
        (lambda: methods.muon(weight_decay=-1), "muon takes weight_decay finite and at least 0"),
        (lambda: methods.spectral_momentum(order="first"), "takes order 'momentum_first' or 'orth"),
        (lambda: methods.spectral_momentum(beta1=1.0), "takes beta1 at least 0 and below 1"),
        (lambda: methods.sign_momentum(weight_decay=-1), "weight_decay finite and at least 0"),
        (lambda: methods.normalized_momentum(weight_decay="a"), "weight_decay finite and at least"),
    ],
)
def test_bad_hyperparameters_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
