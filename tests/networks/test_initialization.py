"""Sampling distributions: the right moments, and the same draw whatever it is drawn with."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from egop.networks.initialization import gaussian, pytorch_default, xavier_normal
from egop.networks.network import blocks_of
from egop.networks.rng import stream

BLOCKS = blocks_of([("W1", (32, 64)), ("b1", (32,)), ("W2", (10, 32)), ("b2", (10,))])


def columns(initialization, block, n=200, blocks=BLOCKS):
    return initialization.sample(blocks, range(n))[:, block.start : block.stop].numpy().ravel()


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_gaussian_is_normal_with_its_scale_on_weights_and_biases(scale):
    for block in BLOCKS:
        drawn = columns(gaussian(scale), block) / scale
        assert stats.kstest(drawn, "norm").pvalue > 1e-3


def test_xavier_has_its_variance_and_uniform_biases():
    w1, b1, w2, b2 = BLOCKS
    for block, variance in ((w1, 2 / 96), (w2, 2 / 42)):
        drawn = columns(xavier_normal(), block) / math.sqrt(variance)
        assert stats.kstest(drawn, "norm").pvalue > 1e-3
    for block, fan_in in ((b1, 64), (b2, 32)):
        drawn = (columns(xavier_normal(), block) * math.sqrt(fan_in) + 1) / 2
        assert stats.kstest(drawn, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(("layer", "fan_in"), [(nn.Linear(7, 5), 7), (nn.Conv2d(3, 4, 2), 12)])
def test_default_is_that_of_pytorch(layer, fan_in):
    blocks = blocks_of([(name, tuple(p.shape)) for name, p in layer.named_parameters()])
    for block in blocks:
        drawn = columns(pytorch_default(), block, 2000, blocks)
        assert stats.kstest((drawn * math.sqrt(fan_in) + 1) / 2, "uniform").pvalue > 1e-3
        fresh = getattr(layer, block.name).detach().abs().max()
        assert float(fresh) <= math.sqrt(1 / fan_in)


def test_a_sample_is_the_same_however_it_is_chunked():
    ahead = xavier_normal().sample(BLOCKS, range(20), seed=5)
    for indices in ([7], [19, 3], range(4, 9)):
        again = xavier_normal().sample(BLOCKS, indices, seed=5)
        assert torch.equal(again, ahead[list(indices)])


def test_seeds_purposes_and_indices_have_streams_of_their_own():
    draws = {
        tuple(stream(seed, purpose, index).random(3))
        for seed in (0, 1, (0, 0), (0, 1), (1, 0))
        for purpose in ("egop", "start")
        for index in (0, 1, 2**40)
    }
    assert len(draws) == 30
    rows = gaussian().sample(BLOCKS, range(50)).numpy()
    correlations = np.corrcoef(rows)[np.triu_indices(50, 1)]
    assert np.abs(correlations).max() < 5 / math.sqrt(rows.shape[1])


def test_what_cannot_be_drawn_is_said():
    norm = blocks_of([("norm.weight", (4,)), ("W1", (3, 4))])
    with pytest.raises(ValueError, match=r"xavier_normal takes biases .* got 'norm\.weight'"):
        xavier_normal().sample(norm, [0])
    assert gaussian(2.0).sample(norm, [0]).shape == (1, 16)
    with pytest.raises(ValueError, match="a scale above 0, got -1"):
        gaussian(-1)


@pytest.mark.parametrize("law", [xavier_normal(), pytorch_default()])
def test_a_bias_without_its_weights_does_not_take_the_layer_before(law):
    """The weights of layer 1 are frozen or tied, so that no block holds them."""
    named = [("0.weight", (5, 2)), ("0.bias", (5,)), ("1.bias", (5,))]
    with pytest.raises(ValueError, match=r"biases that follow their weight matrix, got '1\.bias'"):
        law.sample(blocks_of(named), [0])
    assert gaussian().sample(blocks_of(named), [0]).shape == (1, 20)
    whole = [*named[:2], ("1.weight", (5, 5)), named[2]]
    assert law.sample(blocks_of(whole), [0]).shape == (1, 45)
