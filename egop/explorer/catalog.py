"""Makes objectives and distributions from the scene's plain values."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from egop import distributions, objectives
from egop.distributions import Distribution
from egop.objectives import LANDSCAPES, Objective
from egop.objectives.expression import DOMAIN

BEGIN = "To begin with"
PAPER = "The paper's convex problems"
QUADRATICS = "Convex quadratics"
NETWORKS = "Not convex, from the paper"
OWN = "Your own"

_BEGIN = {"A tilted valley": "quadratic", "The paper's Figure 1": "log_sum_exp"}
_PAPER = {
    "Logistic regression": "logistic",
    "Least squares": "least_squares",
}
_NETWORKS = {"Matrix factorization": "matrix_factorization", "Tiny network": "tiny_network"}

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
    return groups | {NETWORKS: dict(_NETWORKS), OWN: {"A formula": "formula"}}


def name_of(key: str) -> str:
    """Returns the name of an objective in the list of objectives."""
    names = {each: name for group in objective_groups().values() for name, each in group.items()}
    return names[key]


KEPT = 64
"""Objectives that are kept, those that were used last."""
_made: dict[tuple, Objective] = {}
_lock = Lock()


def make_objective(  # noqa: PLR0917 - the scene's values of a problem, in order
    key: str,
    formula: str = "",
    window: tuple[float, float] = DOMAIN,
    seed: int = 0,
    condition_number: float = 100.0,
    angle: float = 35.0,
    dim: int = 2,
    decay: float = 2.0,
) -> Objective:
    """The objective of the scene's values; as long as it is kept, one for equal values.

    Raises:
        ValueError: one sentence; for a formula with the position of the fault.
    """
    problem = relevant(key, formula, window, seed, condition_number, angle, dim, decay)
    with _lock:
        found = _made.get(problem)
    found = found or _make(problem)
    with _lock:
        found = _made[problem] = _made.pop(problem, found)
        while len(_made) > KEPT:
            del _made[next(iter(_made))]
    return found


def made_before(problem: tuple) -> Objective | None:
    """The objective of `Scene.problem` where it is at hand; None where it is to be made."""
    with _lock:
        return _made.get(relevant(*problem))


def relevant(  # noqa: PLR0917 - as `make_objective`
    key: str, formula, window, seed, condition_number, angle, dim, decay
) -> tuple:
    """The key of an objective and those of the scene's values on which it depends."""
    values = {
        "formula": (formula, window),
        "quadratic": (condition_number, angle),
        "log_sum_exp": (dim, decay, seed),
        "logistic": (dim, decay, seed),
        "least_squares": (dim, decay, seed),
        "matrix_factorization": (seed,),
        "tiny_network": (seed,),
    }
    return key, *values.get(key, ())


def _make(problem: tuple) -> Objective:
    """Makes the objective of what `relevant` returns."""
    key, *values = problem

    def convex(maker: Callable[..., Objective]) -> Objective:
        dim, decay, seed = values
        return maker(dim, 100, objectives.power_law(dim, decay), seed)

    makers = {
        "formula": lambda: objectives.from_expression(values[0], domain=values[1]),
        "quadratic": lambda: objectives.quadratic(
            condition_number=values[0], angle=np.radians(values[1])
        ),
        "log_sum_exp": lambda: convex(objectives.log_sum_exp),
        "logistic": lambda: convex(objectives.logistic),
        "least_squares": lambda: convex(objectives.least_squares),
        "matrix_factorization": lambda: objectives.matrix_factorization(seed=values[0]),
        "tiny_network": lambda: objectives.tiny_network(seed=values[0]),
    }
    return makers.get(key, lambda: objectives.landscape(key))()


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


def blocks_of(key: str, objective: Objective) -> list[tuple[int, int]]:
    """The weight matrices (rows, columns) that an objective's variables are made of."""
    if key == "matrix_factorization":
        return [(3, 1), (3, 1)]
    if key == "tiny_network":
        return [(4, 3), (1, 4)]
    return [(1, objective.dim)]
