"""Every method beside others' code or its formula, step by step, and the board that is stored."""

import json

import pytest

from benchmarks.oracles.__main__ import RESULTS
from benchmarks.oracles.board import PEERS, described, document, largest, measured
from benchmarks.oracles.comparison import SHAPES, STEPS, deviation, oracle_path, our_path
from benchmarks.oracles.rows import ROWS
from egop import methods

STORED = json.loads((RESULTS / "oracles.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.ours.name}-{row.peer}")
def test_a_method_takes_the_steps_of_its_oracle(row):
    found = measured(row, ["tall", "one row"], steps=200)
    if row.difference:
        assert largest(found, "deviation") > row.bound
        assert largest(found, "corrected") < row.bound
    else:
        assert largest(found, "deviation") < row.bound


def test_every_method_has_a_row():
    assert {row.ours.name for row in ROWS} == {*methods.METHODS}


def test_the_stored_board_is_of_these_rows_and_within_their_bounds():
    assert [{key: each[key] for key in described(ROWS[0])} for each in STORED["rows"]] == [
        described(row) for row in ROWS
    ]
    for row, each in zip(ROWS, STORED["rows"], strict=True):
        assert largest(each, "corrected" if row.difference else "deviation") < row.bound
        assert [*each["shapes"]] == [*SHAPES]
    assert STORED["steps"] == STEPS
    assert [*STORED["versions"]] == [*PEERS]
    assert (RESULTS / "oracles.md").read_text(encoding="utf-8") == document(STORED)


def test_another_hyperparameter_is_seen():
    adam = next(row for row in ROWS if row.ours.name == "adam")
    path = oracle_path(adam.oracle, (4, 4))
    assert deviation(our_path(adam.ours, (4, 4)), path) < adam.bound
    assert deviation(our_path(adam.ours.changed(beta1=0.89), (4, 4)), path) > 1e-3
