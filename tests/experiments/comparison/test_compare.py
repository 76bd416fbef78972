"""`egop.compare`: runs equal a loop over `torch.optim`, and share starts, orders and rates."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

import egop
from egop import methods
from egop.experiments.sweep.rates import first_rates, next_rates
from egop.networks import estimate_block_bases, pytorch_default
from egop.networks.rng import stream
from egop.optimizer import EGOPOptimizer, from_method
from tests.experiments.comparison.small_models import (
    ADAM,
    DENSE,
    batches,
    curve,
    examples,
    loader,
    network,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*different gradients")  # few batches

CRITERION = nn.CrossEntropyLoss()


def compared(optimizers=None, model=None, given=None, **options):
    options = {"rates": [0.05], "trials": 2, "epochs": 3, "controls": False, **options}
    optimizers = {"adam": ADAM} if optimizers is None else optimizers
    return egop.compare(
        network() if model is None else model,
        options.pop("loss", CRITERION),
        batches() if given is None else given,
        optimizers,
        **options,
    )


def looped(model, make_scheduler=None, trial=0, epochs=3, bases=None):
    """The losses of the whole set by epoch, of the loop that a user would write."""
    inputs, classes = examples()
    optimizer = ADAM(model.parameters(), lr=0.05)
    if bases is not None:
        optimizer = EGOPOptimizer(ADAM, model.named_parameters(), bases, lr=0.05)
    scheduler = None if make_scheduler is None else make_scheduler(optimizer)
    losses = [CRITERION(model(inputs), classes).item()]
    for epoch in range(epochs):
        for place in stream((0, trial), "minibatches", epoch).permutation(4):
            optimizer.zero_grad()
            given, wanted = batches()[place]
            CRITERION(model(given), wanted).backward()
            optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(CRITERION(model(inputs), classes).item())
    return losses


@pytest.mark.parametrize("trial", [0, 1])
def test_a_run_is_the_loop_that_one_would_write(trial):
    found = curve(compared())[trial]
    np.testing.assert_allclose(found, looped(network(), trial=trial), rtol=1e-12)


@pytest.mark.parametrize("structure", ["dense", "kronecker", "partial", "data", "random"])
def test_a_run_in_a_basis_is_the_loop_with_the_rotated_optimizer(structure):
    model = network()
    given = {"structure": structure, "n_samples": 20, "seed": 7}
    bases = estimate_block_bases(model, CRITERION, batches(), None, **given)
    ready, anew = (compared({"a": (ADAM, each)}, trials=1) for each in (bases, given))
    wanted = looped(model, bases=bases)
    name = {"dense": "egop", "data": "inputs"}.get(structure, structure)
    np.testing.assert_allclose(curve(ready, basis=name)[0], wanted, rtol=1e-9)
    np.testing.assert_allclose(curve(anew, basis=name)[0], wanted, rtol=1e-9)


@pytest.mark.parametrize("name", ["adam", "muon", "vector_adam"])
def test_methods_of_ours_are_compared_as_any_optimizer(name):
    kind = from_method(methods.method(name))
    found = compared({"plain": kind, "rotated": (kind, DENSE)}, trials=1)
    assert found["optimizer"].values.tolist() == [name]
    curves = [curve(found, name, basis)[0] for basis in ("original", "egop")]
    assert np.isfinite(curves).all()
    assert curves[0][0] == curves[1][0]
    assert curves[0][-1] != curves[1][-1]
    if name == "adam":
        np.testing.assert_allclose(curves[0], looped(network()), rtol=1e-9)


@pytest.mark.parametrize("schedule", ["cosine", lambda optimizer: StepLR(optimizer, 1, 0.1)])
def test_schedules_step_after_each_epoch(schedule):
    def cosine(optimizer):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)

    wanted = looped(network(), cosine if schedule == "cosine" else schedule)
    np.testing.assert_allclose(curve(compared(schedule=schedule))[0], wanted, rtol=1e-12)


def test_a_run_does_not_depend_on_what_it_is_compared_with():
    both = {"sgd": torch.optim.SGD, "egop adam": (ADAM, DENSE), "adam": ADAM}
    law = {"initialize": pytorch_default(), "given": loader()}
    np.testing.assert_array_equal(curve(compared(both, **law)), curve(compared(**law)))


def test_trials_begin_and_go_on_in_their_own_way():
    result = compared({"adam": ADAM, "sgd": torch.optim.SGD}, initialize=pytorch_default())
    starts = result["training_loss"].isel(epoch=0)
    assert (starts.isel(trial=0) != starts.isel(trial=1)).all()
    assert (starts == starts.isel(optimizer=0)).all()
    same = compared()["training_loss"].squeeze()
    assert same.values[0, 0] == same.values[1, 0]
    assert (same.values[0, 1:] != same.values[1, 1:]).all()


def test_gradient_descent_is_the_same_in_every_basis():
    sgd = torch.optim.SGD
    result = compared({"sgd": sgd, "egop sgd": (sgd, DENSE)}, initialize=pytorch_default())
    same = (curve(result, "gradient_descent", basis) for basis in ("original", "egop"))
    np.testing.assert_allclose(*same, rtol=1e-10)


def test_minibatches_are_those_of_the_trial_in_every_run():
    seen = []

    def loss(model, batch):
        if model.training:
            seen.append(batch[1].tolist())
        return CRITERION(model(batch[0]), batch[1])

    compared({"adam": ADAM, "sgd": torch.optim.SGD}, loss=loss, given=loader(size=20), epochs=1)
    first, second, third, fourth = (seen[1 + 2 * k : 3 + 2 * k] for k in range(4))
    assert (first, third) == (second, fourth)
    assert first != third
    before = list(seen)
    seen.clear()
    compared({"adam": ADAM, "sgd": torch.optim.SGD}, loss=loss, given=loader(size=20), epochs=1)
    assert seen[1:] == before[1:]


def test_a_loader_with_its_own_generator_is_ordered_by_trial_and_left_as_it_was():
    generator = torch.Generator().manual_seed(3)
    given = loader(generator=generator)
    before = generator.get_state()
    one = compared(given=given)
    assert torch.equal(generator.get_state(), before)
    generator.manual_seed(4)
    np.testing.assert_array_equal(curve(compared(given=given)), curve(one))


def test_a_run_that_diverges_is_nan_from_there_on():
    result = compared({"sgd": torch.optim.SGD}, rates=[0.05, 1e80], loss=squares, epochs=3)
    run = result.sel({"learning_rate": 1e80}).squeeze()
    assert (run["status"] == "diverged").all()
    assert run["diverged_at"].values.tolist() == [1, 1]
    assert run["training_loss"].isnull().values[:, 1:].all()
    assert np.isfinite(run["training_loss"].values[:, 0]).all()
    assert (result["status"].sel({"learning_rate": 0.05}) == "finished").all()
    assert result["best_rate"].item() == 0.05
    assert (result["diverged_at"].sel({"learning_rate": 0.05}) == -1).all()


def squares(model, batch):
    return (model(batch[0]) ** 2).mean()


def test_a_loss_that_refuses_nan_has_diverged():
    def loss(model, batch):
        outputs = model(batch[0])
        if not outputs.isfinite().all():
            raise ValueError("Expected parameter loc to satisfy the constraint Real()")
        return (outputs**2).mean()

    given = [(inputs.float(), classes) for inputs, classes in batches()]
    sgd = {"sgd": torch.optim.SGD}
    result = compared(sgd, network().float(), given, rates=[3e38], loss=loss)
    assert (result["status"] == "diverged").all()
    with pytest.raises(ZeroDivisionError):
        compared(
            loss=lambda model, batch: squares(model, batch) / (1 if model.training else 1 // 0)
        )


@pytest.mark.parametrize("stop", [KeyboardInterrupt, None])
def test_the_model_is_left_as_it_was(stop):
    model = network(nn.BatchNorm1d(5).double(), nn.Dropout(0.5))
    model[1].eval()
    model[0].bias.requires_grad_(False)
    model(examples()[0]).sum().backward()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    slopes = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    state = torch.get_rng_state()

    def on_progress(share, words):
        if stop is not None and share > 0.5:
            raise stop

    given = {"optimizers": {"egop adam": (ADAM, DENSE)}, "on_progress": on_progress}
    if stop is None:
        compared(model=model, **given)
    else:
        with pytest.raises(stop):
            compared(model=model, **given)
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())
    now = [p.grad for p in model.parameters()]
    assert all(a is b is None or torch.equal(a, b) for a, b in zip(slopes, now, strict=True))
    assert [layer.training for layer in model] == [True, False, True, True, True]
    assert torch.equal(torch.get_rng_state(), state)
    assert [p.requires_grad for p in model.parameters()][1] is False


def test_running_statistics_begin_anew_in_each_run():
    model = network(nn.BatchNorm1d(5).double())
    twice = {"first": ADAM, "second": (ADAM, None, {"eps": 1.0000001e-8})}
    result = compared(twice, model=model)
    one, other = (curve(result, label) for label in ("first", "second"))
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_losses_and_accuracies_are_those_of_the_whole_loaders():
    inputs, classes = examples(30, seed=5)
    given = {
        "train": batches(),
        "validation": [(inputs[:7], classes[:7]), (inputs[7:], classes[7:])],
        "test": [(inputs[20:], classes[20:])],
    }
    model = network(nn.Dropout(0.5))
    result = compared(model=model, given=given).isel(trial=0, epoch=0).squeeze()
    outputs = network()(inputs)
    assert result["validation_loss"].item() == pytest.approx(CRITERION(outputs, classes).item())
    right = (outputs.argmax(dim=1) == classes).double()
    assert result["validation_accuracy"].item() == pytest.approx(right.mean().item())
    assert result["test_accuracy"].item() == pytest.approx(right[20:].mean().item())
    own = compared(given=given, loss=lambda m, batch: CRITERION(m(batch[0]), batch[1]))
    assert "validation_accuracy" not in own
    assert own["validation_loss"].dims == ("optimizer", "basis", "learning_rate", "trial", "epoch")


def test_rates_are_searched_by_the_paper_s_rule():
    given = {"train": batches(), "validation": batches(20, seed=3)}
    optimizers = {"adam": ADAM, "egop adam": (ADAM, DENSE), "sgd": torch.optim.SGD}
    rates = {"adam": "search", "egop adam": "search", "sgd": [0.3]}
    result = compared(optimizers, given=given, rates=rates)
    coarse = first_rates(["adam"], None)
    known = result["validation_loss"].isel(epoch=-1).median("trial").sel({"optimizer": "adam"})
    best = known.sel({"learning_rate": coarse["adam"]}).idxmin("learning_rate").to_numpy()
    finer = next_rates({"adam": best}, coarse)["adam"]
    for optimizer, basis, wanted in [
        ("adam", "original", [*coarse["adam"], *finer]),
        ("adam", "egop", [*coarse["adam"], *finer]),
        ("gradient_descent", "original", [0.3]),
        ("gradient_descent", "egop", []),
    ]:
        of = result["status"].sel({"optimizer": optimizer, "basis": basis}) != "not run"
        tried = result["learning_rate"].values[of.any("trial").values]
        np.testing.assert_allclose(tried, np.unique(wanted))
    best = known.idxmin("learning_rate")
    chosen = result["best_rate"].sel({"optimizer": "adam"})
    np.testing.assert_array_equal(chosen.to_numpy(), best.to_numpy())
    assert result["chosen_rate"].values[0] == chosen.values[0]


def test_progress_rises_to_the_end():
    told = []
    compared(rates="search", epochs=1, on_progress=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert told[0][1] == "adam at rate 0.001, trial 1 of 2"


def test_steps_and_seconds_are_told():
    result = compared({"adam": ADAM, "egop adam": (ADAM, DENSE)})
    assert result["step"].values.tolist() == [0, 4, 8, 12]
    seconds = result["seconds"]
    assert (seconds.isel(epoch=0) == 0).all()
    assert (seconds.isel(epoch=slice(1, None)) > 0).all()


class Averaging(torch.optim.SGD):
    """Steps only where it is told to train, as schedule-free optimizers do."""

    told = ()

    def train(self):
        self.told += ("train",)

    def eval(self):
        self.told += ("eval",)

    def step(self, closure=None):
        assert self.told[-1] == "train"
        return super().step(closure)


def test_optimizers_that_average_are_told_when_to_train_and_when_to_measure():
    asked = []

    def loss(model, batch):
        asked.append(model.training)
        return CRITERION(model(batch[0]), batch[1])

    averaged = curve(compared({"a": Averaging}, loss=loss), "averaging")
    plain = curve(compared({"a": torch.optim.SGD}), "gradient_descent")
    np.testing.assert_allclose(averaged, plain)
