"""Containers whose children are built when they are first seen: folds and columns."""

from typing import Any

import panel as pn
import panel_material_ui as pmui


def present(*widgets: Any, **layout: Any) -> pn.Column:
    """A column of those widgets that are visible: the page builds hidden ones as slowly."""
    column = pn.Column(sizing_mode="stretch_width", **{"margin": 0, **layout})

    def show(*events) -> None:
        wanted = [widget for widget in widgets if widget.visible]
        if wanted != list(column):
            column[:] = wanted

    for widget in widgets:
        widget.param.watch(show, "visible")
    show()
    return column


def fold(label: str, *widgets: Any) -> pmui.Accordion:
    """Advanced controls, folded away; the page builds them when they are first unfolded."""
    inside = pn.Column(sizing_mode="stretch_width", margin=0)
    made = pmui.Accordion(
        (label, inside),
        active=[],
        sizing_mode="stretch_width",
        margin=(4, 0),
        elevation=0,
        title_variant="body2",
        disable_gutters=True,
    )

    def fill(event) -> None:
        if not len(inside):
            inside.append(present(*widgets))

    made.param.watch(fill, "active")
    return made
