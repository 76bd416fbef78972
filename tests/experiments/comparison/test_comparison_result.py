"""Results of a comparison in the lab, in figures and in files, and what is refused."""

import json
import re

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

import egop
from egop.figures.elements import caption_of
from egop.runs.validation import check_result
from tests.experiments.comparison.small_models import ADAM, DENSE, batches, network
from tests.figures.read_back import names_of, panels

pytestmark = pytest.mark.filterwarnings("ignore:.*different gradients")  # few batches

CRITERION = nn.CrossEntropyLoss()
GIVEN = {
    "adam": ADAM,
    "egop adam": (ADAM, DENSE),
    "slow": (ADAM, DENSE, {"betas": (0.9, 0.99)}),
}


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    loaders = {"train": batches(), "validation": batches(20, seed=2)}
    sizes = {"rates": [0.01, 0.1], "trials": 3, "epochs": 3, "controls": False}
    return egop.compare(network(), CRITERION, loaders, GIVEN, **sizes)


def test_labels_stay_beside_optimizers_and_bases(result: xr.Dataset):
    labels = result["label"]
    for label, (optimizer, basis) in {
        "adam": ("adam", "original"),
        "egop adam": ("adam", "egop"),
        "slow": ("slow", "egop"),
        "": ("slow", "original"),
    }.items():
        assert labels.sel({"optimizer": optimizer, "basis": basis}).item() == label
    settings = json.loads(result.attrs["config"])
    assert settings["hyperparameters"]["slow"] == "{'betas': (0.9, 0.99)}"


def test_the_cost_of_each_basis_is_told_beside_the_curves(result: xr.Dataset):
    note = r"Cost of a basis: egop adam 40 gradients, [\d.]+ s; slow 40 gradients, [\d.]+ s\."
    caption = caption_of(egop.figures.draw(result)["losses"])
    assert re.search(note, " ".join(caption.split()))


def test_an_optimizer_without_original_coordinates_is_compared_at_its_own_rate(result):
    assert result["chosen_rate"].sel({"optimizer": "slow"}) == result["best_rate"].sel(
        {"optimizer": "slow", "basis": "egop"}
    )
    assert result["best_rate"].sel({"optimizer": "slow", "basis": "original"}).isnull()


@pytest.mark.filterwarnings("ignore")
def test_the_lab_shows_it(result: xr.Dataset):
    check_result(result)
    shown = egop.lab.open(result).dashboard
    assert "Adam" in shown.words.html
    assert "slow" in shown.words.html
    assert "Cost of a basis" in shown.head.html


def test_figures_show_it(result: xr.Dataset):
    layout = egop.figures.draw(result)["losses"]
    by_epoch = panels(layout, "bokeh")[0]
    wanted = {names_of("adam", "original"), names_of("adam", "egop"), names_of("slow", "egop")}
    assert {*by_epoch.lines} == wanted
    assert "3 trials" in caption_of(layout)


def test_it_is_the_same_from_a_file(result: xr.Dataset, tmp_path):
    result.to_netcdf(tmp_path / "mine.nc", engine="h5netcdf")
    again = xr.load_dataset(tmp_path / "mine.nc", engine="h5netcdf")
    xr.testing.assert_identical(again, result)
    shown = egop.lab.open(tmp_path / "mine.nc").dashboard
    assert shown.runs[0].label == "mine"


def test_a_best_rate_at_the_end_of_those_tried_is_told():
    sizes = {"trials": 1, "epochs": 1, "controls": False}
    edge = egop.compare(network(), CRITERION, batches(), {"adam": ADAM}, [1e-6, 1e-5], **sizes)
    assert edge.attrs["data_note"] == (
        "The best rate of adam stands at an end of those tried: others may be better."
    )
    rates = [1e-5, 0.01, 1e5]
    within = egop.compare(network(), CRITERION, batches(), {"adam": ADAM}, rates, **sizes)
    assert within.attrs["data_note"] == ""


def test_what_has_no_run_in_original_coordinates_is_told():
    given = {"egop sgd": (torch.optim.SGD, DENSE), "adam": ADAM, "egop adam": (ADAM, DENSE)}
    note = compared(optimizers=given, controls=True).attrs["data_note"]
    assert note == (
        "egop sgd has no run in original coordinates to be compared with: add an entry of SGD "
        "alone, with the same hyperparameters."
    )
    both = {"sgd": torch.optim.SGD, **given}
    assert compared(optimizers=both, controls=True).attrs["data_note"] == ""


def test_one_basis_has_one_name():
    result = compared(optimizers={"adam": ADAM, "egop adam": (ADAM, DENSE)}, controls=True)
    labels = result["label"].sel(basis="inputs").values.tolist()
    assert labels == ["egop adam (inputs)"]
    assert "(data)" not in result.attrs["config"]


