"""Reads what `egop.explore` is given: own objects or names, checked, in one sentence refused."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from egop.distributions import Distribution, read_distribution
from egop.eigenbasis import Eigenbasis
from egop.explorer import catalog
from egop.explorer.distribution_shape import shape_of
from egop.explorer.own_objects import Own
from egop.explorer.read_methods import read_methods, read_rates
from egop.explorer.scene import OWN, Scene
from egop.explorer.scene_settings import as_held, check_settings
from egop.explorer.typed_values import read_window
from egop.methods import Method, method
from egop.methods.blocks import rule_blocks
from egop.objectives import Objective
from egop.refreshed import Refreshed


def read_objects(
    objective: Any, distribution: Any, methods: Any, start: Any, tolerance: Any, settings: Mapping
) -> tuple[Own, dict[str, Any]]:
    """The own objects, and the settings of a scene that shows them.

    Args:
        objective: an `Objective`, a name or None.
        distribution: what `distributions.read_distribution` takes, a name or None.
        methods: a `Method`, a name, several of them, or None.
        start: d numbers, or None.
        tolerance: f − f* that counts as arrived, or None.
        settings: of the scene; `basis` may be an `Eigenbasis`.

    Raises:
        ValueError: an unknown name, a value outside its range, dimensions that differ.
        TypeError: an object of another kind.
    """
    if isinstance(objective, str) and not objective.isidentifier():
        raise ValueError(
            f"objective takes a name, got {objective!r}; for a formula give "
            f"egop.objectives.from_expression({objective!r})"
        )
    settings = {name: as_held(name, value) for name, value in settings.items()}
    basis = settings.pop("basis", None)
    named = {"objective": objective, "distribution": distribution, "basis": basis}
    settings |= {name: value for name, value in named.items() if isinstance(value, str)}
    names, own_methods, untuned = ([], {}, ()) if methods is None else read_methods(methods)
    if methods is not None:
        settings["methods"] = [name for name in names if name not in own_methods]
    if tolerance is not None:
        settings["tolerance"] = read_tolerance(tolerance)
    if "window" in settings:
        settings["window"] = read_window(settings["window"])
    check_settings(settings)
    for name in {"rates", "rotated_rates"} & settings.keys():
        settings[name] = read_rates(name, settings[name], own_methods)
    f = read_objective(objective, settings)
    check_axes(f, settings)
    check_fit(f, [own_methods.get(name) or method(name) for name in names])
    rho = None if isinstance(distribution, str | None) else read_rho(distribution, f)
    own = Own(
        None if isinstance(objective, str | None) else f,
        rho,
        {} if rho is None else shape_of(rho),
        own_methods,
        None if isinstance(basis, str | None) else read_basis(basis, f),
        None if start is None else read_start(start, f),
        frozenset(untuned),
    )
    if methods is not None:
        settings["methods"] = names
    return own, settings | scene_values(own, settings)


def check_fit(objective: Objective, methods: Iterable[Method]) -> None:
    """ValueError where one of the methods steps matrices, and the objective has none."""
    for each in methods:
        rule_blocks(each, objective.shapes, objective.dim, objective.name)


def check_axes(objective: Objective, settings: Mapping[str, Any]) -> None:
    """ValueError where the figures' coordinates are none of the objective's."""
    for name in ("first_axis", "second_axis"):
        if settings.get(name, 1) > objective.dim:
            raise ValueError(
                f"{name} takes a coordinate from 1 to {objective.dim} of {objective.name}, "
                f"got {settings[name]}"
            )


def scene_values(own: Own, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that own objects bring along."""
    values: dict[str, Any] = {}
    if own.distribution is not None:
        values |= own.shape or {"distribution": OWN}
    if own.basis is not None:
        values["basis"] = OWN
    if own.start is not None:
        axes = [settings.get("first_axis", 1) - 1, settings.get("second_axis", 2) - 1]
        values["start"] = tuple(own.start[axes].tolist())
    return values


def read_objective(objective: Any, settings: Mapping[str, Any]) -> Objective:
    """f: the given one, or the one that the settings choose."""
    if isinstance(objective, Objective):
        if objective.dim < 2:
            raise ValueError(
                f"the explorer takes objectives of 2 or more variables, and {objective.name} has "
                "one: a single axis cannot be rotated"
            )
        return objective
    if not isinstance(objective, str | None):
        raise TypeError(
            "explore takes an egop Objective or a name such as 'rosenbrock', "
            f"got {type(objective).__name__}; make one with egop.objectives.from_functions"
        )
    problem = {k: v for k, v in settings.items() if k in Scene.param and k != "methods"}
    return catalog.make_objective(**Scene(**problem).problem())


def read_rho(distribution: Any, objective: Objective) -> Distribution:
    """ρ as a `Distribution` over the objective's variables."""
    rho = read_distribution(distribution)
    if rho.dim != objective.dim:
        raise ValueError(
            f"{objective.name} has {objective.dim} variables, but the distribution has "
            f"{rho.dim}; give it dim={objective.dim}"
        )
    return rho


def read_tolerance(tolerance: Any) -> float:
    """A positive number."""
    if not isinstance(tolerance, Real) or not float(tolerance) > 0:
        raise ValueError(
            f"tolerance takes a positive number, the gap f − f* that counts as arrived, "
            f"got {tolerance!r}"
        )
    return float(tolerance)


def read_basis(basis: Any, objective: Objective) -> Eigenbasis:
    """V over the objective's variables."""
    if not isinstance(basis, Eigenbasis):
        hint = "; say basis='refreshed', every=20" if isinstance(basis, Refreshed) else ""
        raise TypeError(
            "basis takes a name such as 'egop' or an egop.Eigenbasis, got "
            f"{type(basis).__name__}{hint}"
        )
    if basis.dim != objective.dim:
        raise ValueError(
            f"{objective.name} has {objective.dim} variables, but the basis has {basis.dim}"
        )
    return basis


def read_start(start: Any, objective: Objective) -> np.ndarray:
    """x_0 (d,)."""
    try:
        point = np.array(start, dtype=float)
    except (TypeError, ValueError):
        point = np.array(np.nan)
    if point.shape != (objective.dim,) or not np.isfinite(point).all():
        raise ValueError(
            f"start takes {objective.dim} finite numbers, one for each variable of "
            f"{objective.name}, got {start!r}"
        )
    return point
