"""New bases in the middle of a run: moments turn with them, against brute force and invariances."""

import copy
from contextlib import nullcontext
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import pytorch_optimizer
import torch
from torch import nn, optim

import egop
from egop import methods
from egop.distributions import Gaussian
from egop.methods.state_kinds import (
    FIRST,
    OF_ENTRIES,
    OF_SIDES,
    OUTER,
    POINT,
    SCALE,
    SECOND,
    STATE_KINDS,
    loses_state,
)
from egop.networks.bases import BlockBases
from egop.networks.block_basis import DenseBasis
from egop.networks.network import Block
from egop.objectives import quadratic
from egop.optimizer import EGOPOptimizer, from_method, moments
from egop.refreshed import MOMENTS
from tests.optimizer.rotated_models import (
    adam,
    bases_of,
    batches,
    dense,
    dropped,
    kronecker,
    lookahead,
    partial,
    perceptron,
    rows_apart,
    train,
    weights,
)

OPTIMIZERS = {
    "adadelta": (optim.Adadelta, {"lr": 0.5}),
    "adagrad": (optim.Adagrad, {"lr": 0.05, "initial_accumulator_value": 0.1}),
    "adam": (optim.Adam, {"lr": 0.01, "amsgrad": True}),
    "adamw": (optim.AdamW, {"lr": 0.01}),
    "adamax": (optim.Adamax, {"lr": 0.01}),
    "asgd": (optim.ASGD, {"lr": 0.01}),
    "nadam": (optim.NAdam, {"lr": 0.01}),
    "radam": (optim.RAdam, {"lr": 0.01}),
    "rmsprop": (optim.RMSprop, {"lr": 0.01, "momentum": 0.9, "centered": True}),
    "sgd": (optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "adabelief": (pytorch_optimizer.AdaBelief, {"lr": 0.01, "ams_bound": True}),
    "adan": (pytorch_optimizer.Adan, {"lr": 0.01}),
    "ademamix": (pytorch_optimizer.AdEMAMix, {"lr": 0.01}),
    "lamb": (pytorch_optimizer.Lamb, {"lr": 0.01}),
    "lion": (pytorch_optimizer.Lion, {"lr": 0.003}),
    "schedule-free": (pytorch_optimizer.ScheduleFreeAdamW, {"lr": 0.01}),
    "schedule-free sgd": (pytorch_optimizer.ScheduleFreeSGD, {"lr": 0.01}),
    "our adadelta": (from_method(methods.adadelta()), {"lr": 0.5}),
    "our adagrad": (from_method(methods.adagrad()), {"initial_accumulator": 0.1}),
    "our adagrad-norm": (from_method(methods.adagrad_norm()), {"lr": 0.1}),
    "our adamax": (from_method(methods.adamax()), {"lr": 0.01}),
    "our amsgrad": (from_method(methods.amsgrad()), {"lr": 0.01}),
    "our momentum": (from_method(methods.momentum()), {"lr": 0.05}),
    "our normalized momentum": (from_method(methods.normalized_momentum()), {"lr": 0.01}),
    "our sign momentum": (from_method(methods.sign_momentum()), {"lr": 0.01}),
}


def rotated(base, model, bases, **options):
    return EGOPOptimizer(base, model.named_parameters(), bases, **options)


def shuffled(bases):
    """The same directions in another order, some with the other sign."""
    mixed = []
    for basis in bases:
        generator = torch.Generator().manual_seed(7)
        order = torch.randperm(basis.dim, generator=generator)
        signs = torch.randint(0, 2, (basis.dim,), generator=generator) * 2.0 - 1
        mixed.append(replace(basis, eigenvectors=basis.eigenvectors[:, order] * signs))
    return replace(bases, bases=tuple(mixed))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_directions_in_another_order_change_nothing(name):
    base, options = OPTIMIZERS[name]
    model = perceptron()
    bases, steady = bases_of(model), copy.deepcopy(model)
    optimizer, other = (rotated(base, each, bases, **options) for each in (model, steady))
    train(model, optimizer, batches(10))
    train(steady, other, batches(10))
    before = weights(model)
    optimizer.refresh(shuffled(bases))
    assert torch.equal(weights(model), before)
    assert optimizer.state[model[0].weight]
    train(model, optimizer, batches(10, seed=3))
    train(steady, other, batches(10, seed=3))
    torch.testing.assert_close(weights(model), weights(steady), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("make", [dense, kronecker, rows_apart, partial])
def test_momentum_is_the_same_through_any_new_bases(make):
    model, plain, data = perceptron(), perceptron(), batches(40)
    optimizer = rotated(optim.SGD, model, bases_of(model), lr=0.05, momentum=0.9)
    for k in range(4):
        train(model, optimizer, data[10 * k : 10 * k + 10])
        optimizer.refresh(bases_of(model, make, seed=k))
    train(plain, optim.SGD(plain.parameters(), lr=0.05, momentum=0.9), data)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-12, atol=1e-12)


KRONECKER = [n for n in methods.METHODS if "kronecker" in methods.method(n).rule.unchanged_by]


@pytest.mark.parametrize("name", [n for n in KRONECKER if n in methods.MATRIX_METHODS])
def test_methods_that_know_no_sides_are_the_same_through_any_new_kronecker_bases(name):
    """Also what they keep of the sides of a matrix turns exactly."""
    model, plain, data = perceptron(), perceptron(), batches(30)
    made = from_method(methods.method(name))
    optimizer = rotated(made, model, bases_of(model, kronecker), lr=0.01)
    for k in range(3):
        train(model, optimizer, data[10 * k : 10 * k + 10])
        optimizer.refresh(bases_of(model, kronecker, seed=k))
    train(plain, made(plain.parameters(), lr=0.01), data)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("make", [dense, kronecker, rows_apart, partial])
@pytest.mark.parametrize("names", [["2.weight"], None])
def test_full_adagrad_is_the_same_through_any_new_bases(make, names):
    model, plain, data = perceptron(), perceptron(), batches(30)
    made = from_method(methods.full_adagrad(eps=1e-2))
    groups = [{"params": [m.weight, m.bias]} for m in (plain[0], plain[2])]
    names_of = [["0.weight", "0.bias"], ["2.weight", "2.bias"]]
    named = dict(model.named_parameters())
    own = [{"params": [(n, named[n]) for n in some]} for some in names_of]
    optimizer = EGOPOptimizer(made, own, bases_of(model, make), lr=0.1)
    for k in range(3):
        train(model, optimizer, data[10 * k : 10 * k + 10])
        optimizer.refresh(bases_of(model, make, seed=k, names=names))
        assert optimizer.state[model[0].weight]["outer_products"].shape == (24, 24)
    train(plain, made(groups, lr=0.1), data)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("method", "make"),
    [(methods.shampoo(), dense), (methods.soap(sides="shorter"), kronecker)],
)
def test_what_sides_of_a_matrix_carry_is_forgotten_where_it_cannot_be_turned(method, make):
    model = perceptron()
    optimizer = rotated(from_method(method), model, bases_of(model, make))
    train(model, optimizer, batches(3))
    words = r"forgets the state of 0\.weight and 1 more, since what is kept of the sides"
    with pytest.warns(UserWarning, match=words) as said:
        optimizer.refresh(bases_of(model, make, seed=3))
    assert [each.filename for each in said] == [__file__]
    assert not optimizer.state.get(model[0].weight)
    train(model, optimizer, batches(3))


