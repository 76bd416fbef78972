"""The controls at the left: each sets one value of the scene; a sentence says what is wrong."""

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJSTickFormatter

from egop import theme
from egop.explorer.catalog import DISTRIBUTIONS, objective_groups
from egop.explorer.state import Scene, read_point
from egop.objectives import Objective
from egop.objectives.expression import ExpressionError, parse

_POWER = CustomJSTickFormatter(
    code="const v = 10 ** tick; return v >= 0.01 && v < 1e4 ? String(+v.toPrecision(2))"
    " : v.toExponential(1)"
)
RATES = (-5.0, 3.0)
"""Exponents of the learning rates' sliders."""
WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "size": "small", "margin": (5, 0, 3, 0)}


class Message(pn.viewable.Viewer):
    """One sentence beside a control, empty and without height when all is well."""

    def __init__(self):
        super().__init__()
        self._pane = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False)

    def say(self, sentence: str, kind: str = "error") -> None:
        """Shows the sentence; "" hides it."""
        escaped = sentence.replace("&", "&amp;").replace("<", "&lt;")
        role = "alert" if kind == "error" else "status"
        self._pane.object = f'<div class="egop-{kind}" role="{role}">{escaped}</div>'
        self._pane.visible = bool(sentence)

    def __panel__(self):
        return self._pane


