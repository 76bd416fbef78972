"""The controls at the left: each sets one value of the scene; a sentence says what is wrong."""

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from egop import theme
from egop.explorer.catalog import BASES, DISTRIBUTIONS, objective_groups
from egop.explorer.delivery import prompt
from egop.explorer.state import Scene
from egop.explorer.tabs import Shown
from egop.explorer.views import widgets
from egop.explorer.views.widgets import POWER, WIDE, Message, PromptSlider
from egop.objectives import Objective
from egop.objectives.expression import ExpressionError, gradient_latex, parse

RATES = (-5.0, 3.0)
"""Exponents of the learning rates' sliders."""
PLACES = ("objective", "distribution", "basis", "methods", "start")


class Controls(pn.viewable.Viewer):
    """All controls of a scene, in groups; advanced ones are folded away.

    Args:
        scene: whose values they set.
        own: an objective that was given, so that none is to be chosen.
    """

    def __init__(self, scene: Scene, own: Objective | None = None):
        super().__init__()
        self.scene = scene
        self.messages = {place: Message() for place in PLACES}
        self._sliders: dict[str, PromptSlider] = {}
        self._rates = pn.Column(sizing_mode="stretch_width", margin=0)
        self._planes = self._plane_fields()
        self._gradient = pn.pane.LaTeX("", sizing_mode="stretch_width", margin=0, visible=False)
        self._layout = pn.Column(
            *(self._objective() if own is None else self._given(own)),
            *self._distribution(),
            *self._methods(),
            *self._run(),
            sizing_mode="stretch_width",
            margin=(4, 14, 16, 14),
        )

    def __panel__(self):
        return self._layout

    def say(self, place: str, sentence: str, kind: str = "error") -> None:
        """A sentence beside the controls of a place; "" takes it away."""
        self.messages[place].say(sentence, kind)

    def follow(self, shown: Shown | None) -> None:
        """Shows the controls that the comparison on the page has a use for."""
        if shown is not None:
            self._planes.visible = shown.objective.dim > 2

    def _given(self, own: Objective) -> list:
        title = pmui.Typography(own.name, variant="subtitle1")
        return [title, self.messages["objective"], widgets.present(self._planes)]

    def _objective(self) -> list:
        scene = self.scene
        groups = {group: dict(options) for group, options in objective_groups().items()}
        choice = widgets.choice(scene, "objective", groups=groups)
        text = prompt(pmui.TextInput.from_param(scene.param.formula, label="f(x, y) =", **WIDE))
        text.param.watch(lambda event: self._check_formula(event.new), "value_input")
        scene.param.watch(lambda event: self._show_gradient(), ["formula", "objective"])
        condition = widgets.log_slider(scene, "condition_number", 0, 6)
        angle = widgets.slider(scene, "angle", -90, 90, 1)
        dim = widgets.log_slider(scene, "dim", np.log10(2), np.log10(200))
        decay = widgets.slider(scene, "decay", 0, 4, 0.1)
        seed = widgets.whole_number(scene, "problem_seed")
        problem = widgets.fold("Problem", dim, decay, seed)
        convex, small = [problem, dim, decay, seed], [problem, seed]
        widgets.only_when(
            scene,
            "objective",
            {
                "formula": [text, self._gradient],
                "quadratic": [condition, angle],
                "log_sum_exp": convex,
                "logistic": convex,
                "least_squares": convex,
                "matrix_factorization": small,
                "tiny_network": small,
            },
        )
        self._show_gradient()
        return [
            choice, widgets.present(text, self._gradient, condition, angle, problem),
            self.messages["objective"], widgets.present(self._planes),
        ]  # fmt: skip

    def _plane_fields(self) -> pn.Column:
        fields = [widgets.whole_number(self.scene, name) for name in ("first_axis", "second_axis")]
        return pn.Column(*fields, sizing_mode="stretch_width", margin=0, visible=False)

    def _check_formula(self, text: str) -> None:
        """Checks the formula at each key; it is run on Enter."""
        if not text or not text.strip():
            return
        try:
            parse(text)
        except ExpressionError as error:
            self.say("objective", str(error))
        else:
            unchanged = text == self.scene.formula
            self.say("objective", "" if unchanged else "Press Enter to run it.", "hint")

    def _show_gradient(self) -> None:
        """The formula's gradient as mathematics."""
        if self.scene.objective != "formula":
            return
        try:
            rows = gradient_latex(self.scene.formula)
        except ExpressionError:
            return
        self._gradient.object = (
            r"$$\nabla f = \begin{pmatrix}" + r" \\ ".join(rows) + (r"\end{pmatrix}$$")
        )

    def _distribution(self) -> list:
        scene = self.scene
        kind = widgets.choice(scene, "distribution", options=DISTRIBUTIONS)
        scale = widgets.log_slider(scene, "scale", -3, 3)
        samples = widgets.log_slider(scene, "n_samples", 0, np.log10(20_000))
        mean = widgets.point(scene, "mean", self.messages["distribution"])
        elongation = widgets.log_slider(scene, "elongation", 0, 2)
        tilt = widgets.slider(scene, "tilt", -90, 90, 1)
        freedom = widgets.slider(scene, "degrees_of_freedom", 0.5, 30, 0.5)
        apart = widgets.slider(scene, "separation", 0, 10, 0.1)
        shape = widgets.fold("Shape of ρ", mean, elongation, tilt, freedom, apart)
        plain = [scale, mean, shape]
        own = dict.fromkeys(DISTRIBUTIONS.values(), plain)
        own |= {"gaussian": [*plain, elongation, tilt], "student_t": [*plain, freedom]}
        own |= {"mixture": [*plain, tilt, apart], "xavier_normal": [], "along_path": [scale]}
        widgets.only_when(scene, "distribution", own)
        basis = widgets.choice(scene, "basis", options=BASES)
        dial = widgets.slider(scene, "dial_angle", -90, 90, 0.5)
        widgets.only_when(scene, "basis", {"dial": [dial]})
        return [
            kind, scale, samples, shape, self.messages["distribution"],
            basis, widgets.present(dial), self.messages["basis"],
        ]  # fmt: skip

    def _methods(self) -> list:
        scene = self.scene
        choice = pmui.MultiChoice.from_param(
            scene.param.methods, label="Methods", sizing_mode="stretch_width", margin=(5, 0, 3, 0)
        )
        scene.param.watch(lambda event: self._show_rates(), ["methods", "rates"])
        self._show_rates()
        return [choice, self._rates, self.messages["methods"]]

    def _show_rates(self) -> None:
        """One slider for each chosen method."""
        made = {
            name: self._sliders.get(name) or self._rate_slider(name) for name in self.scene.methods
        }
        if list(made) != list(self._sliders):
            self._sliders = made
            self._rates[:] = list(made.values())
        for name, slider in made.items():
            exponent = self._exponent(name)
            if abs(slider.value - exponent) > 1e-2:
                slider.value = exponent

    def _exponent(self, method: str) -> float:
        return float(np.clip(np.log10(max(self.scene.rate(method), 1e-300)), *RATES))

    def _rate_slider(self, name: str) -> PromptSlider:
        settings: dict[str, Any] = {"start": RATES[0], "end": RATES[1], "step": 0.02} | WIDE
        slider = PromptSlider(
            label=f"{theme.label(name)} rate", value=self._exponent(name), format=POWER, **settings
        )

        def set_rate(event) -> None:
            if abs(self._exponent(name) - event.new) > 1e-3:
                own = {k: v for k, v in self.scene.rotated_rates.items() if k != name}
                rates = {**self.scene.rates, name: float(f"{10**event.new:.4g}")}
                self.scene.param.update(rates=rates, rotated_rates=own)

        slider.param.watch(set_rate, "value")
        return slider

    def _run(self) -> list:
        scene = self.scene
        steps = widgets.log_slider(scene, "n_steps", 1, 4)
        start = widgets.point(scene, "start", self.messages["start"])
        more = widgets.fold(
            "More",
            pmui.FloatInput.from_param(scene.param.accumulator, **WIDE),
            widgets.whole_number(scene, "seed"),
            widgets.whole_number(scene, "change_step"),
            pmui.FloatInput.from_param(scene.param.change_factor, **WIDE),
            widgets.check(scene, "mapped_back"),
            widgets.check(scene, "linear"),
        )
        return [steps, start, self.messages["start"], more]