@pytest.mark.parametrize("name", ["vector_adam", "galore"])
def test_what_does_not_turn_is_forgotten_with_one_warning(name):
    model = perceptron()
    optimizer = rotated(from_method(methods.method(name)), model, bases_of(model, kronecker))
    train(model, optimizer, batches(3))
    words = rf"forgets the state of 0\.weight and 1 more, since not all that {name} keeps"
    with pytest.warns(UserWarning, match=words) as said:
        optimizer.refresh(bases_of(model, kronecker, seed=3))
    assert len(said) == 1
    assert not optimizer.state.get(model[0].weight)
    optimizer.refresh(bases_of(model, kronecker, seed=4), "reset")


class Decay(NamedTuple):
    beta1: float = 0.9


def mean_of_gradients(gradient, state, point, step, h):
    mean = h.beta1 * state[0] + (1 - h.beta1) * gradient
    return mean, 1.0, (mean,)


@pytest.mark.parametrize(
    "part", [name for name, kind in STATE_KINDS.items() if kind not in OF_ENTRIES]
)
def test_a_mean_of_gradients_named_as_something_else_is_forgotten(part):
    """Also of square matrices, where it has the shape of a sum over rows."""
    rule = methods.MatrixRule(mean_of_gradients, state=(part,))
    made = from_method(methods.Method("own", 0.05, Decay(), rule))
    model = nn.Sequential(nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    optimizer = rotated(made, model, bases_of(model, kronecker))
    train(model, optimizer, batches(3)[:3])
    with pytest.warns(UserWarning, match=r"0\.weight and 1 more, since not all that own keeps"):
        optimizer.refresh(bases_of(model, kronecker, seed=3))
    assert not any(optimizer.state.get(model[k].weight) for k in (0, 2))
    train(model, optimizer, batches(3))


@pytest.mark.parametrize("moments", MOMENTS)
@pytest.mark.parametrize("name", methods.METHODS)
def test_a_path_is_that_of_a_landscape_in_bases_that_are_refreshed(name, moments):
    hessian = np.random.default_rng(0).normal(size=(6, 6))
    objective = replace(quadratic(hessian @ hessian.T + np.eye(6)), shapes=((2, 3),))
    method, start = methods.method(name, 0.02), np.linspace(1, -2, 6)
    given = egop.Refreshed(every=4, distribution=Gaussian(6), n_samples=50, moments=moments)
    path = egop.run(objective, method, start, 10, basis=given)
    point = nn.Parameter(torch.from_numpy(start.reshape(2, 3).copy()))
    block = Block("x", (2, 3), 0, 6)
    found = [
        BlockBases((block,), (DenseBasis(block, *map(torch.tensor, parts)),))
        for parts in zip(path.bases.eigenvalues, path.bases.eigenvectors, strict=True)
    ]
    optimizer = EGOPOptimizer(from_method(method), [("x", point)], found[0])
    for step in range(10):
        if step and step % 4 == 0:
            loses = moments == "rotate" and loses_state(method)
            with pytest.warns(UserWarning, match="forgets") if loses else nullcontext():
                optimizer.refresh(found[step // 4], moments)
        gradient = objective.gradient(point.detach().numpy().reshape(6))
        point.grad = torch.from_numpy(gradient.reshape(2, 3))
        optimizer.step()
        np.testing.assert_allclose(point.detach().flatten(), path.points[step + 1], atol=1e-8)


def test_momentum_goes_on_where_parameters_begin_and_cease_to_be_rotated():
    model, plain, data = perceptron(), perceptron(), batches(40)
    optimizer = rotated(
        optim.SGD, model, bases_of(model, names=["0.weight"]), lr=0.05, momentum=0.9
    )
    for k, names in enumerate([["2.weight", "0.bias"], ["0.weight", "2.weight"], ["2.bias"]]):
        train(model, optimizer, data[10 * k : 10 * k + 10])
        optimizer.refresh(bases_of(model, names=names, seed=k))
        assert [block.names for block in optimizer.blocks] == [(n,) for n in sorted(names)]
    train(model, optimizer, data[30:])
    train(plain, optim.SGD(plain.parameters(), lr=0.05, momentum=0.9), data)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-12, atol=1e-12)


def test_the_table_tells_what_the_optimizers_keep():
    for base, options in OPTIMIZERS.values():
        model = perceptron()
        optimizer = rotated(base, model, bases_of(model), **options)
        train(model, optimizer, batches(3))
        kinds = moments.kinds_of(optimizer.base)
        state = optimizer.state[model[0].weight]
        shaped = {k for k, v in state.items() if torch.is_tensor(v) and v.shape == (4, 5)}
        assert shaped == shaped & kinds.keys()
        assert set(kinds.values()) <= {FIRST, POINT, SCALE, SECOND, OUTER, *OF_SIDES}
    assert {
        f"torch.{each.__name__}"
        for each, _ in OPTIMIZERS.values()
        if "torch.optim" in each.__module__
    } | {
        "torch.Adafactor",
        "torch.Muon",
        "torch.Rprop",
    } == {name for name in moments.MOMENTS if name.startswith("torch.")}


def test_the_state_is_kept_or_forgotten_as_asked():
    for how, second in (("keep", "diagonal"), ("reset", "diagonal"), ("rotate", "reset")):
        model = perceptron()
        optimizer = adam(model, bases_of(model))
        train(model, optimizer, batches(5))
        before = {k: v.clone() for k, v in optimizer.state[model[0].weight].items()}
        bias = optimizer.state[model[0].bias]["exp_avg"].clone()
        optimizer.refresh(bases_of(model, seed=3), how, second)
        after = optimizer.state.get(model[0].weight, {})
        assert set(after) == (set(before) if how == "keep" else set())
        assert all(torch.equal(after[name], before[name]) for name in after)
        assert torch.equal(optimizer.state[model[0].bias]["exp_avg"], bias)
        train(model, optimizer, batches(1))
        assert float(optimizer.state[model[0].weight]["step"]) == (6 if how == "keep" else 1)


def test_what_is_forgotten_begins_as_the_optimizer_does():
    model = perceptron()
    optimizer = rotated(optim.Adagrad, model, bases_of(model), initial_accumulator_value=0.3)
    train(model, optimizer, batches(5))
    optimizer.refresh(bases_of(model, seed=3), "reset")
    assert torch.equal(
        optimizer.state[model[0].weight]["sum"], torch.full((4, 5), 0.3, dtype=torch.float64)
    )
    train(model, optimizer, batches(5))


@pytest.mark.parametrize(
    "base", [pytorch_optimizer.SOAP, pytorch_optimizer.Prodigy, optim.Adafactor, optim.Rprop]
)
def test_state_that_the_table_does_not_tell_is_forgotten(base):
    model = perceptron()
    optimizer = rotated(base, model, bases_of(model), lr=0.01)
    train(model, optimizer, batches(5))
    with pytest.warns(UserWarning, match=f"not all that {base.__name__} keeps turns"):
        optimizer.refresh(bases_of(model, seed=3))
    assert not optimizer.state.get(model[0].weight)
    assert bool(optimizer.state.get(model[0].bias)) == (base in {optim.Adafactor, optim.Rprop})
    train(model, optimizer, batches(5))


def test_lbfgs_forgets_its_pairs_of_points_and_gradients():
    model = perceptron()
    optimizer = rotated(optim.LBFGS, model, bases_of(model, names=["2.weight"]), lr=0.1)
    (batch,) = batches(1)

    def loss():
        model.zero_grad()
        value = torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        value.backward()
        return value

    optimizer.step(loss)
    assert optimizer.state[model[0].weight]["old_dirs"]
    for bases, how in (
        (bases_of(model, seed=3, names=["2.weight"]), "rotate"),
        (bases_of(model, dropped, names=["2.weight"]), "keep"),
    ):
        optimizer.refresh(bases, how)
        assert not optimizer.state.get(model[0].weight)
        assert optimizer.step(loss) < 10


def test_an_optimizer_inside_another_forgets_its_moments():
    model = perceptron()
    optimizer = rotated(lookahead, model, bases_of(model), lr=0.01)
    train(model, optimizer, batches(7))
    assert optimizer.base.optimizer.state
    with pytest.warns(UserWarning, match="not all that Lookahead keeps turns"):
        optimizer.refresh(bases_of(model, seed=3))
    assert not optimizer.base.optimizer.state
    train(model, optimizer, batches(7))


def test_another_number_of_coordinates_changes_the_shadows():
    model = perceptron()
    optimizer = adam(model, bases_of(model, dropped))
    train(model, optimizer, batches(5))
    before = weights(model)
    optimizer.refresh(bases_of(model, lambda block, seed: dropped(block, seed, k=6)))
    assert torch.equal(weights(model), before)
    assert optimizer.state[model[0].weight]["exp_avg"].shape == (6,)
    train(model, optimizer, batches(5))
    optimizer.refresh(bases_of(model))
    assert optimizer.state[model[0].weight]["exp_avg"].shape == (4, 5)
    train(model, optimizer, batches(5))


@pytest.mark.parametrize("make", [dense, dropped])
def test_what_bfloat16_weights_do_not_show_goes_on(make):
    model = perceptron(torch.bfloat16)
    optimizer = rotated(optim.SGD, model, bases_of(model, make), lr=0.01)
    train(model, optimizer, batches(3, torch.bfloat16))
    points, shown = optimizer.blocks[0].points().clone(), model[0].weight.detach().clone()
    optimizer.refresh(bases_of(model, kronecker))
    torch.testing.assert_close(optimizer.blocks[0].points(), points, rtol=1e-5, atol=1e-6)
    assert torch.equal(model[0].weight, shown)
    assert not torch.equal(points.view(4, 5).bfloat16().float(), points.view(4, 5))


def test_a_checkpoint_after_new_bases_belongs_to_these():
    model = perceptron()
    first, second = bases_of(model), bases_of(model, seed=3)
    optimizer = adam(model, first)
    train(model, optimizer, batches(3))
    optimizer.refresh(second)
    saved = copy.deepcopy(optimizer.state_dict())
    train(model, optimizer, batches(3))
    with pytest.raises(ValueError, match=r"another basis of 0\.weight"):
        adam(model, first).load_state_dict(saved)
    adam(model, second).load_state_dict(saved)


def test_bases_that_do_not_fit_change_nothing():
    model, other = perceptron(), torch.nn.Sequential(torch.nn.Linear(7, 2).double())
    optimizer = adam(model, bases_of(model))
    train(model, optimizer, batches(3))
    blocks, state = optimizer.blocks, copy.deepcopy(dict(optimizer.state[model[0].weight]))
    for wrong in ((bases_of(other),), (bases_of(model), "turn"), (bases_of(model), "rotate", "no")):
        with pytest.raises(ValueError, match="takes"):
            optimizer.refresh(*wrong)
        assert optimizer.blocks is blocks
        torch.testing.assert_close(dict(optimizer.state[model[0].weight]), state, rtol=0, atol=0)


@pytest.mark.parametrize("names", [["2.weight"], ["0.weight"]])
@pytest.mark.parametrize("name", ["adagrad_norm", "full_adagrad", "normalized_momentum"])
def test_parameters_that_are_coupled_forget_their_state_together(name, names):
    model = perceptron()
    model[0].bias.requires_grad_(False)
    made = from_method(methods.method(name))
    optimizer = rotated(made, model, bases_of(model, names=names), lr=0.01)
    train(model, optimizer, batches(3))
    optimizer.refresh(bases_of(model, names=names, seed=3), "reset")
    assert not any(optimizer.state.values())
    plain = copy.deepcopy(model)
    train(model, optimizer, batches(3))
    train(plain, made(plain.parameters(), lr=0.01), batches(3))
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-6, atol=1e-6)


def test_one_that_is_never_stepped_leaves_the_state_of_those_that_are_coupled():
    model = perceptron()
    model[0].bias.requires_grad_(False)
    optimizer = rotated(from_method(methods.adagrad_norm()), model, bases_of(model), lr=0.01)
    train(model, optimizer, batches(3))
    optimizer.refresh(bases_of(model, seed=3))
    assert all(optimizer.state[model[k].weight] for k in (0, 2))


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("full_adagrad", dropped, "sums of outer products cannot"),
        ("adagrad_norm", dropped, "norms cannot"),
    ],
)
def test_what_is_coupled_and_cannot_be_turned_is_forgotten_with_a_warning(name, make, words):
    model = perceptron()
    optimizer = rotated(
        from_method(methods.method(name)), model, bases_of(model, names=["2.weight"]), lr=0.01
    )
    train(model, optimizer, batches(3))
    with pytest.warns(UserWarning, match=words):
        optimizer.refresh(bases_of(model, make, seed=3, names=["2.weight"]))
    assert not any(optimizer.state.values())
    train(model, optimizer, batches(3))
