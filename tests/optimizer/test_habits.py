"""Habits of researchers around an optimizer, against the reparameterized model or a plain run."""

import copy
import io

import pytest
import pytorch_optimizer
import torch
from torch import nn, optim
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from egop.networks.bases import BlockBases
from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    close,
    dense,
    gradient,
    kronecker,
    pair,
    perceptron,
    train,
    weights,
)

LOSS = nn.functional.mse_loss
MOMENTUM = {"lr": 0.05, "momentum": 0.9}


def zeros_in_place(model, optimizer):
    for inputs, targets in batches(20):
        LOSS(model(inputs), targets).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)


def recomputed_activations(model, optimizer):
    for inputs, targets in batches(10):
        optimizer.zero_grad()
        LOSS(checkpoint(model, inputs, use_reentrant=False), targets).backward()
        optimizer.step()


def unscaled_and_clipped(model, optimizer):
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    for inputs, targets in batches(10):
        optimizer.zero_grad()
        scaler.scale(LOSS(model(inputs), targets)).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        scaler.step(optimizer)
        scaler.update()


def two_steps_of_one_gradient(model, optimizer):
    for batch in batches(5):
        gradient(model, batch)
        optimizer.step()
        optimizer.step()


def groups_edited(model, optimizer):
    for k, batch in enumerate(batches(20)):
        optimizer.param_groups[0].update(lr=0.001 * k, weight_decay=0.1 * k, betas=(0.5, 0.6))
        train(model, optimizer, [batch])


def schedules_in_a_chain(model, optimizer):
    schedule = optim.lr_scheduler.ChainedScheduler(
        [
            optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=5),
            optim.lr_scheduler.StepLR(optimizer, 3),
        ]
    )
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=6)
    for batch in batches(20):
        train(model, optimizer, [batch])
        schedule.step()
        plateau.step(1.0)


def averages_at_their_own_rate(model, optimizer):
    average = copy.deepcopy(model)
    schedule = optim.swa_utils.SWALR(optimizer, swa_lr=0.05)
    for k, batch in enumerate(batches(20)):
        train(model, optimizer, [batch])
        schedule.step()
        with torch.no_grad():
            for mean, p in zip(average.parameters(), model.parameters(), strict=True):
                mean.lerp_(p, 1 / (k + 2))
    model.load_state_dict(average.state_dict())
    train(model, optimizer, batches(3))


def state_replaced(model, optimizer):
    train(model, optimizer, batches(3))
    for weight, state in list(optimizer.state.items()):
        optimizer.state[weight] = {name: torch.zeros_like(value) for name, value in state.items()}
    train(model, optimizer, batches(3))


LOOPS = [
    zeros_in_place,
    recomputed_activations,
    unscaled_and_clipped,
    two_steps_of_one_gradient,
    groups_edited,
    schedules_in_a_chain,
    averages_at_their_own_rate,
    state_replaced,
]


@pytest.mark.parametrize("make", [dense, kronecker])
@pytest.mark.parametrize("loop", LOOPS)
def test_loops_are_those_of_the_reparameterized_model(loop, make):
    model, rotated, oracle, plain = pair(optim.AdamW, make, lr=0.01)
    loop(model, rotated)
    loop(oracle, plain)
    close(model, oracle)


def beside_plain(model, bases, loop):
    """Weights after a loop with momentum in bases, and after the same without."""
    other = copy.deepcopy(model)
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    loop(model, EGOPOptimizer(optim.SGD, trained, bases, **MOMENTUM))
    loop(other, optim.SGD([p for p in other.parameters() if p.requires_grad], **MOMENTUM))
    for one, each in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(one, each, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["spectral_norm", "weight_norm"])
def test_parametrized_weights_are_rotated_where_they_are_stored(kind):
    model = perceptron()
    getattr(parametrizations, kind)(model[0])
    before = weights(model)
    beside_plain(model, bases_of(model), lambda m, o: train(m, o, batches(10)))
    assert not torch.equal(weights(model), before)


