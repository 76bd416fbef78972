"""The comparison of bases on digits at a tiny size: what is compared, and what agrees."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks import bases_of_digits
from benchmarks.bases_of_digits import KNOWN, Row, configured, measured, table
from tests.experiments.planted_results import RATES, diverge, sweep

NAMES = ("original", "egop", "few", "kronecker", "first", "data", "random")


def test_a_small_run_fills_every_row_and_is_stored_where_it_is_full(monkeypatch, tmp_path, capsys):
    small = replace(configured(1, 1), hidden=(3,), n_samples=100, rates=(("adam", (0.1,)),) * 2)
    rates = tuple((method, (0.01, 0.1)) for method in bases_of_digits.METHODS)
    small = replace(small, rates=rates)
    monkeypatch.setattr(bases_of_digits, "configured", lambda trials, epochs: small)
    monkeypatch.setattr(bases_of_digits, "RESULT", tmp_path / "results" / "bases.json")
    words = ["--device", "cpu", "--trials", "1", "--epochs", "1"]
    bases_of_digits.main(words)
    assert "not stored" in capsys.readouterr().out
    monkeypatch.setattr(bases_of_digits, "TRIALS", 1)
    monkeypatch.setattr(bases_of_digits, "EPOCHS", 1)
    bases_of_digits.main(words)
    content = json.loads((tmp_path / "results" / "bases.json").read_text())
    found = [(row["method"], row["basis"]) for row in content["rows"]]
    assert found == [(m, b) for m in ("adam", "adagrad") for b in NAMES]
    assert len({row["shared"][0] for row in content["rows"]}) == len(found)
    text = (tmp_path / "results" / "bases.md").read_text()
    assert text.count("\n| ad") == len(found)


def test_the_rates_are_the_ones_that_were_said():
    config = configured(5, 200)
    assert dict(config.rates)["adam"] == pytest.approx(
        [digit * 10.0**power for power in (-3, -2, -1) for digit in (1, 2, 4, 8)]
    )
    assert (config.hidden, config.batch_size, config.n_samples) == ((32,), 300, 2368)
    assert {*KNOWN["adam"]} == {*KNOWN["adagrad"]} == {*NAMES}


def test_shared_and_own_rates_are_told_apart_and_diverged_trials_are_infinite():
    finals = {("adam", "original"): 0.1, ("adam", "egop"): 0.01}
    result = diverge(sweep(finals, trials=5), "adam", "egop", [0, 2, 4])
    best = RATES[-1]
    where = {"optimizer": "adam", "basis": "original", "learning_rate": best, "epoch": 10}
    result["training_loss"].loc[where] = 0.001
    result["training_loss"].loc[{"learning_rate": RATES[0]}] = np.nan
    result["status"].loc[{"learning_rate": RATES[0]}] = "not run"
    original, egop = measured(result)
    shared = float(result["chosen_rate"].sel(optimizer="adam"))
    assert original.shared_rate == egop.shared_rate == shared != best
    assert (original.own_rate, original.medians) == (best, (pytest.approx(0.1), 0.001))
    assert np.isinf(egop.shared).sum() == 3
    assert math.isinf(egop.medians[0])
    assert egop.own_rate != shared


@pytest.mark.parametrize(
    ("losses", "agrees"),
    [
        ([5e-5, 6e-5, 9e-5], True),  # its trials reach the earlier median
        ([8.2e-5, 8.4e-5, 8.5e-5], True),  # below it, within the earlier quartiles
        ([1.5e-4, 2e-4, 3e-4], False),
        ([1e-5, 2e-5, 3e-5], False),
        ([2e-4, math.inf, math.inf], False),
    ],
)
def test_a_median_agrees_within_the_spread(losses, agrees):
    row = Row("adam", "egop", 0.04, [1.0], 0.1, [1.0], losses)
    assert row.agrees is agrees
    assert f"| {'yes' if agrees else 'no'} |" in table([row])
