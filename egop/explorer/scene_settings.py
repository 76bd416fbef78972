"""Values that are given for a scene: by a control, or by the arguments of `egop.explore`."""

from difflib import get_close_matches
from typing import Any

import numpy as np
import param

from egop.explorer.parameters import Point
from egop.explorer.scene import OWN, Scene
from egop.explorer.typed_values import read_number, read_point, read_window
from egop.theme import label

HINTS = {
    "learning_rate": "rates={'adam': 0.1} sets it for each method",
    "tab": "on what explore returns, explorer.tab = 'dial' opens one",
}
"""Advice for settings that are looked for and do not exist."""


def assign(scene: Scene, name: str, value: Any) -> None:
    """Sets a value of the scene from what a control tells: a point as text, a rate by its method.

    Args:
        scene: whose value is set.
        name: of the value; "rate:METHOD" for one learning rate.
        value: a number, a text, a key, a list of keys or a bool.

    Raises:
        ValueError: one sentence; nothing is changed.
    """
    if name.startswith("rate:"):
        _assign_rate(scene, name.removeprefix("rate:"), value)
        return
    parameter = scene.param[name]
    if isinstance(parameter, Point):
        value = read_window(value) if name == "window" else read_point(value)
    elif isinstance(parameter, param.Number):
        bounds: Any = parameter.bounds
        value = read_number(str(parameter.label), value, bounds)
        if isinstance(parameter, param.Integer):
            value = round(value)
    if value != getattr(scene, name):
        setattr(scene, name, value)


def _assign_rate(scene: Scene, method: str, value: Any) -> None:
    """One learning rate, in both bases: one that was tuned for the basis is given up."""
    rate = read_number(f"{label(method)}'s rate", value, (0.0, 1e12))
    if rate != scene.rates.get(method):
        own = {name: each for name, each in scene.rotated_rates.items() if name != method}
        scene.param.update(rates={**scene.rates, method: rate}, rotated_rates=own)


def as_held(name: str, value: Any) -> Any:
    """A setting as the scene holds it: coordinates, which others write as lists, as a tuple."""
    is_point = name in Scene.param and isinstance(Scene.param[name], Point)
    return tuple(value) if is_point and isinstance(value, list | np.ndarray) else value


def check_settings(settings: dict[str, Any]) -> None:
    """ValueError in one sentence for names and values that the scene does not take."""
    for name, value in settings.items():
        if name not in Scene.param or name == "name":
            raise ValueError(f"the explorer has no setting {name!r}; {_hint(name)}")
        if value == OWN:
            raise ValueError(f"{name} takes no {OWN!r}; give the object itself, or a name")
        Scene.param[name]._validate(value)


def _hint(name: str) -> str:
    if name in HINTS:
        return HINTS[name]
    near = get_close_matches(name, list(Scene.param), n=1)
    return f"did you mean {near[0]!r}?" if near else "egop.explorer.Scene has all"
