"""The rows of the controls: every field of a scene, with its label, its range and its condition."""

from collections.abc import Callable, Iterator
from typing import Any

from egop import theme
from egop.explorer.catalog import BASES, DISTRIBUTIONS, VALUES, objective_groups
from egop.explorer.own_objects import Own
from egop.explorer.scene import MOST_SAMPLES, OWN, Scene
from egop.theme import MATRICES, VECTORS
from egop.ui.field_values import flat
from egop.ui.fields import (
    Row,
    check,
    choice,
    fold,
    heading,
    number,
    rates,
    side_by_side,
    slider,
    slot,
    text,
    typeset,
)
from egop.ui.packing import MOST_STEPS


def objective_rows() -> list[Row]:
    """The rows that choose an objective and the parameters of its family."""
    return [
        of(choice, "objective", objective_groups()),
        of(slider, "condition_number", 1, 1e6, 0.01, log=True, when=depends("condition_number")),
        of(slider, "angle", -90, 90, 1, when=depends("angle")),
        fold(
            "Problem",
            of(slider, "dim", 2, 200, 0.01, log=True, whole=True, when=depends("dim")),
            of(slider, "decay", 0, 4, 0.1, when=depends("decay")),
            of(number, "problem_seed", 0, whole=True, when=depends("problem_seed")),
        ),
        of(text, "formula", typed=True, when=depends("formula")),
        of(text, "window", when=depends("window")),
        typeset("gradient", "Its gradient, in LaTeX"),
    ]


def depends(name: str) -> dict[str, list[str]]:
    """The condition that the objective depends on a value of the scene."""
    return {"objective": [key for key, values in VALUES.items() if name in values]}


def scene_rows(own: Own) -> list[Row]:
    """The objective, the sampling distribution, the basis, the methods and the run."""
    many = {"in_two": [False]}
    dial, anew = {"basis": ["dial"]}, {"basis": ["refreshed"]}
    has_width = {"distribution": [key for key in DISTRIBUTIONS.values() if key != "xavier_normal"]}
    has_mean = {"distribution": [k for k in has_width["distribution"] if k != "along_path"]}
    return [
        *(objective_rows() if own.objective is None else [heading(own.objective.name)]),
        of(number, "first_axis", 1, whole=True, when=many),
        of(number, "second_axis", 1, whole=True, when=many),
        slot("objective"),
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
        slot("distribution"),
        side_by_side(
            of(choice, "basis", BASES if own.basis is None else {"Yours": OWN} | BASES),
            of(number, "leading", 1, whole=True, narrow=True, when={"basis": ["leading"]}),
        ),
        of(slider, "dial_angle", -90, 90, 0.5, when=dial),
        of(slider, "every", 1, 1000, 0.01, log=True, whole=True, when=anew),
        of(choice, "moments", WORDS, when=anew),
        slot("basis"),
        rates("methods", "Add a method", {name: rate_row(name, own) for name in own.choice}),
        slot("methods"),
        of(slider, "n_steps", 10, MOST_STEPS, 0.01, log=True, whole=True),
        of(text, "start"),
        slot("start"),
        fold(
            "More",
            of(number, "tolerance", 0),
            of(number, "accumulator", 0, when={"own_adagrad": [False]}),
            of(number, "seed", 0, whole=True),
            of(number, "change_step", 0, whole=True),
            of(number, "change_factor", 0),
            of(check, "mapped_back"),
            of(check, "linear"),
            slot("more"),
        ),
    ]


def of(kind: Callable[..., Row], name: str, *arguments: Any, **more: Any) -> Row:
    """A field for a value of the scene, called and explained as there."""
    parameter = Scene.param[name]
    return kind(name, parameter.label, *arguments, doc=parameter.doc or "", **more)


WORDS = {"turned with the axes": "rotate", "forgotten": "reset", "left as they are": "keep"}
"""Treatments of the moments at a refresh."""


def method_options(methods: list[str], own: Own) -> dict[str, Any]:
    """{title: name} of the methods that can be added, in groups where some step matrices."""
    groups: dict[str, dict[str, str]] = {VECTORS: {}, MATRICES: {}}
    for name in methods:
        groups[MATRICES if own.steps_matrices(name) else VECTORS][method_title(name, own)] = name
    return groups if groups[MATRICES] else groups[VECTORS]


def method_title(method: str, own: Own) -> str:
    """The method's name in the list of those that can be added, and above its rate."""
    return f"Yours: {theme.label(method)}" if method in own.methods else theme.label(method)


def rate_row(method: str, own: Own) -> Row:
    """The slider of a method's learning rate, in the method's color."""
    name = method_title(method, own)
    looks = {"color": theme.color(method), "title": name, "remove": f"Remove {name}"}
    return slider(f"rate:{method}", f"{name} rate", 1e-5, 1e3, 0.02, log=True, **looks)


def slots_of(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Each field with the slot in which its messages appear: the next one below it."""
    names: list[str] = []
    for row in flat(rows):
        if row["kind"] == "slot":
            yield from ((name, row["name"]) for name in names)
            names = []
        elif "name" in row:
            names.append(row["name"])
