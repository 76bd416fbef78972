"""Training loops of all kinds: schedules, groups, accumulation, clipping, hooks."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn, optim
from torch.optim.optimizer import register_optimizer_step_post_hook

from egop.networks.bases import BlockBases
from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    close,
    global_bases,
    gradient,
    pair,
    perceptron,
    reparameterized,
    train,
    weights,
)

SCHEDULES = {
    "one cycle": lambda o: optim.lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=60),
    "lambda from 0": lambda o: optim.lr_scheduler.LambdaLR(o, lambda k: k / 10),
    "cosine": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 30),
}


@pytest.mark.parametrize("rate", [float, torch.tensor])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_reach_the_base_optimizer(name, rate):
    model, rotated, oracle, plain = pair(lr=0.01)
    for optimizer in (rotated, plain):
        optimizer.param_groups[0]["lr"] = rate(0.01)
    both = [(model, rotated, SCHEDULES[name](rotated)), (oracle, plain, SCHEDULES[name](plain))]
    for each, optimizer, schedule in both:
        for batch in batches(60):
            gradient(each, batch)
            optimizer.step()
            schedule.step()
    close(model, oracle)
    assert rotated.param_groups[0]["betas"] == plain.param_groups[0]["betas"]


def test_two_optimizers_share_the_bases_of_a_model():
    model, data = perceptron(), batches(20)
    bases = bases_of(model)
    oracle = reparameterized(copy.deepcopy(model), bases)
    parts = [model[0].named_parameters(prefix="0"), model[2].named_parameters(prefix="2")]
    kinds = [optim.Adam, optim.NAdam]
    rotated = [
        EGOPOptimizer(kind, part, bases.only(name))
        for kind, part, name in zip(kinds, parts, ["0.weight", "2.weight"], strict=True)
    ]
    plain = [optim.Adam(oracle[0].parameters()), optim.NAdam(oracle[2].parameters())]
    for batch in data:
        gradient(model, batch)
        gradient(oracle, batch)
        for optimizer in rotated + plain:
            optimizer.step()
    close(model, oracle)


def test_accumulated_and_clipped_gradients_are_those_of_the_model():
    model, rotated, oracle, plain = pair(lr=0.01)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        for k, (inputs, targets) in enumerate(batches(40)):
            nn.functional.mse_loss(each(inputs), targets).backward()
            if k % 4 == 3:
                nn.utils.clip_grad_norm_(each.parameters(), 0.1)  # norms are the same in z
                optimizer.step()
                optimizer.zero_grad()
                assert all(p.grad is None for p in each.parameters())
    close(model, oracle)


def test_hooks_are_called_once_for_each_step():
    model, called = perceptron(), []
    optimizer = adam(model)
    optimizer.register_step_pre_hook(lambda *_: called.append("pre"))
    optimizer.register_step_post_hook(lambda *_: called.append("post"))
    handle = register_optimizer_step_post_hook(lambda *_: called.append("all"))
    try:
        train(model, optimizer, batches(2))
    finally:
        handle.remove()
    assert called == ["pre", "post", "all"] * 2


def test_groups_have_their_own_hyperparameters():
    model, data = perceptron(), batches(30)
    bases = bases_of(model)
    oracle = reparameterized(copy.deepcopy(model), bases)
    groups = [
        {"params": model[0].named_parameters(prefix="0"), "lr": 0.1, "weight_decay": 0.1},
        {"params": list(model[2].named_parameters(prefix="2"))},
    ]
    optimizer = EGOPOptimizer(optim.AdamW, groups, bases, lr=0.01)
    assert optimizer.param_groups[0]["param_names"] == ["0.weight", "0.bias"]
    assert optimizer.param_groups[1]["params"][0] is model[2].weight
    groups = [
        {"params": oracle[0].parameters(), "lr": 0.1, "weight_decay": 0.1},
        {"params": oracle[2].parameters()},
    ]
    train(model, optimizer, data)
    train(oracle, optim.AdamW(groups, lr=0.01), data)
    close(model, oracle)


def test_a_group_is_added_and_frozen_weights_stay():
    model, data = perceptron(), batches(20)
    model[2].requires_grad_(False)
    optimizer = adam(model[0], bases_of(model[0]))
    before = copy.deepcopy(model[2].state_dict())
    train(model, optimizer, data)
    assert all(torch.equal(before[n], p) for n, p in model[2].named_parameters())
    model[2].requires_grad_(True)
    optimizer.add_param_group({"params": model[2].named_parameters(prefix="2"), "lr": 0.1})
    assert optimizer.base.param_groups[1]["lr"] == 0.1
    assert optimizer.param_groups[1]["betas"] == (0.9, 0.999)
    train(model, optimizer, data)
    assert not torch.equal(before["weight"], model[2].weight)
    optimizer.refresh(bases_of_prefixed(model))
    assert [b.names for b in optimizer.blocks] == [("weight",), ("2.weight",)]


def bases_of_prefixed(model):
    """Bases of a model whose first layer was given by itself."""
    bases = bases_of(model)
    first, *rest = bases.layout
    named = replace(first, name="weight")
    return BlockBases((named, *rest), (replace(bases.bases[0], block=named), *bases.bases[1:]))


def test_missing_gradients_are_skipped_or_count_as_zero():
    model = perceptron()
    optimizer = adam(model)
    train(model, optimizer, batches(1))
    before = model[2].weight.detach().clone()
    model.zero_grad()
    model[0].weight.grad = torch.ones_like(model[0].weight)
    optimizer.step()
    assert torch.equal(model[2].weight, before)
    model, other = perceptron(), perceptron()
    for each, missing in ((model, None), (other, torch.zeros(3).double())):
        optimizer = adam(each, global_bases(each))
        gradient(each, batches(1)[0])
        each[2].bias.grad = missing
        optimizer.step()
    assert torch.equal(weights(model), weights(other))


def test_state_is_seen_and_can_be_taken_away():
    model = perceptron()
    optimizer = adam(model)
    train(model, optimizer, batches(2))
    assert set(optimizer.state) == set(model.parameters())
    block = optimizer.blocks[0]
    assert optimizer.state[model[0].weight] is optimizer.base.state[block.shadows[0]]
    optimizer.state.clear()
    train(model, optimizer, batches(1))
    assert float(optimizer.state[model[0].weight]["step"]) == 1
