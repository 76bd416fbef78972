"""Batches from lists, data loaders and generators: the same bases from the same batches."""

from collections import namedtuple
from itertools import chain, count, islice

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from egop.networks import Batch, Classifier, estimate_bases, estimate_block_bases, xavier_normal
from egop.networks.passes import checked_batches, repeated

INPUTS = torch.tensor(np.random.default_rng(0).standard_normal((24, 6)), dtype=torch.float32)
CLASSES = torch.arange(24) % 3
DATA = TensorDataset(INPUTS, CLASSES)
BATCHES = [(INPUTS[k : k + 8], CLASSES[k : k + 8]) for k in (0, 8, 16)]


def cross_entropy(model, batch):
    return functional.cross_entropy(model(batch[0]), batch[1])


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))


def bases(batches, n_samples=7, seed=0):
    return estimate_block_bases(
        model(), cross_entropy, batches, xavier_normal(), n_samples, seed=seed
    )


def same(one, other):
    return all(
        torch.equal(a.eigenvectors, b.eigenvectors) and torch.equal(a.eigenvalues, b.eigenvalues)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize(
    "batches",
    [
        lambda: tuple(BATCHES),
        lambda: DataLoader(DATA, batch_size=8),
        lambda: iter(BATCHES),
        lambda: (batch for batch in BATCHES),
        lambda: (BATCHES[k % 3] for k in count()),
        lambda: islice(iter(DataLoader(DATA, batch_size=8)), 3),
    ],
    ids=["tuple", "loader", "iterator", "generator", "endless generator", "part of a loader"],
)
@pytest.mark.parametrize("n_samples", [2, 7])
def test_every_iterable_gives_the_bases_of_its_list(batches, n_samples):
    assert same(bases(batches(), n_samples), bases(BATCHES, n_samples))


def test_a_shuffled_loader_is_decided_by_the_seed_and_leaves_random_numbers_alone():
    loader = DataLoader(DATA, batch_size=8, shuffle=True)
    before = torch.get_rng_state()
    first = bases(loader)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert same(first, bases(loader))
    assert not same(first, bases(loader, seed=1))
    assert not same(first, bases(BATCHES))


def test_a_loader_is_shuffled_anew_in_each_pass_and_covers_the_set_in_each():
    seen = []

    def noted(model, batch):
        seen.append(batch[0][:, 0].tolist())
        return cross_entropy(model, batch)

    estimate_block_bases(model(), noted, DataLoader(DATA, 8, shuffle=True), None, 6)
    passes = [[*chain(*seen[:3])], [*chain(*seen[3:])]]
    assert passes[0] != passes[1]
    assert all(sorted(each) == sorted(INPUTS[:, 0].tolist()) for each in passes)


def test_only_as_many_batches_are_taken_as_there_are_samples():
    taken = []

    class Endless(IterableDataset):
        def __iter__(self):
            for k in count():
                taken.append(k)
                yield BATCHES[k % 3]

    bases(DataLoader(Endless(), batch_size=None), 4)
    assert len(taken) == 4


def test_batched_estimates_take_one_pass_of_an_iterable():
    batches = [Batch(inputs[None], classes[None]) for inputs, classes in BATCHES]
    listed = estimate_bases(Classifier((6, 4, 3)), xavier_normal(), batches, 20)
    assert same(listed, estimate_bases(Classifier((6, 4, 3)), xavier_normal(), iter(batches), 20))


Pair = namedtuple("Pair", "inputs targets")


@pytest.mark.parametrize(
    ("batches", "kind", "words"),
    [
        ([], ValueError, "a list of at least one batch, got none"),
        (DataLoader(TensorDataset(INPUTS[:0], CLASSES[:0])), ValueError, "one batch, got none$"),
        (iter([]), ValueError, "got none: a generator can be gone through once only"),
        (BATCHES[0], TypeError, r"one pair of inputs and targets; write \[batch\]"),
        (Pair(*BATCHES[0]), TypeError, r"got a single Pair; write \[batch\]"),
        (INPUTS, TypeError, r"got a single Tensor; write \[batch\]"),
        ({"x": INPUTS}, TypeError, r"got a single dict; write \[batch\]"),
        (5, TypeError, "an iterable of batches, such as a list or a DataLoader, got 5"),
    ],
)
def test_what_is_no_list_of_batches_is_one_sentence(batches, kind, words):
    with pytest.raises(kind, match=words):
        bases(batches)
    with pytest.raises(kind, match=words):
        next(repeated(batches))


@pytest.mark.parametrize("n_samples", [0, -3, 2.5, True, "7", None])
def test_the_number_of_samples_is_an_integer_above_zero(n_samples):
    with pytest.raises(ValueError, match="n_samples of at least 1, got"):
        bases(BATCHES, n_samples)


def test_the_number_of_samples_may_be_an_integer_of_numpy():
    assert same(bases(BATCHES, np.int64(5)), bases(BATCHES, 5))


def test_a_loader_is_not_begun_before_it_is_gone_through():
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(DATA, batch_size=2, shuffle=True, generator=generator)
    before = generator.get_state()
    assert checked_batches(loader) is loader
    assert torch.equal(generator.get_state(), before)
