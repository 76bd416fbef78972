"""Base optimizers that evaluate the model, need matrices, or are anybody's own."""

import pytest
import pytorch_optimizer
import torch
from torch import optim

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
    gradient,
    kronecker,
    pair,
    perceptron,
    train,
    weights,
)


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


def accumulated(model, batch):
    """The loss, whose gradient is added to the one that is there."""
    loss = torch.nn.functional.mse_loss(model(batch[0]), batch[1])
    loss.backward()
    return loss


@pytest.mark.parametrize("evaluate", [gradient, accumulated])
def test_a_gradient_before_the_closure_is_rotated_too(evaluate):
    model, rotated, oracle, plain = pair(sharpness_aware, lr=0.05)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        for batch in batches(10):
            gradient(each, batch)
            optimizer.step(lambda e=each, b=batch: evaluate(e, b))
    close(model, oracle, 1e-8)  # it takes norms in float32


class TwoEvaluations(optim.SGD):
    """Changes its gradients in one way or another between the evaluations of a step."""

    def __init__(self, params, between, **options):
        super().__init__(params, **options)
        self.between = between

    @torch.no_grad()
    def step(self, closure):
        with torch.enable_grad():
            closure()
        self.between(self)
        with torch.enable_grad():
            closure()
        super().step()


def halve(optimizer):
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad.mul_(0.5)


BETWEEN = {
    "none": lambda o: o.zero_grad(),
    "zeros": lambda o: o.zero_grad(set_to_none=False),
    "halved": halve,
    "kept": lambda o: None,
}


@pytest.mark.parametrize("make", [dense, kronecker])
@pytest.mark.parametrize("between", BETWEEN)
def test_gradients_accumulate_on_what_the_base_optimizer_has_left(between, make):
    options = {"lr": 0.05, "between": BETWEEN[between]}
    model, rotated, oracle, plain = pair(TwoEvaluations, make, **options)
    for each, optimizer in ((model, rotated), (oracle, plain)):
        for batch in batches(5):
            optimizer.zero_grad(set_to_none=False)
            optimizer.step(lambda e=each, b=batch: accumulated(e, b))
    close(model, oracle)


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
