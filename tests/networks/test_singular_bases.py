"""GaLore's projection as bases of a model: Adam in them is GaLore."""

import copy

import pytest
import torch
from torch import nn

from egop import methods
from egop.networks import sample_gradients, xavier_normal
from egop.networks.gradient_sample import BlockGradients
from egop.networks.layout import trainable
from egop.networks.network import blocks_of
from egop.networks.singular_bases import singular_bases
from egop.optimizer import EGOPOptimizer, from_method

INPUTS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def model():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def loss(net):
    return (net(INPUTS) - INPUTS[:, :2].cos()).square().mean()


def first_gradients(net):
    loss(net).backward()
    layout = blocks_of([(n, tuple(p.shape)) for n, p in trainable(net, "test")])
    matrices = tuple(block for block in layout if block.is_matrix)
    parameters = dict(net.named_parameters())
    rows = {b.name: parameters[b.name].grad.flatten()[None] for b in matrices}
    return BlockGradients(matrices, {name: each.clone() for name, each in rows.items()})


def test_adam_in_the_singular_vectors_of_the_first_gradient_is_galore():
    net = model()
    bases = singular_bases(net, first_gradients(net), rank=2)
    other = copy.deepcopy(net)
    projected = EGOPOptimizer(torch.optim.Adam, net.named_parameters(), bases, lr=0.01, eps=0.0)
    galore = from_method(methods.galore(0.01, rank=2, scale=1.0, eps=0.0))(other.parameters())
    for each, optimizer in ((net, projected), (other, galore)):
        for _ in range(20):
            optimizer.zero_grad()
            loss(each).backward()
            optimizer.step()
    for mine, theirs in zip(net.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-10)
    assert loss(net) < loss(model())


def test_the_rest_is_dropped_or_completed():
    net = model()
    batches = [(INPUTS, INPUTS[:, :2])]
    gradients = sample_gradients(net, nn.MSELoss(), batches, xavier_normal(), 20)
    for complement, kept in (("dropped", 10), ("implicit", 20)):
        basis = singular_bases(net, gradients, 2, complement)["0.weight"]
        assert basis.n_coordinates == kept
        x = torch.randn(3, 20, dtype=torch.float64)
        assert basis.to_basis(x).shape == (3, kept)
        along = basis.from_basis(basis.to_basis(x))
        assert torch.allclose(along, x) == (complement == "implicit")


def test_a_quarter_of_the_shorter_side_is_the_default():
    net = model()
    sizes = [basis.n_coordinates for basis in singular_bases(net, first_gradients(net))]
    assert sizes == [5, 4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rank": 3}, r"shorter side of every block, got 3 for 2.weight, 2×4; take rank=2 or less"),
        ({"rank": 0}, "rank takes a number of vectors"),
        ({"complement": "random"}, "complement takes 'dropped' or 'implicit', got 'random'"),
    ],
)
def test_bad_input_is_one_sentence(options, words):
    net = model()
    with pytest.raises(ValueError, match=words):
        singular_bases(net, first_gradients(net), **options)
