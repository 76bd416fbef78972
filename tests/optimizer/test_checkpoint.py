"""Checkpoints of rotated optimizers: they go on bit for bit, and what does not fit is refused."""

import copy
import io
import pickle
from dataclasses import replace

import pytest
import pytorch_optimizer
import torch
from torch import optim
from torch.distributed.checkpoint.state_dict import (
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)

from egop.optimizer import EGOPOptimizer
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    dense,
    dropped,
    global_bases,
    kronecker,
    lookahead,
    partial,
    perceptron,
    train,
    weights,
)


def schedule_free(groups, **options):
    return pytorch_optimizer.ScheduleFreeWrapper(optim.Adam(groups, **options))


OPTIMIZERS = {
    "lookahead": (lookahead, {"lr": 0.01}),
    "schedule-free wrapper": (schedule_free, {"lr": 0.01}),
    "adam": (optim.Adam, {"lr": 0.01, "amsgrad": True}),
    "adagrad": (optim.Adagrad, {"lr": 0.05}),
    "sgd": (optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "lion": (pytorch_optimizer.Lion, {"lr": 0.003}),
    "soap": (pytorch_optimizer.SOAP, {"lr": 0.003}),
    "prodigy": (pytorch_optimizer.Prodigy, {"lr": 1.0}),
    "schedule-free": (pytorch_optimizer.ScheduleFreeAdamW, {"lr": 0.01}),
}


def through_file(state):
    """A state dict as a file gives it back, read without running any code."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def continued(model, optimizer, make, dtype, model_first=True):
    """The weights after going on, and after going on from a checkpoint in new objects."""
    saved = through_file([model.state_dict(), optimizer.state_dict()])
    other = perceptron(dtype, seed=5)
    resumed = make(other)
    loads = [lambda: other.load_state_dict(saved[0]), lambda: resumed.load_state_dict(saved[1])]
    for load in loads if model_first else loads[::-1]:
        load()
    data = batches(7, dtype, seed=3)
    train(model, optimizer, data)
    train(other, resumed, data)
    return weights(model), weights(other)


@pytest.mark.parametrize("model_first", [True, False])
@pytest.mark.parametrize("make", [dense, kronecker, partial, dropped])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_run_goes_on_bit_for_bit(dtype, make, model_first):
    model = perceptron(dtype)
    bases = bases_of(model, make)
    optimizer = adam(model, bases)
    train(model, optimizer, batches(11, dtype))
    one, other = continued(model, optimizer, lambda m: adam(m, bases), dtype, model_first)
    assert torch.equal(one, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_bit_for_bit(name):
    base, options = OPTIMIZERS[name]
    model = perceptron()
    bases = bases_of(model)

    def make(each):
        made = EGOPOptimizer(base, each.named_parameters(), bases, **options)
        made.train()
        return made

    optimizer = make(model)
    train(model, optimizer, batches(11))
    assert torch.equal(*continued(model, optimizer, make, torch.float64))


@pytest.mark.parametrize("steps", [0, 5])
def test_one_basis_for_all_goes_on_bit_for_bit(steps):
    model = perceptron()
    bases = global_bases(model)
    optimizer = adam(model, bases)
    train(model, optimizer, batches(steps))
    assert torch.equal(*continued(model, optimizer, lambda m: adam(m, bases), torch.float64))


@pytest.mark.parametrize("again", ["before", "after"])
@pytest.mark.parametrize("make", [dense, dropped])
def test_a_run_with_a_frozen_weight_goes_on_bit_for_bit(make, again):
    """The weight is trained again before the checkpoint is loaded, or after it."""
    model, other = perceptron(torch.bfloat16), perceptron(torch.bfloat16, seed=5)
    bases = bases_of(model, make)
    optimizer, resumed = adam(model, bases), adam(other, bases)
    train(model, optimizer, batches(5, torch.bfloat16))
    model[0].weight.requires_grad_(False)
    train(model, optimizer, batches(2, torch.bfloat16))
    saved = through_file([model.state_dict(), optimizer.state_dict()])
    other[0].weight.requires_grad_(again == "before")
    other.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    for each, its in ((model, optimizer), (other, resumed)):
        each[0].weight.requires_grad_(True)
        train(each, its, batches(20, torch.bfloat16, seed=3))
    assert torch.equal(weights(model), weights(other))


def test_a_frozen_weight_has_its_own_basis_in_a_checkpoint():
    model = perceptron()
    model[0].weight.requires_grad_(False)
    everything = perceptron()
    optimizer, other = (adam(model, bases_of(everything, seed=s)) for s in (0, 3))
    train(model, optimizer, batches(2))
    with pytest.raises(ValueError, match=r"another basis of 0\.weight"):
        other.load_state_dict(optimizer.state_dict())


def test_coordinates_and_moments_of_bfloat16_weights_are_loaded_in_float32():
    model = perceptron(torch.bfloat16)
    bases = bases_of(model)
    optimizer = adam(model, bases)
    train(model, optimizer, batches(5, torch.bfloat16))
    before = {k: v.clone() for k, v in optimizer.state[model[0].weight].items()}
    coordinates = optimizer.blocks[0].shadows[0].detach().clone()
    other = adam(copy.deepcopy(model), bases)
    other.load_state_dict(through_file(optimizer.state_dict()))
    loaded = other.state[other.param_groups[0]["params"][0]]
    assert loaded["exp_avg"].dtype == torch.float32
    assert all(torch.equal(loaded[name], value) for name, value in before.items())
    assert torch.equal(other.blocks[0].shadows[0], coordinates)


def test_schedules_and_learning_rates_are_loaded():
    model = perceptron()
    bases = bases_of(model)
    optimizer = adam(model, bases)
    optimizer.param_groups[0]["lr"] = 0.5
    other = adam(model, bases)
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["lr"] == other.base.param_groups[0]["lr"] == 0.5
    assert other.param_groups[0]["params"][0] is model[0].weight
    assert other.param_groups[0]["param_names"][0] == "0.weight"


def plain(value):
    """A state dict with lists of numbers in place of tensors, which can be compared."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return value.tolist() if isinstance(value, torch.Tensor) else value


STRANGERS = {
    "another basis of 0.weight": lambda m: adam(m, bases_of(m, seed=3)),
    "no coordinates of 0.weight": lambda m: optim.Adam(m.parameters()),
    "for groups of 2 parameters, got groups of 4": lambda m: adam(m[0], bases_of(m[0])),
    "no coordinates of 2.weight": lambda m: adam(m, subset(bases_of(m))),
    "bases of more parameters": lambda m: adam(m, bases_of(m, names=NAMES)),
}
NAMES = ["0.weight", "0.bias", "2.weight"]


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("sentence", STRANGERS)
def test_a_checkpoint_that_does_not_fit_is_refused_and_changes_nothing(sentence, steps):
    model, other = perceptron(), perceptron()
    layout = bases_of(model, names=NAMES)
    fitting = {basis.block.name: basis for basis in layout}
    own = replace(layout, bases=(fitting["0.weight"], fitting["2.weight"]))
    bases = own if sentence.startswith("bases of more") else bases_of(model)
    optimizer, stranger = adam(model, bases), STRANGERS[sentence](other)
    train(model, optimizer, batches(3))
    train(other, stranger, batches(steps))
    before = plain(model.state_dict()), plain(optimizer.state_dict())
    with pytest.raises(ValueError, match=sentence):
        optimizer.load_state_dict(stranger.state_dict())
    assert (plain(model.state_dict()), plain(optimizer.state_dict())) == before


def test_a_checkpoint_with_dropped_directions_is_none_of_a_completed_basis():
    model = perceptron()
    bases = [bases_of(model, make) for make in (dropped, partial)]
    pairs = [[each[name].leading_vectors for each in bases] for name in ("0.weight", "2.weight")]
    assert all(torch.equal(*pair) for pair in pairs)  # the same vectors, completed or not
    saved, other = adam(model, bases[0]).state_dict(), adam(perceptron(), bases[1])
    with pytest.raises(ValueError, match=r"another basis of 0\.weight"):
        other.load_state_dict(saved)


def subset(bases):
    """The bases but for the last of them."""
    return replace(bases, bases=bases.bases[:1])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
@pytest.mark.parametrize("make", [dense, kronecker, partial, dropped])
def test_copies_go_on_by_themselves(make, copied):
    model = perceptron()
    optimizer = adam(model, bases_of(model, make))
    train(model, optimizer, batches(3))
    other, its = copied((model, optimizer))
    before = weights(model)
    train(other, its, batches(4, seed=7))
    assert torch.equal(weights(model), before)
    train(model, optimizer, batches(4, seed=7))
    assert torch.equal(weights(model), weights(other))


@pytest.mark.parametrize("make", [dense, dropped])
def test_distributed_checkpoints_hold_all_of_it(make):
    model = perceptron()
    bases = bases_of(model, make)
    optimizer = adam(model, bases)
    train(model, optimizer, batches(5))
    other = perceptron(seed=4)
    resumed = adam(other, bases)
    other.load_state_dict(model.state_dict())
    saved = copy.deepcopy(get_optimizer_state_dict(model, optimizer))
    set_optimizer_state_dict(other, resumed, saved)
    train(model, optimizer, batches(5, seed=8))
    train(other, resumed, batches(5, seed=8))
    assert torch.equal(weights(model), weights(other))


def test_hooks_of_state_dicts_are_called():
    model, called = perceptron(), []
    optimizer = adam(model, bases_of(model))
    optimizer.register_state_dict_post_hook(lambda o, s: {**s, "note": 1})
    optimizer.register_load_state_dict_pre_hook(lambda o, s: called.append(s["note"]))
    optimizer.register_load_state_dict_post_hook(lambda o: called.append("done"))
    optimizer.load_state_dict(optimizer.state_dict())
    assert called == [1, "done"]
