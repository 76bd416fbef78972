"""The pace of a playback: time goes where something moves, and no step is left out."""

import numpy as np
import pytest

from egop.analysis.pacing import pace_steps


def path_of(lengths) -> np.ndarray:
    """A straight path (T+1, 2) with steps of these lengths."""
    return np.stack([np.r_[0.0, np.cumsum(lengths)], np.zeros(len(lengths) + 1)], axis=1)


def test_what_is_over_in_ten_steps_is_not_over_at_once():
    lengths = np.r_[np.full(10, 3.0), np.full(990, 1e-6)]
    clock = pace_steps([path_of(lengths)] * 2, 1000)
    assert (clock[0], clock[-1]) == (0, 1)
    assert (np.diff(clock) > 0).all()
    assert clock[10] > 0.15  # evenly it would be 0.01
    assert clock[500] < 0.9


def test_a_path_that_moves_late_gets_its_time_late():
    lengths = np.r_[np.full(900, 1e-6), np.full(100, 1.0)]
    clock = pace_steps([path_of(lengths)], 1000)
    assert 1 - clock[900] > 0.5


@pytest.mark.parametrize("n_steps", [1, 2, 10, 10_000])
def test_no_step_takes_longer_than_it_may(n_steps: int):
    lengths = np.r_[1.0, np.full(n_steps - 1, 1e-9)]
    taken = np.diff(pace_steps([path_of(lengths)], n_steps))
    assert taken.max() <= max(0.02, 1.5 / n_steps) * 1.001
    assert taken.astype(np.float32).min() > 0


def test_runs_that_diverge_or_stand_still_leave_the_pace_to_others():
    n_steps = 100
    good = path_of(np.full(n_steps, 0.1))
    gone = good * 10.0 ** np.r_[0, np.arange(n_steps)][:, None]
    gone[60:] = np.nan
    still = np.zeros_like(good)
    alone = pace_steps([good], n_steps)
    np.testing.assert_allclose(pace_steps([good, still], n_steps), alone)
    both = pace_steps([good, gone], n_steps, reach=20.0)
    assert np.isfinite(both).all()
    assert (np.diff(both) > 0).all()
    assert np.abs(both - alone).max() < 0.3
    for paths in ([], [still], [np.full_like(good, np.nan)]):
        assert (np.diff(pace_steps(paths, n_steps)) > 0).all()
    assert pace_steps([], 0).tolist() == [0]
