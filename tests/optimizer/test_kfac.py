"""K-FAC against the closed form: linear networks and squares, where it is the Gauss-Newton step."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional

from egop.optimizer import KFAC, EGOPOptimizer
from tests.optimizer.rotated_models import bases_of

N, OUT, DAMPING, RATE = 12, 3, 0.05, 0.3


def numbers(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


class MeanOfPositions(nn.Module):
    """The mean of a layer's outputs over the second axis."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, OUT)

    def forward(self, x):
        return self.layer(x).mean(1)


NETWORKS = {
    "one layer": (lambda: nn.Linear(4, OUT), (N, 4)),
    "no bias": (lambda: nn.Linear(4, OUT, bias=False), (N, 4)),
    "deep": (lambda: nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 2), nn.Linear(2, OUT)), (N, 4)),
    "positions": (MeanOfPositions, (N, 6, 4)),
}


def model_and_inputs(name):
    make, shape = NETWORKS[name]
    torch.manual_seed(1)
    return make().double(), numbers(*shape, seed=2)


def half_squares(outputs, targets):
    return (outputs - targets).square().sum() / (2 * len(outputs))


def drawn(outputs):
    """Targets whose distances r from the outputs have the mean rrᵀ = I, as if drawn."""
    return outputs.detach() + OUT**0.5 * torch.eye(OUT, dtype=torch.float64).repeat(N // OUT, 1)


def layers(model):
    return [each for each in model.modules() if isinstance(each, nn.Linear)]


def gauss_newton(model, inputs, layer):
    """The mean of JᵀJ over examples, of the outputs by [W b] row by row."""
    names = [
        name for name, p in model.named_parameters() if any(p is q for q in layer.parameters())
    ]
    own = {name: dict(model.named_parameters())[name].detach() for name in names}

    def outputs(values):
        return torch.func.functional_call(model, values, (inputs,))

    jacobians = [j.reshape(N, OUT, layer.out_features, -1) for j in
                 torch.func.jacrev(outputs)(own).values()]  # fmt: skip
    joined = torch.cat(jacobians, -1).reshape(N * OUT, -1)
    return joined.mT @ joined / N


def gradient_of(layer):
    parts = [p.grad.reshape(layer.out_features, -1) for p in layer.parameters()]
    return torch.cat(parts, 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_is_that_of_the_exact_gauss_newton_matrix(name):
    model, inputs = model_and_inputs(name)
    optimizer = KFAC(model, RATE, damping=DAMPING)
    with optimizer.observing():
        outputs = model(inputs)
        half_squares(outputs, drawn(outputs)).backward()
    half_squares(model(inputs), numbers(N, OUT, seed=3)).backward()
    expected = []
    for layer in layers(model):
        gradient, matrix = gradient_of(layer), gauss_newton(model, inputs, layer)
        damped = matrix + DAMPING * torch.eye(len(matrix), dtype=matrix.dtype)
        step = torch.linalg.solve(damped, gradient.flatten()).reshape(gradient.shape)
        before = torch.cat([p.detach().reshape(len(p), -1) for p in layer.parameters()], 1)
        expected.append(before - RATE * step)
    optimizer.step()
    for layer, after in zip(layers(model), expected, strict=True):
        found = torch.cat([p.detach().reshape(len(p), -1) for p in layer.parameters()], 1)
        torch.testing.assert_close(found, after, rtol=1e-10, atol=1e-12)


def test_without_drawn_targets_the_moments_are_those_of_the_gradients():
    model, inputs = model_and_inputs("one layer")
    optimizer = KFAC(model, RATE)
    outputs, targets = model(inputs), numbers(N, OUT, seed=3)
    half_squares(outputs, targets).backward()
    optimizer.step()
    residual, ones = (outputs - targets).detach(), torch.ones(N, 1)
    extended = torch.cat([inputs, ones], 1)
    state = optimizer.state[model.weight]
    torch.testing.assert_close(state["slope_moments"], residual.mT @ residual / N)
    torch.testing.assert_close(state["input_moments"], extended.mT @ extended / N)


def test_observing_leaves_gradients_as_they_were():
    model, inputs = model_and_inputs("one layer")
    optimizer = KFAC(model)
    half_squares(model(inputs), numbers(N, OUT)).backward()
    before = model.weight.grad.clone()
    with optimizer.observing():
        outputs = model(inputs)
        half_squares(outputs, drawn(outputs)).backward()
    assert torch.equal(model.weight.grad, before)


def test_moments_are_made_anew_every_few_steps_with_a_decay():
    model, inputs = model_and_inputs("one layer")
    optimizer, kept = KFAC(model, 0.1, refresh=3, decay=0.8), []
    for step in range(7):
        optimizer.zero_grad()
        half_squares(model((1 + step) * inputs), numbers(N, OUT)).backward()
        optimizer.step()
        kept.append(optimizer.state[model.weight]["input_moments"][0, 0].item())
    assert kept[0] == kept[1] == kept[2] != kept[3] == kept[5] != kept[6]
    assert kept[3] == pytest.approx(0.8 * kept[0] + 0.2 * 16 * kept[0])


def test_it_trains_a_network_with_momentum_and_other_parameters():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.LayerNorm(8), nn.ReLU(inplace=True), nn.Linear(8, OUT)
    )
    optimizer = KFAC(model, 0.05, other_lr=0.01)
    inputs, labels = numbers(60, 4).float(), torch.arange(60) % OUT
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert not torch.equal(model[1].weight, torch.ones(8))


def accumulated(sizes, name="deep", observes=False):
    """The weights after a step along gradients that passes of some examples have added up."""
    model, inputs = model_and_inputs(name)
    optimizer, targets = KFAC(model, RATE), numbers(N, OUT, seed=3)

    def run(targets):
        for x, y in zip(inputs.split(sizes), targets.split(sizes), strict=True):
            (len(x) / N * half_squares(model(x), y)).backward()

    if observes:
        with optimizer.observing():
            run(drawn(model(inputs)))
    run(targets)
    optimizer.step()
    return nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("observes", [False, True])
@pytest.mark.parametrize("name", ["deep", "positions"])
@pytest.mark.parametrize("sizes", [[6, 6], [2, 7, 3], [0, 12]])
def test_gradients_of_several_passes_give_the_step_of_the_whole_batch(name, sizes, observes):
    found, whole = (accumulated(each, name, observes) for each in (sizes, [N]))
    torch.testing.assert_close(found, whole, rtol=1e-11, atol=1e-13)


def test_an_example_without_an_axis_of_examples_is_one():
    paths = []
    for unbatched in (True, False):
        model, inputs = model_and_inputs("deep")
        optimizer = KFAC(model, RATE)
        output = model(inputs[0] if unbatched else inputs[:1])
        (output.square().sum() / 2).backward()
        optimizer.step()
        paths.append(nn.utils.parameters_to_vector(model.parameters()))
    torch.testing.assert_close(*paths)


def test_bfloat16_weights_are_stepped_in_float32_and_so_is_what_is_loaded():
    model, inputs = model_and_inputs("deep")
    model, inputs = model.bfloat16(), inputs.bfloat16()
    optimizer = KFAC(model, 0.1, refresh=2)
    for _ in range(3):
        half_squares(model(inputs), numbers(N, OUT).bfloat16()).backward()
        optimizer.step()
    again = KFAC(model, 0.1)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for each in (optimizer, again):
        parts = [part for state in each.state.values() for part in state.values()]
        assert {part.dtype for part in parts} == {torch.float32}
    again.step()
    assert all(p.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("copies", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_of_model_and_optimizer_goes_on_as_they_do(copies):
    model, inputs = model_and_inputs("deep")
    pairs = [(model, KFAC(model, 0.1, refresh=2))]
    for k in range(6):
        for each, optimizer in pairs:
            optimizer.zero_grad()
            half_squares(each(inputs), numbers(N, OUT, seed=k)).backward()
            optimizer.step()
        if k == 2:
            pairs.append(copies(pairs[0]))
    assert all(map(torch.equal, *(list(each.parameters()) for each, _ in pairs)))
    first, second = (optimizer for _, optimizer in pairs)
    assert first.state.keys() != second.state.keys()


def test_what_makes_optimizers_of_parameters_refuses_it_in_a_sentence():
    model, _ = model_and_inputs("deep")
    with pytest.raises(TypeError, match=r"KFAC takes a model, .*, got list; make"):
        EGOPOptimizer(KFAC, model.named_parameters(), bases_of(model))


def test_it_goes_on_from_its_state():
    model, inputs = model_and_inputs("deep")
    optimizer = KFAC(model, 0.003, refresh=3, decay=0.5)

    def train(model, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            half_squares(model(inputs), numbers(N, OUT)).backward()
            optimizer.step()

    train(model, optimizer, 4)
    weights, kept = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict())
    train(model, optimizer, 4)
    other, _ = model_and_inputs("deep")
    other.load_state_dict(weights)
    second = KFAC(other, 0.1)
    second.load_state_dict(kept)
    train(other, second, 4)
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
        assert p.isfinite().all()


def test_zero_gradients_leave_the_weights():
    model, inputs = model_and_inputs("one layer")
    optimizer, before = KFAC(model), model.weight.detach().clone()
    (0 * model(inputs)).sum().backward()
    optimizer.step()
    assert torch.equal(model.weight, before)


def test_a_bias_that_is_kept_is_no_part_of_the_curvature():
    model, inputs = model_and_inputs("one layer")
    model.bias.requires_grad_(False)
    optimizer, before = KFAC(model), model.bias.clone()
    half_squares(model(inputs), numbers(N, OUT)).backward()
    optimizer.step()
    assert torch.equal(model.bias, before)
    assert optimizer.state[model.weight]["input_moments"].shape == (4, 4)


def test_a_pass_begun_before_those_observed_is_no_part_of_the_curvature():
    model, inputs = model_and_inputs("one layer")
    optimizer = KFAC(model)
    loss = half_squares(model(inputs), numbers(N, OUT))
    with optimizer.observing():
        outputs = model(inputs)
        half_squares(outputs, drawn(outputs)).backward()
    loss.backward()
    optimizer.step()
    moments = optimizer.state[model.weight]["slope_moments"]
    torch.testing.assert_close(moments, torch.eye(OUT, dtype=torch.float64))


def tied():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    return model


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: KFAC(nn.Linear(2, 2), damping=0.0), "damping above 0"),
        (lambda: KFAC(nn.Linear(2, 2), momentum=1.0), "momentum at least 0 and below 1, got 1.0"),
        (
            lambda: KFAC(nn.Linear(2, 2), refresh=1.5),
            "refresh as an integer of at least 1, got 1.5",
        ),
        (lambda: KFAC(nn.Linear(2, 2), lr="a"), "rates that are finite and at least 0, got 'a'"),
        (lambda: KFAC(nn.Linear(2, 2), lr=float("inf")), "rates that are finite"),
        (lambda: KFAC(nn.Linear(2, 2), other_lr=-1.0), "rates that are finite"),
        (lambda: KFAC(nn.Linear(2, 2), damping="a"), "damping finite and at least 0, got 'a'"),
        (lambda: KFAC(nn.Linear(2, 2), refresh=0), "refresh as an integer of at least 1, got 0"),
        (
            lambda: KFAC(nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))),
            "got 1.weight, 1.bias; give",
        ),
        (lambda: KFAC(nn.LayerNorm(2), other_lr=0.1), "nn.Linear layers, got weight, bias"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_a_step_before_a_pass_is_refused():
    layer = nn.Linear(2, 2)
    optimizer = KFAC(layer)
    layer.weight.grad = torch.ones(2, 2)
    with pytest.raises(
        ValueError, match="after a forward and a backward pass of examples, got none"
    ):
        optimizer.step()


def test_numbers_that_are_changed_and_states_that_are_loaded_are_checked():
    layer, other = nn.Linear(2, 2), nn.Linear(2, 2)
    optimizer, adam = KFAC(layer), torch.optim.Adam(other.parameters())
    with pytest.raises(ValueError, match="KFAC loads its own state, got one without"):
        optimizer.load_state_dict(adam.state_dict())
    optimizer.param_groups[0]["refresh"] = 0
    with pytest.raises(ValueError, match="refresh as an integer of at least 1, got 0"):
        layer(torch.ones(1, 2))
    optimizer.param_groups[0].update(refresh=1, damping=0)
    layer(torch.ones(1, 2)).sum().backward()
    with pytest.raises(ValueError, match="damping above 0"):
        optimizer.step()
