"""Weights of other dtypes, mixed precision, and the precision of rotations themselves."""

import copy

import pytest
import torch
from torch import nn, optim

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    dense,
    dropped,
    gradient,
    identity,
    kronecker,
    partial,
    perceptron,
    train,
    weights,
)


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
