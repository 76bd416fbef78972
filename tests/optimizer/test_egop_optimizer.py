"""Steps in EGOP coordinates: the same as optimizing f(V z) with a reparameterized model."""

import copy

import pytest
import pytorch_optimizer
import torch
from torch import optim

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    bases_of,
    batches,
    dense,
    dropped,
    global_bases,
    gradient,
    identity,
    kronecker,
    partial,
    perceptron,
    reparameterized,
    rows_apart,
    train,
    weights,
)

OPTIMIZERS = {
    "adadelta": (optim.Adadelta, {"lr": 0.5}),
    "adafactor": (optim.Adafactor, {"lr": 0.01}),
    "adagrad": (optim.Adagrad, {"lr": 0.05}),
    "adam": (optim.Adam, {"lr": 0.01}),
    "adam, L2 and AMSGrad": (optim.Adam, {"lr": 0.01, "weight_decay": 0.1, "amsgrad": True}),
    "adam, fused": (optim.Adam, {"lr": 0.01, "fused": True}),
    "adam, foreach, maximize": (optim.Adam, {"lr": 0.001, "foreach": True, "maximize": True}),
    "adamax": (optim.Adamax, {"lr": 0.01}),
    "adamw": (optim.AdamW, {"lr": 0.01, "weight_decay": 0.1}),
    "asgd": (optim.ASGD, {"lr": 0.01}),
    "nadam": (optim.NAdam, {"lr": 0.01}),
    "radam": (optim.RAdam, {"lr": 0.01}),
    "rmsprop": (optim.RMSprop, {"lr": 0.01, "momentum": 0.9, "centered": True}),
    "rprop": (optim.Rprop, {"lr": 0.01}),
    "sgd": (optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "adabelief": (pytorch_optimizer.AdaBelief, {"lr": 0.01}),
    "lamb": (pytorch_optimizer.Lamb, {"lr": 0.01}),
    "lion": (pytorch_optimizer.Lion, {"lr": 0.003}),
    "schedule-free": (pytorch_optimizer.ScheduleFreeAdamW, {"lr": 0.01}),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_is_optimizing_the_reparameterized_model(name):
    """Bases are random, so that no coordinate has gradients of round-off alone.

    Estimated ones have such coordinates where gradients are 0 in a direction, as those of softmax
    are in the sum of all outputs: what divides by their size, or takes signs, steps these by
    round-off, in which no two computations agree.
    """
    base, options = OPTIMIZERS[name]
    model, data = perceptron(), batches(200)
    bases = bases_of(model)
    oracle = reparameterized(copy.deepcopy(model), bases)
    train(model, EGOPOptimizer(base, model.named_parameters(), bases, **options), data)
    train(oracle, base(oracle.parameters(), **options), data)
    torch.testing.assert_close(weights(model), weights(oracle), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [kronecker, rows_apart, partial])
def test_every_kind_of_basis_is_that_of_the_reparameterized_model(make):
    model, data = perceptron(), batches(200)
    bases = bases_of(model, make)
    oracle = reparameterized(copy.deepcopy(model), bases)
    train(model, EGOPOptimizer(optim.Adam, model.named_parameters(), bases, lr=0.01), data)
    train(oracle, optim.Adam(oracle.parameters(), lr=0.01), data)
    torch.testing.assert_close(weights(model), weights(oracle), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("make", [dense, partial])
def test_one_basis_for_all_parameters_is_that_of_the_flat_vector(make):
    model, data = perceptron(), batches(200)
    bases = global_bases(model, make)
    z = bases.to_basis(weights(model)).requires_grad_()
    oracle = optim.Adam([z], lr=0.01)
    names, shapes = zip(*[(n, p.shape) for n, p in model.named_parameters()], strict=True)
    for inputs, targets in data:
        parts = bases.from_basis(z).split([shape.numel() for shape in shapes])
        values = {n: x.view(s) for n, x, s in zip(names, parts, shapes, strict=True)}
        outputs = torch.func.functional_call(model, values, inputs)
        oracle.zero_grad()
        torch.nn.functional.mse_loss(outputs, targets).backward()
        oracle.step()
    train(model, EGOPOptimizer(optim.Adam, model.named_parameters(), bases, lr=0.01), data)
    torch.testing.assert_close(weights(model), bases.from_basis(z), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_identity_is_the_base_optimizer_exactly(name, dtype):
    base, options = OPTIMIZERS[name]
    model, data = perceptron(dtype), batches(30, dtype)
    plain = copy.deepcopy(model)
    bases = bases_of(model, identity)
    train(model, EGOPOptimizer(base, model.named_parameters(), bases, **options), data)
    train(plain, base(plain.parameters(), **options), data)
    assert torch.equal(weights(model), weights(plain))


@pytest.mark.parametrize("make", [dense, kronecker, rows_apart, partial])
@pytest.mark.parametrize("of", [bases_of, global_bases])
def test_gradient_descent_is_the_same_in_every_basis(make, of):
    if of is global_bases and make in {kronecker, rows_apart}:
        make = dense
    model, data = perceptron(), batches(200)
    plain = copy.deepcopy(model)
    options = {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}
    train(
        model, EGOPOptimizer(optim.SGD, model.named_parameters(), of(model, make), **options), data
    )
    train(plain, optim.SGD(plain.parameters(), **options), data)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-12, atol=1e-12)


def test_a_basis_that_drops_directions_keeps_the_weights_part_in_them():
    model, data = perceptron(), batches(100)
    bases = bases_of(model, dropped)
    before = {b.block.name: model.get_parameter(b.block.name).detach().clone() for b in bases}
    oracle = {
        b.block.name: (b, b.to_basis(before[b.block.name].flatten()).requires_grad_())
        for b in bases
    }
    other = copy.deepcopy(model)
    biases = [p for n, p in other.named_parameters() if n.endswith("bias")]
    stepped = optim.Adam([z for _, z in oracle.values()] + biases, lr=0.01)
    optimizer = EGOPOptimizer(optim.Adam, model.named_parameters(), bases, lr=0.01)
    assert [optimizer.blocks[k].shadows[0].shape for k in range(2)] == [(4,), (4,)]
    train(model, optimizer, data)
    for batch in data:
        gradient(other, batch)
        for name, (basis, z) in oracle.items():
            z.grad = basis.to_basis(other.get_parameter(name).grad.flatten())
        stepped.step()
        for name, (basis, z) in oracle.items():
            start = before[name].flatten()
            moved = basis.from_basis(z.detach() - basis.to_basis(start))
            other.get_parameter(name).data.copy_((start + moved).view(before[name].shape))
    torch.testing.assert_close(weights(model), weights(other), rtol=1e-11, atol=1e-11)
