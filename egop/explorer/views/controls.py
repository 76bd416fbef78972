"""The controls at the left: each sets one value of the scene; a sentence says what is wrong."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import panel as pn

from egop import theme
from egop.explorer.catalog import BASES, DISTRIBUTIONS, objective_groups
from egop.explorer.own_objects import NOTHING, Own
from egop.explorer.scene import MOST_SAMPLES, OWN, Scene, assign
from egop.explorer.tabs import ComparisonResult
from egop.explorer.typeset_formula import TypesetFormula
from egop.objectives.expression import ExpressionError, parse
from egop.ui.fields import (
    Fields,
    Row,
    check,
    choice,
    flat,
    fold,
    heading,
    number,
    place,
    rates,
    slider,
    text,
)
from egop.ui.packing import MOST_STEPS
from egop.ui.widgets import present

POINTS = ("mean", "start", "window")
"""Values of the scene that are typed as "60, 80"."""
TUNED = "tuned in original coordinates"
"""Of a rate."""


def objective_rows() -> list[Row]:
    """The rows of the form that choose an objective and the parameters of its family."""
    convex = {"objective": ["log_sum_exp", "logistic", "least_squares"]}
    seeded = {"objective": [*convex["objective"], "matrix_factorization", "tiny_network"]}
    quadratic = {"objective": ["quadratic"]}
    return [
        of(choice, "objective", objective_groups()),
        of(slider, "condition_number", 1, 1e6, 0.01, log=True, when=quadratic),
        of(slider, "angle", -90, 90, 1, when=quadratic),
        fold(
            "Problem",
            of(slider, "dim", 2, 200, 0.01, log=True, whole=True, when=convex),
            of(slider, "decay", 0, 4, 0.1, when=convex),
            of(number, "problem_seed", 0, whole=True, when=seeded),
        ),
        of(text, "formula", typed=True, when={"objective": ["formula"]}),
        of(text, "window", when={"objective": ["formula"]}),
    ]


def plane_rows() -> list[Row]:
    """Beyond two variables, what the left figure shows; and what is wrong with the objective."""
    many = {"in_two": [False]}
    return [
        of(number, "first_axis", 1, whole=True, when=many),
        of(number, "second_axis", 1, whole=True, when=many),
        place("objective"),
    ]


def scene_rows(own: Own) -> list[Row]:
    """The sampling distribution, the basis, the methods and the run."""
    dial = {"basis": ["dial"]}
    has_width = {"distribution": [key for key in DISTRIBUTIONS.values() if key != "xavier_normal"]}
    has_mean = {"distribution": [k for k in has_width["distribution"] if k != "along_path"]}
    return [
        of(choice, "distribution", DISTRIBUTIONS),
        of(slider, "scale", 1e-3, 1e3, 0.01, log=True, when=has_width),
        of(slider, "n_samples", 1, MOST_SAMPLES, 0.01, log=True, whole=True),
        fold(
            "Shape of ρ",
            of(text, "mean", when=has_mean),
            of(slider, "elongation", 1, 100, 0.01, log=True, when={"distribution": ["gaussian"]}),
            of(slider, "tilt", -90, 90, 1, when={"distribution": ["gaussian", "mixture"]}),
            of(slider, "degrees_of_freedom", 0.5, 30, 0.5, when={"distribution": ["student_t"]}),
            of(slider, "separation", 0, 10, 0.1, when={"distribution": ["mixture"]}),
        ),
        place("distribution"),
        of(choice, "basis", BASES if own.basis is None else {"Yours": OWN} | BASES),
        of(slider, "dial_angle", -90, 90, 0.5, when=dial),
        place("basis"),
        rates("methods", "Add a method", {name: rate_row(name, own) for name in own.choice}),
        place("methods"),
        of(slider, "n_steps", 10, MOST_STEPS, 0.01, log=True, whole=True),
        of(text, "start"),
        place("start"),
        fold(
            "More",
            of(number, "tolerance", 0),
            of(number, "accumulator", 0, when={"own_adagrad": [False]}),
            of(number, "seed", 0, whole=True),
            of(number, "change_step", 0, whole=True),
            of(number, "change_factor", 0),
            of(check, "mapped_back"),
            of(check, "linear"),
            place("more"),
        ),
    ]


def of(kind: Callable[..., Row], name: str, *arguments: Any, **more: Any) -> Row:
    """A field for a value of the scene, called and explained as there."""
    parameter = Scene.param[name]
    return kind(name, parameter.label, *arguments, doc=parameter.doc or "", **more)


def rate_row(method: str, own: Own) -> Row:
    """The slider of a method's learning rate, in the method's color."""
    name = f"Yours: {theme.label(method)}" if method in own.methods else theme.label(method)
    looks = {"color": theme.color(method), "title": name, "remove": f"Remove {name}"}
    return slider(f"rate:{method}", f"{name} rate", 1e-5, 1e3, 0.02, log=True, **looks)


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
        self._refused: dict[str, str] = {}  # by place the field whose input is refused there
        self._own, self._gradient_of = own, gradient_of
        upper = objective_rows() if own.objective is None else [heading(own.objective.name)]
        values = self._values()
        self.forms = (
            Fields(upper, values, self.set),
            Fields([*plane_rows(), *scene_rows(own)], values, self.set),
        )
        self._places = dict(places_of([*upper, *plane_rows(), *scene_rows(own)]))
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

    def say(self, place: str, sentence: str, kind: str = "error") -> None:
        """A sentence beside the controls of a place; "" takes it away."""
        self._refused.pop(place, None)
        self.forms[1].say(place, sentence, kind)

    def sentence(self, place: str) -> str:
        """The sentence that is shown beside the controls of a place."""
        return self.forms[1].sentence(place)

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
            self.say(self._places[name], str(error))
            self._refused[self._places[name]] = name

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


def places_of(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Each field with the place at which its sentences appear: the next one below it."""
    names: list[str] = []
    for row in flat(rows):
        if row["kind"] == "place":
            yield from ((name, row["name"]) for name in names)
            names = []
        elif row["kind"] == "rates":
            names += [row["name"], *(each["name"] for each in row["methods"].values())]
        elif "name" in row:
            names.append(row["name"])
