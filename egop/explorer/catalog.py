"""Makes objectives and distributions from the scene's plain values."""

from collections.abc import Callable
from inspect import signature
from math import prod
from threading import Lock
from typing import Any

import numpy as np

from egop import distributions, objectives
from egop.distributions import Distribution
from egop.objectives import LANDSCAPES, Objective
from egop.objectives.expression import DOMAIN

BEGIN = "To begin with"
PAPER = "The paper's convex problems"
QUADRATICS = "Convex quadratics"
NETWORKS = "Not convex, from the paper"
MATRICES = "Matrices"
OWN = "Your own"

_BEGIN = {"A tilted valley": "quadratic", "The paper's Figure 1": "log_sum_exp"}
_PAPER = {
    "Logistic regression": "logistic",
    "Least squares": "least_squares",
}
_NETWORKS = {"Matrix factorization": "matrix_factorization", "Tiny network": "tiny_network"}
_MATRICES = {
    "Associative memory": "associative_memory",
    "Associative memory, skew embeddings": "skew_memory",
    "Matrix quadratic": "matrix_quadratic",
    "Matrix quadratic, steep in the rows alone": "row_quadratic",
    "Two-layer linear network": "two_layer_linear",
}

DISTRIBUTIONS = {
    "Gaussian": "gaussian",
    "Uniform box": "uniform_box",
    "Uniform ball": "uniform_ball",
    "Sphere": "sphere",
    "Laplace": "laplace",
    "Student t": "student_t",
    "Xavier normal, per block": "xavier_normal",
    "Two Gaussians": "mixture",
    "Along the first path": "along_path",
}
BASES = {
    "EGOP, estimated": "egop",
    "EGOP, refreshed every τ steps": "refreshed",
    "EGOP, leading k directions": "leading",
    "EGOP, exact": "exact",
    "Hessian at the minimum": "hessian",
    "Random rotation": "random",
    "Dial": "dial",
}


def title(name: str) -> str:
    """A landscape's name for people: "six_hump_camel" → "Six-hump camel"."""
    words = name.replace("_", " ").capitalize()
    return words.replace(" hump", "-hump").replace(" tang", "–Tang").replace(" price", "–Price")


def objective_groups() -> dict[str, dict[str, str]]:
    """{group: {label: key}} of every objective that can be chosen."""
    groups: dict[str, dict[str, str]] = {BEGIN: dict(_BEGIN), PAPER: dict(_PAPER), QUADRATICS: {}}
    for key, landscape in LANDSCAPES.items():
        groups.setdefault(landscape.group, {})[title(key)] = key
    return groups | {
        NETWORKS: dict(_NETWORKS),
        MATRICES: dict(_MATRICES),
        OWN: {"A formula": "formula"},
    }


def name_of(key: str) -> str:
    """Returns the name of an objective in the list of objectives."""
    names = {each: name for group in objective_groups().values() for name, each in group.items()}
    return names[key]


KEPT = 64
"""Objectives that are kept, those that were used last."""
_made: dict[tuple, Objective] = {}
_lock = Lock()


def make_objective(objective: str, **values: Any) -> Objective:
    """The objective of a key; as long as it is kept, one for equal values.

    Args:
        objective: its key.
        **values: of those in `VALUES` on which it depends, the ones that are others there.

    Raises:
        ValueError: one sentence; for a formula with the position of the fault.
    """
    key = _key(objective, values)
    found = made_before(objective, **values) or _make(objective, **values)
    with _lock:
        found = _made[key] = _made.pop(key, found)
        while len(_made) > KEPT:
            del _made[next(iter(_made))]
    return found


def made_before(objective: str, **values: Any) -> Objective | None:
    """The objective of `make_objective` where it is at hand; None where it is to be made."""
    with _lock:
        return _made.get(_key(objective, values))


def _key(objective: str, values: dict[str, Any]) -> tuple:
    return objective, *(VALUES.get(objective, {}) | values).values()


def _make(objective: str, **values: Any) -> Objective:
    maker = MAKERS.get(objective)
    return objectives.landscape(objective) if maker is None else maker(**values)


def _quadratic(condition_number: float = 100.0, angle: float = 35.0) -> Objective:
    return objectives.quadratic(condition_number=condition_number, angle=np.radians(angle))


def _convex(maker: Callable[..., Objective]) -> Callable[..., Objective]:
    def make(dim: int = 2, decay: float = 2.0, problem_seed: int = 0) -> Objective:
        return maker(dim, 100, objectives.power_law(dim, decay), problem_seed)

    return make


def _memory(embeddings: str) -> Callable[..., Objective]:
    return lambda decay=2.0, problem_seed=0: objectives.associative_memory(
        exponent=decay, embeddings=embeddings, seed=problem_seed
    )


