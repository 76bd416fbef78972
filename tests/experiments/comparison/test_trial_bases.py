"""Bases of a comparison: estimated anew for each trial, shared, checked and counted."""

import weakref

import numpy as np
import pytest
import torch
from torch import nn

import egop
from egop.networks import estimate_block_bases, pytorch_default
from tests.experiments.comparison.small_models import ADAM, DENSE, batches, curve, network

pytestmark = pytest.mark.filterwarnings("ignore:.*different gradients")  # few batches

CRITERION = nn.CrossEntropyLoss()
LAW = pytorch_default()


def compared(optimizers, model=None, **options):
    options = {"rates": [0.05], "trials": 2, "epochs": 2, "initialize": LAW, **options}
    given = {"controls": False, **options}
    return egop.compare(
        network() if model is None else model, CRITERION, batches(), optimizers, **given
    )


def test_bases_are_estimated_from_the_law_of_the_starts_anew_for_each_trial():
    given = []

    def bases(model, trial):
        given.append((trial, torch.cat([p.detach().flatten() for p in model.parameters()])))
        return estimate_block_bases(model, CRITERION, batches(), LAW, 40, seed=(0, 1, trial))

    result = compared({"a": (ADAM, DENSE), "b": (torch.optim.Adagrad, bases)})
    own = compared({"a": (ADAM, bases)})
    np.testing.assert_allclose(curve(result, "adam", "egop"), curve(own, "adam", "egop"), rtol=1e-9)
    assert [trial for trial, _ in given] == [0, 1, 0, 1]
    assert not torch.equal(given[0][1], given[1][1])
    assert torch.equal(given[0][1], given[2][1])


def test_without_a_law_bases_are_those_of_the_weights():
    model = network()
    around = estimate_block_bases(model, CRITERION, batches(), None, 40, seed=(0, 1, 0))
    given = {"a": (ADAM, DENSE), "b": (torch.optim.Adagrad, around)}
    result = compared(given, model, initialize=None, trials=1)
    other = compared({"a": (ADAM, around)}, model, initialize=None, trials=1)
    np.testing.assert_allclose(
        curve(result, "adam", "egop"), curve(other, "adam", "egop"), rtol=1e-9
    )


def test_bases_of_finished_trials_take_no_memory():
    held = []

    def bases(model, trial):
        alive.append([each() is not None for each in held])
        made = estimate_block_bases(model, CRITERION, batches(), None, 5)
        held.append(weakref.ref(made))
        return made

    alive = []
    compared({"a": (ADAM, bases)}, trials=3)
    assert alive[2][0] is False
    assert len(alive) == 3
    alive.clear()
    compared({"a": (ADAM, bases)}, rates="search", epochs=1)
    assert len(alive) == 2  # they are not estimated again for the second stage


def test_what_bases_cost_is_told_by_trial():
    counted = []

    def loss(model, batch):
        counted.append(torch.is_grad_enabled())
        return CRITERION(model(batch[0]), batch[1])

    ready = estimate_block_bases(network(), CRITERION, batches(), None, 5)
    given = {
        "adam": ADAM,
        "egop adam": (ADAM, DENSE),
        "egop adagrad": (torch.optim.Adagrad, dict(DENSE)),
        "ready": (torch.optim.SGD, ready),
    }
    result = egop.compare(
        network(), loss, batches(), given, [0.05], trials=2, epochs=1, controls=False
    )
    gradients, seconds = result["basis_gradients"], result["basis_seconds"]
    assert gradients.dims == seconds.dims == ("optimizer", "basis", "trial")
    names = result["optimizer"].values.tolist()
    assert names == ["adam", "adagrad", "gradient_descent"]
    assert gradients.sel({"basis": "original"}).values[0].tolist() == [0, 0]
    assert gradients.sel({"basis": "egop"}).values.tolist() == [[40, 40], [40, 40], [5, 5]]
    assert (seconds.sel({"basis": "egop"}).values[:2] > 0).all()
    assert seconds.sel({"basis": "egop"}).values[2].tolist() == [ready.seconds] * 2
    assert seconds.sel({"basis": "original"}).values[0].tolist() == [0, 0]
    assert sum(counted) == 1 + 2 * (40 + 4 * 4)  # entries with the same arguments share bases


@pytest.mark.parametrize(
    ("bases", "words"),
    [
        ({"structure": "dense"}, r"optimizers\['a'\] takes n_samples, the number of gradients"),
        ({"structure": "data"}, r"\['a'\] takes n_samples, the number of forward passes, among"),
        ({"n_samples": 0}, "n_samples of at least 1, got 0"),
        ({"n_sample": 9}, "arguments of estimate_block_bases, got 'n_sample'; did you mean 'n_s"),
        ({"structure": "kroneker", "n_samples": 9}, "no structure 'kroneker': did you mean 'kro"),
        ({"structure": "partial", "n_samples": 9, "k": 10}, "k=10 leading eigenvectors take at"),
        ({"n_samples": 9, "blocks": ["0.wieght"]}, "blocks takes 'matrices', .*got"),
        ("of another model", "the basis of 'a' belongs to another flat vector"),
    ],
)
def test_bases_that_cannot_be_are_one_sentence(bases, words):
    if bases == "of another model":
        other = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 3)).double()
        bases = estimate_block_bases(other, CRITERION, batches(), None, 5)
    told = []
    given = {"a": (ADAM, bases), "adam": ADAM}
    with pytest.raises(ValueError, match=words):
        compared(given, controls=True, on_progress=lambda *each: told.append(each))
    assert told == []


def test_random_bases_take_no_number_of_samples():
    found = [
        compared({"a": (ADAM, {"structure": "random", **more}), "adam": ADAM})
        for more in ({}, {"n_samples": 9})
    ]
    losses = [each["training_loss"].sel(basis="random").to_numpy() for each in found]
    np.testing.assert_array_equal(*losses)


def test_a_function_of_bases_returns_block_bases():
    with pytest.raises(ValueError, match="returns BlockBases, got 3"):
        compared({"a": (ADAM, lambda model, trial: 3)})
