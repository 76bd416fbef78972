"""Methods as optimizers of PyTorch's form, against batched training and as loops use them."""

import copy
import io
from functools import cache

import pytest
import torch
from torch import nn

from egop import methods
from egop.methods import maximum
from egop.networks.batches import order
from egop.networks.plan import RunSpec
from egop.optimizer import EGOPOptimizer, from_method
from egop.optimizer.method_optimizer import MethodOptimizer
from tests.networks.small_trainings import CASES, EXAMPLES, SIZE, path_of, starts, training
from tests.optimizer.rotated_models import (
    bases_of,
    batches,
    dropped,
    global_bases,
    gradient,
    kronecker,
    partial,
    perceptron,
    rows_apart,
    train,
    weights,
)

BASES = {
    "dense": bases_of,
    "kronecker": lambda model: bases_of(model, kronecker),
    "rows": lambda model: bases_of(model, rows_apart),
    "partial": lambda model: bases_of(model, partial),
    "global": global_bases,
}
EPOCHS = 3


def stepped(method, bases=None, rate=0.05):
    """The parameters of the small module after each epoch of the optimizer of a method."""
    network, batches, module, loss = CASES["module"]
    model = copy.deepcopy(module)
    nn.utils.vector_to_parameters(starts(network)[0], model.parameters())
    made = from_method(method)
    if bases is None:
        optimizer = made(model.parameters(), lr=rate)
    else:
        optimizer = EGOPOptimizer(made, model.named_parameters(), bases, lr=rate)
    whole, path = batches.whole["train"], []
    for epoch in range(EPOCHS):
        for some in torch.from_numpy(order(0, 0, epoch, EXAMPLES)).split(SIZE):
            optimizer.zero_grad()
            loss(model, type(whole)(*(part[0][some] for part in whole))).backward()
            optimizer.step()
        path.append(nn.utils.parameters_to_vector(model.parameters()).detach().clone())
    return torch.stack(path)


@cache
def batched():
    """The same path of every method in every basis, by one batched training."""
    model = CASES["module"][2]
    bases = {name: [list(make(model))] * 2 for name, make in BASES.items()}
    plan = [RunSpec(m, b, 0.05) for m in methods.METHODS for b in ("original", *BASES)]
    path = path_of(training("module", plan, n_epochs=EPOCHS, bases=bases))[:, 0]
    return {(run.method, run.basis): path[:, k] for k, run in enumerate(plan)}


def decomposes_few_gradients(name):
    """True if round-off chooses eigenvectors of sums of a few outer products."""
    parts = methods.method(name).rule.state
    return any(word in part for part in parts for word in ("basis", "outer", "gram"))


@pytest.mark.parametrize("name", methods.METHODS)
def test_it_steps_as_batched_training_does(name):
    loose = 1e-4 if decomposes_few_gradients(name) else 1e-10
    for basis in ("original", *BASES):
        bases = None if basis == "original" else BASES[basis](CASES["module"][2])
        path = stepped(methods.method(name), bases)
        torch.testing.assert_close(path, batched()[name, basis], rtol=loose, atol=loose)


def pair(name, **options):
    model = perceptron(**options)
    return model, from_method(methods.method(name))(model.parameters(), lr=0.01)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", methods.METHODS)
def test_the_step_after_a_checkpoint_is_bit_identical(name, dtype):
    model, optimizer = pair(name, dtype=dtype)
    train(model, optimizer, batches(3, dtype))
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    other = copy.deepcopy(model)
    again = from_method(methods.method(name))(other.parameters(), lr=0.5)
    again.load_state_dict(torch.load(file))
    kept = torch.bfloat16 if dtype == torch.bfloat16 else None
    for state in again.state.values():
        assert all(part.dtype != kept for part in state.values())
    for each, its in ((model, optimizer), (other, again)):
        train(each, its, batches(3, dtype, seed=5))
    assert torch.equal(weights(model), weights(other))


