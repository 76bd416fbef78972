"""Weights that are frozen, shared, wrapped, or changed by something else."""

import copy

import pytest
import torch
from torch import nn, optim

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    close,
    dense,
    dropped,
    global_bases,
    gradient,
    kronecker,
    pair,
    partial,
    perceptron,
    train,
    weights,
)


def test_a_frozen_rotated_weight_stays_to_the_last_bit():
    model = perceptron()
    optimizer = adam(model)
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    train(model, optimizer, batches(5))
    assert torch.equal(before, model[0].weight)


def test_what_is_frozen_with_a_gradient_is_stepped_as_by_the_base_optimizer():
    model, rotated, oracle, plain = pair(optim.SGD, lr=0.1)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        gradient(each, batches(1)[0])
        each.requires_grad_(False)
        optimizer.step()
        each.requires_grad_(True)
        train(each, optimizer, batches(3))
    close(model, oracle)


def test_at_rate_0_weights_stay_to_the_last_bit():
    model = perceptron()
    before = weights(model)
    train(model, adam(model, lr=0.0), batches(3))
    assert torch.equal(weights(model), before)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(5, 5), nn.Linear(5, 3)
        self.again = nn.Linear(5, 5)
        self.again.weight = self.first.weight

    def forward(self, x):
        return self.second(self.again(self.first(x).tanh()).tanh())


def test_tied_weights_are_one_parameter():
    torch.manual_seed(0)
    model, data = Tied().double(), batches(40)
    bases = bases_of(model)
    assert len(bases) == 2
    plain = copy.deepcopy(model)
    train(model, EGOPOptimizer(optim.SGD, model.named_parameters(), bases, lr=0.1), data)
    train(plain, optim.SGD(plain.parameters(), lr=0.1), data)
    assert model.again.weight is model.first.weight
    for p, q in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-12, atol=1e-12)


def test_a_compiled_or_wrapped_model_has_the_bases_of_the_model_inside():
    model = perceptron()
    bases = bases_of(model)
    for wrapped in (torch.compile(model, backend="eager"), optim.swa_utils.AveragedModel(model)):
        assert len(adam(wrapped, bases).blocks) == 2
    model, oracle = perceptron(), perceptron()
    compiled = torch.compile(model, backend="eager")
    train(compiled, adam(compiled, bases), batches(5))
    train(oracle, adam(oracle, bases), batches(5))
    assert torch.equal(weights(model), weights(oracle))


CHANGES = {
    "load_state_dict": lambda m: m.load_state_dict(perceptron(seed=9).state_dict()),
    "init": lambda m: nn.init.ones_(m[0].weight),
    "clamp": lambda m: m[0].weight.detach().clamp_(-0.1, 0.1),
    "new memory": lambda m: setattr(m[0].weight, "data", torch.ones(4, 5, dtype=torch.float64)),
    "vector": lambda m: nn.utils.vector_to_parameters(torch.ones(39).double(), m.parameters()),
}


@pytest.mark.parametrize("of", [bases_of, global_bases])
@pytest.mark.parametrize("make", [dense, dropped, partial])
@pytest.mark.parametrize("name", CHANGES)
def test_weights_that_something_else_has_changed_are_taken_as_they_are(name, make, of):
    model = perceptron()
    bases = of(model, make)
    optimizer = EGOPOptimizer(optim.SGD, model.named_parameters(), bases, lr=0.1)
    train(model, optimizer, batches(3))
    CHANGES[name](model)
    fresh = copy.deepcopy(model)
    train(model, optimizer, batches(3))
    other = EGOPOptimizer(optim.SGD, fresh.named_parameters(), bases, lr=0.1)
    train(fresh, other, batches(3))
    close(model, fresh)


def test_writes_through_data_are_taken_when_it_is_said():
    model = perceptron()
    optimizer = adam(model, lr=1e-12)
    train(model, optimizer, batches(1))
    model[0].weight.data.fill_(1.0)
    optimizer.read_weights()
    train(model, optimizer, batches(1))
    torch.testing.assert_close(model[0].weight.detach(), torch.ones(4, 5).double())


