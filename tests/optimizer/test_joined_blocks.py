"""New bases of other blocks of the same parameters: moments turn through all of them."""

from dataclasses import replace

import pytest
import torch
from torch import optim

from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    dense,
    global_bases,
    perceptron,
    train,
    weights,
)
from tests.optimizer.test_refresh import OPTIMIZERS, rotated, shuffled


def put_together(model, bases):
    """One basis of all parameters: the directions of those of matrices, in another order."""
    parts = {basis.block.name: basis.eigenvectors for basis in bases}
    whole = torch.block_diag(
        *(parts.get(n, torch.eye(p.numel()).double()) for n, p in model.named_parameters())
    )
    return shuffled(
        global_bases(model, lambda block, seed: replace(dense(block), eigenvectors=whole))
    )


@pytest.mark.parametrize("name", ["adagrad", "adam", "asgd", "rmsprop", "schedule-free"])
def test_the_same_directions_of_other_blocks_change_nothing(name):
    base, options = OPTIMIZERS[name]
    model, steady = perceptron(), perceptron()
    bases = bases_of(model)
    optimizer, other = (rotated(base, each, bases, **options) for each in (model, steady))
    for k, new in enumerate([put_together(model, bases), put_together(model, bases), bases]):
        train(model, optimizer, batches(10, seed=k))
        train(steady, other, batches(10, seed=k))
        before = weights(model)
        optimizer.refresh(new)
        assert torch.equal(weights(model), before)
    train(model, optimizer, batches(10, seed=3))
    train(steady, other, batches(10, seed=3))
    torch.testing.assert_close(weights(model), weights(steady), rtol=1e-11, atol=1e-11)


def test_parameters_with_other_numbers_of_steps_are_said_and_forgotten():
    model = perceptron()
    optimizer = adam(model, bases_of(model))
    model[0].bias.requires_grad_(False)
    train(model, optimizer, batches(3))
    model[0].bias.requires_grad_(True)
    with pytest.warns(UserWarning, match=r"state of 0\.weight and 3 more, since blocks") as said:
        optimizer.refresh(global_bases(model))
    assert said[0].filename == __file__
    assert not any(optimizer.state.values())
    train(model, optimizer, batches(3))


def test_what_is_kept_between_other_blocks_stays_as_it_is():
    model = perceptron()
    optimizer = adam(model, bases_of(model))
    train(model, optimizer, batches(3))
    before = {p: state["exp_avg"].clone() for p, state in optimizer.state.items()}
    optimizer.refresh(global_bases(model), "keep")
    assert all(torch.equal(optimizer.state[p]["exp_avg"], value) for p, value in before.items())
    train(model, optimizer, batches(3))


def test_what_bfloat16_weights_do_not_show_goes_on_in_other_blocks():
    model = perceptron(torch.bfloat16)
    optimizer = rotated(optim.SGD, model, global_bases(model), lr=0.01)
    train(model, optimizer, batches(3, torch.bfloat16))
    points = optimizer.blocks[0].points().clone()
    optimizer.refresh(bases_of(model))
    torch.testing.assert_close(optimizer.blocks[0].points(), points[:20], rtol=1e-5, atol=1e-6)