@pytest.mark.parametrize("name", ["adam", "muon", "adagrad_norm", "shampoo"])
def test_bfloat16_weights_are_stepped_in_float32(name):
    """The first step is that of float32 weights, rounded."""
    model, optimizer = pair(name, dtype=torch.bfloat16)
    wide = copy.deepcopy(model).float()
    its = from_method(methods.method(name))(wide.parameters(), lr=0.01)
    (batch,) = batches(1, torch.bfloat16)
    gradient(model, batch)
    for p, q in zip(model.parameters(), wide.parameters(), strict=True):
        q.grad = p.grad.float()
    optimizer.step()
    its.step()
    assert torch.equal(weights(model), weights(wide).bfloat16())


@pytest.mark.parametrize("name", methods.METHODS)
def test_parameters_of_every_shape_are_stepped_and_those_without_gradients_are_not(name):
    """A kernel is the matrix of its first axis and all others."""
    shapes = [(), (1,), (5,), (4, 3, 2, 2), (3, 4), (2, 0), (2, 2)]
    generator = torch.Generator().manual_seed(0)
    params = [nn.Parameter(torch.randn(s, generator=generator).double()) for s in shapes]
    before = [p.detach().clone() for p in params]
    optimizer = from_method(methods.method(name))(params)
    drawn = [torch.randn(s, generator=generator).double() for s in shapes]
    for _ in range(3):
        for p, g in zip(params[:-1], drawn, strict=False):
            p.grad = g.clone()
        optimizer.step()
    moved = [not torch.equal(p, x) for p, x in zip(params, before, strict=True)]
    assert moved == [True, True, True, True, True, False, False]
    assert params[-1] not in optimizer.state
    if not methods.method(name).rule.elementwise and name in methods.VECTOR_METHODS:
        return
    flat = nn.Parameter(before[3].reshape(4, 12).clone())
    optimizer = from_method(methods.method(name))([flat])
    for _ in range(3):
        flat.grad = drawn[3].reshape(4, 12).clone()
        optimizer.step()
    assert torch.equal(flat, params[3].view(4, 12))


def test_methods_that_couple_all_entries_couple_those_of_a_group():
    model = perceptron()
    apart, together = copy.deepcopy(model), copy.deepcopy(model)
    made = from_method(methods.adagrad_norm())
    layers = [{"params": layer.parameters()} for layer in (apart[0], apart[2])]
    optimizers = made(layers, lr=0.1), made(together.parameters(), lr=0.1)
    (batch,) = batches(1)
    for each, optimizer in zip((apart, together), optimizers, strict=True):
        gradient(each, batch)
        optimizer.step()
    parts = [p.grad.clone() for p in apart.parameters()]
    for each, share in ((apart, 2), (together, 4)):
        norm = torch.cat([g.flatten() for g in parts[:share]]).norm()
        moved = weights(model)[:20].view(4, 5) - weights(each)[:20].view(4, 5)
        torch.testing.assert_close(moved, 0.1 * parts[0] / norm, rtol=1e-8, atol=0)


def test_schedulers_and_groups_change_what_is_stepped_with():
    model, plain = perceptron(), perceptron()
    optimizer = from_method(methods.adamw(weight_decay=0.1))(
        [{"params": [model[0].weight], "weight_decay": 0.5}, {"params": model[2].parameters()}],
        lr=0.02,
    )
    its = torch.optim.AdamW(
        [{"params": [plain[0].weight], "weight_decay": 0.5}, {"params": plain[2].parameters()}],
        lr=0.02,
        weight_decay=0.1,
    )
    for each, one in ((model, optimizer), (plain, its)):
        scheduler = torch.optim.lr_scheduler.ExponentialLR(one, 0.5)
        for batch in batches(6):
            train(each, one, [batch])
            scheduler.step()
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-10, atol=1e-12)
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.5, 0.1]


def test_words_of_a_method_may_differ_by_group():
    model = perceptron()
    made = from_method(methods.muon())
    groups = [
        {"params": [model[0].weight], "orthogonalization": "exact"},
        {"params": [model[2].weight]},
    ]
    optimizer, before = made(groups, lr=1.0), weights(model)[:20].view(4, 5)
    train(model, optimizer, batches(1))
    moved = torch.linalg.svdvals(before - weights(model)[:20].view(4, 5))
    torch.testing.assert_close(moved, torch.ones(4, dtype=torch.float64))


