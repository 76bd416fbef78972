"""Axes: whole decades for losses, errors for accuracies, and nothing that jumps."""

import numpy as np
import pytest
from bokeh.document import Document

from egop.lab.views.chart import Chart
from egop.lab.views.scales import ACCURACY, LOG, percent


def ends(scale, low, high):
    return scale.ends(*(float(scale.place(each)) for each in (low, high)))


def test_losses_end_at_whole_decades():
    np.testing.assert_allclose(ends(LOG, 3e-5, 1.7), (-5, np.log10(2)))
    np.testing.assert_allclose(ends(LOG, 0.31, 1.7), np.log10([0.2, 2]))
    low, high = ends(LOG, 1.0, 1.0)
    assert low < 0 <= high


def test_ticks_are_written_as_people_write_numbers():
    assert list(LOG.ticks(-5, 0.3).values()) == ["10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1", "1"]
    assert list(LOG.ticks(*np.log10([0.2, 2])).values()) == ["0.2", "0.5", "1", "2"]
    assert len(LOG.ticks(-16, 1)) <= 7


def test_accuracies_stand_by_their_error():
    places = ACCURACY.place([0.0, 0.9, 0.99, 1.0])
    np.testing.assert_allclose(places[:3], [0, 1, 2])
    assert np.isfinite(places[3])
    top = ends(ACCURACY, 0.1, 0.968)[1]
    assert list(ACCURACY.ticks(0, top).values()) == ["0 %", "50 %", "80 %", "90 %", "95 %", "98 %"]
    assert percent(0.9625) == "96.2 %"


def test_an_axis_only_grows_while_the_same_is_shown():
    set_height = Chart("page", "losses").set_height
    set_height("a", LOG, -2.5, 0.0)
    assert set_height("a", LOG, -1.2, 0.0) == (-3.0, 0.0)
    assert set_height("a", LOG, np.nan, np.nan) == (-3.0, 0.0)
    assert set_height("a", LOG, -4.1, 0.0) == (-5.0, 0.0)
    assert set_height("b", LOG, -1.2, 0.0) == (-2.0, 0.0)


def test_an_axis_is_labelled_anew_without_a_look_at_all_models_of_the_page(monkeypatch):
    chart, document = Chart("page", "losses"), Document()
    fig = chart.figure
    document.add_root(fig)
    monkeypatch.setattr(document.models, "recompute", lambda: pytest.fail("it looked at all"))
    for key, scale, low in (("a", LOG, -2.5), ("a", LOG, -4.1), ("b", ACCURACY, 0.0)):
        ends = chart.set_height(key, scale, low, 1.0)
        labels = scale.ticks(*ends)
        assert fig.yaxis[0].ticker.ticks == list(labels)
        assert fig.yaxis[0].major_label_overrides == labels
        assert chart.hover.code == scale.script


def test_losses_far_above_the_start_are_left_out():
    chart = Chart("page", "losses")
    assert chart.set_height("a", LOG, -2.0, 5.0, [np.zeros(1)]) == (-2.0, 1.0)
    assert chart.set_height("b", LOG, -2.0, 5.0, [np.array([np.nan])]) == (-2.0, 5.0)
