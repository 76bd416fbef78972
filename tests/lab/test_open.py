"""`egop.lab.open`: results of egop and of your own network."""

import numpy as np
import pytest

import egop.lab
from egop.runs.completion import completed
from tests.lab.fakes import result


def test_a_result_of_your_own_network_is_completed():
    made = completed(result())
    status = made["status"]
    assert (
        status.sel({"optimizer": "adagrad", "basis": "original"}).values.tolist()
        == [["finished"] * 3] * 2
    )
    assert (status.isel(optimizer=1, basis=0, learning_rate=1) == "diverged").all()
    assert (status.isel(optimizer=0, basis=1, learning_rate=1) == "not run").all()
    assert made["chosen_rate"].values[1] == 0.1
    assert made["best_rate"].dims == ("optimizer", "basis")


@pytest.mark.filterwarnings("ignore")
def test_a_dataset_with_the_older_name_is_shown():
    reading = egop.lab.open(result().rename(optimizer="method"))
    assert reading.dashboard.runs[0].dataset["training_loss"].dims[0] == "optimizer"


def test_the_rate_of_the_smallest_median_is_chosen():
    loss = result()
    loss["training_loss"][0, 0, 1, :, -1] = 1e-6
    assert completed(loss)["chosen_rate"].values[0] == 1.0


def test_what_is_there_already_stays():
    mine = result().assign(chosen_rate=("optimizer", np.array([7.0, 8.0])))
    assert completed(mine)["chosen_rate"].values.tolist() == [7.0, 8.0]


@pytest.mark.filterwarnings("ignore")
def test_a_result_is_shown():
    reading = egop.lab.open(result(), label="my network")
    assert reading.dashboard.runs[0].label == "my network"
    assert reading.__panel__().get_root() is not None


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (3, TypeError, "takes a dataset or the folder of a run, got int"),
        ("/no/such/run", FileNotFoundError, "no"),
        (result().drop_vars("training_loss"), ValueError, "training_loss"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_it_does_not_take_is_answered(given, error, words):
    with pytest.raises(error, match=words):
        egop.lab.open(given)
