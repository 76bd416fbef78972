"""Ways of ending that a count of steps hides are found, and only where they are."""

import numpy as np
import pytest

from egop import methods
from egop.analysis.ending import Ending, falls_at_the_end, jumps_between_two, stands_still
from egop.analysis.outcome import judge_method
from egop.analysis.stopping_target import StoppingTarget
from egop.method_run import run
from egop.objectives import from_expression, quadratic

YARDSTICK = StoppingTarget(level=0.0, tolerance=1e-3, known=True)


def test_a_run_that_arrives_and_leaves_again_has_not_arrived():
    values = np.array([1.0, 0.5, 1e-4, 0.2, 0.3])
    ending = Ending.of_run(values, YARDSTICK, 0.1)
    assert ending.leaves_again
    assert not ending.reached
    assert ending.reached_at == 2
    stays = Ending.of_run(np.array([1.0, 0.5, 0.2, 1e-4, 1e-4]), YARDSTICK, 0.1)
    assert judge_method("adam", ending, stays, YARDSTICK).sentence == (
        "Adam comes within 0.001 of the minimum in EGOP coordinates after 3 steps and stays there; "
        "in original ones it ends 0.3 above the minimum. It comes there after 2 steps in original "
        "coordinates and leaves again."
    )
    both = judge_method("adam", ending, ending, YARDSTICK).sentence
    assert both.startswith("Adam does not stay within 0.001 of the minimum in 4 steps and ends")


def test_an_adam_that_overshoots_and_comes_back_is_found_in_a_real_run():
    objective, start = from_expression("x^2 + y^2"), np.array([0.5, 0.5])
    path = run(objective, methods.adam(0.3), start, 5)
    target = StoppingTarget(0.0, 0.05, True)
    ending = Ending.of_run(path.values, target, 0.3, points=path.points)
    assert ending.leaves_again == bool(path.values.min() <= 0.05 < path.values[-1])
    assert ending.leaves_again


def test_a_two_cycle_of_gradient_descent_is_said():
    objective, start = quadratic(np.diag([2.0, 0.5])), np.array([1.0, 1.0])
    path = run(objective, methods.gradient_descent(1.0), start, 200)
    ending = Ending.of_run(path.values, YARDSTICK, 1.0, points=path.points)
    assert ending.cycles
    sentence = judge_method("gradient_descent", ending, ending, YARDSTICK).sentence
    assert "It ends in a two-cycle in both coordinate systems" in sentence
    slower = run(objective, methods.gradient_descent(0.9), start, 200)
    assert not jumps_between_two(slower.points)
    assert not jumps_between_two(np.zeros((50, 2)))  # arrived
    assert not jumps_between_two(np.arange(100.0).reshape(50, 2))
    assert not jumps_between_two(np.full((50, 2), np.nan))
    assert not jumps_between_two(path.points[:5])


@pytest.mark.parametrize(
    ("values", "falling"),
    [
        (-np.arange(100.0), True),
        (-np.exp(np.arange(100.0)), True),
        (np.exp(-np.arange(100.0)), False),  # settled
        (np.r_[-np.arange(90.0), np.zeros(10)], False),
        (np.tile([1.0, 0.1], 50), False),  # lowest at its end, and often before
        ([1.0], False),
        ([], False),
    ],
)
def test_a_run_still_falls_if_its_last_tenth_is_no_noise(values, falling):
    assert falls_at_the_end(np.asarray(values), 1e-3) == falling


def test_standing_still_is_not_creeping():
    assert stands_still(np.ones((20, 2)))
    assert not stands_still(np.linspace(1, 1 + 1e-6, 40).reshape(20, 2))
    assert not stands_still(np.array([[1.0, 1.0], [np.nan, np.nan]]))
