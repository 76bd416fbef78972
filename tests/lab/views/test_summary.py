"""Sentences about runs that diverged, and about a result with one basis."""

import re

import numpy as np
import pytest
import xarray as xr

import egop.lab
from egop.analysis.basis_costs import BASIS_COSTS
from egop.figures.labeled_result import LabeledResult
from egop.lab.views.summary import notes
from tests.experiments.planted_results import described, sweep, with_controls
from tests.lab.fakes import result
from tests.lab.views.watched_runs import so_far

pytestmark = pytest.mark.filterwarnings("ignore")


def said(own: xr.Dataset) -> str:
    html = egop.lab.open(own).dashboard.words.html
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


def table(own: xr.Dataset) -> str:
    return egop.lab.open(own).dashboard.numbers.html


def own() -> xr.Dataset:
    found = result()
    found["training_loss"][:] = np.exp(-np.arange(5.0))
    return found


def test_bases_are_compared_at_the_end_where_one_diverged():
    found = own()
    found["training_loss"][0, 1, :, :2, 1:] = np.nan
    words = said(found)
    assert "Adagrad at rate 0.1, after 4 epochs: training loss 0.018 in original" in words
    assert "2 of 3 trials diverged in EGOP coordinates" in words


def test_where_every_run_diverged_a_sentence_says_so():
    found = own()
    found["training_loss"][0, ..., 2:] = np.nan
    words = said(found)
    assert "Adagrad: at every rate half of the trials or more diverged." in words
    assert "Adam at rate 0.1, after 4 epochs" in words


def test_where_all_diverged_in_the_bases_shown_it_is_said():
    found = own().assign(chosen_rate=("optimizer", [0.1, 0.1]))
    found["training_loss"][0, :, :, :, 2:] = np.nan
    assert (
        "Adagrad at rate 0.1: 3 of 3 trials diverged in original coordinates, 3 of 3 trials "
        "diverged in EGOP coordinates." in said(found)
    )


@pytest.mark.parametrize("basis", ["original", "egop"])
def test_one_basis_alone_is_said_to_be(basis):
    words = said(own().sel(basis=[basis]))
    assert words.count("no other basis to compare with.") == 2


def test_the_table_tells_what_each_basis_cost_where_a_result_does():
    assert "Cost of the basis" not in table(own())
    dims = ("optimizer", "basis", "trial")
    shape = [own().sizes[dim] for dim in dims]
    costs = np.zeros(shape)
    costs[:, 1] = [1.0, 3.0, 2.0]
    priced = own().assign(basis_gradients=(dims, 100 * costs), basis_seconds=(dims, costs))
    assert "Cost of the basis" in table(priced)
    assert table(priced).count("200 gradients, 2 s") == 2


def test_rates_in_any_order_give_one_line():
    reading = egop.lab.open(own().isel(learning_rate=[1, 0]))
    assert reading.dashboard.runs[0].dataset["learning_rate"].values.tolist() == [0.1, 1.0]


def test_of_many_bases_a_sentence_tells_the_ends():
    """Nine of them once made four lines of numbers a method."""
    bases = ("original", "egop", "global", "first", "kronecker", "data", "random")
    losses = (1e-2, 1e-3, 2e-3, 1e-4, 3e-3, 4e-3, 1e-1)
    finals = {("adam", basis): loss for basis, loss in zip(bases, losses, strict=True)}
    accuracy = dict(zip(finals, (0.9, 0.95, 0.96, 0.91, 0.97, 0.94, 0.93), strict=True))
    planted = sweep(finals, trials=5, epochs=4, bases=bases, accuracy=accuracy)
    words = said(described(planted, "digits", trials=5, epochs=4))
    assert (
        "training loss 0.01 in original coordinates, 0.001 in EGOP coordinates (10 times lower), "
        "in the 5 other bases from 10⁻⁴ in EGOP of the first layer (100 times lower) to 0.1 in "
        "random basis (10 times higher)" in words
    )
    assert (
        "validation accuracy 45 % in original coordinates, 47.5 % in EGOP coordinates, 45.5 % to "
        "48.5 % in the others" in words
    )


