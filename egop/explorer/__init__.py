"""The explorer: Adagrad and Adam side by side in original and in EGOP coordinates."""

from typing import Any

from egop.explorer.explorer import Explorer
from egop.explorer.state import Scene
from egop.objectives import Objective

__all__ = ["Explorer", "Scene", "explore"]


def explore(objective: Objective | None = None, **settings: Any) -> Explorer:
    """The explorer of an objective in two variables, as a Panel component.

    Args:
        objective: f; None: chosen in the explorer, at first the paper's Figure 1.
        **settings: values of `Scene`, for example `n_steps=500`, `methods=["adam"]`.

    Raises:
        ValueError: a setting outside its range, or an unknown name.
    """
    import panel as pn

    pn.extension("mathjax")
    return Explorer(objective, **settings)
