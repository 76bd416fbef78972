"""The dial is flat for equivariant methods and has Adagrad's valley where the theory puts it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egop import methods
from egop.analysis.dial import Dial, find_valley, quarter_turn_distance, turn_dial
from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.objectives import landscape, quadratic
from egop.sweep import PENDING

OBJECTIVE = quadratic(condition_number=300.0, angle=np.radians(30.0))
START = np.array([0.7, -1.1])
METHODS = [methods.gradient_descent(0.005), methods.adagrad(1.0), methods.adam(0.1)]
ANGLES = np.radians(np.arange(91.0))


def turned(**kwargs) -> Dial:
    return list(turn_dial(OBJECTIVE, METHODS, START, **kwargs))[-1]


def test_each_angle_is_its_run():
    dial = turned(n_steps=100, target=0.5)
    np.testing.assert_allclose(dial.angles, ANGLES)
    for degree in (0, 17, 40, 90):
        for row, method in enumerate(METHODS):
            path = run(
                OBJECTIVE,
                method,
                START,
                100,
                basis=Eigenbasis.rotation(dial.angles[degree]),
                target=0.5,
            )
            assert dial.final_values[row, degree] == path.final_value
            assert dial.reached_at[row, degree] == path.reached_at


def test_gradient_descent_is_flat_and_coordinatewise_methods_repeat_after_a_quarter_turn():
    dial = turned()
    descent = dial.values("gradient_descent")
    assert np.ptp(descent) <= 1e-10 * descent.max()
    for name in ("adagrad", "adam"):
        values = dial.values(name)
        assert np.ptp(values) > 1e3 * values.min()
        assert values[0] == pytest.approx(values[-1], rel=1e-6)


def test_adagrad_ends_lowest_in_the_basis_of_the_hessian():
    dial = turned()
    valley = find_valley(dial.angles, dial.values("adagrad"))
    assert np.degrees(quarter_turn_distance(valley.angle, np.radians(30.0))) <= 3


def test_the_whole_curve_shows_early_and_pending_angles_are_unknown():
    stream = turn_dial(OBJECTIVE, METHODS, START, n_steps=20)
    shares, last = [], None
    for dial in stream:
        shares.append(dial.share)
        pending = dial.diverged_at == PENDING
        assert (np.isnan(dial.values("adam")) == pending[2]).all()
        if dial.share < 0.11:
            assert pending[:, np.arange(91) % 10 != 0].all()
        last = dial
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert not (last.diverged_at == PENDING).any()


def test_an_abandoned_dial_stops():
    stream = turn_dial(OBJECTIVE, METHODS, START, n_steps=20_000, threads=1)
    dial = next(stream)
    stream.close()
    assert (dial.diverged_at == PENDING).mean() > 0.9


def test_divergence_counts_as_infinite():
    dial = list(
        turn_dial(OBJECTIVE, [methods.gradient_descent(1.0)], START, target=1e-9, angles=[0, 1])
    )[-1]
    assert np.isposinf(dial.values("gradient_descent")).all()
    assert np.isposinf(dial.steps("gradient_descent")).all()
    with pytest.raises(ValueError, match="has no valley"):
        find_valley(dial.angles, dial.values("gradient_descent"))


def test_a_schedule_reaches_every_angle():
    dial = turned(n_steps=5, schedule=np.zeros(5))
    np.testing.assert_allclose(dial.final_values, OBJECTIVE.value(START))


def test_three_variables_have_no_dial():
    with pytest.raises(ValueError, match="2 variables, zakharov_3d has 3"):
        next(turn_dial(landscape("zakharov_3d"), METHODS, np.ones(3)))


def test_valleys_take_the_middle_of_their_stretch_across_the_end_of_the_dial():
    curve = np.full(91, 5.0)
    curve[[0, 1, 2, 3, 88, 89, 90]] = 1.0
    valley = find_valley(ANGLES, curve)
    assert np.degrees([valley.low, valley.high, valley.angle]) == pytest.approx([88, 93, 0.5])
    curve[[50]] = 1.0 + 1e-13
    assert find_valley(ANGLES, curve) == valley
    curve[50] = 0.9
    assert np.degrees(find_valley(ANGLES, curve).angle) == pytest.approx(50)
    assert find_valley(ANGLES, np.ones(91)).flat


@given(st.integers(0, 89), st.integers(1, 20), st.integers(0, 89))
def test_valleys_turn_with_the_dial(first, length, turn):
    circle = np.full(90, 2.0)
    circle[(first + np.arange(length)) % 90] = -1.0
    valleys = [
        find_valley(ANGLES, np.append(rolled, rolled[0]))
        for rolled in (circle, np.roll(circle, turn))
    ]
    apart = quarter_turn_distance(valleys[0].angle + np.radians(turn), valleys[1].angle)
    assert apart == pytest.approx(0, abs=1e-9)
    expected = np.radians(first + (length - 1) / 2)
    assert quarter_turn_distance(valleys[0].angle, expected) == pytest.approx(0, abs=1e-9)


@given(st.floats(-10, 10), st.integers(-8, 8), st.floats(0, np.pi / 4))
def test_distances_on_the_dial_know_no_quarter_turn(angle, quarters, apart):
    other = angle + apart + quarters * np.pi / 2
    assert quarter_turn_distance(angle, other) == pytest.approx(apart, abs=1e-9)
    assert quarter_turn_distance(other, angle) == pytest.approx(apart, abs=1e-9)
