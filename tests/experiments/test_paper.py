"""The paper's statements beside the findings of one result."""

import pytest

pytest.importorskip("xarray")

from egop.experiments.claims.paper import said_and_measured
from tests.experiments.planted_results import METHODS, described, sweep

LOWER = {(m, b): 1e-3 for m in METHODS for b in ("original", "egop")} | {
    ("adam", "egop"): 1e-5,
    ("adagrad", "egop"): 2e-3,
}


def test_every_claim_of_the_experiment_is_judged():
    rows = said_and_measured(described(sweep(LOWER), "digits"))
    figures = [row.claim.removeprefix("Figure ") for row in rows]
    assert figures == ["1 right"] * 4 + ["10a", "10a", "10", "10b"]
    assert rows[0].says == "Digits: Adam trains to a lower loss when rotated"
    assert "100 times lower" in rows[0].measured
    assert [row.holds for row in rows[:3]] == [True, False, True]


def test_nothing_is_decided_while_the_run_goes_on():
    result = described(sweep(LOWER), "digits")
    result.attrs["share"] = 0.4
    for row in said_and_measured(result):
        assert row.measured.startswith("so far ")
        assert row.holds is None


def test_a_run_without_the_basis_leaves_it_undecided():
    result = described(sweep(LOWER), "digits").sel(basis=["original"])
    row = said_and_measured(result)[0]
    assert row.measured == "not decided: the run has no EGOP coordinates"
    assert row.holds is None


def test_results_of_others_have_no_rows():
    assert said_and_measured(described(sweep(LOWER), "my own network")) == []
