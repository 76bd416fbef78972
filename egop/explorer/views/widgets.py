"""The widgets that the controls are made of, each tied to one value of the scene."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJSTickFormatter

from egop.explorer.delivery import prompt
from egop.explorer.state import Scene, read_point

LAG = 0.25
"""Seconds after the last change at which a control follows a drag: it takes longer to draw than a
figure."""
POWER = CustomJSTickFormatter(
    code="const v = 10 ** tick; return v >= 0.01 && v < 1e4 ? String(+v.toPrecision(2))"
    " : v.toExponential(1)"
)
WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (5, 0, 3, 0)}
MESSAGE = """
.egop-error { color: var(--mui-palette-error-main, #b3261e); font: 13px/1.35 system-ui; }
.egop-hint { opacity: 0.75; font: 12px/1.35 system-ui; }
"""


class PromptSlider(pmui.FloatSlider):
    """A slider whose moves are answered at once, in a third of the server's time.

    Panel waits for more moves, tells everybody that it is busy and then that it is not, and takes
    the value a second time when the slider is let go.
    """

    _debounce: ClassVar[int] = 0
    _busy__ignore: ClassVar[list[str]] = ["value"]

    @property
    def _linked_properties(self) -> tuple[str, ...]:
        return tuple(name for name in super()._linked_properties if name != "value_throttled")


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


def follow(scene: Scene, name: str, show: Callable[[Any], Any]) -> None:
    """Shows a value of the scene in its control, once it has come to rest."""
    changed, waiting = 0.0, False

    def show_at_rest() -> None:
        nonlocal waiting
        document, left = pn.state.curdoc, changed + LAG - time.monotonic()
        waiting = left > 0 and document is not None
        if waiting:
            document.add_timeout_callback(show_at_rest, int(1000 * left) + 1)
        else:
            show(getattr(scene, name))

    def ask(event) -> None:
        nonlocal changed
        changed = time.monotonic()
        if not waiting:
            show_at_rest()

    scene.param.watch(ask, name)


def choice(scene: Scene, name: str, **options: Any) -> pmui.Select:
    """A drop-down; `options` or `groups` give labels and keys."""
    label = scene.param[name].label
    made = prompt(pmui.Select(label=label, value=getattr(scene, name), **options, **WIDE))
    made.param.watch(lambda event: setattr(scene, name, event.new), "value")
    scene.param.watch(lambda event: setattr(made, "value", event.new), name)
    return made


def slider(scene: Scene, name: str, start: float, end: float, step: float) -> PromptSlider:
    """A linear slider."""
    made = PromptSlider(
        label=scene.param[name].label, start=start, end=end, step=step,
        value=getattr(scene, name), **WIDE,
    )  # fmt: skip
    made.param.watch(lambda event: setattr(scene, name, event.new), "value")
    follow(scene, name, lambda value: setattr(made, "value", value))
    return made


def log_slider(scene: Scene, name: str, low: float, high: float) -> PromptSlider:
    """A slider over the exponent of one of the scene's numbers; Panel has no log slider."""
    whole = isinstance(getattr(scene, name), int)

    def exponent(value) -> float:
        return float(np.clip(np.log10(max(value, 1e-300)), low, high))

    made = PromptSlider(
        label=scene.param[name].label, start=float(low), end=float(high), step=0.01,
        value=exponent(getattr(scene, name)), format=POWER, **WIDE,
    )  # fmt: skip

    def to_scene(event) -> None:
        value = 10**event.new
        value = max(1, round(value)) if whole else float(f"{value:.4g}")
        if abs(exponent(getattr(scene, name)) - event.new) > 1e-4:
            setattr(scene, name, value)

    def to_slider(value) -> None:
        if abs(made.value - exponent(value)) > 5e-3:
            made.value = exponent(value)

    made.param.watch(to_scene, "value")
    follow(scene, name, to_slider)
    return made


def point(scene: Scene, name: str, message: Message) -> pmui.TextInput:
    """A field for two coordinates, with a sentence for what is no point."""

    def written(value) -> str:
        return ", ".join(f"{c:.6g}" for c in value)

    field = pmui.TextInput(
        label=scene.param[name].label, value=written(getattr(scene, name)), **WIDE
    )
    prompt(field)

    def to_scene(event) -> None:
        try:
            value = read_point(event.new)
        except ValueError as error:
            message.say(str(error))
            return
        message.say("")
        if written(value) != written(getattr(scene, name)):
            setattr(scene, name, value)

    def to_field(value) -> None:
        if field.value != written(value):
            field.value = written(value)

    field.param.watch(to_scene, "value")
    follow(scene, name, to_field)
    return field


def whole_number(scene: Scene, name: str) -> pmui.IntInput:
    """A field for an integer within its bounds."""
    return pmui.IntInput.from_param(scene.param[name], **WIDE)


def check(scene: Scene, name: str) -> pmui.Checkbox:
    """A check box."""
    return pmui.Checkbox.from_param(scene.param[name], **WIDE)


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


def only_when(scene: Scene, name: str, shown: dict[Any, list[Any]]) -> None:
    """Shows the widgets that belong to the value of a choice and hides the other ones."""
    everything = {id(widget): widget for widgets in shown.values() for widget in widgets}

    def show(value) -> None:
        wanted = {id(widget) for widget in shown.get(value, [])}
        for key, widget in everything.items():
            widget.visible = key in wanted

    scene.param.watch(lambda event: show(event.new), name)
    show(getattr(scene, name))
