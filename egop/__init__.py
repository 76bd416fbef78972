"""See, feel and measure when rotating an objective into its EGOP eigenbasis helps a method.

Objective + sampling distribution → gradients → EGOP → eigenbasis → reparameterized objective →
method → trajectory → view. Importing this package loads nothing: each name below is loaded when
it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from egop import (
        analysis,
        approximation,
        distributions,
        experiments,
        figures,
        lab,
        methods,
        metrics,
        networks,
        objectives,
        optimizer,
        theory,
    )
    from egop.eigenbasis import Eigenbasis
    from egop.estimation import estimate_eigenbasis
    from egop.experiments.comparison import compare
    from egop.method_run import run
    from egop.refreshed import Refreshed
    from egop.reparameterization import reparameterize
    from egop.trajectory import Trajectory

__version__ = "0.1.0"

__all__ = [
    "Eigenbasis",
    "Refreshed",
    "Trajectory",
    "analysis",
    "approximation",
    "compare",
    "distributions",
    "estimate_eigenbasis",
    "experiments",
    "explore",
    "figures",
    "lab",
    "methods",
    "metrics",
    "networks",
    "objectives",
    "optimizer",
    "reparameterize",
    "run",
    "theory",
]

_MODULES = (
    "analysis",
    "approximation",
    "distributions",
    "experiments",
    "figures",
    "lab",
    "methods",
    "metrics",
    "networks",
    "objectives",
    "optimizer",
    "theory",
)
_HOMES = {
    "Eigenbasis": "egop.eigenbasis",
    "Refreshed": "egop.refreshed",
    "Trajectory": "egop.trajectory",
    "compare": "egop.experiments.comparison",
    "estimate_eigenbasis": "egop.estimation",
    "reparameterize": "egop.reparameterization",
    "run": "egop.method_run",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"egop.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'egop' has no attribute {name!r}{_hint(name)}")


def _hint(name: str) -> str:
    """Returns a hint at the module that holds the name or a similar one."""
    from difflib import get_close_matches

    if name.startswith("_"):
        return ""
    for module in ("methods", "objectives", "distributions"):
        if name in getattr(import_module(f"egop.{module}"), "__all__", ()):
            return f"; it is egop.{module}.{name}"
    near = get_close_matches(name, __all__, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def __dir__() -> list[str]:
    return sorted([*__all__, "__doc__", "__version__"])


def explore(
    objective: Any = None,
    distribution: Any = None,
    methods: Any = None,
    start: Any = None,
    tolerance: Any = None,
    **scene: Any,
) -> Any:
    """The explorer of an objective, shown in a notebook cell or served as a page.

    Args:
        objective: what to explore; without it, the opening scene.
        distribution: ρ, or its name.
        methods: one or several, or their names.
        start: x_0, d numbers.
        tolerance: f − f* that counts as arrived.
        **scene: settings of the scene by name, for example `n_steps=500`.

    Raises:
        ImportError: when the packages of `egop[app]` are not installed.
    """
    from egop.extras import needed

    with needed("egop.explore", extra="app"):
        from egop import explorer
    return explorer.explore(objective, distribution, methods, start, tolerance, **scene)
