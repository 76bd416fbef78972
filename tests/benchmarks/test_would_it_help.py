"""The table of measured gains: its rule on planted curves, and its numbers beside each other."""

import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.cases import cases
from benchmarks.would_it_help import (
    LEARNERS,
    NETWORKS,
    RATES,
    TABLES,
    correlations,
    document,
    factor,
    of_case,
    spearman,
)
from egop.networks.measured_gains import PREDICTORS, measured_gains

FALLING = 2.0 ** -np.arange(101)


def test_the_factor_is_that_of_the_steps_to_the_level_both_come_to():
    assert factor(FALLING[:51], FALLING[::2], -np.inf) == pytest.approx(2)
    assert factor(FALLING[::2], FALLING[:51], -np.inf) == pytest.approx(1 / 2)
    assert factor(FALLING, FALLING, -np.inf) == 1
    assert factor(FALLING[:51], FALLING[::2], 0.2) == pytest.approx(3 / 2)


def test_a_run_that_diverges_is_later_by_all_steps():
    gone = np.where(np.arange(101) < 5, FALLING, np.inf)
    assert factor(FALLING, gone, -np.inf) == pytest.approx(1 / 100)
    assert factor(gone, FALLING, -np.inf) == 100
    assert factor(gone, gone, -np.inf) == 1


def test_the_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.integers(5, size=(2, 3, 30)) * 1.0
    exact = [spearmanr(a, b).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(spearman(first, second), exact)


def test_what_is_stored_is_what_its_rows_say():
    stored = measured_gains()
    assert stored["correlations"] == correlations(stored["rows"])
    names = [row["name"] for row in stored["rows"]]
    table = json.loads((TABLES / "objectives_table.json").read_text())["rows"]
    assert names == [*NETWORKS, *(row["name"] for row in table)]
    assert {(m, k) for row in stored["rows"] for m in row["gains"] for k in row["gains"][m]} == {
        (method, kind) for method in LEARNERS for kind in RATES
    }
    assert (TABLES / "would_it_help.md").read_text() == document(stored)


@pytest.mark.parametrize("name", ["quadratic_rotated", "branin"])
def test_a_row_is_measured_as_it_is_stored(name):
    case = next(each for each in cases() if each.name == name)
    table = json.loads((TABLES / "objectives_table.json").read_text())["rows"]
    row = of_case(case, next(each for each in table if each["name"] == name))
    stored = next(each for each in measured_gains()["rows"] if each["name"] == name)
    assert row["gains"] == stored["gains"]
    assert [row[p] for p in PREDICTORS] == pytest.approx([stored[p] for p in PREDICTORS], rel=1e-3)


def test_networks_that_are_not_counted_are_named_as_they_were_measured():
    """The sentence "gains not counted" on the convolutional network and the GPT."""
    stored = json.loads((TABLES / "examples.json").read_text())["examples"]
    steps = {
        name: {row["coordinates"]: row["steps"] or np.inf for row in stored[name]}
        for name in ("convolution", "small_gpt")
    }
    conv, gpt = steps["convolution"], steps["small_gpt"]
    assert conv["EGOP, dense"] >= conv["original"]
    assert round(conv["original"] / conv["kronecker"], 1) == 1.5
    assert min(gpt.values()) == gpt["original"]
