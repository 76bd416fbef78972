"""What can be chosen: objectives and distributions by name, made from the scene's plain values."""

from functools import lru_cache

import numpy as np

from egop import distributions, objectives
from egop.objectives import LANDSCAPES, Objective

PAPER = "The paper's convex problems"
QUADRATICS = "Convex quadratics"
OWN = "Your own"

_PAPER = {
    "log_sum_exp": "Log-sum-exp (Figure 1)",
    "logistic": "Logistic regression",
    "least_squares": "Least squares",
}


def title(name: str) -> str:
    """A landscape's name for people: "six_hump_camel" → "Six-hump camel"."""
    words = name.replace("_", " ").replace("hump", "hump").capitalize()
    return words.replace("Six hump", "Six-hump").replace("Three hump", "Three-hump")


def objective_groups() -> dict[str, dict[str, str]]:
    """{group: {label: key}} of every objective of two variables that can be chosen."""
    groups: dict[str, dict[str, str]] = {
        PAPER: {label: key for key, label in _PAPER.items()},
        QUADRATICS: {"By condition number and angle": "quadratic"},
    }
    for key, landscape in LANDSCAPES.items():
        if len(landscape.start) == 2:
            groups.setdefault(landscape.group, {})[title(key)] = key
    return groups | {OWN: {"A formula": "formula"}}


DISTRIBUTIONS = {
    "Gaussian": "gaussian",
    "Uniform box": "uniform_box",
    "Uniform ball": "uniform_ball",
}


@lru_cache(maxsize=32)
def make_objective(
    key: str, formula: str, seed: int, condition_number: float, angle: float
) -> Objective:
    """The objective of the scene's values.

    Raises:
        ValueError: one sentence; for a formula with the position of the fault.
    """
    if key == "formula":
        return objectives.from_expression(formula)
    if key == "quadratic":
        return objectives.quadratic(condition_number=condition_number, angle=np.radians(angle))
    if key == "log_sum_exp":
        return objectives.log_sum_exp(seed=seed)
    if key == "logistic":
        return objectives.logistic(2, 200, seed=seed)
    if key == "least_squares":
        return objectives.least_squares(2, 100, (1.0, 0.25), seed=seed)
    return objectives.landscape(key)


def default_start(key: str, objective: Objective) -> tuple[float, float]:
    """Where a run begins that shows what the objective is about."""
    if key in LANDSCAPES:
        return LANDSCAPES[key].start[:2]
    if key == "log_sum_exp":
        return (60.0, 80.0)
    domain = np.asarray(objective.domain)
    middle, half = domain.mean(axis=1), np.ptp(domain, axis=1) / 2
    return tuple((middle + half * (0.6, 0.75)).round(2).tolist())


def default_rates(key: str) -> dict[str, float]:
    """Learning rates at which the first runs of an objective are worth seeing."""
    if key == "log_sum_exp":
        return {"adagrad": 30.0, "adam": 3.0, "gradient_descent": 0.3, "momentum": 0.03}
    return {}


def make_distribution(kind: str, mean, scale: float, elongation: float, tilt: float):
    """ρ from its mean, width c, elongation (≥ 1, ratio of the axes) and tilt in degrees.

    The covariance is c² times a matrix of determinant 1 whose longer axis lies at the tilt.

    Raises:
        ValueError: one sentence.
    """
    if kind == "uniform_box":
        return distributions.UniformBox(mean=mean, half_width=scale * np.sqrt(3.0))
    if kind == "uniform_ball":
        return distributions.UniformBall(mean=mean, radius=2.0 * scale)
    angle = np.radians(tilt)
    axis = np.array([np.cos(angle), np.sin(angle)])
    shape = np.eye(2) / elongation + (elongation - 1 / elongation) * np.outer(axis, axis)
    return distributions.Gaussian(mean=mean, covariance=scale**2 * shape)