class LowRank(nn.Module):
    """A frozen layer with a trained correction of rank 2."""

    def __init__(self):
        super().__init__()
        self.model = perceptron()
        self.model[0].weight.requires_grad_(False)
        self.down = nn.Parameter(0.1 * torch.randn(2, 5, dtype=torch.float64))
        self.up = nn.Parameter(torch.zeros(4, 2, dtype=torch.float64))

    def forward(self, x):
        hidden = self.model[0](x) + x @ self.down.T @ self.up.T
        return self.model[2](hidden.tanh())


def test_corrections_of_frozen_weights_are_rotated_alone():
    model = LowRank()
    frozen = model.model[0].weight.clone()
    bases = bases_of(model)
    assert {basis.block.name for basis in bases} == {"down", "up", "model.2.weight"}
    beside_plain(model, bases, lambda m, o: train(m, o, batches(10)))
    assert torch.equal(model.model[0].weight, frozen)
    assert model.up.detach().norm() > 0.01


def test_kernels_in_another_order_of_memory_are_rotated():
    torch.manual_seed(0)
    model = nn.Conv2d(3, 4, 3).double().to(memory_format=torch.channels_last)
    images = torch.randn(2, 3, 6, 6, dtype=torch.float64)

    def loop(model, optimizer):
        for _ in range(5):
            optimizer.zero_grad()
            model(images).square().mean().backward()
            optimizer.step()

    beside_plain(model, bases_of(model, kronecker), loop)
    assert model.weight.is_contiguous(memory_format=torch.channels_last)


def test_each_parameter_can_be_stepped_within_the_backward_pass():
    model, plain = perceptron(), perceptron()
    bases = bases_of(model)
    own = {
        p: EGOPOptimizer(optim.SGD, [(n, p)], bases.only(n), lr=0.1)
        if n.endswith("weight")
        else optim.SGD([p], lr=0.1)
        for n, p in model.named_parameters()
    }

    def step(p):
        own[p].step()
        own[p].zero_grad()

    for p in model.parameters():
        p.register_post_accumulate_grad_hook(step)
    for inputs, targets in batches(5):
        LOSS(model(inputs), targets).backward()
    train(plain, optim.SGD(plain.parameters(), lr=0.1), batches(5))
    close(model, plain)


def test_an_optimizer_around_it_steps_as_around_the_base():
    model, plain = perceptron(), perceptron()
    inner = EGOPOptimizer(optim.SGD, model.named_parameters(), bases_of(model), lr=0.1)
    train(model, pytorch_optimizer.Lookahead(inner), batches(12))
    train(plain, pytorch_optimizer.Lookahead(optim.SGD(plain.parameters(), lr=0.1)), batches(12))
    close(model, plain)


def test_model_and_optimizer_are_saved_whole():
    model = perceptron()
    optimizer = adam(model)
    train(model, optimizer, batches(3))
    file = io.BytesIO()
    torch.save((model, optimizer), file)
    file.seek(0)
    other, its = torch.load(file, weights_only=False)
    train(model, optimizer, batches(3))
    train(other, its, batches(3))
    assert torch.equal(weights(model), weights(other))


def test_without_bases_and_with_an_empty_group_it_is_the_base_optimizer():
    model, plain = perceptron(), perceptron()
    none = BlockBases(bases_of(model).layout, ())
    groups = [{"params": []}, {"params": model.named_parameters()}]
    optimizer = EGOPOptimizer(optim.Adam, groups, none, lr=0.01)
    train(model, optimizer, batches(5))
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(model, optimizer, batches(5))
    train(plain, optim.Adam(plain.parameters(), lr=0.01), batches(5) * 2)
    assert torch.equal(weights(model), weights(plain))


@pytest.mark.parametrize("asked", ["step", "state_dict"])
def test_a_parameter_that_took_the_place_of_a_rotated_one_is_refused(asked):
    model = perceptron()
    optimizer = adam(model)
    train(model, optimizer, batches(3))
    model[0].weight = nn.Parameter(model[0].weight.detach().clone())
    optimizer.param_groups[0]["params"][0] = model[0].weight
    before = weights(model)
    gradient(model, batches(1)[0])
    with pytest.raises(ValueError, match=r"groups without 0\.weight; freeze"):
        getattr(optimizer, asked)()
    assert torch.equal(weights(model), before)