def compared(model=None, loss=CRITERION, loaders=None, optimizers=None, **options):
    options = {"rates": [0.1], "trials": 1, "epochs": 1, "controls": False, **options}
    model = network() if model is None else model
    loaders = batches() if loaders is None else loaders
    return egop.compare(model, loss, loaders, optimizers or {"adam": ADAM}, **options)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"model": "net"}, TypeError, "egop.compare takes a torch.nn.Module, got"),
        ({"model": nn.ReLU()}, ValueError, "egop.compare takes a model with parameters"),
        ({"loss": nn.CrossEntropyLoss}, TypeError, r"write nn.CrossEntropyLoss\(\)"),
        ({"loss": nn.CrossEntropyLoss(reduction="none")}, ValueError, "a scalar .*shape"),
        ({"loss": lambda m, b: CRITERION(m(b[0]), b[1]).detach()}, ValueError, "without a grad"),
        ({"loaders": iter(batches())}, ValueError, "'train' takes what can be gone through"),
        ({"loaders": []}, ValueError, "the loader 'train' takes at least one batch, got none"),
        ({"loaders": {"train": batches(), "validation": []}}, ValueError, "'validation' takes at"),
        ({"loaders": {"training": batches()}}, ValueError, "unknown name 'training'; did you mean"),
        ({"loaders": {"test": batches()}}, ValueError, "one that is named 'train', got test"),
        ({"loaders": batches()[0]}, TypeError, "the loader 'train' takes a list of batches, got"),
        ({"rates": [0.1, -1.0]}, ValueError, "rates of 'adam' take positive numbers"),
        ({"rates": []}, ValueError, "rates of 'adam' take positive numbers"),
        ({"rates": "serch"}, ValueError, "rates of 'adam' take positive numbers.*got 'serch'"),
        (
            {"rates": {"adma": [0.1]}},
            ValueError,
            "rates: unknown label 'adma'; did you mean 'adam'",
        ),
        ({"rates": {}}, ValueError, "rates takes those of every label, got none of 'adam'"),
        ({"trials": 0}, ValueError, "trials takes an integer from 1 to"),
        ({"epochs": 2.5}, ValueError, "epochs takes an integer from 1 to"),
        ({"seed": -1}, ValueError, "seed takes an integer from 0 to"),
        ({"schedule": "cosin"}, ValueError, "schedule takes one of constant, cosine, or a func"),
        ({"schedule": lambda o: None}, ValueError, "schedule takes one of .*got None"),
        ({"initialize": nn.init.xavier_normal_}, TypeError, "initialize takes None, a law"),
        (
            {"optimizers": {"adam": (ADAM, None, {"beta1": 0.9})}},
            ValueError,
            r"optimizers\['adam'\]: .*unexpected keyword argument 'beta1'",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence_and_trains_nothing(given, kind, words):
    told = []
    with pytest.raises(kind, match=words) as raised:
        compared(**given, on_progress=lambda *each: told.append(each))
    assert "\n" not in str(raised.value)
    assert told == []


def test_controls_are_named_beside_their_entry():
    result = compared(optimizers={"egop adam": (ADAM, DENSE)}, controls=True)
    assert result["basis"].values.tolist() == ["egop", "inputs", "random"]
    assert result["basis_gradients"].values.squeeze().tolist() == [40, 0, 0]
    losses = result["training_loss"].isel(epoch=-1).values.squeeze()
    assert len(np.unique(losses)) == 3


def test_controls_have_the_blocks_that_a_function_gives_its_bases():
    made = []

    def bases(model, trial):
        made.append(trial)
        return egop.networks.estimate_block_bases(model, CRITERION, batches(), None, 9, "global")

    result = compared(optimizers={"mine": (ADAM, bases)}, controls=True, trials=2)
    assert result["basis"].values.tolist() == ["egop", "random"]
    assert made == [0, 1]  # the first is made once, before anything is trained
    whole = {"structure": "random", "n_samples": 9, "blocks": "global"}
    wanted = compared(optimizers={"mine": (ADAM, whole)}, trials=2)["training_loss"]
    found = result["training_loss"].sel(basis="random")
    np.testing.assert_allclose(found, wanted.sel(basis="random"), rtol=1e-12)


def test_a_model_without_a_data_basis_has_the_random_control():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.entries = nn.Parameter(torch.ones(4, 3, dtype=torch.float64))

        def forward(self, inputs):
            return inputs @ self.entries

    result = compared(Table(), optimizers={"egop adam": (ADAM, DENSE)}, controls=True)
    assert result["basis"].values.tolist() == ["egop", "random"]
