"""Flat vectors of modules: frozen, tied and shared parameters, and bases that fit no other."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.methods import adam
from egop.networks import (
    Batch,
    Minibatches,
    RunSpec,
    Training,
    estimate_block_bases,
    from_module,
    xavier_normal,
)
from egop.networks.layout import check_layout
from egop.networks.module import flat_parameters
from egop.networks.network import blocks_of
from tests.networks.small_trainings import numbers

INPUTS, CLASSES = numbers(20, 6, seed=1), torch.arange(20) % 3
BATCH = Batch(INPUTS, CLASSES)


def cross_entropy(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1])


def redraw(model, generator):
    for p in model.parameters():
        nn.init.normal_(p, std=0.5, generator=generator)


def layered(*frozen):
    torch.manual_seed(0)
    layers = nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 3)
    model = nn.Sequential(*layers).double()
    for name in frozen:
        model.get_parameter(name).requires_grad_(False)
    return model


FROZEN = "0.weight", "0.bias", "2.weight"


def by_hand(model, bases, n_steps):
    """The parameters that require gradients after steps of Adam on z = Vᵀx, by torch.optim."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    start = nn.utils.parameters_to_vector(parameters).detach()
    z = bases.to_basis(start).requires_grad_()
    optimizer = torch.optim.Adam([z], lr=0.1)
    for _ in range(n_steps):
        nn.utils.vector_to_parameters(bases.from_basis(z.detach()), parameters)
        slopes = torch.autograd.grad(cross_entropy(model, BATCH), parameters)
        z.grad = bases.to_basis(torch.cat([slope.flatten() for slope in slopes]))
        optimizer.step()
    return bases.from_basis(z.detach())


def test_frozen_parameters_stay_put_and_the_others_are_rotated_as_by_hand():
    model = layered(*FROZEN)
    before = copy.deepcopy(model.state_dict())
    bases = estimate_block_bases(model, cross_entropy, [BATCH], redraw, 40)
    network = from_module(model, cross_entropy)
    assert bases.layout == network.blocks
    assert [block.name for block in network.blocks] == ["2.bias", "4.weight", "4.bias"]
    data = Minibatches(Batch(INPUTS[None], CLASSES[None]), size=20)
    start = flat_parameters(model)[None]
    plan = [RunSpec(adam(), "egop", 0.1)]
    train = Training(
        network, data, plan, start, n_epochs=7, bases={"egop": [bases]}, dtype=torch.float64
    )
    first, *_ = list(train)
    assert first.training_loss.item() == pytest.approx(cross_entropy(model, BATCH).item())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    expected = by_hand(copy.deepcopy(model), bases, 7)
    torch.testing.assert_close(train.points[0, 0], expected, rtol=1e-6, atol=1e-9)
    assert not torch.allclose(expected, start[0], atol=0.1)


@pytest.mark.parametrize("initialize", [redraw, xavier_normal()], ids=["function", "law"])
def test_the_egop_is_that_of_the_frozen_values(initialize):
    model, seen = layered("0.weight", "0.bias"), []

    def noted(model, batch):
        seen.append((model[0].weight.clone(), flat_parameters(model)))
        return cross_entropy(model, batch)

    bases = estimate_block_bases(model, noted, [BATCH], initialize, 30)
    rows = []
    for weight, flat in seen:
        assert torch.equal(weight, model[0].weight)
        twin = layered("0.weight", "0.bias")
        parameters = [p for p in twin.parameters() if p.requires_grad]
        nn.utils.vector_to_parameters(flat, parameters)
        slopes = torch.autograd.grad(cross_entropy(twin, BATCH), parameters)
        rows.append(torch.cat([slope.flatten() for slope in slopes]))
    gradients = torch.stack(rows)
    for basis in bases:
        own = gradients[:, basis.block.start : basis.block.stop]
        projections = (own @ basis.eigenvectors).square().mean(0)
        torch.testing.assert_close(projections, basis.eigenvalues, rtol=1e-9, atol=1e-14)


def test_a_basis_of_a_model_that_froze_other_parameters_is_refused():
    bases = estimate_block_bases(layered(), cross_entropy, [BATCH], redraw, 5)
    network = from_module(layered(*FROZEN), cross_entropy)
    data = Minibatches(Batch(INPUTS[None], CLASSES[None]))
    start = torch.zeros(1, network.n_parameters)
    with pytest.raises(
        ValueError,
        match=r"the basis 'egop' belongs to another flat vector: 0\.weight of shape \(5, 6\) there "
        r"is 2\.bias of shape \(5,\) here; estimate it from this network",
    ):
        Training(
            network,
            data,
            [RunSpec("adam", "egop", 0.1)],
            start,
            n_epochs=1,
            bases={"egop": [bases]},
        )


@pytest.mark.parametrize(
    ("found", "expected", "words"),
    [
        (
            [("a", (2, 3))],
            [("a", (3, 2))],
            r"a of shape \(2, 3\) there is a of shape \(3, 2\) here",
        ),
        ([("a", (2,))], [("b", (2,))], r"a of shape \(2,\) there is b of shape"),
        ([("a", (2,)), ("b", (1,))], [("a", (2,))], r"b of shape \(1,\) there is nothing here"),
        ([("a", (2,))], [("a", (2,)), ("b", (1,))], r"nothing there is b of shape \(1,\) here"),
    ],
)
def test_the_first_difference_of_two_layouts_is_named(found, expected, words):
    with pytest.raises(ValueError, match=words):
        check_layout(blocks_of(found), blocks_of(expected), "the basis 'egop'")
    check_layout(blocks_of(found), blocks_of(found), "the basis 'egop'")