def _matrix_quadratic(condition_number: float = 100.0, problem_seed: int = 0) -> Objective:
    kappas = condition_number, condition_number
    return objectives.matrix_quadratic(condition_numbers=kappas, seed=problem_seed)


def _row_quadratic(condition_number: float = 100.0, problem_seed: int = 0) -> Objective:
    return objectives.matrix_quadratic(condition_numbers=(condition_number, 1), seed=problem_seed)


def _two_layer_linear(decay: float = 2.0, problem_seed: int = 0) -> Objective:
    return objectives.two_layer_linear(decay=0.0, input_decay=decay, seed=problem_seed)


def _seeded(maker: Callable[..., Objective]) -> Callable[..., Objective]:
    return lambda problem_seed=0: maker(seed=problem_seed)


MAKERS: dict[str, Callable[..., Objective]] = {
    "formula": lambda formula="", window=DOMAIN: objectives.from_expression(formula, domain=window),
    "quadratic": _quadratic,
    "log_sum_exp": _convex(objectives.log_sum_exp),
    "logistic": _convex(objectives.logistic),
    "least_squares": _convex(objectives.least_squares),
    "matrix_factorization": _seeded(objectives.matrix_factorization),
    "tiny_network": _seeded(objectives.tiny_network),
    "associative_memory": _memory("orthonormal"),
    "skew_memory": _memory("unit"),
    "matrix_quadratic": _matrix_quadratic,
    "row_quadratic": _row_quadratic,
    "two_layer_linear": _two_layer_linear,
}
"""Makers of the objectives that depend on values of a scene; the others are landscapes."""
VALUES: dict[str, dict[str, Any]] = {
    key: {each.name: each.default for each in signature(maker).parameters.values()}
    for key, maker in MAKERS.items()
}
"""The values of a scene on which each of them depends, by name."""


def domain_of(objective: Objective) -> tuple[np.ndarray, np.ndarray]:
    """Middle and half width of the objective's domain, (d,) each."""
    domain = objective.domain
    domain = np.tile([-5.0, 5.0], (objective.dim, 1)) if domain is None else np.asarray(domain)
    return domain.mean(axis=1), np.ptp(domain, axis=1) / 2


def make_distribution(
    kind: str,
    mean: np.ndarray,
    scale: float,
    shape: tuple[float, float] = (1.0, 0.0),
    degrees_of_freedom: float = 3.0,
    separation: float = 2.0,
) -> Distribution:
    """ρ of d variables with standard deviation about `scale` in each.

    In two variables the Gaussian's covariance is scale² times a matrix of determinant 1.

    Args:
        kind: one of `DISTRIBUTIONS`, but for those that need the objective or a path.
        mean: (d,).
        scale: c.
        shape: ratio of the Gaussian's axes (≥ 1) and tilt of the longer one in degrees; the tilt is
            also the direction in which the two modes of the mixture lie apart.
        degrees_of_freedom: of Student's t.
        separation: of the two modes, in units of c.

    Raises:
        ValueError: one sentence.
    """
    dim, angle = len(mean), np.radians(shape[1])
    axis = np.zeros(dim)
    axis[:2] = np.cos(angle), np.sin(angle)
    away = scale * separation / 2 * axis
    makers = {
        "gaussian": lambda: _gaussian(mean, scale, shape[0], axis),
        "uniform_box": lambda: distributions.UniformBox(mean=mean, half_width=scale * np.sqrt(3.0)),
        "uniform_ball": lambda: distributions.UniformBall(
            mean=mean, radius=scale * np.sqrt(dim + 2.0)
        ),
        "sphere": lambda: distributions.Sphere(mean=mean, radius=scale * np.sqrt(dim)),
        "laplace": lambda: distributions.Laplace(mean=mean, scale=scale / np.sqrt(2.0)),
        "student_t": lambda: distributions.StudentT(
            dim, degrees_of_freedom=degrees_of_freedom, mean=mean, scale=scale
        ),
        "mixture": lambda: distributions.Mixture(
            [distributions.Gaussian(mean=mean + s * away, scale=scale / 2) for s in (-1, 1)]
        ),
    }
    return makers[kind]()


def _gaussian(mean, scale: float, ratio: float, axis: np.ndarray) -> Distribution:
    if len(mean) > 2 or ratio == 1:
        return distributions.Gaussian(mean=mean, scale=scale)
    matrix = np.eye(2) / ratio + (ratio - 1 / ratio) * np.outer(axis, axis)
    return distributions.Gaussian(mean=mean, covariance=scale**2 * matrix)


def blocks_of(objective: Objective) -> list[tuple[int, int]]:
    """The weight matrices (rows, columns) that an objective's variables are made of."""
    shapes = objective.shapes or ((objective.dim,),)
    return [(1, shape[0]) if len(shape) == 1 else (shape[0], prod(shape[1:])) for shape in shapes]
