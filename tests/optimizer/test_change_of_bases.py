"""State of a base optimizer that cannot be carried over to new bases, and what is said of it."""

import warnings
from contextlib import nullcontext

import pytest
import torch
from torch import optim

from egop.optimizer import change_of_bases, moments
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    dropped,
    kronecker,
    perceptron,
    train,
)
from tests.optimizer.test_refresh import rotated


def test_too_many_coordinates_are_said_and_forgotten(monkeypatch):
    monkeypatch.setattr(moments, "MOST_COORDINATES", 19)
    monkeypatch.setattr(change_of_bases, "MOST_COORDINATES", 19)
    model = perceptron()
    optimizer = adam(model, bases_of(model))
    train(model, optimizer, batches(3))
    with pytest.raises(UserWarning, match=r"forgets the state of 0\.weight, since second"):
        optimizer.refresh(bases_of(model, seed=3))  # warnings are errors here
    assert optimizer.state[model[0].weight]
    with pytest.warns(UserWarning, match=r"of 20 coordinates, more than 19") as said:
        optimizer.refresh(bases_of(model, seed=3))
    assert said[0].filename == __file__
    assert not optimizer.state.get(model[0].weight)
    assert optimizer.state[model[2].weight]
    optimizer = adam(model, bases_of(model, kronecker))
    train(model, optimizer, batches(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.refresh(bases_of(model, kronecker, seed=3))
    assert optimizer.state[model[0].weight]


def test_points_beside_dropped_directions_are_said_and_forgotten():
    model = perceptron()
    optimizer = rotated(optim.ASGD, model, bases_of(model, names=["2.weight"]), lr=0.01)
    train(model, optimizer, batches(3))
    with pytest.warns(UserWarning, match=r"2\.weight, since points cannot be turned"):
        optimizer.refresh(bases_of(model, dropped, names=["2.weight"]))
    assert "ax" not in optimizer.state[model[2].weight]
    train(model, optimizer, batches(3))


@pytest.mark.parametrize("how", ["rotate", "keep"])
@pytest.mark.parametrize("k", [1, 4])
def test_adafactor_forgets_where_coordinates_are_no_matrix_any_more(k, how):
    model = perceptron()
    few = bases_of(model, lambda block, seed: dropped(block, seed, k))
    optimizer = rotated(optim.Adafactor, model, few, lr=0.01)
    train(model, optimizer, batches(3))
    for bases in (bases_of(model), few):
        with pytest.warns(UserWarning, match="Adafactor") if how == "rotate" else nullcontext():
            optimizer.refresh(bases, how)
        assert not optimizer.state.get(model[0].weight)
        train(model, optimizer, batches(3))


@pytest.mark.parametrize("how", ["rotate", "keep"])
def test_state_gets_the_precision_of_new_coordinates(how):
    model = perceptron(torch.bfloat16)
    optimizer = adam(model, bases_of(model, names=["2.weight"]))
    for names, dtype in ((["0.weight"], torch.float32), (["2.weight"], torch.bfloat16)):
        train(model, optimizer, batches(3, torch.bfloat16))
        before = optimizer.state[model[0].weight]["exp_avg"].clone()
        optimizer.refresh(bases_of(model, names=names), how)
        after = optimizer.state[model[0].weight]["exp_avg"]
        assert after.dtype == dtype
        assert how == "rotate" or torch.equal(after, before.to(dtype))
    train(model, optimizer, batches(3, torch.bfloat16))