def test_a_closure_is_evaluated_once_with_gradients():
    model, optimizer = pair("adam")
    plain, its = pair("adam")
    (batch,) = batches(1)
    loss = optimizer.step(lambda: gradient(model, batch))
    assert loss.item() == gradient(plain, batch).item()
    its.step()
    assert torch.equal(weights(model), weights(plain))


def test_it_is_a_class_of_optimizers_named_after_its_method():
    kind = from_method(methods.muon(momentum=0.8))
    assert issubclass(kind, torch.optim.Optimizer)
    assert kind is from_method(methods.muon(momentum=0.8)) is not from_method(methods.muon())
    optimizer = kind(perceptron().parameters())
    assert repr(optimizer).startswith("muon (\nParameter Group 0")
    assert optimizer.defaults["lr"] == 0.02
    assert optimizer.defaults["momentum"] == 0.8


@pytest.mark.parametrize("with_bases", [False, True])
def test_it_is_pickled_by_its_method(with_bases):
    model = perceptron()
    kind = from_method(methods.muon(momentum=0.8))
    if with_bases:
        optimizer = EGOPOptimizer(kind, model.named_parameters(), bases_of(model), lr=0.01)
    else:
        optimizer = kind(model.parameters(), lr=0.01)
    train(model, optimizer, batches(3))
    file = io.BytesIO()
    torch.save((model, optimizer), file)
    file.seek(0)
    other, its = torch.load(file, weights_only=False)
    train(model, optimizer, batches(3))
    train(other, its, batches(3))
    assert torch.equal(weights(model), weights(other))
    assert type(its) is type(optimizer)


def test_a_rule_of_ones_own_is_an_optimizer():
    def lion_like(g, state, point, powers, h):
        (mean,) = state
        mean = h.beta1 * mean + (1 - h.beta1) * g
        return mean, maximum(abs(mean), h.floor), (mean,)

    method = methods.from_update(
        "softsign", lion_like, state=("mean",), learning_rate=0.5, beta1=0.0, floor=1e-3
    )
    model = perceptron()
    before = weights(model)
    train(model, from_method(method)(model.parameters()), batches(1))
    torch.testing.assert_close((before - weights(model)).abs(), torch.full_like(before, 0.5))


MISTAKES = [
    (lambda p: from_method(methods.muon), TypeError, r"takes a method .*, got .*muon.*; call it"),
    (lambda p: from_method("muon"), TypeError, "takes a method such as egop.methods.muon"),
    (lambda p: from_method(methods.adam([0.1, 0.2])), ValueError, "one learning rate, got adam"),
    (
        lambda p: from_method(methods.adam())(p, learning_rate=1),
        TypeError,
        "takes lr, .*, got learning_rate; lr is",
    ),
    (lambda p: from_method(methods.adam())(p, betas=(0, 0)), TypeError, "beta1 and beta2"),
    (lambda p: from_method(methods.muon())(p, rate=1), TypeError, "muon takes lr, .*, got rate"),
    (lambda p: from_method(methods.adam())(p, lr=-1.0), ValueError, "rates that are finite"),
    (lambda p: from_method(methods.adam())(p, beta1=1.5), ValueError, "beta1 at least 0"),
    (
        lambda p: from_method(methods.muon())([{"params": p, "iterations": 0}]),
        ValueError,
        "iterations as an integer",
    ),
    (
        lambda p: from_method(methods.muon())([{"params": p, "orthogonalization": "svd"}]),
        ValueError,
        "'exact', got 'svd'",
    ),
    (
        lambda p: from_method(methods.adam())([torch.zeros(2, dtype=torch.complex64)]),
        ValueError,
        "real parameters, got one of torch.complex64",
    ),
]


@pytest.mark.parametrize(("make", "error", "words"), MISTAKES)
def test_bad_input_is_one_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make(list(perceptron().parameters()))


def test_a_group_that_is_refused_is_not_added():
    _, optimizer = pair("adam")
    with pytest.raises(ValueError, match="beta1"):
        optimizer.add_param_group({"params": [nn.Parameter(torch.ones(2))], "beta1": 2.0})
    assert len(optimizer.param_groups) == 1


