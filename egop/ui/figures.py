"""Figures without tools, and their titles and labels, which change only where they are others."""

from collections.abc import Iterable
from typing import Any

from bokeh.models import Axis, BasicTickFormatter, CustomJSTickFormatter, Range1d, Title
from bokeh.plotting import figure

from egop.ui.axes import POWER_TICKS, style_tick_labels

DEFAULTS: dict[str, Any] = {
    "tools": "",
    "toolbar_location": None,
    "sizing_mode": "stretch_both",
    "min_height": 60,
    "min_border": 2,
}


def plain_figure(
    title: str | None = None, ticks: int | None = None, overhang: int = 0, **options: Any
) -> figure:
    """A figure that fills its cell, of log₁₀ values until it is told otherwise.

    Args:
        title: above the figure; None: there is none.
        ticks: about as many on each axis; None: as many as Bokeh chooses.
        overhang: pixels left of the axes at which the title begins, so that it fits.
        **options: of Bokeh's figure.
    """
    ranges = {"x_range": Range1d(0, 1), "y_range": Range1d(-4, 0)}
    made = figure(**(ranges | DEFAULTS | options))
    if title is not None:
        heading = Title(text=title, text_font_size="13px")
        heading.offset = -overhang
        made.add_layout(heading, "above")
    style_tick_labels(made)
    for axis in made.axis if ticks is not None else ():
        axis.ticker.desired_num_ticks = ticks
    return made


def title_of(fig: figure) -> Title:
    """The title of a figure that has one."""
    return next(each for each in fig.above if isinstance(each, Title))


def set_title(fig: figure, text: str) -> None:
    """Sets the title of a figure; Bokeh would draw the figure anew for the same one, too."""
    title = title_of(fig)
    if title.text != text:
        title.text = text


def label_axes(fig: figure, labels: Iterable[str]) -> None:
    """Sets the labels of the horizontal and the vertical axis."""
    for axis, label in zip((*fig.xaxis, *fig.yaxis), labels, strict=True):
        if axis.axis_label != label:
            axis.axis_label = label


def label_powers(axis: Axis, linear: bool = False) -> None:
    """Labels an axis of log₁₀ values by powers of ten, and a linear one by its values."""
    if isinstance(axis.formatter, BasicTickFormatter) != linear:
        axis.formatter = BasicTickFormatter() if linear else CustomJSTickFormatter(code=POWER_TICKS)
