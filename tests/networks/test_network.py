"""Networks of flat parameters against autograd on the same module, one run after the other."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.networks import (
    Batch,
    Classifier,
    LinearNetwork,
    Minibatches,
    Network,
    blocking,
    from_module,
)
from egop.networks.linear import second_moments
from egop.networks.module import flat_parameters
from tests.networks.small_trainings import numbers, sequential

TRIALS, RUNS, EXAMPLES = 2, 5, 17


def classes(trials, count, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, count, (trials, EXAMPLES), generator=generator)


def by_autograd(module, loss, parameters, batch):
    """Losses and gradients of each run on its own."""
    losses, gradients = [], []
    for trial in range(parameters.shape[0]):
        one = [part[trial if len(part) > 1 else 0] for part in batch]
        for flat in parameters[trial]:
            nn.utils.vector_to_parameters(flat, module.parameters())
            module.zero_grad()
            value = loss(module, *one)
            value.backward()
            losses.append(value.detach())
            gradients.append(torch.cat([p.grad.flatten() for p in module.parameters()]))
    shape = parameters.shape[:2]
    return torch.stack(losses).view(shape), torch.stack(gradients).view(*shape, -1)


def cross_entropy(module, inputs, targets):
    return functional.cross_entropy(module(inputs), targets)


def half_squares(module, inputs, targets):
    return (module(inputs) - targets).square().sum() / (2 * len(inputs))


CASES = {
    "classifier": (Classifier((6, 5, 4)), sequential((6, 5, 4)), cross_entropy, "classes"),
    "deep classifier": (
        Classifier((6, 7, 5, 4)),
        sequential((6, 7, 5, 4)),
        cross_entropy,
        "classes",
    ),
    "softmax regression": (Classifier((6, 4)), sequential((6, 4)), cross_entropy, "classes"),
    "linear": (LinearNetwork((6, 5, 3, 4)), sequential((6, 5, 3, 4), False), half_squares, "map"),
    "module": (
        from_module(
            sequential((6, 5, 4)), lambda m, b: functional.cross_entropy(m(b.inputs), b.targets)
        ),
        sequential((6, 5, 4)),
        cross_entropy,
        "classes",
    ),
}


def batch_for(kind, trials):
    inputs = numbers(trials, EXAMPLES, 6, seed=1)
    if kind == "classes":
        return Batch(inputs, classes(trials, 4))
    return Batch(inputs, inputs @ numbers(trials, 4, 6, seed=2).mT)


@pytest.fixture(params=[None, 150], ids=["one tile", "many tiles"])
def tile_size(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(blocking, "CACHE_FLOATS", request.param)


@pytest.mark.parametrize("batch_trials", [1, TRIALS], ids=["shared batch", "batch per trial"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("tile_size")
def test_gradients_equal_autograd(case, batch_trials):
    network, module, loss, kind = CASES[case]
    parameters = numbers(TRIALS, RUNS, network.n_parameters) / 2
    batch = batch_for(kind, batch_trials)
    expected_losses, expected = by_autograd(module, loss, parameters, batch)
    losses, gradients = network.gradients(parameters, batch)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(gradients, expected, rtol=1e-11, atol=1e-13)
    torch.testing.assert_close(network.losses(parameters, batch), expected_losses)
    out = torch.empty_like(parameters)
    assert network.gradients(parameters, batch, out=out)[1] is out
    torch.testing.assert_close(out, gradients, rtol=0, atol=0)


@pytest.mark.parametrize("case", ["classifier", "module"])
def test_accuracy_counts_right_predictions(case):
    network, module, _, kind = CASES[case]
    parameters = numbers(TRIALS, RUNS, network.n_parameters)
    batch = batch_for(kind, TRIALS)
    expected = torch.empty(TRIALS, RUNS, dtype=torch.float64)
    for trial in range(TRIALS):
        for run in range(RUNS):
            nn.utils.vector_to_parameters(parameters[trial, run], module.parameters())
            right = module(batch.inputs[trial]).argmax(1) == batch.targets[trial]
            expected[trial, run] = right.double().mean()
    torch.testing.assert_close(network.accuracy(parameters, batch), expected)
    parameters[1, 2] = torch.nan
    measured = network.accuracy(parameters, batch)
    assert measured[1, 2].isnan()
    assert measured.isnan().sum() == 1


def test_linear_networks_predict_no_classes():
    network = LinearNetwork((6, 5, 4))
    assert not network.predicts_classes
    assert Classifier((6, 4)).predicts_classes
    with pytest.raises(TypeError, match="predicts classes"):
        network.accuracy(numbers(1, 1, network.n_parameters), batch_for("classes", 1))


def test_second_moments_replace_the_data_exactly():
    network = LinearNetwork((6, 5, 3, 4))
    parameters = numbers(TRIALS, RUNS, network.n_parameters)
    inputs, solution = numbers(TRIALS, EXAMPLES, 6, seed=1), numbers(TRIALS, 4, 6, seed=2)
    from_data = network.gradients(parameters, Batch(inputs, inputs @ solution.mT))
    from_moments = network.gradients(parameters, second_moments(inputs, solution))
    torch.testing.assert_close(from_moments, from_data, rtol=1e-11, atol=1e-12)


def test_a_bad_run_leaves_the_others_bit_for_bit():
    for network, _, _, kind in CASES.values():
        parameters = numbers(TRIALS, RUNS, network.n_parameters)
        batch = batch_for(kind, TRIALS)
        _, clean = network.gradients(parameters, batch)
        parameters[0, 1] = torch.nan
        parameters[1, 3] = 1e300
        _, gradients = network.gradients(parameters, batch)
        others = torch.ones(TRIALS, RUNS, dtype=torch.bool)
        others[0, 1] = others[1, 3] = False
        assert gradients[0, 1].isnan().any()
        assert torch.equal(gradients[others], clean[others])


def test_large_outputs_have_finite_losses():
    network = Classifier((6, 4))
    parameters = 1e4 * numbers(1, 1, network.n_parameters)
    losses, gradients = network.gradients(parameters, batch_for("classes", 1))
    assert losses.item() > 1e3
    assert gradients.isfinite().all()


def test_blocks_follow_the_modules_parameters():
    module = sequential((6, 5, 4))
    network = Classifier((6, 5, 4))
    flat = flat_parameters(module)
    for block, parameter in zip(network.blocks, module.parameters(), strict=True):
        assert torch.equal(block.of(flat), parameter)
    assert [block.name for block in network.blocks] == ["W1", "b1", "W2", "b2"]
    assert [block.name for block in network.matrices] == ["W1", "W2"]
    assert from_module(module, lambda m, b: m(b).sum()).blocks[2].name == "2.weight"


def test_sizes_of_the_paper():
    assert Classifier((64, 32, 10)).n_parameters == 2410
    assert Classifier((196, 20, 4)).n_parameters == 4024
    assert LinearNetwork((10, 50, 30, 10)).n_parameters == 2300
    assert Classifier((64, 32, 10)).flops(300) == 2 * 300 * (2 * 2048 + 3 * 320)


def test_a_module_keeps_its_own_parameters_and_takes_any_batch():
    module = sequential((6, 4), bias=False)
    before = flat_parameters(module)
    network = from_module(module, lambda m, batch: (m(batch["x"]) ** 2).mean())
    inputs = numbers(1, EXAMPLES, 6)
    losses = network.losses(numbers(1, 3, 24), {"x": inputs})
    weights = numbers(1, 3, 24).view(3, 4, 6)
    torch.testing.assert_close(losses[0], (inputs @ weights.mT).square().mean((1, 2)))
    assert torch.equal(flat_parameters(module), before)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Classifier((64,)), "units of each layer"),
        (lambda: LinearNetwork((64, 0)), "units of each layer"),
        (lambda: Classifier((6, 4)).gradients(numbers(3, 28), None), "trials, runs, 28"),
        (lambda: from_module(nn.ReLU(), lambda m, b: m(b)), "with parameters"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()


CLASSIFIER, LINEAR = Classifier((6, 4)), LinearNetwork((6, 4))
INPUTS = numbers(1, EXAMPLES, 6)


@pytest.mark.parametrize(
    ("network", "inputs", "targets", "words"),
    [
        (CLASSIFIER, INPUTS[0], classes(1, 4), r"n, 6\) and n targets, got shapes \(17, 6\) and"),
        (CLASSIFIER, INPUTS[..., :5], classes(1, 4), r"n, 6\) and n targets, got .*1, 17, 5\)"),
        (CLASSIFIER, INPUTS, classes(1, 4)[:, :9], r"got shapes \(1, 17, 6\) and \(1, 9\)"),
        (CLASSIFIER, INPUTS, classes(1, 4)[..., None], r"as integers, got shape \(1, 17, 1\)"),
        (CLASSIFIER, INPUTS, INPUTS[..., 0], r"as integers, got .* of torch\.float64"),
        (CLASSIFIER, INPUTS, classes(1, 4) + 1, "classes from 0 to 3, got some from 1 to 4"),
        (CLASSIFIER, INPUTS, classes(1, 4) - 2, "classes from 0 to 3, got some from -2 to 1"),
        (LINEAR, INPUTS, INPUTS, r"takes targets \(trials or 1, n, 4\), got shape \(1, 17, 6\)"),
        (LINEAR, INPUTS, INPUTS[..., 0], r"takes targets .*, got shape \(1, 17\)"),
    ],
)
def test_a_batch_that_does_not_fit_is_one_sentence(network, inputs, targets, words):
    with pytest.raises(ValueError, match=words):
        network.check(Batch(inputs, targets))


def test_minibatches_take_a_target_for_each_input():
    right = Batch(INPUTS, classes(1, 4))
    with pytest.raises(ValueError, match=r"\(1, 17, 6\) and \(1, 9\) to choose rates by"):
        Minibatches(right, Batch(INPUTS, right.targets[:, :9]))


def test_every_network_keeps_the_protocol():
    for network, *_ in CASES.values():
        assert isinstance(network, Network)
        stops = [block.stop for block in network.blocks]
        assert [block.start for block in network.blocks] == [0, *stops[:-1]]
        assert network.n_parameters == stops[-1]
