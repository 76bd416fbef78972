"""Datasets of one's own that are not of the form of a result: one sentence each."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

import egop.lab
from egop.runs.validation import RUN_DIMS, check_result
from tests.lab.fakes import result

Change = Callable[[xr.Dataset], xr.Dataset]


def spectrum(values: list, **coords: list) -> xr.Dataset:
    return xr.Dataset({"eigenvalues": (("trial", "block", "k"), [[values]])}, coords=coords)


def status(value: object) -> Change:
    def change(own: xr.Dataset) -> xr.Dataset:
        values = np.full(own["training_loss"].shape[:4], value)
        return own.assign(status=(RUN_DIMS[:4], values))

    return change


def measure(name: str, value: float) -> Change:
    return lambda own: own.assign({name: own["training_loss"] * 0 + value})


REFUSED: dict[str, tuple[Change, str]] = {
    "a dim that was selected away": (
        lambda own: own.isel(optimizer=0),
        r'got basis, learning_rate, trial, epoch; result\.expand_dims\("optimizer"\) adds',
    ),
    "no optimizer": (
        lambda own: own.isel(optimizer=0, drop=True),
        r'result\.expand_dims\(optimizer=\["adam"\]\) adds optimizer',
    ),
    "no rate": (lambda own: own.isel(learning_rate=0, drop=True), r"learning_rate=\[0\.1\]"),
    "another name of a dim": (
        lambda own: own.rename(epoch="step"),
        r'result\.rename\(step="epoch"\) names it so',
    ),
    "a dim too many": (
        lambda own: own.expand_dims(width=[1, 2]),
        r"got width as well; result\.isel\(width=0\)",
    ),
    "no names of optimizers": (
        lambda own: own.drop_vars("optimizer"),
        "the dim optimizer takes a coordinate, got none",
    ),
    "no names of bases": (lambda own: own.drop_vars("basis"), "the dim basis takes a coordinate"),
    "no rates": (lambda own: own.drop_vars("learning_rate"), "learning_rate takes a coordinate"),
    "numbers for names": (
        lambda own: own.assign_coords(optimizer=[0, 1]),
        "optimizer takes names, got 0, 1",
    ),
    "the same name twice": (
        lambda own: own.assign_coords(basis=["original", "original"]),
        "basis takes each value once, got 'original' twice",
    ),
    "rates as text": (
        lambda own: own.assign_coords(learning_rate=["0.1", "1"]),
        "learning_rate takes numbers above zero, got 0.1, 1",
    ),
    "a rate of zero": (
        lambda own: own.assign_coords(learning_rate=[0.0, 1.0]),
        "learning_rate takes numbers above zero, got 0.0, 1.0",
    ),
    "a rate that is NaN": (
        lambda own: own.assign_coords(learning_rate=[np.nan, 1.0]),
        "learning_rate takes numbers above zero, got nan",
    ),
    "dates for epochs": (
        lambda own: own.assign_coords(epoch=np.array("2025-01-01", "M8[D]") + np.arange(5)),
        r"epoch takes ascending numbers, .*drop_vars\(.epoch.\) counts them",
    ),
    "losses as text": (lambda own: own.astype(str), "takes real numbers, got <U32"),
    "complex losses": (lambda own: own.astype(complex), "takes real numbers, got complex128"),
    "losses as objects": (lambda own: own.astype(object), "takes real numbers, got object"),
    "negative losses": (
        lambda own: own - 5,
        "numbers from 0 on, for its logarithmic axis, got -4.97",
    ),
    "nothing measured": (lambda own: own * np.nan, "at least one run, got no finite number"),
    "no trials": (lambda own: own.isel(trial=[]), "trial takes at least 1 entry, got 0"),
    "no trials of an accuracy": (
        lambda own: measure("test_accuracy", 0.9)(own).isel(trial=[]),
        "trial takes at least 1 entry, got 0",
    ),
    "only the start": (lambda own: own.isel(epoch=[0]), "epoch takes at least 2 entries, got 1"),
    "percents": (
        measure("validation_accuracy", 97.3),
        "validation_accuracy takes shares from 0 to 1, got 97.3; divide percents by 100",
    ),
    "a measure with fewer dims": (
        lambda own: own.assign(test_accuracy=("optimizer", [0.9, 0.8])),
        "test_accuracy takes the dims optimizer, .*, got optimizer",
    ),
    "an unknown status": (status("done"), "status takes 'finished', .* got 'done'"),
    "a status of numbers": (status(0), "status takes 'finished', .* got '0'"),
    "finished without a number": (
        status("finished"),
        "status takes 'diverged' where the last training_loss is NaN or infinite, got 'finished'",
    ),
    "nothing was run": (status("not run"), "got 'not run' alone"),
    "status of optimizers": (
        lambda own: own.assign(status=("optimizer", ["finished", "finished"])),
        "status takes the dims optimizer, basis, learning_rate, trial, got optimizer",
    ),
    "a rate that was not run": (
        lambda own: own.assign(chosen_rate=("optimizer", [7.0, 0.1])),
        "chosen_rate takes rates of learning_rate, 0.1, 1.0, got 7",
    ),
    "one chosen rate": (
        lambda own: own.assign(chosen_rate=0.1),
        "chosen_rate takes numbers with the dims optimizer, got float64 with none",
    ),
    "a spectrum alone": (
        lambda own: own.assign(eigenvalues=("k", [3.0, 1.0])),
        "eigenvalues takes the dims trial, block and k, got k",
    ),
    "a spectrum without layers": (lambda _: spectrum([2.0, 1.0]), "the dim block takes a coord"),
    "numbers for layers": (
        lambda _: spectrum([2.0, 1.0], block=[1]),
        "block takes names of layers, got 1",
    ),
    "an ascending spectrum": (
        lambda _: spectrum([1.0, 2.0], block=["W1"]),
        "descending numbers along k, the largest first",
    ),
    "negative eigenvalues": (
        lambda _: spectrum([2.0, -1.0], block=["W1"]),
        "eigenvalues takes numbers from 0 on, as an EGOP's are, got -1",
    ),
    "eigenvalues of zero": (
        lambda _: spectrum([0.0, 0.0], block=["W1"]),
        "eigenvalues takes at least one number above zero, got none",
    ),
    "eigenvalues as text": (
        lambda _: spectrum(["b", "a"], block=["W1"]),
        "eigenvalues takes real numbers, got <U1",
    ),
    "settings that are no JSON": (
        lambda own: own.assign_attrs(config="lr 0.1"),
        "the attribute config takes settings as JSON, got 'lr 0.1'",
    ),
    "a share in words": (
        lambda own: own.assign_attrs(share="half"),
        "the attribute share takes a number from 0 to 1, got 'half'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_one_sentence(name):
    change, words = REFUSED[name]
    with pytest.raises(ValueError, match=words) as refusal:
        egop.lab.open(change(result()))
    assert "\n" not in str(refusal.value)


def test_a_spectrum_with_round_off_is_one():
    check_result(spectrum([1.0, 1e-20, -1e-18, 1e-19, np.nan], block=["W1"]))


def test_a_diverged_start_is_no_negative_loss():
    own = result()
    own["training_loss"][0, 0, 0, 0] = -np.inf
    check_result(own)
