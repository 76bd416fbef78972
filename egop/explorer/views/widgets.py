"""What panels of controls are made of: sentences, folds, and columns of what is visible."""

from typing import Any

import panel as pn
import panel_material_ui as pmui

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (5, 0, 3, 0)}
MESSAGE = """
.egop-error { color: var(--mui-palette-error-main, #b3261e); font: 13px/1.35 system-ui; }
.egop-hint { opacity: 0.75; font: 12px/1.35 system-ui; }
"""


class Message(pn.viewable.Viewer):
    """One sentence beside a control, without height when all is well."""

    def __init__(self):
        super().__init__()
        self.sentence = ""
        self._pane = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[MESSAGE]
        )
        self._view = present(self._pane)

    def say(self, sentence: str, kind: str = "error") -> None:
        """Shows the sentence; "" hides it."""
        if sentence == self.sentence:
            return
        self.sentence = sentence
        escaped = sentence.replace("&", "&amp;").replace("<", "&lt;")
        role = "alert" if kind == "error" else "status"
        self._pane.object = f'<div class="egop-{kind}" role="{role}">{escaped}</div>'
        self._pane.visible = bool(sentence)

    def __panel__(self):
        return self._view


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
        (label, inside), active=[], sizing_mode="stretch_width", margin=(4, 0), elevation=0,
        title_variant="body2", disable_gutters=True,
    )  # fmt: skip

    def fill(event) -> None:
        if not len(inside):
            inside.append(present(*widgets))

    made.param.watch(fill, "active")
    return made
