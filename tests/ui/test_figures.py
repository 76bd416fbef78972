"""Figures without tools: how they look, and what changes where a title or a label is set."""

from bokeh.models import BasicTickFormatter, CustomJSTickFormatter, Range1d

from egop.ui.figures import label_axes, label_powers, plain_figure, set_title, title_of
from egop.ui.marks import draw, lines, points
from egop.ui.sources import source


def test_a_figure_takes_options_and_leaves_out_a_title_that_is_not_given():
    made = plain_figure("f by step", ticks=3, name="any", x_range=Range1d(2, 5))
    assert (made.x_range.start, made.name, made.toolbar_location) == (2, "any", None)
    assert [axis.ticker.desired_num_ticks for axis in made.axis] == [3, 3]
    assert title_of(made).text == "f by step"
    assert not plain_figure().above


def test_only_other_titles_and_labels_are_sent_to_the_browser():
    made, changes = plain_figure("f by step"), []
    title_of(made).on_change("text", lambda attr, old, new: changes.append(new))
    made.xaxis[0].on_change("axis_label", lambda attr, old, new: changes.append(new))
    for text in ("f by step", "f by rate", "f by rate"):
        set_title(made, text)
        label_axes(made, ("x₁", "x₂"))
    assert changes == ["x₁", "f by rate"]
    assert made.yaxis[0].axis_label == "x₂"


def test_an_axis_of_logarithms_is_labeled_by_powers_of_ten():
    made = plain_figure()
    label_powers(made.yaxis[0])
    powers = made.yaxis[0].formatter
    assert isinstance(powers, CustomJSTickFormatter)
    label_powers(made.yaxis[0])
    assert made.yaxis[0].formatter is powers
    label_powers(made.yaxis[0], linear=True)
    assert isinstance(made.yaxis[0].formatter, BasicTickFormatter)


def test_short_names_of_looks_are_those_of_bokeh():
    fig, rows = plain_figure(), source("any", "rows", "x y xs ys", "color")
    assert list(rows.data) == ["x", "y", "xs", "ys", "color"]
    dots = points(fig, rows, fill="color", color=None, width=3).glyph
    assert (dots.fill_color, dots.line_color, dots.line_width) == ("color", None, 3)
    path = lines(fig, rows, "overlay", dash="dotted", alpha=0.5)
    assert path.level == "overlay"
    assert path.glyph.line_alpha == 0.5
    assert draw(fig, rows, type(dots), size=9).glyph.size == 9
