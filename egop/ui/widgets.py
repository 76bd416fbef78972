"""A fold whose content is built when it is first seen."""

from typing import Any

import panel as pn
import panel_material_ui as pmui


def fold(label: str, *widgets: Any) -> pmui.Accordion:
    """Advanced parts, folded away; the page builds them when they are first unfolded."""
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
            inside.extend(widgets)

    made.param.watch(fill, "active")
    return made