class Shared(nn.Module):
    """One layer used twice, and two layers whose weights are tied."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.again = self.first
        self.tied = nn.Linear(6, 6)
        self.tied.weight = self.first.weight
        self.last = nn.Linear(6, 3)
        self.double()

    def forward(self, x):
        return self.last(self.tied(self.again(self.first(x).tanh()).tanh()))


@pytest.mark.filterwarnings(r"ignore:\d samples are only \d different gradients")
def test_shared_layers_and_tied_weights_are_one_part_with_their_whole_gradient():
    torch.manual_seed(0)
    model = Shared()
    network = from_module(model, cross_entropy)
    names = ["first.weight", "first.bias", "tied.bias", "last.weight", "last.bias"]
    assert [block.name for block in network.blocks] == names
    bases = estimate_block_bases(model, cross_entropy, [BATCH], None, 3)
    assert bases.layout == network.blocks
    flat = flat_parameters(model)
    _, gradients = network.gradients(flat[None, None], Batch(INPUTS[None], CLASSES[None]))
    cross_entropy(model, BATCH).backward()
    expected = torch.cat([p.grad.flatten() for p in model.parameters()])
    torch.testing.assert_close(gradients[0, 0], expected)


class Counting(nn.Module):
    """Writes buffers in both ways when it is called, and scales by one that is float32."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)
        self.frozen = nn.Linear(3, 3).requires_grad_(False)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("sum", torch.zeros(3))
        self.register_buffer("scale", torch.full((3,), 2.0))

    def forward(self, x):
        self.calls += 1
        self.sum = self.sum + x.sum()
        return self.frozen(self.linear(x)) * self.scale


def test_buffers_stay_and_everything_beside_the_flat_vector_takes_its_dtype():
    model = Counting()
    network = from_module(model, nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])))
    flat = flat_parameters(model).double()[None, None].expand(1, 2, -1)
    losses, gradients = network.gradients(flat, Batch(INPUTS[None], CLASSES[None]))
    network.losses(flat, Batch(INPUTS[None], CLASSES[None]))
    assert gradients.dtype == torch.float64
    assert (model.calls.item(), model.sum.tolist()) == (0, [0, 0, 0])
    exact = copy.deepcopy(model).double()
    weight = torch.tensor([1.0, 2.0, 3.0]).double()
    expected = functional.cross_entropy(exact(INPUTS), CLASSES, weight=weight)
    torch.testing.assert_close(losses, expected.detach().expand(1, 2))


@pytest.mark.parametrize(
    "use",
    [
        lambda model: estimate_block_bases(model, cross_entropy, [BATCH], None, 3),
        lambda model: from_module(model, cross_entropy),
        flat_parameters,
    ],
    ids=["estimate_block_bases", "from_module", "flat_parameters"],
)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda m: m.requires_grad_(False), "parameters that require gradients, got Sequential"),
        (
            lambda m: setattr(m[4], "weight", nn.Parameter(m[2].weight.data[:3])),
            r"2\.weight and 4\.weight share memory",
        ),
        (
            lambda m: m[4].register_buffer("copy", m[2].weight.detach()),
            r"2\.weight and 4\.copy share memory",
        ),
        (lambda m: m.append(nn.LazyLinear(2)), "got 5.weight of a lazy layer; call the model"),
        (lambda m: m.to("meta"), "got 0.weight on the meta device"),
        (
            lambda m: setattr(m[0], "weight", nn.Parameter(m[0].weight * 1j)),
            "takes real parameters, got 0.weight of torch.complex128",
        ),
    ],
)
def test_parameters_that_make_no_flat_vector_are_one_sentence(use, spoil, words):
    model = layered()
    spoil(model)
    with pytest.raises(ValueError, match=words):
        use(model)


@pytest.mark.filterwarnings(r"ignore:\d samples are only \d different gradients")
def test_frozen_integers_and_halves_are_left_alone():
    model = layered()
    model[0].table = nn.Parameter(torch.arange(4), requires_grad=False)
    model[0].rounded = nn.Parameter(torch.ones(2, dtype=torch.float16), requires_grad=False)
    bases = estimate_block_bases(model, cross_entropy, [BATCH], None, 3)
    network = from_module(model, cross_entropy)
    assert bases.layout == network.blocks
    flat = flat_parameters(model)[None, None]
    assert network.losses(flat, Batch(INPUTS[None], CLASSES[None])).item() == pytest.approx(
        cross_entropy(model, BATCH).item()
    )
    assert model[0].table.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("bases", "words"),
    [
        (lambda b: b, "one set of blocks for each of the 2 trials, got one for all"),
        (lambda b: [b], "each of the 2 trials, got 1"),
        (lambda b: [b, list(b)[:1]], "the same blocks in every trial, got 2.weight beside"),
    ],
)
def test_bases_of_trials_are_one_each_and_alike(bases, words):
    model = layered("0.weight")
    found = estimate_block_bases(model, cross_entropy, [BATCH], redraw, 3)
    network = from_module(model, cross_entropy)
    data = Minibatches(Batch(INPUTS[None], CLASSES[None]))
    start = torch.zeros(2, network.n_parameters)
    with pytest.raises(ValueError, match=words):
        Training(
            network,
            data,
            [RunSpec("adam", "egop", 0.1)],
            start,
            n_epochs=1,
            bases={"egop": bases(found)},
        )
