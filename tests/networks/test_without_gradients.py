"""Bases of batched networks without gradients: of the inputs, and drawn at random."""

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from egop.networks import Batch, Classifier, LinearNetwork, estimate_bases, from_module
from egop.networks.batches import Minibatches, MomentMinibatches
from egop.networks.initialization import xavier_normal
from egop.networks.rotation import Rotation
from egop.networks.structures.choice import Structure
from tests.networks.small_trainings import numbers

NETWORK = Classifier((6, 5, 4))
INPUTS = numbers(1, 23, 6) + 1  # far from centered
CLASSES = torch.arange(23)[None] % 4
BATCHES = list(Minibatches(Batch(INPUTS, CLASSES), size=9).epoch(0, [0]))


def estimated(network, batches, structure, blocks="first", n_samples=1, **options):
    options = {"dtype": torch.float64, "structure": structure} | options
    return estimate_bases(network, xavier_normal(), batches, n_samples, blocks, **options)


@pytest.mark.parametrize("batches", [BATCHES, [Batch(INPUTS, CLASSES)]])
def test_data_diagonalizes_the_uncentered_moment_of_all_inputs(batches):
    """Of every batch, whatever M is, each example counted once: minibatches may differ in size."""
    (basis,) = estimated(NETWORK, batches, "data")
    moment = INPUTS[0].mT @ INPUTS[0] / 23
    turned = basis.right.mT @ moment @ basis.right
    torch.testing.assert_close(turned, torch.diag(basis.right_eigenvalues), rtol=0, atol=1e-12)
    assert (basis.right_eigenvalues.diff() <= 0).all()
    assert (basis.left, basis.structure, basis.block.name) == (None, "data", "W1")
    x = numbers(3, 30)
    expected = (x.unflatten(-1, (5, 6)) @ basis.right).flatten(-2)
    torch.testing.assert_close(basis.to_basis(x), expected)


def test_data_of_a_linear_network_from_examples_and_from_moments():
    network = LinearNetwork((6, 5, 4))
    targets = INPUTS @ numbers(6, 4, seed=3)
    by_moments = MomentMinibatches(INPUTS, solution=numbers(1, 4, 6), size=9).whole["train"]
    found = [
        estimated(network, [batch], "data")["W1"] for batch in (Batch(INPUTS, targets), by_moments)
    ]
    torch.testing.assert_close(found[0].right, found[1].right, rtol=0, atol=1e-12)
    moment = INPUTS[0].mT @ INPUTS[0] / 23
    turned = found[1].right.mT @ moment @ found[1].right
    torch.testing.assert_close(turned, turned.diagonal().diag(), rtol=0, atol=1e-12)


def test_random_knows_the_seed_and_nothing_else():
    def vectors(batches, seed):
        found = estimated(NETWORK, batches, "random", "matrices", seed=seed)
        return [basis.eigenvectors for basis in found]

    first, again, other = vectors(BATCHES, (0, 1)), vectors([], (0, 1)), vectors([], (0, 2))
    for one, two, three in zip(first, again, other, strict=True):
        assert torch.equal(one, two)
        assert (one - three).abs().max() > 0.1
        torch.testing.assert_close(one.mT @ one, torch.eye(len(one)).double())


@pytest.mark.parametrize("structure", ["dense", "kronecker", "rows", "partial", "data", "random"])
def test_what_a_structure_says_of_its_size_is_that_of_its_bases(structure):
    blocks = "first" if structure == "data" else "matrices"
    bases = estimated(NETWORK, BATCHES, structure, blocks, n_samples=7)
    told, chosen = Structure(structure), [basis.block for basis in bases]
    rotation = Rotation([bases], NETWORK.n_parameters, numbers(1))
    multiplied = sum(told.multiplications(block, 7) for block in chosen)
    assert rotation.multiplications == multiplied
    values = sum(
        tensor.numel()
        for basis in bases
        for name, tensor in basis.tensors().items()
        if name.endswith("eigenvalues")
    )
    assert bases.n_numbers - values == sum(told.kept_numbers(block, 7) for block in chosen)


@pytest.mark.parametrize("structure", ["data", "random"])
def test_memory_is_checked_before(structure):
    with pytest.raises(MemoryError, match=f"a {structure} basis of W1 with 30 entries needs"):
        estimated(NETWORK, BATCHES, structure, memory_budget=100)
    assert estimated(NETWORK, BATCHES, structure, memory_budget=10**6).memory > 0


def test_precision_is_heeded_or_refused():
    exact, rough = (
        estimated(NETWORK, BATCHES, "data", precision=precision)["W1"].eigenvalues
        for precision in (torch.float64, torch.float32)
    )
    torch.testing.assert_close(rough, exact, rtol=1e-5, atol=1e-6)
    assert not torch.equal(rough, exact)
    with pytest.raises(ValueError, match="precision is an option of structures that are made of"):
        estimated(NETWORK, BATCHES, "random", precision=torch.float32)


@pytest.mark.parametrize("structure", ["kronecker", "partial"])
def test_structures_are_made_of_the_same_gradients(structure):
    """The sides' moments are the partial traces of the dense EGOP; leading eigenvectors its own."""
    dense = estimated(NETWORK, BATCHES, "dense", "matrices", n_samples=40)
    for whole, basis in zip(
        dense, estimated(NETWORK, BATCHES, structure, "matrices", n_samples=40), strict=True
    ):
        egop = whole.eigenvectors * whole.eigenvalues @ whole.eigenvectors.mT
        if structure == "partial":
            torch.testing.assert_close(basis.eigenvalues, whole.eigenvalues)
            continue
        shape = whole.block.shape
        moments = egop.view(*shape, *shape)
        left, right = moments.diagonal(0, 1, 3).sum(-1), moments.diagonal(0, 0, 2).sum(-1)
        for side, values, moment in (
            (basis.left, basis.left_eigenvalues, left),
            (basis.right, basis.right_eigenvalues, right),
        ):
            torch.testing.assert_close(side.mT @ moment @ side, values.diag(), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (
            lambda: estimated(NETWORK, BATCHES, "data", "matrices"),
            ValueError,
            "takes blocks='first', whose inputs are the data, got W1, W2",
        ),
        (lambda: estimated(NETWORK, [], "data"), ValueError, "at least one batch of inputs"),
        (
            lambda: estimated(
                from_module(nn.Linear(6, 4), nn.CrossEntropyLoss()), [(INPUTS[0],)], "data"
            ),
            TypeError,
            "estimate_block_bases sees the inputs",
        ),
    ],
)
def test_what_data_cannot_be_made_of_is_one_sentence(ask, kind, words):
    with pytest.raises(kind, match=words):
        ask()
