"""Medians over the trials: those of the paper's figures, and of what is known so far."""

import numpy as np
import pytest
import xarray as xr

from egop.experiments.claims.summaries import trials
from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics, as_before, statistics_of
from egop.figures.series import BEST
from egop.runs import run_table
from egop.trials import drawable
from tests.experiments.planted_results import CHOSEN, RATES, diverge
from tests.lab.views.watched_runs import digits, so_far


def scattered(result):
    scale = np.random.default_rng(3).lognormal(size=result.sizes["trial"])
    return result.assign(training_loss=result["training_loss"] * xr.DataArray(scale, dims="trial"))


def test_lines_are_those_of_the_papers_figures():
    result = scattered(digits(trials=7))
    result = diverge(result, "adam", "egop", [1, 4])
    for line in RunStatistics(LabeledResult("run", result)).by_epoch("training_loss"):
        where = {"optimizer": line.key.method, "basis": line.key.basis}
        some = trials(result, "training_loss", **where)
        np.testing.assert_allclose(line.median, some.median)
        np.testing.assert_allclose((line.low, line.high), drawable(np.array(some.quartiles)))
        assert line.key.rate == CHOSEN
        assert (line.key.counted, line.key.diverged) == (some.count, int(some.diverged.sum()))


def test_what_is_not_known_yet_is_left_out():
    whole = scattered(digits())
    table = RunStatistics(LabeledResult("run", so_far(whole, 4, trials=3)))
    full = RunStatistics(LabeledResult("run", whole.isel(trial=slice(3))))
    for line, known in zip(
        table.by_epoch("training_loss"), full.by_epoch("training_loss"), strict=True
    ):
        np.testing.assert_allclose(line.median[:5], known.median[:5])
        assert np.isnan(line.median[5:]).all()
        assert line.key.counted == 3


def test_rates_so_far_are_shown_while_a_run_is_trained():
    running = so_far(digits(), 4)
    running["chosen_rate"][:] = RATES[2]
    assert {key.rate for key in RunStatistics(LabeledResult("run", running)).series_keys()} == {
        RATES[2]
    }


def test_a_network_of_ones_own_is_compared_at_its_best_rate_in_original_coordinates():
    result = digits().drop_vars(["chosen_rate", "best_rate", "status", "diverged_at"])
    result["training_loss"].loc[{"basis": "egop", "learning_rate": RATES[0]}] = 1e-9
    del result.attrs["experiment"]
    table = RunStatistics(LabeledResult("mine", result))
    assert {key.rate for key in table.series_keys()} == {CHOSEN}
    best = {(key.basis, key.rate) for key in table.series_keys(BEST)}
    assert best == {("original", CHOSEN), ("egop", RATES[0])}
    np.testing.assert_array_equal(table.chosen_rates, [CHOSEN, CHOSEN])


def test_a_rate_that_a_method_was_not_run_at_gives_no_line():
    result = digits()
    result["status"].loc[{"optimizer": "adam", "learning_rate": RATES[2]}] = "not run"
    keys = list(RunStatistics(LabeledResult("run", result)).series_keys(repr(RATES[2])))
    assert {key.method for key in keys} == {"adagrad"}
    assert not list(RunStatistics(LabeledResult("run", result)).series_keys("0.3"))


def test_losses_by_rate_at_each_moment():
    result = scattered(digits())
    rows = RunStatistics(LabeledResult("run", result)).by_rate("training_loss", n_epochs=10)
    row = next(r for r in rows if (r.keys[0].method, r.keys[0].basis) == ("adam", "egop"))
    for place, rate in enumerate(RATES):
        some = trials(result, "training_loss", rate, optimizer="adam", basis="egop")
        np.testing.assert_allclose(row.frames[0, :, place], some.median)
    assert row.keys[row.shown].rate == CHOSEN
    running = RunStatistics(LabeledResult("run", so_far(result, 4))).by_rate(
        "training_loss", n_epochs=10
    )
    assert all(np.isfinite(row.frames).all() for row in running)
    np.testing.assert_array_equal(running[0].frames[:, 4], running[0].frames[:, 10])


def test_losses_by_rate_are_of_one_epoch_while_some_runs_are_ahead():
    result = digits()
    later = so_far(result, 4)
    for name in (each for each in later.data_vars if "epoch" in later[each].dims):
        later[name].loc[{"basis": "original"}] = result[name].sel(basis="original")
        later[name].loc[{"optimizer": "adam", "basis": "egop", "epoch": slice(1, None)}] = np.nan
    rows = RunStatistics(LabeledResult("run", later)).by_rate("training_loss", n_epochs=10)
    ends = {(row.keys[0].method, row.keys[0].basis): row.frames[0, -1] for row in rows}
    known = result["training_loss"].sel(epoch=4).median("trial")
    for (method, basis), losses in ends.items():
        expected = known.sel(optimizer=method, basis=basis)
        if (method, basis) == ("adam", "egop"):  # at the start: no number beside the others
            assert np.isnan(losses).all()
        else:
            np.testing.assert_allclose(losses, expected)


@pytest.mark.parametrize("gone", [3, 6])
def test_a_rate_at_which_half_of_the_trials_diverged_is_a_gap(gone):
    result = diverge(digits(), "adam", "egop", list(range(gone)))
    table = RunStatistics(LabeledResult("run", result))
    row = next(r for r in table.by_rate("training_loss", n_epochs=10)
               if (r.keys[0].method, r.keys[0].basis) == ("adam", "egop"))  # fmt: skip
    np.testing.assert_allclose(row.frames[0, 0], 1)
    assert np.isnan(row.frames[0, 1:]).all()
    assert [(key.counted, key.diverged) for key in row.keys] == [(6 - gone, gone)] * 3
    assert all(key.lost for key in row.keys)


def test_what_is_missing_is_as_before():
    values = np.array([[1, np.nan, 3, np.nan], [np.nan, 2, np.inf, np.nan]])
    np.testing.assert_array_equal(as_before(values), [[1, 1, 3, 3], [np.nan, 2, 2, 2]])


def test_a_dataset_of_another_form_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"training_loss with the dims .* got 'mine'"):
        _ = LabeledResult("mine", digits()[["stable_rank"]]).kind


def test_of_very_many_epochs_some_are_shown_under_their_own_numbers(monkeypatch):
    monkeypatch.setattr(run_table, "MOST_NUMBERS", 300)
    result = digits()
    (table,) = statistics_of([LabeledResult("run", result)])
    every = table.spacing
    assert every > 1
    kept = [*range(0, result.sizes["epoch"] - 1, every), result.sizes["epoch"] - 1]
    np.testing.assert_array_equal(table.epochs, kept)
    (full, *_), (line, *_) = (
        t.by_epoch("training_loss") for t in (RunStatistics(table.result), table)
    )
    np.testing.assert_array_equal(line.median, full.median[kept])
    np.testing.assert_array_equal(line.x, kept)


def test_runs_that_are_compared_show_the_same_epochs(monkeypatch):
    monkeypatch.setattr(run_table, "MOST_NUMBERS", 300)
    long = digits()
    short = long.isel(epoch=slice(5), trial=slice(1))
    first, second = statistics_of([LabeledResult("long", long), LabeledResult("short", short)])
    assert first.spacing == second.spacing
    shared = [epoch for epoch in second.epochs[:-1] if epoch in first.epochs]
    np.testing.assert_array_equal(shared, second.epochs[:-1])
