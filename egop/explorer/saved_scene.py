"""A scene as text and back, for a page that is loaded again; wrong values are left out."""

import json
from typing import Any

from egop.explorer.scene import Scene
from egop.explorer.scene_settings import as_held
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
    held = {k: as_held(k, v) for k, v in found.items() if k in Scene.param and k not in NOT_KEPT}
    return {name: value for name, value in held.items() if _is_valid(name, value)}


def _is_valid(name: str, value: Any) -> bool:
    try:
        Scene.param[name]._validate(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, dict) or value.keys() <= set(METHODS)
