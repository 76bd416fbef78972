"""A scene as text and back, for a page that is loaded again; wrong values are left out."""

import json
import math
from typing import Any

import param

from egop.explorer.scene import Scene
from egop.methods import METHODS

PLAIN = bool | int | float | str | list | tuple | dict
NOT_KEPT = {"name", "autoplay", "loaded"}


def write_scene(scene: Scene) -> str:
    """Every setting as JSON, also those at their default: another objective would replace them."""
    held = scene.param.values()
    kept = {k: v for k, v in held.items() if k not in NOT_KEPT and isinstance(v, PLAIN)}
    return json.dumps(kept, separators=(",", ":"))


def read_scene(text: str) -> dict[str, Any]:
    """The settings in a text of `write_scene` that a scene takes; {} where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    known = {k: _as_kept(k, v) for k, v in found.items() if k in Scene.param and k not in NOT_KEPT}
    return {name: value for name, value in known.items() if _is_valid(name, value)}


def _as_kept(name: str, value: Any) -> Any:
    is_point = isinstance(Scene.param[name], param.NumericTuple) and isinstance(value, list)
    return tuple(value) if is_point else value


def _is_valid(name: str, value: Any) -> bool:
    try:
        Scene(**{name: value})
    except (TypeError, ValueError):
        return False
    numbers = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict) and not value.keys() <= METHODS.keys():
        return False
    if isinstance(value, dict | tuple):
        return all(isinstance(x, int | float) and math.isfinite(x) for x in numbers)
    return not isinstance(value, float) or math.isfinite(value)
