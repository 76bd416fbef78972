"""Medians over the trials: those of the paper's figures, and of what is known so far."""

import numpy as np
import pytest
import xarray as xr

from egop.experiments.claims.summaries import trials
from egop.lab.views.choice import BEST, Choice
from egop.lab.views.medians import Table
from egop.lab.views.quantiles import as_before, quartiles
from egop.lab.views.watched import Watched
from tests.experiments.planted_results import CHOSEN, RATES, diverge
from tests.lab.views.watched_runs import digits, so_far


def scattered(result):
    scale = np.random.default_rng(3).lognormal(size=result.sizes["trial"])
    return result.assign(training_loss=result["training_loss"] * xr.DataArray(scale, dims="trial"))


def test_quartiles_leave_out_what_is_not_finite():
    values = np.random.default_rng(0).normal(size=(7, 4))
    np.testing.assert_allclose(
        quartiles(values, axis=0), np.quantile(values, [0.5, 0.25, 0.75], axis=0)
    )
    values[[1, 4], 2] = np.nan, np.inf
    kept = np.delete(values[:, 2], [1, 4])
    np.testing.assert_allclose(
        quartiles(values, axis=0)[:, 2], np.quantile(kept, [0.5, 0.25, 0.75])
    )
    assert np.isnan(quartiles(np.full((3, 2), np.nan), axis=0)).all()
    assert np.isnan(quartiles(np.empty((0, 2)), axis=0)).all()


def test_lines_are_those_of_the_papers_figures():
    result = scattered(digits(trials=7))
    result = diverge(result, "adam", "egop", [1, 4])
    for line in Table(Watched("run", result)).lines("training_loss", Choice()):
        where = {"optimizer": line.kind.method, "basis": line.kind.basis}
        some = trials(result, "training_loss", **where)
        np.testing.assert_allclose(line.median, some.median)
        np.testing.assert_allclose((line.low, line.high), some.quartiles)
        assert line.kind.rate == CHOSEN
        assert (line.kind.counted, line.kind.diverged) == (some.count, int(some.diverged.sum()))


def test_what_is_not_known_yet_is_left_out():
    whole = scattered(digits())
    table = Table(Watched("run", so_far(whole, 4, trials=3)))
    full = Table(Watched("run", whole.isel(trial=slice(3))))
    for line, known in zip(
        table.lines("training_loss", Choice()), full.lines("training_loss", Choice()), strict=True
    ):
        np.testing.assert_allclose(line.median[:5], known.median[:5])
        assert np.isnan(line.median[5:]).all()
        assert line.kind.counted == 3


def test_rates_are_chosen_from_what_is_known_while_a_run_is_trained():
    result = digits()
    better = result["learning_rate"] == RATES[2]
    result["validation_accuracy"] = result["validation_accuracy"] - 0.3 * ~better
    running = Table(Watched("run", so_far(result, 4)))
    assert {kind.rate for kind in running.kinds(Choice())} == {RATES[2]}
    assert {kind.rate for kind in Table(Watched("run", result)).kinds(Choice())} == {CHOSEN}


def test_a_network_of_ones_own_is_compared_at_its_best_rate_in_original_coordinates():
    result = digits().drop_vars(["chosen_rate", "best_rate", "status", "diverged_at"])
    result["training_loss"].loc[{"basis": "egop", "learning_rate": RATES[0]}] = 1e-9
    del result.attrs["experiment"]
    table = Table(Watched("mine", result))
    assert {kind.rate for kind in table.kinds(Choice())} == {CHOSEN}
    best = {(kind.basis, kind.rate) for kind in table.kinds(Choice(rate=BEST))}
    assert best == {("original", CHOSEN), ("egop", RATES[0])}
    np.testing.assert_array_equal(table.chosen_rates, [CHOSEN, CHOSEN])


def test_a_rate_that_a_method_was_not_run_at_gives_no_line():
    result = digits()
    result["status"].loc[{"optimizer": "adam", "learning_rate": RATES[2]}] = "not run"
    kinds = list(Table(Watched("run", result)).kinds(Choice(rate=repr(RATES[2]))))
    assert {kind.method for kind in kinds} == {"adagrad"}
    assert not list(Table(Watched("run", result)).kinds(Choice(rate="0.3")))


def test_losses_by_rate_at_each_moment():
    result = scattered(digits())
    rows = Table(Watched("run", result)).by_rate("training_loss", Choice(), 10)
    row = next(r for r in rows if (r.kinds[0].method, r.kinds[0].basis) == ("adam", "egop"))
    for place, rate in enumerate(RATES):
        some = trials(result, "training_loss", rate, optimizer="adam", basis="egop")
        np.testing.assert_allclose(row.frames[0, :, place], some.median)
    assert row.kinds[row.shown].rate == CHOSEN
    running = Table(Watched("run", so_far(result, 4))).by_rate("training_loss", Choice(), 10)
    assert all(np.isfinite(row.frames).all() for row in running)
    np.testing.assert_array_equal(running[0].frames[:, 4], running[0].frames[:, 10])


def test_a_rate_at_which_every_trial_diverged_is_a_gap():
    result = diverge(digits(), "adam", "egop", list(range(6)))
    table = Table(Watched("run", result))
    row = next(r for r in table.by_rate("training_loss", Choice(), 10)
               if (r.kinds[0].method, r.kinds[0].basis) == ("adam", "egop"))  # fmt: skip
    assert np.isnan(row.frames).all()
    assert [(kind.counted, kind.diverged) for kind in row.kinds] == [(0, 6)] * 3


def test_what_is_missing_is_as_before():
    values = np.array([[1, np.nan, 3, np.nan], [np.nan, 2, np.inf, np.nan]])
    np.testing.assert_array_equal(as_before(values), [[1, 1, 3, 3], [np.nan, 2, 2, 2]])


def test_a_dataset_of_another_form_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"training_loss with the dims .* got 'mine'"):
        _ = Watched("mine", digits()[["stable_rank"]]).kind
