"""Handles: what a drag picks up, and the ellipse that pulling an axis makes."""

import numpy as np
import pytest
from bokeh.events import Pan, PanEnd, PanStart, Tap
from bokeh.plotting import figure
from hypothesis import given
from hypothesis import strategies as st

from egop.explorer.pointer import Handle, Pointer, stretch

widths, ratios = st.floats(0.01, 100), st.floats(1.01, 50)
tilts = st.floats(-89, 89)


def arms_of(width, elongation, tilt):
    """The ends of the longer and the shorter axis at two deviations."""
    angle = np.radians(tilt)
    axis = np.array([np.cos(angle), np.sin(angle)])
    long, short = 2 * width * np.sqrt(elongation), 2 * width / np.sqrt(elongation)
    return (long * axis, short * np.array([-axis[1], axis[0]])), (long, short)


@given(widths, ratios, tilts, st.sampled_from([0, 1]))
def test_pulling_an_end_to_where_it_is_changes_nothing(width, ratio, tilt, pulled):
    arms, lengths = arms_of(width, ratio, tilt)
    found = stretch(lengths, pulled, arms[pulled])
    np.testing.assert_allclose(found, (width, ratio, tilt), rtol=1e-7, atol=1e-6)


@given(widths, ratios, tilts, st.sampled_from([0, 1]), st.floats(0.1, 10), st.floats(-3, 3))
def test_the_pulled_end_follows_and_the_other_axis_keeps_its_length(
    width, ratio, tilt, pulled, length, turn
):
    _, lengths = arms_of(width, ratio, tilt)
    arm = length * np.array([np.cos(turn), np.sin(turn)])
    made = stretch(lengths, pulled, arm)
    assert made[1] >= 1
    assert -90 < made[2] <= 90
    arms, halves = arms_of(*made)
    expected = sorted([length, lengths[1 - pulled]])
    np.testing.assert_allclose(sorted(halves), expected, rtol=1e-7)
    assert min(np.linalg.norm(sign * end - arm) for end in arms for sign in (1, -1)) == (
        pytest.approx(0, abs=1e-6 * length)
    )


class Desk:
    """A figure with two handles, and the gestures made on it."""

    def __init__(self):
        self.moved: list[tuple[str, list[float]]] = []
        self.figure = figure()
        handles = [
            Handle(np.zeros(2), lambda p: self.moved.append(("start", p.tolist()))),
            Handle(np.ones(2), lambda p: self.moved.append(("mean", p.tolist()))),
        ]
        self.n_let_go = 0
        self.pointer = Pointer(self.figure, lambda: (handles, 0.2), self.let_go)

    def let_go(self):
        assert not self.pointer.drags
        self.n_let_go += 1

    def make(self, kind, x, y):
        self.figure._trigger_event(kind(self.figure, x=x, y=y))


def test_a_drag_moves_the_nearest_handle_until_it_ends():
    desk = Desk()
    desk.make(PanStart, 0.95, 1.0)
    desk.make(Pan, 3.0, 4.0)
    assert desk.pointer.drags
    desk.make(PanEnd, 3.0, 4.0)
    assert desk.n_let_go == 1
    desk.make(Pan, 5.0, 5.0)
    assert desk.moved == [("mean", [3.0, 4.0])]


def test_a_drag_that_begins_elsewhere_moves_nothing():
    desk = Desk()
    desk.make(PanStart, 0.5, 0.5)
    desk.make(Pan, 0.0, 0.0)
    desk.make(PanEnd, 0.0, 0.0)
    desk.make(PanStart, None, None)
    desk.make(Pan, 0.0, 0.0)
    assert desk.moved == []
    assert desk.n_let_go == 0


def test_a_tap_moves_the_first_handle():
    desk = Desk()
    desk.make(Tap, 7.0, 8.0)
    desk.make(Tap, None, 8.0)
    assert desk.moved == [("start", [7.0, 8.0])]


@pytest.mark.parametrize("place", ["1", [1.0], np.nan, np.inf, 1e200, -(10**400), {}])
def test_a_place_that_is_none_moves_nothing(place):
    desk = Desk()
    desk.make(Tap, place, 8.0)
    desk.make(PanStart, 0.95, 1.0)
    desk.make(Pan, 3.0, place)
    assert desk.moved == []
