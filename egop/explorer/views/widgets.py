"""The widgets that the controls are made of, each tied to one value of the scene."""

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJSTickFormatter

from egop.explorer.state import Scene, read_point

POWER = CustomJSTickFormatter(
    code="const v = 10 ** tick; return v >= 0.01 && v < 1e4 ? String(+v.toPrecision(2))"
    " : v.toExponential(1)"
)
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
        return self._pane


def choice(scene: Scene, name: str, **options: Any) -> pmui.Select:
    """A drop-down; `options` or `groups` give labels and keys."""
    label = scene.param[name].label
    made = pmui.Select(label=label, value=getattr(scene, name), **options, **WIDE)
    made.param.watch(lambda event: setattr(scene, name, event.new), "value")
    scene.param.watch(lambda event: setattr(made, "value", event.new), name)
    return made


def slider(scene: Scene, name: str, start: float, end: float, step: float) -> pmui.FloatSlider:
    """A linear slider."""
    return pmui.FloatSlider.from_param(scene.param[name], start=start, end=end, step=step, **WIDE)


def log_slider(scene: Scene, name: str, low: float, high: float) -> pmui.FloatSlider:
    """A slider over the exponent of one of the scene's numbers; Panel has no log slider."""
    whole = isinstance(getattr(scene, name), int)

    def exponent(value) -> float:
        return float(np.clip(np.log10(max(value, 1e-300)), low, high))

    made = pmui.FloatSlider(
        label=scene.param[name].label, start=float(low), end=float(high), step=0.01,
        value=exponent(getattr(scene, name)), format=POWER, **WIDE,
    )  # fmt: skip

    def to_scene(event) -> None:
        value = 10**event.new
        value = max(1, round(value)) if whole else float(f"{value:.4g}")
        if abs(exponent(getattr(scene, name)) - event.new) > 1e-4:
            setattr(scene, name, value)

    def to_slider(event) -> None:
        if abs(made.value - exponent(event.new)) > 5e-3:
            made.value = exponent(event.new)

    made.param.watch(to_scene, "value")
    scene.param.watch(to_slider, name)
    return made


def point(scene: Scene, name: str, message: Message) -> pmui.TextInput:
    """A field for two coordinates, with a sentence for what is no point."""

    def written(value) -> str:
        return ", ".join(f"{c:.6g}" for c in value)

    field = pmui.TextInput(
        label=scene.param[name].label, value=written(getattr(scene, name)), **WIDE
    )

    def to_scene(event) -> None:
        try:
            value = read_point(event.new)
        except ValueError as error:
            message.say(str(error))
            return
        message.say("")
        if written(value) != written(getattr(scene, name)):
            setattr(scene, name, value)

    def to_field(event) -> None:
        if field.value != written(event.new):
            field.value = written(event.new)

    field.param.watch(to_scene, "value")
    scene.param.watch(to_field, name)
    return field


def whole_number(scene: Scene, name: str) -> pmui.IntInput:
    """A field for an integer within its bounds."""
    return pmui.IntInput.from_param(scene.param[name], **WIDE)


def check(scene: Scene, name: str) -> pmui.Checkbox:
    """A check box."""
    return pmui.Checkbox.from_param(scene.param[name], **WIDE)


def fold(label: str, *widgets: Any) -> pmui.Accordion:
    """Advanced controls, folded away."""
    inside = pn.Column(*widgets, sizing_mode="stretch_width", margin=0)
    return pmui.Accordion(
        (label, inside), active=[], sizing_mode="stretch_width", margin=(4, 0), elevation=0,
        title_variant="body2", disable_gutters=True,
    )  # fmt: skip


def only_when(scene: Scene, name: str, shown: dict[Any, list[Any]]) -> None:
    """Shows the widgets that belong to the value of a choice and hides the other ones."""
    everything = {id(widget): widget for widgets in shown.values() for widget in widgets}

    def show(value) -> None:
        wanted = {id(widget) for widget in shown.get(value, [])}
        for key, widget in everything.items():
            widget.visible = key in wanted

    scene.param.watch(lambda event: show(event.new), name)
    show(getattr(scene, name))