def test_sparse_gradients_are_refused():
    layer = nn.Embedding(4, 3, sparse=True)
    optimizer = from_method(methods.adam())(layer.parameters())
    layer(torch.tensor([1])).sum().backward()
    with pytest.raises(ValueError, match="adam takes dense gradients, got a sparse one"):
        optimizer.step()


COUPLED = ["full_adagrad", "adagrad_norm", "normalized_momentum"]


@pytest.mark.parametrize("name", COUPLED)
def test_other_parameters_in_a_step_are_refused_where_the_state_is_of_all(name):
    model, optimizer = pair(name)
    train(model, optimizer, batches(1))
    gradient = model[0].bias.grad
    model[0].bias.grad = None
    with pytest.raises(ValueError, match="the same parameters in every step"):
        optimizer.step()
    model[0].bias.grad = gradient
    optimizer.step()


@pytest.mark.parametrize("name", COUPLED)
def test_a_first_gradient_after_others_is_refused_where_the_state_is_of_all(name):
    a, b = (nn.Parameter(torch.ones(2)) for _ in range(2))
    optimizer = from_method(methods.method(name))([a, b])
    a.grad = torch.ones(2)
    optimizer.step()
    optimizer.step()
    b.grad = torch.ones(2)
    with pytest.raises(ValueError, match="the same parameters in every step"):
        optimizer.step()


@pytest.mark.parametrize(
    ("name", "key", "value", "words"),
    [
        ("soap", "refresh", 0, "refresh as an integer of at least 1, got 0"),
        ("muon", "orthogonalization", "x", "got 'x'"),
        ("muon", "momentum", 2, "momentum at least 0 and below 1, got 2"),
        ("adagrad_norm", "eps", -1.0, "eps finite and at least 0"),
    ],
)
def test_what_a_group_is_changed_to_is_checked(name, key, value, words):
    model, optimizer = pair(name)
    train(model, optimizer, batches(1))
    optimizer.param_groups[0][key] = value
    before = weights(model)
    with pytest.raises(ValueError, match=words):
        optimizer.step()
    assert torch.equal(weights(model), before)


@pytest.mark.parametrize(
    ("saved", "loads", "words"),
    [
        ("muon", "soap", "soap loads its own state, got one without beta1"),
        ("amsgrad", "adam", "adam loads its own state, got one with largest_second_moment"),
        ("sign_momentum", "lion", "lion loads its own state, got one without beta2"),
    ],
)
def test_the_state_of_another_method_is_refused(saved, loads, words):
    model, optimizer = pair(saved)
    train(model, optimizer, batches(1))
    other = from_method(methods.method(loads))(model.parameters())
    groups = copy.deepcopy(other.state_dict()["param_groups"])
    with pytest.raises(ValueError, match=words):
        other.load_state_dict(optimizer.state_dict())
    assert other.state_dict()["param_groups"] == groups


def test_a_checkpoint_with_a_hyperparameter_that_is_refused_is_not_loaded():
    _, optimizer = pair("muon")
    saved = copy.deepcopy(optimizer.state_dict())
    saved["param_groups"][0]["momentum"] = 2.0
    with pytest.raises(ValueError, match="momentum at least 0 and below 1"):
        optimizer.load_state_dict(saved)


def test_a_matrix_method_is_refused_in_coordinates_that_are_no_matrix():
    model = perceptron()
    words = r"muon steps matrices, but the basis of 0\.weight leaves 4 of 20 coordinates"
    made, named = from_method(methods.muon()), list(model.named_parameters())
    with pytest.raises(ValueError, match=words):
        EGOPOptimizer(made, named, bases_of(model, dropped))
    optimizer = EGOPOptimizer(made, named, bases_of(model))
    blocks = list(optimizer.blocks)
    with pytest.raises(ValueError, match=words):
        optimizer.refresh(bases_of(model, dropped))
    assert optimizer.blocks == blocks
    EGOPOptimizer(from_method(methods.adam()), named, bases_of(model, dropped))


def test_each_class_has_its_own_hooks():
    calls = []
    model, optimizer = pair("adam")
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    train(model, optimizer, batches(2))
    assert calls == [1, 1]
    assert not hasattr(MethodOptimizer.step, "hooked")
