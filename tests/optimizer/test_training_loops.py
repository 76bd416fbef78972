"""Training loops of all kinds: schedules, closures, clipping, averages, mixed precision."""

import copy
from dataclasses import replace

import pytest
import pytorch_optimizer
import torch
from torch import nn, optim
from torch.optim.optimizer import register_optimizer_step_post_hook

from egop.networks.bases import BlockBases
from egop.networks.network import Block
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
    identity,
    kronecker,
    pair,
    partial,
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


def test_a_base_optimizer_that_writes_its_hyperparameters_is_followed():
    model, rotated, oracle, plain = pair(pytorch_optimizer.Prodigy, lr=1.0)
    train(model, rotated, batches(50))
    train(oracle, plain, batches(50))
    assert rotated.param_groups[0]["d"] > 10 * rotated.param_groups[0]["d0"]
    close(model, oracle, 1e-3)  # it sums in float32


def test_lbfgs_evaluates_the_model_at_its_own_points():
    options = {"lr": 0.5, "max_iter": 6, "line_search_fn": "strong_wolfe"}
    model, rotated, oracle, plain = pair(optim.LBFGS, **options)
    (batch,) = batches(1)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        losses = [optimizer.step(lambda e=each: gradient(e, batch)).item() for _ in range(10)]
        assert losses[-1] < 0.5 * losses[0]
    close(model, oracle, 1e-8)


def sharpness_aware(groups, **options):
    return pytorch_optimizer.SAM(groups, base_optimizer=optim.SGD, **options)


def test_a_gradient_before_the_closure_is_rotated_too():
    model, rotated, oracle, plain = pair(sharpness_aware, lr=0.05)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        for batch in batches(10):
            gradient(each, batch)
            optimizer.step(lambda e=each, b=batch: gradient(e, b))
    close(model, oracle, 1e-8)  # it takes norms in float32


def test_steps_inside_autocast_are_at_full_precision():
    model, other = perceptron(torch.float32), perceptron(torch.float32)
    optimizer, same = adam(model), adam(other)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = adam(perceptron(torch.float32))
    torch.testing.assert_close(inside.blocks[0].shadows, same.blocks[0].shadows, rtol=0, atol=0)
    for batch in batches(5, torch.float32):
        gradient(model, batch)
        gradient(other, batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            optimizer.step()
        same.step()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        optimizer.refresh(bases_of(model, seed=3))
    same.refresh(bases_of(model, seed=3))
    for name, value in same.state[other[0].weight].items():
        assert torch.equal(value, optimizer.state[model[0].weight][name])
    assert torch.equal(weights(model), weights(other))


@pytest.mark.parametrize("make", [dense, kronecker, dropped])
def test_a_closure_gives_the_loss_and_the_same_step(make):
    model, other = perceptron(), perceptron()
    model[0].requires_grad_(False)
    other[0].requires_grad_(False)
    both = [adam(each, bases_of(perceptron(), make)) for each in (model, other)]
    for batch in batches(20):
        assert both[0].step(lambda b=batch: gradient(model, b)).requires_grad
        gradient(other, batch)
        both[1].step()
    assert torch.equal(weights(model), weights(other))
    assert torch.equal(model[0].weight, perceptron()[0].weight)


def test_schedule_free_goes_to_its_averages_and_back():
    model, rotated, oracle, plain = pair(pytorch_optimizer.ScheduleFreeAdamW, lr=0.05)
    train(model, rotated, batches(30))
    train(oracle, plain, batches(30))
    rotated.eval()
    plain.eval()
    close(model, oracle)
    rotated.train()
    plain.train()
    close(model, oracle)
    train(model, rotated, batches(5))
    train(oracle, plain, batches(5))
    close(model, oracle)


def test_muon_and_soap_see_matrices():
    for base in (optim.Muon, pytorch_optimizer.SOAP):
        model = perceptron()
        bases = bases_of(model)
        named = [(n, p) for n, p in model.named_parameters() if p.ndim == 2]
        optimizer = EGOPOptimizer(base, named, bases, lr=0.01)
        assert [s.shape for b in optimizer.blocks for s in b.shadows] == [(4, 5), (3, 4)]
        before = gradient(model, batches(1)[0])
        train(model, optimizer, batches(1) * 40)
        assert gradient(model, batches(1)[0]) < before


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


def test_a_grad_scaler_skips_what_is_not_finite():
    model = perceptron(torch.float32)
    optimizer = adam(model)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    for k, (inputs, targets) in enumerate(batches(6, torch.float32)):
        before = weights(model)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets) * (float("inf") if k == 3 else 1)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        assert torch.equal(weights(model), before) == (k == 3)


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