@pytest.mark.parametrize("make", [dense, kronecker, dropped])
def test_averages_are_swapped_in_and_out_without_a_trace(make):
    model, steady = perceptron(), perceptron()
    bases = bases_of(model, make)
    swapped, other = adam(model, bases), adam(steady, bases)
    average = optim.swa_utils.AveragedModel(model)
    for batch in batches(10):
        train(model, swapped, [batch])
        train(steady, other, [batch])
        average.update_parameters(model)
        own = copy.deepcopy(model.state_dict())
        model.load_state_dict(average.module.state_dict())
        model.load_state_dict(own)
    assert torch.equal(weights(model), weights(steady))


@pytest.mark.parametrize("make", [dense, kronecker, dropped])
def test_coordinates_follow_the_dtype_of_the_weights(make):
    model = perceptron(torch.float32)
    optimizer = adam(model, bases_of(model, make))
    train(model, optimizer, batches(2, torch.float32))
    optimizer.state.clear()
    model.double()
    fresh = copy.deepcopy(model)
    other = adam(
        fresh, bases_of(model, lambda block, seed: make(block, seed).to(None, torch.float32))
    )
    for each, its in ((model, optimizer), (fresh, other)):
        train(each, its, batches(10))
    close(model, fresh)
    assert {s.dtype for b in optimizer.blocks for s in b.shadows} == {torch.float64}


@pytest.mark.parametrize("make", [dense, dropped])
def test_weights_that_were_made_narrow_keep_their_steps_in_float32(make):
    model = perceptron(torch.float32)
    bases = bases_of(model, make)
    optimizer = EGOPOptimizer(optim.SGD, model.named_parameters(), bases, lr=1e-5)
    model.bfloat16()
    before = model[0].weight.detach().clone()
    for _ in range(2000):  # each is less than bfloat16 tells apart
        model[0].weight.grad = torch.ones_like(before)
        optimizer.step()
    moved = optimizer.blocks[0].points().view(4, 5) - before
    expected = bases.bases[0].from_basis(bases.bases[0].to_basis(-0.02 * torch.ones(20).double()))
    torch.testing.assert_close(moved, expected.view(4, 5).float(), rtol=0, atol=2e-3)


class Failing(optim.SGD):
    """Fails after it has moved everything, when it is told to."""

    fails = False

    def step(self, closure=None):
        loss = super().step(closure)
        if self.fails:
            raise ArithmeticError("no step")
        return loss


@pytest.mark.parametrize("make", [dense, dropped])
def test_a_step_that_failed_is_not_made_up_for(make):
    model, steady = perceptron(), perceptron()
    bases = bases_of(model, make)
    both = [EGOPOptimizer(Failing, m.named_parameters(), bases, lr=0.1) for m in (model, steady)]
    rotated = {id(w) for block in both[0].blocks for w in block.weights}
    before = copy.deepcopy(model.state_dict())
    both[0].base.fails = True
    with pytest.raises(ArithmeticError, match="no step"):
        train(model, both[0], batches(1, seed=4))
    both[0].base.fails = False
    for name, p in model.named_parameters():
        if id(p) in rotated:
            assert torch.equal(p, before[name])
    model.load_state_dict({n: before[n] for n in ("0.bias", "2.bias")}, strict=False)
    for each, optimizer in zip((model, steady), both, strict=True):
        train(each, optimizer, batches(3))
    close(model, steady)


@pytest.mark.parametrize("of", [bases_of, global_bases])
def test_a_parameter_without_entries_is_no_obstacle(of):
    model = perceptron()
    model[2].register_parameter("empty", nn.Parameter(torch.zeros(0, 4).double()))
    fresh = perceptron()
    assert "2.empty" in {block.name for block in bases_of(model).layout}
    train(model, adam(model, of(model)), batches(3))
    train(fresh, adam(fresh, of(fresh)), batches(3))
    assert torch.equal(weights(model), weights(fresh))
