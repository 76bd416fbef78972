"""The place of a gesture, whatever a browser says of it."""

import numpy as np
import pytest
from bokeh.events import Tap
from bokeh.plotting import figure

from egop.ui.gestures import on_tap, place_of


@pytest.mark.parametrize(
    "odd", [None, "1", [1.0], {}, np.nan, np.inf, -np.inf, 1e200, -(10**400)], ids=repr
)
def test_a_place_that_is_none_is_no_place(odd):
    assert place_of(Tap(None, x=odd, y=1.0)) is None
    assert place_of(Tap(None, x=1.0, y=odd)) is None


def test_taps_are_told_with_their_place():
    fig, told = figure(), []
    on_tap(fig, lambda *place: told.append(place), farthest=100.0)
    for x, y in ((1, 2.5), (-101.0, 0.0), (None, None), ("3", 4.0)):
        fig._trigger_event(Tap(fig, x=x, y=y))
    assert told == [(1.0, 2.5)]
