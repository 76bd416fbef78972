"""Markers outside of figures have the outlines that Bokeh draws."""

import re

import numpy as np
import pytest
from bokeh.core.enums import MarkerType

from egop import theme
from egop.lab.views.selection import MARKS
from egop.ui.markers import OUTLINES, SIZE, marker_path


def test_every_marker_of_methods_and_runs_has_an_outline_and_is_one_of_bokehs():
    used = {each.marker for each in theme.METHODS.values()} | {*theme.OTHER_MARKERS, *MARKS} - {""}
    assert used <= OUTLINES.keys() <= set(MarkerType)


@pytest.mark.parametrize("marker", [name for name in OUTLINES if name != "circle"])
def test_outlines_are_symmetric_and_as_large_as_they_say(marker):
    numbers = re.findall(r"-?\d*\.?\d+", OUTLINES[marker])
    points = np.array(numbers, dtype=float).reshape(-1, 2)
    assert {tuple(point) for point in points} == {tuple(point) for point in points * (-1, 1)}
    assert np.ptp(points, axis=0).max() == pytest.approx(SIZE, rel=0.06)


def test_a_marker_is_drawn_around_its_point():
    drawn = marker_path("square", 7, 5, 6, 'fill="red"')
    assert 'transform="translate(7 5) scale(0.5)" fill="red"' in drawn
