"""Bases of any module: the same as by hand, and the model is left as it was."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import egop
from egop.networks.classifier import Classifier
from egop.networks.estimation import estimate_bases
from egop.networks.initialization import xavier_normal
from egop.networks.module_bases import estimate_block_bases
from egop.networks.network import Batch


def classify(model, batch):
    inputs, targets = batch
    return nn.functional.cross_entropy(model(inputs), targets)


def batches(n, features=6, dtype=torch.float64):
    rng = np.random.default_rng(0)
    return [
        (
            torch.tensor(rng.standard_normal((20, features)), dtype=dtype),
            torch.tensor(rng.integers(0, 3, 20)),
        )
        for _ in range(n)
    ]


def redraw(model, generator):
    for p in model.parameters():
        nn.init.normal_(p, std=0.5, generator=generator)


def multilayer():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).double()


def test_it_is_the_batched_estimate_of_the_same_network():
    data = batches(3)
    model = estimate_block_bases(multilayer(), classify, data, xavier_normal(), 100, seed=4)
    stacked = [Batch(inputs[None], targets[None]) for inputs, targets in data]
    network = estimate_bases(
        Classifier((6, 5, 3)), xavier_normal(), stacked, 100, seed=4, dtype=torch.float64
    )
    assert [basis.block.name for basis in model] == ["0.weight", "2.weight"]
    for one, other in zip(model, network, strict=True):
        np.testing.assert_allclose(one.eigenvalues, other.eigenvalues, rtol=1e-10, atol=1e-16)
        egops = [b.eigenvectors * b.eigenvalues @ b.eigenvectors.T for b in (one, other)]
        np.testing.assert_allclose(*egops, atol=1e-10 * float(one.eigenvalues[0]))


@pytest.mark.parametrize("blocks", ["matrices", "global", "first", ["2.bias"]])
def test_the_eigenvectors_diagonalize_the_egop_of_plain_autograd(blocks):
    data = batches(2)
    bases = estimate_block_bases(
        multilayer(), classify, data, redraw, 60, blocks, seed=1, precision=torch.float64
    )
    repeated = estimate_block_bases(
        multilayer(), classify, data, redraw, 60, blocks, seed=1, precision=torch.float64
    )
    for basis, again in zip(bases, repeated, strict=True):
        assert torch.equal(basis.eigenvectors, again.eigenvectors)
    drawn = []

    def noted(model, generator):
        redraw(model, generator)
        drawn.append(nn.utils.parameters_to_vector(model.parameters()).detach().clone())

    estimate_block_bases(multilayer(), classify, data, noted, 60, blocks, seed=1)
    model, rows = multilayer(), []
    for i, flat in enumerate(drawn):
        nn.utils.vector_to_parameters(flat, model.parameters())
        model.zero_grad()
        classify(model, data[i % 2]).backward()
        rows.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    gradients = torch.stack(rows)
    for basis in bases:
        own = gradients[:, basis.block.start : basis.block.stop]
        projections = (own @ basis.eigenvectors).square().mean(0)
        np.testing.assert_allclose(projections, basis.eigenvalues, rtol=1e-9, atol=1e-14)
        egop_rotated = basis.eigenvectors.T @ own.T @ own @ basis.eigenvectors / 60
        np.testing.assert_allclose(egop_rotated, torch.diag(basis.eigenvalues), atol=1e-12)


class Everything(nn.Module):
    """Normalization, dropout, a frozen layer, one that is never used, and its own noise."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.norm = nn.BatchNorm1d(8)
        self.dropout = nn.Dropout(0.5)
        self.frozen = nn.Linear(8, 8).requires_grad_(False)
        self.unused = nn.Linear(2, 2)
        self.last = nn.Linear(8, 3)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, inputs):
        self.calls = self.calls + 1
        hidden = self.dropout(self.norm(self.first(inputs))).relu()
        return self.last(self.frozen(hidden + 0.1 * torch.randn_like(hidden)))