def test_each_number_is_said_with_its_basis():
    words = said(own().assign(validation_loss=2 * own()["training_loss"]))
    assert "validation loss 0.037 in original coordinates, 0.037 in EGOP coordinates" in words


@pytest.mark.parametrize("n_bases", [4, 5])
def test_costs_of_many_bases_stand_in_the_table_alone(n_bases):
    """Those of nine once took five lines above the figures."""
    bases = ("original", "egop", "data", "random", "first")[:n_bases]
    planted = sweep({("adam", basis): 1e-3 for basis in bases}, trials=5, epochs=4, bases=bases)
    dims, shape = ("optimizer", "basis", "trial"), (1, n_bases, 5)
    costs = {name: (dims, np.full(shape, 2.0)) for name in BASIS_COSTS}
    found = described(planted.assign(costs), "digits", trials=5, epochs=4)
    html = notes([LabeledResult("run", found)])
    assert ("Cost of a basis" in html) == (n_bases == 4)


def overfitted() -> xr.Dataset:
    """EGOP coordinates: ten times lower in training at rate 0.1, twice higher on the test set."""
    finals = {("adam", "original"): 1e-2, ("adam", "egop"): 1e-3}
    planted = sweep(finals, trials=5, epochs=4).drop_vars(["validation_accuracy", "test_accuracy"])
    test = planted["training_loss"].copy(deep=True)
    test[:] = 0.5
    test.loc[{"basis": "egop", "learning_rate": 0.1}] = 1.0
    best = planted["best_rate"].copy(deep=True)
    best.loc[{"basis": "egop"}] = 0.01
    best.attrs["chosen_by"] = "validation_loss"
    return planted.assign(test_loss=test, best_rate=best)


def test_what_overfits_is_told_of_the_same_runs_and_at_each_best_rate():
    words = said(overfitted())
    same = "test loss 0.5 in original coordinates, 1 in EGOP coordinates."
    assert "0.001 in EGOP coordinates (10 times lower)" in words
    assert same in words
    assert (
        "Each basis at its own best rate by validation loss: test loss 0.5 in original "
        "coordinates at rate 0.1, 0.5 in EGOP coordinates at rate 0.01." in words
    )


def test_best_rates_that_are_the_one_shown_are_not_told_again():
    found = overfitted()
    found["best_rate"][:] = 0.1
    assert "own best rate" not in said(found)


def test_of_one_trial_the_number_stands_alone():
    html = table(own().isel(trial=[0]))
    assert "At epoch 4: one trial" in html
    assert '<td class="number">0.018</td>' in html
    assert "middle half" not in html
    assert "(0.018 – 0.018)" in table(own())


def test_best_rates_of_runs_that_go_on_are_told_of_one_epoch():
    found = overfitted()
    later = found["training_loss"]["epoch"] > 2
    egop = found["basis"] == "egop"
    for name in ("training_loss", "test_loss"):
        found[name] = found[name].where(~(later & egop))
    found["test_loss"].loc[{"basis": "original", "epoch": 4}] = 7.0
    found["status"].loc[{"basis": "egop"}] = "running"
    words = said(found.assign_attrs(share=0.5))
    assert "test loss 0.5 in original coordinates at rate 0.1, 0.5 in EGOP" in words


def test_numbers_that_are_told_apart_are_only_about_the_same():
    found = own()
    found["training_loss"][:, 0] = 1.149
    found["training_loss"][:, 1] = 1.151
    assert "1.1 in original coordinates, 1.2 in EGOP coordinates (about the same)" in said(found)
    assert "EGOP coordinates (the same)" in said(own())


def test_bases_in_which_nothing_has_begun_are_not_in_the_table():
    """Controls that gradient descent is never run in once stood there with no trial."""
    found = so_far(with_controls(), 3)
    for name in found.data_vars:
        if "epoch" in found[name].dims:
            found[name].loc[{"basis": ["egop", "data", "random"]}] = np.nan
    found["status"].loc[{"basis": ["egop", "data", "random"]}] = "not run"
    html = table(found)
    assert "no trial" not in html
    assert html.count("<tr>") == 1 + 2
