"""Lion, AGD, Adafactor and PISA against other implementations, step by step."""

from functools import partial

import numpy as np
import pytest
import torch
from pytorch_optimizer import Lion

from benchmarks.oracles import closed_forms
from benchmarks.oracles.comparison import deviation, oracle_path, our_path
from egop import methods
from egop.optimizer import from_method
from tests.methods.walks import SHAPES, start_and_gradients, torch_walk, walk

RATE = 0.03
DECAYING = [
    name
    for name, make in methods.METHODS.items()
    if hasattr(make().hyperparameters, "weight_decay")
]
ELEMENTWISE = [name for name, make in methods.METHODS.items() if make().rule.elementwise]
CLOSE = {"rtol": 1e-9, "atol": 1e-12}
SHAPED = pytest.mark.parametrize("shape", SHAPES)


@SHAPED
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_lion_equals_pytorch_optimizer(shape, weight_decay):
    start, gradients = start_and_gradients(shape)
    make = partial(Lion, lr=RATE, betas=(0.8, 0.95), weight_decay=weight_decay)
    expected = torch_walk(make, start, gradients)
    method = methods.lion(RATE, beta1=0.8, beta2=0.95, weight_decay=weight_decay)
    np.testing.assert_allclose(walk(method, start, gradients), expected, **CLOSE)


@SHAPED
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"weight_decay": 0.2, "clip": 2.0}, {"weight_decay": 0.2, "d": 2.0}),
        ({"decay_power": 0.5, "least_scale": 3.0}, {"beta2_decay": -0.5, "eps": (None, 3.0)}),
        ({"eps": 0.3}, {"eps": (0.3, 1e-3)}),
    ],
    ids=str,
)
def test_adafactor_equals_torch(shape, ours, theirs):
    start, gradients = start_and_gradients(shape)
    expected = torch_walk(partial(torch.optim.Adafactor, lr=0.01, **theirs), start, gradients)
    found = walk(methods.adafactor(**ours), start, gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("size", [1.0, 1e-9])
@pytest.mark.parametrize("shape", [(7,), (1,), (6, 3)])
def test_adafactor_of_vectors_and_of_tiny_gradients_equals_torch(shape, size):
    start, gradients = start_and_gradients(shape)
    expected = torch_walk(partial(torch.optim.Adafactor, lr=0.01), start, size * gradients)
    found = torch_walk(from_method(methods.adafactor()), start, size * gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@SHAPED
def test_relative_steps_of_adafactor_equal_torch(shape):
    """With η = 1/5 the rate of torch, min(η, 1/√t), falls after 25 steps."""
    start, gradients = start_and_gradients(shape)
    expected = torch_walk(partial(torch.optim.Adafactor, lr=0.2), start, gradients)
    found = walk(methods.adafactor(0.2, constant_steps=25), start, gradients)
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("shape", [(6, 3), (5, 1)])
@pytest.mark.parametrize("settings", [(0.7, 0.9, 0.3, 0.2), (0.0, 0.9, 1.0, 0.0)])
def test_agd_is_the_update_of_its_paper(shape, settings):
    expected = oracle_path(closed_forms.agd(RATE, *settings), shape)
    assert deviation(expected, our_path(methods.agd(RATE, *settings), shape)) < 1e-12


@pytest.mark.parametrize("shape", [(6, 3), (5, 1)])
@pytest.mark.parametrize("settings", [(0.3, 0.9, 0.1), (0.01, 0.0, 0.0)])
def test_pisa_is_admm_with_one_worker(shape, settings):
    expected = oracle_path(closed_forms.pisa(RATE, *settings), shape)
    assert deviation(expected, our_path(methods.pisa(RATE, *settings), shape)) < 1e-12


def test_agd_switches_where_the_mean_gradient_changes_little():
    """With ε above every change each coordinate moves by η m̂/ε, as momentum with that mean."""
    start, gradients = start_and_gradients((4, 3))
    decay = 0.9 ** np.arange(60)
    means = [
        np.tensordot(decay[t::-1], gradients[: t + 1], 1) / decay[: t + 1].sum() for t in range(60)
    ]
    found = walk(methods.agd(RATE, eps=1e3), start, gradients)
    expected = -RATE / 1e3 * np.array(means)
    np.testing.assert_allclose(np.diff(found, axis=0), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", [*ELEMENTWISE, "normalized_momentum"])
def test_squares_that_overflow_leave_the_weights_finite(name, decay):
    """Steps divided by ∞ are 0: in float32 the square of 1e20 is ∞, as it is in torch.optim."""
    x = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.0, 3.0]))
    given = {"weight_decay": decay} if name in DECAYING else {}
    optimizer = from_method(methods.method(name, 1e-30, **given))([x])
    for size in (1e20, 1.0, 1.0):
        x.grad = torch.tensor([size, -size, size, 1.0])
        optimizer.step()
    assert x.isfinite().all()


def test_adamw_decays_weights_whose_squares_overflow_as_torch_does():
    start, gradients = np.ones(3, "float32"), np.ones((5, 3), "float32")
    gradients[1, 0] = 1e25
    make = partial(torch.optim.AdamW, lr=0.1, weight_decay=0.5, foreach=False)
    expected = torch_walk(make, start, gradients)
    found = torch_walk(from_method(methods.adamw(0.1, weight_decay=0.5)), start, gradients)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: methods.lion(beta2=1.0), "lion takes beta2 at least 0 and below 1"),
        (lambda: methods.lion(weight_decay=-0.1), "lion takes weight_decay finite and at least 0"),
        (lambda: methods.agd(eps=-1.0), "agd takes eps finite and at least 0"),
        (lambda: methods.pisa(sigma=0.0), "pisa takes sigma above 0 and below 1, got 0.0"),
        (lambda: methods.pisa(sigma=1.0), "pisa takes sigma above 0 and below 1, got 1.0"),
        (lambda: methods.adafactor(clip=0.0), "adafactor takes clip and constant_steps above 0"),
        (lambda: methods.adafactor(eps=-1.0), "adafactor takes eps finite and at least 0"),
    ],
)
def test_bad_hyperparameters_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
