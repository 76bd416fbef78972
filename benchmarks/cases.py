"""Every objective with a start and a sampling distribution: the rows of the objectives' table."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from egop import objectives
from egop.distributions import Distribution, Gaussian
from egop.objectives import LANDSCAPES, Objective, power_law


@dataclass(frozen=True, eq=False)
class Case:
    """One row.

    Attributes:
        name: of the objective.
        objective: f.
        distribution: ρ.
        start: (d,) x_0.
        tolerance: absolute; None: 1e-4·(f(x_0) − f*).
    """

    name: str
    objective: Objective
    distribution: Distribution
    start: np.ndarray
    tolerance: float | None = None


def cases() -> Iterator[Case]:
    """All rows: the landscapes, quadratics, and the problems of any dimension."""
    yield from landscapes()
    yield from quadratics()
    yield from problems()


def landscapes() -> Iterator[Case]:
    """Each from its own start; ρ is Gaussian about the domain's middle, a quarter as wide."""
    for name, row in LANDSCAPES.items():
        objective = objectives.landscape(name)
        assert objective.domain is not None
        middle = objective.domain.mean(axis=1)
        width = float(np.ptp(objective.domain, axis=1).mean()) / 4
        rho = Gaussian(dim=objective.dim, mean=middle, scale=width)
        yield Case(name, objective, rho, np.array(row.start, dtype=float))


def quadratics() -> Iterator[Case]:
    """κ = 1000 across the axes in two variables, and a random Hessian in six."""
    plane = objectives.quadratic(condition_number=1000.0, angle=0.6)
    yield Case("quadratic κ=1000, 34°", plane, Gaussian(dim=2), np.array([1.0, -1.5]))
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    hessian = (axes * np.logspace(3, 0, 6)) @ axes.T
    many = objectives.quadratic((hessian + hessian.T) / 2)
    yield Case("quadratic d=6, κ=1000", many, Gaussian(dim=6), rng.standard_normal(6))


def problems() -> Iterator[Case]:
    """The paper's convex problems (App. D.5), the small ones that are not convex, and matrices."""
    figure_1 = objectives.log_sum_exp(seed=0)
    wide = Gaussian(dim=2, scale=50.0)
    yield Case("log-sum-exp d=2 (Figure 1)", figure_1, wide, np.array([60.0, 80.0]), 1e-4)
    small = objectives.log_sum_exp(10, 100, power_law(10, 2.0, 10.0))
    large = objectives.log_sum_exp(100, 1000, power_law(100, 2.0, 10.0))
    for name, objective in {
        "log-sum-exp d=10": small,
        "log-sum-exp d=100": large,
        "logistic regression d=20": objectives.logistic(),
        "least squares d=100": objectives.least_squares(),
        "matrix factorization d=6": objectives.matrix_factorization(),
        "tiny network d=16": objectives.tiny_network(),
        "associative memory d=64": objectives.associative_memory(),
        "matrix quadratic d=64": objectives.matrix_quadratic(),
        "two-layer linear network d=72": objectives.two_layer_linear(input_decay=2.0),
    }.items():
        dim = objective.dim
        start = np.random.default_rng(1).standard_normal(dim)
        yield Case(name, objective, Gaussian(dim=dim), start)
