"""Figures share the models that are the same for all their glyphs, and nothing among each other."""

from bokeh.plotting import figure

from egop.ui.marks import lines, points
from egop.ui.sources import source


def drawn(prefix):
    fig = figure()
    points(fig, source(prefix, "dots", "x", "y"))
    lines(fig, source(prefix, "paths", "xs", "ys"))
    return fig, [renderer.data_source for renderer in fig.renderers]


def test_glyphs_of_a_figure_share_what_selects_and_what_filters():
    (first, sources), (second, others) = drawn("a"), drawn("b")
    assert sources[0].selection_policy is sources[1].selection_policy
    assert sources[0].selection_policy is not others[0].selection_policy
    filters = [each.view.filter for each in first.renderers]
    assert filters[0] is filters[1]
    assert filters[0] is not second.renderers[0].view.filter
    assert first.renderers[0].view is not first.renderers[1].view