def test_the_model_is_left_as_it_was():
    model = Everything()
    model.norm.eval()
    classify(model, batches(1, dtype=torch.float32)[0]).backward()
    before = copy.deepcopy(model.state_dict())
    slopes = {
        name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()
    }
    addresses = {name: p.data_ptr() for name, p in model.named_parameters()}
    modes = [m.training for m in model.modules()]
    noise = torch.get_rng_state()

    def rude(model, generator):
        model.eval()
        model.norm.train()
        for p in model.parameters():
            p.data = torch.randn(p.shape, generator=generator)
        torch.rand(3)

    bases = estimate_block_bases(model, classify, batches(2, dtype=torch.float32), rude, 30)
    assert [basis.block.name for basis in bases] == ["first.weight", "unused.weight", "last.weight"]
    assert (bases["unused.weight"].eigenvalues == 0).all()
    assert torch.equal(torch.get_rng_state(), noise)
    assert [m.training for m in model.modules()] == modes
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    for name, p in model.named_parameters():
        assert p.data_ptr() == addresses[name]
        assert p.requires_grad == (not name.startswith("frozen"))
        assert (p.grad is None) == (slopes[name] is None)
        assert p.grad is None or torch.equal(p.grad, slopes[name])


def test_it_is_left_as_it_was_when_something_goes_wrong():
    model = multilayer()
    before = copy.deepcopy(model.state_dict())
    calls = []

    def failing(model, batch):
        calls.append(1)
        if len(calls) == 3:
            raise ZeroDivisionError
        return classify(model, batch)

    with pytest.raises(ZeroDivisionError):
        estimate_block_bases(model, failing, batches(1), redraw, 10)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_samples_do_not_depend_on_those_before_them():
    """Dropout and running means: the first gradients of many are those of few."""
    seen = {}

    def noted(model, batch):
        value = classify(model, batch)
        seen.setdefault(count, []).append(value.item())
        return value

    for count in (5, 9):
        torch.rand(count)
        torch.manual_seed(0)
        model = Everything()
        estimate_block_bases(model, noted, batches(2, dtype=torch.float32), redraw, count)
    assert seen[9][:5] == seen[5]
    assert len(set(seen[9])) == 9


def test_without_a_distribution_the_current_weights_are_used():
    model, data = multilayer(), batches(4)
    bases = estimate_block_bases(model, classify, data, None, 4, "global")
    rows = []
    for batch in data:
        model.zero_grad()
        classify(model, batch).backward()
        rows.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    gradients = torch.stack(rows)
    expected = torch.linalg.svdvals(gradients) ** 2 / 4
    np.testing.assert_allclose(bases["global"].eigenvalues[:4], expected, rtol=1e-9)
    rotated = bases.to_basis(gradients)
    assert rotated[:, 4:].abs().max() < 1e-12


def test_tied_weights_count_once_with_their_whole_gradient():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(4, 4, bias=False)
            self.second = nn.Linear(4, 4, bias=False)
            self.second.weight = self.first.weight

        def forward(self, x):
            return self.second(self.first(x))

    def squares(model, batch):
        return model(batch).square().sum()

    x = torch.ones(1, 4)
    (basis,) = estimate_block_bases(Tied(), squares, [x], redraw, 50)
    assert basis.block.name == "first.weight"
    assert basis.eigenvalues[0] > 0
    untied = Tied()
    untied.second.weight = nn.Parameter(untied.first.weight.data)
    with pytest.raises(ValueError, match=r"first\.weight and second\.weight share memory"):
        estimate_block_bases(untied, squares, [x], redraw, 50)


def test_convolution_kernels_get_a_basis():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
    data = [
        (torch.randn(5, 1, 4, 4, generator=torch.Generator().manual_seed(0)), torch.arange(5) % 3)
    ]
    bases = estimate_block_bases(model, classify, data, redraw, 40)
    assert [basis.dim for basis in bases] == [18, 24]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"loss": lambda model, batch: model(batch[0])}, r"a scalar .* got shape \(20, 3\)"),
        ({"loss": lambda model, batch: 1.0}, "a scalar that depends on the parameters, got float"),
        ({"model": nn.ReLU()}, "parameters that require gradients, got ReLU with none"),
        ({"n_samples": 0}, "n_samples of at least 1"),
        ({"structure": "kroneker"}, "no structure 'kroneker'"),
        ({"memory_budget": 10}, r"0\.weight with 30 entries needs"),
        (
            {"initialize": lambda model, generator: setattr(model, "0", nn.Linear(6, 5).double())},
            "fills its parameters in place",
        ),
    ],
)
def test_what_cannot_be_estimated_is_one_sentence(wrong, sentence):
    asked = {"model": multilayer(), "loss": classify, "batches": batches(1)}
    asked |= {"initialize": redraw, "n_samples": 5} | wrong
    with pytest.raises((ValueError, MemoryError), match=sentence):
        egop.networks.estimate_block_bases(**asked)
