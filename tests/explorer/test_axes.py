"""Numbers on the axes of the explorer's figures never lie over each other."""

from bokeh.models import NoOverlap, Plot

from egop.explorer import Explorer
from egop.ui.field_values import flat


def test_no_figure_writes_a_tick_label_over_another_one():
    explorer = Explorer(objective="booth", n_steps=5, n_samples=50)
    views = [explorer.view, *(tab.view for tab in explorer.tabs)]
    figures = {fig for view in views for fig in view.get_root().select({"type": Plot})}
    assert len(figures) > 6
    for fig in figures:
        if ":why-" in (fig.name or ""):
            continue  # one tick without a label
        for axis in fig.axis:
            assert isinstance(axis.major_label_policy, NoOverlap), fig.name


def test_no_label_ends_in_the_name_of_a_variable_above_a_number():
    explorer = Explorer(objective="least_squares", dim=5, n_steps=5)
    rows = [*flat(explorer.controls.rows)]
    numbers = [row["label"] for row in rows if row["kind"] == "number"]
    assert {"Coordinate across the left figure", "Coordinate up the left figure"} <= set(numbers)
    assert not [label for label in numbers if label.endswith((": x", " x"))]
