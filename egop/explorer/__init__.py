"""The explorer: Adagrad and Adam side by side in original and in EGOP coordinates."""

from typing import Any

from egop.explorer.explorer import Explorer
from egop.explorer.state import Scene, check_settings
from egop.objectives import Objective

__all__ = ["Explorer", "Scene", "explore"]


def explore(objective: Objective | str | None = None, **settings: Any) -> Explorer:
    """The explorer of an objective, as a Panel component: a notebook cell shows it.

    Args:
        objective: f, or the name of one in the catalog such as "rosenbrock"; None: the opening
            scene, and others can be chosen.
        **settings: values of `Scene`, for example `n_steps=500`, `methods=["adam"]`.

    Raises:
        ValueError: a setting outside its range, or an unknown name.
        TypeError: objective is neither an `Objective` nor a name.
    """
    import panel as pn

    if isinstance(objective, str):
        settings["objective"] = objective
        objective = None
    elif objective is not None and not isinstance(objective, Objective):
        raise TypeError(
            "explore takes an egop Objective or a name such as 'rosenbrock', "
            f"got {type(objective).__name__}; make one with egop.objectives.from_functions"
        )
    check_settings(settings)
    pn.extension("mathjax")
    return Explorer(objective, **settings)
