"""The controls at the left: each sets one value of the scene; a sentence says what is wrong."""

from collections.abc import Callable, Collection, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from egop.explorer import scene_settings
from egop.explorer.own_objects import NOTHING, Own
from egop.explorer.scene import Scene
from egop.explorer.tabs import ComparisonResult
from egop.explorer.views.control_rows import method_options, scene_rows, slots_of
from egop.objectives.expression import ExpressionError, parse
from egop.ui.fields import Fields, Messages

POINTS = ("mean", "start", "window")
"""Values of the scene that are typed as "60, 80"."""
TYPED = "formula:typed"
"""The field of a formula at each key."""
TUNED = "tuned in original coordinates"
"""The hint beside a rate."""


class InputMessage(NamedTuple):
    """A sentence on the input of a field, and its kind."""

    field: str
    kind: str
    sentence: str


class SceneControls(Fields):
    """All controls of a scene, in groups; advanced ones are folded away.

    What is said of somebody's input stands over what is said of the scene, until the next input.

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
        self.scene = scene
        self._own, self._gradient_of = own, gradient_of
        self._in_two = True
        self._methods = own.choice
        self._of_scene: Messages = {}
        self._of_input: dict[str, InputMessage] = {}
        rows = scene_rows(own)
        self._slots = dict(slots_of(rows))
        super().__init__(rows, {}, self.assign, styles={"padding": "10px 14px 16px"})
        self.show(**self._values())

    def follow(
        self,
        shown: ComparisonResult | None,
        tuned: Collection[str] = (),
        messages: Messages = MappingProxyType({}),
    ) -> None:
        """Shows the scene's values, and the controls that the comparison has a use for.

        Args:
            shown: the comparison; None: there is none, and the figures stay.
            tuned: methods whose rate was found in original coordinates.
            messages: what is said of the scene.
        """
        if shown is not None:
            self._in_two = shown.objective.dim == 2
            self._methods = self._own.methods_for(shown.objective)
        hints = {f"rate:{name}:hint": TUNED if name in tuned else "" for name in self._own.choice}
        self.show(**self._values(), **hints)
        self._of_scene = messages
        self._tell()

    def _tell(self) -> None:
        """Shows the messages that hold now."""
        typed = {slot: (each.kind, each.sentence) for slot, each in self._of_input.items()}
        said = [*self._of_scene.items(), *typed.items()]
        messages = {slot: [kind, sentence] for slot, (kind, sentence) in said if sentence}
        if messages != self.messages:
            self.messages = messages

    def assign(self, name: str, value: Any) -> None:
        """Sets a value of the scene, or says why not."""
        if name == TYPED:
            self._check_formula(value)
            return
        typing = name not in {"formula", "objective"}  # what is wrong there stays while it stands
        about = self._of_input.items()
        self._of_input = {at: each for at, each in about if typing and each.field == TYPED}
        try:
            scene_settings.assign(self.scene, name, value)
        except ValueError as error:
            self._of_input[self._slots[name]] = InputMessage(name, "error", str(error))
        self._tell()

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
            "methods:options": method_options(self._methods, self._own),
            "gradient": self._gradient(),
        }
        return plain | points | each | about

    def _check_formula(self, text: str) -> None:
        """Checks the formula at each key; it is run on Enter."""
        if not text.strip():
            return
        kind, sentence = "hint", "" if text == self.scene.formula else "Press Enter to run it."
        try:
            parse(text)
        except ExpressionError as error:
            kind, sentence = "error", str(error)
        self._of_input["objective"] = InputMessage(TYPED, kind, sentence)
        self._tell()

    def _gradient(self) -> str | None:
        """The formula's gradient in LaTeX, the earlier one's until it is known; else None."""
        if self.scene.objective != "formula":
            return None
        if rows := self._gradient_of(self.scene.formula):
            return r"\nabla f = \begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"
        return self.values.get("gradient")
