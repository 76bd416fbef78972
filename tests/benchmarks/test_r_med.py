"""The table of R_med: its rule on planted numbers, and a tiny measurement end to end."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.r_med import BASES, METHODS, PROBLEMS, SHARES, Measured, main, matched, verdict


def test_the_verdict_needs_every_share_that_all_reach_and_enough_trials():
    momentum = np.full((20, 3), 2.0)
    adam = np.where(np.arange(20)[:, None] < 15, 1.0, 3.0) * np.ones(3)
    assert verdict(adam, momentum) == "below"
    assert verdict(4 - adam, momentum) == "above"
    adam[0] = 3.0
    assert verdict(adam, momentum) == "mixed"
    adam[:, 1:] = np.nan
    adam[0] = 1.0
    adam[0, 1:] = 5.0
    assert verdict(adam, momentum) == "below"
    assert verdict(np.full((20, 3), np.nan), momentum) == "not reached"


def test_r_med_is_compared_at_shares_of_the_loss_at_the_start():
    losses = np.broadcast_to(np.array([8.0, 4.0, 0.8]), (2, 2, 1, 3))
    values = np.broadcast_to(np.array([1.0, 2.0, 6.0]), (2, 2, 1, 3))
    values = values[..., None, None] * np.ones((3, 2))
    found = matched(Measured({}, np.arange(3), losses, values))
    assert found.shape == (2, 2, 1, 3, 2, len(SHARES))
    np.testing.assert_allclose(found[..., :2], np.broadcast_to([2.0, 6.0], found[..., :2].shape))
    assert np.isnan(found[..., 2:]).all()


def test_a_tiny_measurement_is_written(tmp_path, capsys):
    main(["--trials", "1", "--steps", "2", "--out", str(tmp_path)])
    told = (tmp_path / "r_med.md").read_text()
    assert told in capsys.readouterr().out
    assert told.count("| W1 | original | Adam |") == len(PROBLEMS)
    stored = json.loads((tmp_path / "r_med.json").read_text())["problems"]
    assert [*stored] == [problem.name for problem in PROBLEMS]
    medians = np.array(stored["Eq. (6)"]["r_med"], dtype=float)
    assert medians.shape == (len(METHODS), len(BASES), 2, 2, len(SHARES))
    assert len([*tmp_path.glob("*.svg")]) == len(PROBLEMS)