@pytest.mark.parametrize("make", [dense, kronecker, partial, dropped])
def test_bfloat16_weights_gather_steps_that_are_too_small_for_them(make):
    model = perceptron(torch.bfloat16)
    bases = bases_of(model, make)
    optimizer = EGOPOptimizer(optim.SGD, model.named_parameters(), bases, lr=1.0)
    assert all(s.dtype == torch.float32 for b in optimizer.blocks for s in b.shadows)
    before = model[0].weight.detach().clone()
    direction = optimizer.blocks[0].basis.leading(1).view(4, 5)
    for _ in range(100):
        model.zero_grad()
        model[0].weight.grad = (-1e-4 * direction).bfloat16()
        optimizer.step()
    moved = (model[0].weight.detach() - before).float()
    torch.testing.assert_close(moved, 0.01 * direction.float(), rtol=0, atol=3e-3)
    assert moved.norm() > 0.005
    assert torch.equal(model[0].weight, before) is False


def test_what_bfloat16_weights_do_not_show_is_kept_beside_a_change():
    model = perceptron(torch.bfloat16)
    optimizer = EGOPOptimizer(optim.SGD, model.named_parameters(), bases_of(model), lr=0.01)
    train(model, optimizer, batches(3, torch.bfloat16))
    points = optimizer.blocks[0].points()
    with torch.no_grad():
        model[0].weight.detach()[0, 0] = 2.0
    optimizer.zero_grad()
    optimizer.step()
    expected = points.clone()
    expected[0] = 2.0
    torch.testing.assert_close(optimizer.blocks[0].points(), expected, rtol=1e-6, atol=1e-6)


def test_a_model_brought_to_another_dtype_is_followed():
    model = perceptron(torch.float32)
    optimizer = EGOPOptimizer(optim.SGD, model.named_parameters(), bases_of(model), lr=0.1)
    train(model, optimizer, batches(2, torch.float32))
    model.bfloat16()
    train(model, optimizer, batches(2, torch.bfloat16))
    assert model[0].weight.dtype == torch.bfloat16
    assert all(s.dtype == torch.float32 for b in optimizer.blocks for s in b.shadows)


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


def test_the_precision_of_products_is_the_highest_in_a_step():
    model, data = perceptron(torch.float32), batches(5, torch.float32)
    other = copy.deepcopy(model)
    train(other, adam(other), data)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        seen = []
        basis = bases_of(model, identity)
        optimizer = adam(model, basis)
        inner = optimizer.blocks[0].basis
        optimizer.blocks[0].basis = Watched(inner, seen)
        train(model, optimizer, data[:1])
        assert set(seen) == {"ieee"}
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


class Watched:
    """A basis that notes the precision at which it is asked to rotate."""

    def __init__(self, basis, seen):
        self.basis, self.seen = basis, seen

    def to_basis(self, x):
        self.seen.append(torch.backends.cuda.matmul.fp32_precision)
        return self.basis.to_basis(x)

    def from_basis(self, z):
        self.seen.append(torch.backends.cuda.matmul.fp32_precision)
        return self.basis.from_basis(z)


class Own(optim.Optimizer):
    """A user's own optimizer, whose step takes nothing."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * p.grad.sign())


def test_own_optimizers_and_functions_that_make_one_are_wrapped():
    model, rotated, oracle, plain = pair(Own)
    train(model, rotated, batches(5))
    train(oracle, plain, batches(5))
    close(model, oracle)
    model, rotated, oracle, plain = pair(
        lambda params, lr: optim.Adam(params, lr, (0.5, 0.9)), lr=0.1
    )
    train(model, rotated, batches(5))
    train(oracle, plain, batches(5))
    close(model, oracle)
    assert repr(rotated).startswith("EGOPOptimizer of Adam (")


@pytest.mark.parametrize("make", [dense, kronecker, dropped])
def test_steps_are_differentiated_where_the_base_optimizers_are(make):
    block = Block("w", (4, 5), 0, 20)
    basis = make(block)
    target = torch.randn(4, 5, dtype=torch.float64)
    results = []
    for rotated in (True, False):
        torch.manual_seed(0)
        start = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
        w = start.clone()
        z = basis.to_basis(w.flatten())
        options = {"lr": 0.1, "differentiable": True}
        if rotated:
            bases = BlockBases((block,), (basis,))
            optimizer = EGOPOptimizer(optim.Adam, [("w", w)], bases, **options)
        else:
            optimizer = optim.Adam([z], **options)
        for k in range(3):
            here = w.clone()  # what has a graph is not changed in place
            slope = (here - target) * (k + 1.0) * here.sin()
            w.grad, before = slope.clone(), z.clone()
            z.grad = basis.to_basis(slope.flatten())
            optimizer.step()
            if not rotated:
                w = w + basis.from_basis(z - before).view(4, 5)
        results.append(torch.autograd.grad((w - target).square().sum(), start)[0])
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-9)
    assert results[0].norm() > 0.1
