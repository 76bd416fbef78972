"""The level is the minimum where one is known and holds, else the best value seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop.analysis.stopping_target import choose_target


def test_the_rule_is_a_ten_thousandth_of_the_way_down():
    target = choose_target(25.0, minimum=5.0)
    assert (target.level, target.known) == (5.0, True)
    assert target.tolerance == pytest.approx(20e-4)
    assert target.value == pytest.approx(5.002)
    assert target.axis_label == "f − f*"
    assert target.sentence == "Arrived means f within 0.002 of the minimum."


def test_a_scene_may_set_its_own_tolerance():
    assert choose_target(25.0, 5.0, tolerance=1e-4).tolerance == 1e-4


def test_without_a_minimum_the_best_value_seen_counts_and_is_said():
    runs = [np.array([3.0, 1.0, np.nan]), np.array([3.0, -7.0]), np.full(3, np.nan)]
    target = choose_target(3.0, None, runs)
    assert (target.level, target.known) == (-7.0, False)
    assert target.tolerance == pytest.approx(10e-4)
    assert "best seen" in target.axis_label
    assert "No minimum of this objective is known" in target.sentence


def test_a_minimum_that_a_run_went_below_is_none():
    assert choose_target(1.0, 0.0, [np.array([1.0, -0.5])]) == choose_target(
        1.0, None, [np.array([-0.5])]
    )
    assert choose_target(1.0, 0.0, [np.array([-1e-14])]).known


def test_a_start_at_the_minimum_has_a_tolerance_above_round_off():
    assert choose_target(4.0, 4.0).tolerance == pytest.approx(5e-12)


def test_nothing_finite_is_one_sentence():
    with pytest.raises(ValueError, match="start where the objective is defined"):
        choose_target(np.nan, None, [np.full(4, np.nan)])


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_gaps_are_never_negative_and_the_start_is_no_nearer_than_its_gap(level, above, value):
    target = choose_target(level + above, level)
    assert target.gap(value) >= 0
    assert target.tolerance <= max(1e-4 * (above + 1e-9), 1e-12 * (1 + abs(level)) * 1.01)
