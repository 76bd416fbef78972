"""The controls at the left: each sets one value of the scene; a sentence says what is wrong."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import panel as pn

from egop.explorer.own_objects import NOTHING, Own
from egop.explorer.scene import Scene
from egop.explorer.scene_settings import assign
from egop.explorer.tabs import ComparisonResult
from egop.explorer.typeset_formula import TypesetFormula
from egop.explorer.views.control_rows import objective_rows, plane_rows, scene_rows, slots_of
from egop.objectives.expression import ExpressionError, parse
from egop.ui.fields import (
    Fields,
    heading,
)
from egop.ui.widgets import present

POINTS = ("mean", "start", "window")
"""Values of the scene that are typed as "60, 80"."""
TUNED = "tuned in original coordinates"
"""Of a rate."""


class SceneControls(pn.viewable.Viewer):
    """All controls of a scene, in groups; advanced ones are folded away.

    Args:
        scene: whose values they set.
        own: objects that were made elsewhere; an objective among them is not to be chosen.
        gradient_of: gives ∂f/∂x_i of a formula in LaTeX, nothing where it is not known (yet).
    """

    def __init__(
        self,
        scene: Scene,
        own: Own = NOTHING,
        gradient_of: Callable[[str], Sequence[str]] = lambda formula: (),
    ):
        super().__init__()
        self.scene = scene
        self._in_two = True
        self._refused: dict[str, str] = {}  # by slot the field whose input is refused there
        self._own, self._gradient_of = own, gradient_of
        upper = objective_rows() if own.objective is None else [heading(own.objective.name)]
        values = self._values()
        self.forms = (
            Fields(upper, values, self.set),
            Fields([*plane_rows(), *scene_rows(own)], values, self.set),
        )
        self._slots = dict(slots_of([*upper, *plane_rows(), *scene_rows(own)]))
        self._gradient = TypesetFormula(
            spoken="Its gradient, in LaTeX", sizing_mode="stretch_width", margin=0, visible=False
        )
        self._show_gradient()
        self._layout = pn.Column(
            self.forms[0],
            present(self._gradient),
            self.forms[1],
            sizing_mode="stretch_width",
            margin=(10, 14, 16, 14),
        )

    def __panel__(self):
        return self._layout

    def say(self, slot: str, sentence: str, kind: str = "error") -> None:
        """A sentence beside the controls of a slot; "" takes it away."""
        self._refused.pop(slot, None)
        self.forms[1].say(slot, sentence, kind)

    def sentence(self, slot: str) -> str:
        """The sentence that is shown beside the controls of a slot."""
        return self.forms[1].sentence(slot)

    def follow(self, shown: ComparisonResult | None, tuned: Collection[str] = ()) -> None:
        """Shows the scene's values, and the controls that the comparison has a use for.

        Args:
            shown: the comparison; None: there is none, and the figures stay.
            tuned: methods whose rate was found in original coordinates.
        """
        if shown is not None:
            self._in_two = shown.objective.dim == 2
        hints = {f"rate:{name}:hint": TUNED if name in tuned else "" for name in self._own.choice}
        values = self._values() | hints
        for form in self.forms:
            form.show(**values)
        self._show_gradient()

    def set(self, name: str, value: Any) -> None:
        """Sets a value of the scene, or says why not."""
        if name == "formula:typed":
            self._check_formula(value)
            return
        self._forget_refused(name)
        try:
            assign(self.scene, name, value)
        except ValueError as error:
            self.say(self._slots[name], str(error))
            self._refused[self._slots[name]] = name

    def _forget_refused(self, name: str) -> None:
        """Takes away what was said of refused input when a field is set.

        What is wrong with a formula that is being typed stays while it stands there.
        """
        typing = {"formula:typed"} if name not in {"formula", "objective"} else set()
        for about in [at for at, field in self._refused.items() if field not in typing]:
            self.say(about, "")

    def _values(self) -> dict[str, Any]:
        """The values of all fields by name."""
        scene = self.scene
        held = scene.param.values()
        points = {name: ", ".join(f"{c:.6g}" for c in held[name]) for name in POINTS}
        each = {f"rate:{name}": scene.rates.get(name) for name in self._own.choice}
        plain = {k: v for k, v in held.items() if isinstance(v, bool | int | float | str | list)}
        about = {
            "in_two": self._in_two,
            "own_adagrad": "adagrad" in self._own.methods,
            "distribution:options": self._own.distributions(scene),
        }
        return plain | points | each | about

    def _check_formula(self, text: str) -> None:
        """Checks the formula at each key; it is run on Enter."""
        if not text.strip():
            return
        try:
            parse(text)
        except ExpressionError as error:
            self.say("objective", str(error))
        else:
            unchanged = text == self.scene.formula
            self.say("objective", "" if unchanged else "Press Enter to run it.", "hint")
        self._refused["objective"] = "formula:typed"

    def _show_gradient(self) -> None:
        """The formula's gradient as mathematics."""
        is_formula = self.scene.objective == "formula"
        if is_formula and (rows := self._gradient_of(self.scene.formula)):
            self._gradient.latex = (
                r"\nabla f = \begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"
            )
        self._gradient.visible = is_formula and bool(self._gradient.latex)