class Controls(pn.viewable.Viewer):
    """All controls of a scene, in groups; advanced ones are folded away."""

    def __init__(self, scene: Scene, own: Objective | None = None):
        super().__init__()
        self.scene = scene
        self.messages = {
            name: Message() for name in ("objective", "distribution", "methods", "start")
        }
        self._layout = pn.Column(
            *(self._objective() if own is None else self._given(own)), *self._distribution(), *self._methods(), *self._run(),
            sizing_mode="stretch_width", margin=(4, 14, 16, 14),
        )  # fmt: skip

    def __panel__(self):
        return self._layout

    def _objective(self) -> list:
        scene = self.scene
        groups = {g: dict(options) for g, options in objective_groups().items()}
        choice = pmui.Select(label="Objective", groups=groups, value=scene.objective, **WIDE)
        choice.param.watch(lambda event: setattr(scene, "objective", event.new), "value")
        scene.param.watch(lambda event: setattr(choice, "value", event.new), "objective")
        text = pmui.TextInput.from_param(scene.param.formula, label="f(x, y) =", **WIDE)
        text.param.watch(self._check_formula, "value_input")
        condition = self._log_slider("condition_number", (0, 6), "Condition number κ")
        angle = pmui.FloatSlider.from_param(
            scene.param.angle, start=-90, end=90, step=1, label="Angle of the steep axis", **WIDE
        )
        seed = pmui.IntInput.from_param(scene.param.problem_seed, label="Problem seed", **WIDE)
        owners = {
            "formula": [text], "quadratic": [condition, angle], "log_sum_exp": [seed],
            "logistic": [seed], "least_squares": [seed],
        }  # fmt: skip

        def show(key: str) -> None:
            wanted = owners.get(key, [])
            for widget in (text, condition, angle, seed):
                widget.visible = widget in wanted

        scene.param.watch(lambda event: show(event.new), "objective")
        show(scene.objective)
        return [choice, text, condition, angle, seed, self.messages["objective"]]

    def _given(self, own: Objective) -> list:
        return [pmui.Typography(own.name, variant="subtitle1"), self.messages["objective"]]

    def _check_formula(self, event) -> None:
        """Checks the formula at each key; it is run on Enter."""
        if not event.new or not event.new.strip():
            return
        try:
            formula = parse(event.new)
        except ExpressionError as error:
            self.messages["objective"].say(str(error))
            return
        ready = "" if event.new == self.scene.formula else "Press Enter to run it."
        if formula.dim > 2:
            self.messages["objective"].say(
                f"The picture takes two variables, this formula has {formula.dim}; use x and y."
            )
        else:
            self.messages["objective"].say(ready, "hint")

    def _distribution(self) -> list:
        scene = self.scene
        kind = pmui.Select.from_param(scene.param.distribution, options=DISTRIBUTIONS, **WIDE)
        scale = self._log_slider("scale", (-3, 3), "Width c of ρ")
        mean = self._point_input("mean", "Mean of ρ", "distribution")
        elongation = self._log_slider("elongation", (0, 2), "Elongation of ρ")
        tilt = pmui.FloatSlider.from_param(
            scene.param.tilt, start=-90, end=90, step=1, label="Tilt of ρ (degrees)", **WIDE
        )
        samples = self._log_slider(
            "n_samples", (0, np.log10(20_000)), "Gradient samples M", whole=True
        )

        def show(name: str) -> None:
            elongation.visible = tilt.visible = name == "gaussian"

        scene.param.watch(lambda event: show(event.new), "distribution")
        show(scene.distribution)
        more = self._fold("Shape of ρ", mean, elongation, tilt)
        return [kind, scale, samples, more, self.messages["distribution"]]

    def _methods(self) -> list:
        scene = self.scene
        choice = pmui.MultiChoice.from_param(
            scene.param.methods, label="Methods", sizing_mode="stretch_width", margin=(5, 0, 3, 0)
        )
        self._sliders: dict[str, pmui.FloatSlider] = {}
        self._rates = pn.Column(sizing_mode="stretch_width", margin=0)
        scene.param.watch(lambda event: self.show_rates(), ["methods", "rates"])
        self.show_rates()
        return [choice, self._rates, self.messages["methods"]]

    def show_rates(self) -> None:
        """One slider for each chosen method."""
        made = {name: self._sliders.get(name) or self._rate_slider(name)
                for name in self.scene.methods}  # fmt: skip
        if list(made) != list(self._sliders):
            self._sliders = made
            self._rates[:] = list(made.values())
        for name, slider in made.items():
            exponent = self._exponent(name)
            if abs(slider.value - exponent) > 1e-2:
                slider.value = exponent

    def _exponent(self, method: str) -> float:
        return float(np.clip(np.log10(max(self.scene.rate(method), 1e-300)), *RATES))

    def _rate_slider(self, name: str):
        slider = pmui.FloatSlider(
            label=f"{theme.label(name)} rate", start=RATES[0], end=RATES[1], step=0.02,
            value=self._exponent(name), format=_POWER, **WIDE,
        )  # fmt: skip

        def set_rate(event) -> None:
            if abs(self._exponent(name) - event.new) > 1e-3:
                self.scene.rates = {**self.scene.rates, name: float(f"{10**event.new:.4g}")}

        slider.param.watch(set_rate, "value")
        return slider

    def _run(self) -> list:
        scene = self.scene
        steps = self._log_slider("n_steps", (1, 4), "Steps T", whole=True)
        start = self._point_input("start", "Start x₀ (or drag it)", "start")
        accumulator = pmui.FloatInput.from_param(scene.param.accumulator, **WIDE)
        seed = pmui.IntInput.from_param(scene.param.seed, **WIDE)
        mapped = pmui.Checkbox.from_param(scene.param.mapped_back, **{**WIDE, "size": "small"})
        more = self._fold("More", accumulator, seed, mapped)
        return [steps, start, self.messages["start"], more]

    def _fold(self, label: str, *widgets):
        return pmui.Accordion(
            (label, pn.Column(*widgets, sizing_mode="stretch_width", margin=0)),
            active=[], sizing_mode="stretch_width", margin=(6, 0), elevation=0, title_variant="body2",
        )  # fmt: skip

    def _log_slider(self, name: str, ends, label: str, whole: bool = False):
        """A slider over the exponent of one of the scene's numbers; there is no log slider."""
        scene = self.scene

        def exponent(value) -> float:
            return float(np.clip(np.log10(max(value, 1e-300)), *ends))

        slider = pmui.FloatSlider(
            label=label, start=float(ends[0]), end=float(ends[1]), step=0.01,
            value=exponent(getattr(scene, name)), format=_POWER, **WIDE,
        )  # fmt: skip

        def to_scene(event) -> None:
            value = 10**event.new
            value = max(1, round(value)) if whole else float(f"{value:.4g}")
            if abs(exponent(getattr(scene, name)) - event.new) > 1e-4:
                setattr(scene, name, value)

        def to_slider(event) -> None:
            if abs(slider.value - exponent(event.new)) > 5e-3:
                slider.value = exponent(event.new)

        slider.param.watch(to_scene, "value")
        scene.param.watch(to_slider, name)
        return slider

    def _point_input(self, name: str, label: str, place: str):
        scene = self.scene

        def written(point) -> str:
            return ", ".join(f"{c:.6g}" for c in point)

        field = pmui.TextInput(label=label, value=written(getattr(scene, name)), **WIDE)

        def to_scene(event) -> None:
            try:
                point = read_point(event.new)
            except ValueError as error:
                self.messages[place].say(str(error))
                return
            self.messages[place].say("")
            if written(point) != written(getattr(scene, name)):
                setattr(scene, name, point)

        def to_field(event) -> None:
            if field.value != written(event.new):
                field.value = written(event.new)

        field.param.watch(to_scene, "value")
        scene.param.watch(to_field, name)
        return field
