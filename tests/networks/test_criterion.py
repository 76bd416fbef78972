"""Losses of torch.nn as the loss of a network, and losses that are none."""

import functools

import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.networks import Batch, estimate_block_bases, from_module
from egop.networks.criterion import as_loss
from tests.networks.small_trainings import numbers

INPUTS, CLASSES, OUTPUTS = numbers(20, 6), torch.arange(20) % 3, numbers(20, 3, seed=4)


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def bases(loss, targets=CLASSES):
    return estimate_block_bases(model(), loss, [(INPUTS, targets)], None, 1)


LOSSES = [
    (nn.CrossEntropyLoss(), CLASSES),
    (nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5]).double()), CLASSES),
    (nn.CrossEntropyLoss(label_smoothing=0.1), CLASSES),
    (functional.cross_entropy, CLASSES),
    (nn.MSELoss(), OUTPUTS),
    (functional.mse_loss, OUTPUTS),
    (nn.L1Loss(), OUTPUTS),
    (nn.HuberLoss(), OUTPUTS),
    (nn.SmoothL1Loss(), OUTPUTS),
    (nn.BCEWithLogitsLoss(), OUTPUTS.sigmoid()),
]


@pytest.mark.parametrize(
    ("loss", "targets"), LOSSES, ids=[repr(loss).split(" at ")[0] for loss, _ in LOSSES]
)
def test_a_loss_of_torch_is_the_loss_of_outputs_and_targets(loss, targets):
    by_hand = bases(lambda model, batch: loss(model(batch[0]), batch[1]), targets)
    for one, other in zip(bases(loss, targets), by_hand, strict=True):
        assert torch.equal(one.eigenvectors, other.eigenvectors)
    flat = numbers(1, 2, 43)
    batch = Batch(INPUTS[None], targets[None])
    network = from_module(model(), loss)
    plain = from_module(model(), lambda m, b: loss(m(b.inputs), b.targets))
    torch.testing.assert_close(network.gradients(flat, batch), plain.gradients(flat, batch))


def test_a_partial_function_keeps_its_own_arguments():
    def scaled(model, batch, factor):
        return factor * functional.cross_entropy(model(batch[0]), batch[1])

    one, two = bases(nn.CrossEntropyLoss()), bases(functools.partial(scaled, factor=2.0))
    torch.testing.assert_close(two["0.weight"].eigenvalues[0], 4 * one["0.weight"].eigenvalues[0])


@pytest.mark.parametrize(
    ("loss", "kind", "words"),
    [
        (nn.CrossEntropyLoss, TypeError, r"got the class; write nn\.CrossEntropyLoss\(\)"),
        ("cross entropy", TypeError, r"a function loss\(model, batch\), got 'cross entropy'"),
        (lambda batch: 0.0, TypeError, "got one that is called otherwise: too many"),
        (lambda model, inputs, targets: 0.0, TypeError, "missing a required argument: 'targets'"),
        (nn.CrossEntropyLoss(reduction="none"), ValueError, r"got shape \(20,\); return its mean"),
        (
            lambda model, batch: 1.0,
            ValueError,
            "a scalar that depends on the parameters, got float",
        ),
        (
            lambda model, batch: (model(batch[0]).mean(), 0),
            ValueError,
            "depends on the parameters, got 2 entries",
        ),
        (
            lambda model, batch: model(batch[0]).mean().detach(),
            ValueError,
            r"got one without a gradient; leave out torch\.no_grad\(\)",
        ),
    ],
)
def test_what_is_no_loss_is_one_sentence(loss, kind, words):
    with pytest.raises(kind, match=words):
        bases(loss)


def test_a_loss_that_goes_backward_itself_is_one_sentence_and_leaves_gradients_alone():
    own = model()

    def backward(model, batch):
        value = functional.cross_entropy(model(batch[0]), batch[1])
        value.backward()
        return value

    with pytest.raises(ValueError, match=r"calls no backward\(\): gradients are taken from it"):
        estimate_block_bases(own, backward, [(INPUTS, CLASSES)], None, 2)
    assert all(p.grad is None for p in own.parameters())


@pytest.mark.parametrize(
    ("loss", "targets", "words"),
    [
        (nn.CrossEntropyLoss(), CLASSES[:, None], r"outputs of shape \(20, 3\) with targets of sh"),
        (nn.CrossEntropyLoss(), CLASSES[:19], r"targets of shape \(19,\) and torch.int64: .*20"),
        (nn.CrossEntropyLoss(), CLASSES + 1, r"targets of shape \(20,\) .*out of bounds"),
        (nn.CrossEntropyLoss(), OUTPUTS[:, 0], r"targets of shape \(20,\) and torch.float64"),
        (nn.MSELoss(), OUTPUTS[:, 0], r"\(20, 3\) with targets of shape \(20,\) .*they broadcast"),
        (functional.l1_loss, OUTPUTS[:, :1], r"shape \(20, 1\) and torch.float64: they broadcast"),
    ],
)
def test_targets_that_do_not_fit_are_named_with_both_shapes(loss, targets, words):
    with pytest.raises(ValueError, match=words):
        bases(loss, targets)
    network = from_module(model(), loss)
    with pytest.raises(ValueError, match=words):
        network.gradients(numbers(1, 2, 43), Batch(INPUTS[None], targets[None]))


def test_a_batch_that_is_no_pair_is_one_sentence():
    with pytest.raises(
        ValueError, match=r"takes batches \(inputs, targets\), got a tensor of shape"
    ):
        as_loss(nn.MSELoss())(model(), INPUTS)
    with pytest.raises(ValueError, match=r"got 3 entries; for others give a function loss\(model"):
        as_loss(nn.MSELoss())(model(), (INPUTS, OUTPUTS, 1))
