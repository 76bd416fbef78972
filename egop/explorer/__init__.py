"""The explorer: Adagrad and Adam side by side in original and in EGOP coordinates."""

from collections.abc import Sequence
from typing import Any

from egop.distributions import Distribution
from egop.explorer.explorer import Explorer
from egop.explorer.read_objects import read_objects
from egop.explorer.scene import Scene
from egop.methods import Method
from egop.objectives import Objective
from egop.ui.notebook import load_panel

__all__ = ["Explorer", "Scene", "explore"]


def explore(
    objective: Objective | str | None = None,
    distribution: Distribution | str | None = None,
    methods: Method | str | Sequence[Method | str] | None = None,
    start: Sequence[float] | None = None,
    tolerance: float | None = None,
    **scene: Any,
) -> Explorer:
    """The explorer of an objective, as a Panel component: a notebook cell shows it.

    It shows the numbers that `egop.run` gives with the same objects.

    Args:
        objective: f, or the name of one in the catalog such as "rosenbrock"; None: the opening
            scene, and others can be chosen.
        distribution: ρ, or a name such as "gaussian"; any object with `dim` and `sample(n, rng)`.
        methods: one or several, with their own hyperparameters and rates, or names, also with
            options as "adam(beta1=0.5)"; without a rate they come with one that suits the scene.
        start: x_0, d numbers.
        tolerance: f − f* that counts as arrived; None: as the scene has it.
        **scene: values of `Scene`, for example `n_steps=500`; `basis` may be an `Eigenbasis`.

    Raises:
        ValueError: a setting outside its range, an unknown name, or dimensions that differ.
        TypeError: an object that is neither what is asked for nor a name.
    """
    own, settings = read_objects(objective, distribution, methods, start, tolerance, scene)
    load_panel("mathjax")
    return Explorer(own, **settings)
