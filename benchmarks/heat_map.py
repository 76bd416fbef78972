"""Final value over basis angle × learning rate × method: the explorer's map, beside optax."""

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import egop
from benchmarks.peers import optax_final_values
from benchmarks.problems import N_STEPS, Problem, log_sum_exp, rosenbrock
from benchmarks.stopwatch import Row, measure
from egop.sweep import Sweep


@dataclass(frozen=True)
class Grid:
    """Angles of the basis from 0° to 90°, and rates from a hundredth to a hundred times usual."""

    n_angles: int
    n_rates: int

    @property
    def bases(self) -> list[egop.Eigenbasis]:
        """One basis for each angle."""
        return [egop.Eigenbasis.rotation(a) for a in np.linspace(0, np.pi / 2, self.n_angles)]

    @property
    def factors(self) -> np.ndarray:
        """(R,) what the usual rate is multiplied by."""
        return np.logspace(-2, 2, self.n_rates)


FULL, COARSE = Grid(91, 25), Grid(19, 9)


def rows() -> Iterator[Row]:
    """One row for each problem and grid."""
    yield compare(rosenbrock(), "Rosenbrock", FULL, budget=0.3)
    yield compare(log_sum_exp(), "log-sum-exp n=100", COARSE, budget=0.3)
    yield compare(log_sum_exp(), "log-sum-exp n=100", FULL, budget=3.0)


def compare(problem: Problem, name: str, grid: Grid, budget: float) -> Row:
    """The row of one map, beside one compiled optax call for each method."""
    stacked = jnp.stack([jnp.asarray(basis.eigenvectors) for basis in grid.bases])
    by_optax = [
        (optax_final_values(problem, method.name), jnp.asarray(method.learning_rate * grid.factors))
        for method in problem.methods
    ]
    timing = measure(lambda: final_values(problem, grid), at_most=10)
    peer = measure(
        lambda: jax.block_until_ready([map_of(stacked, rates) for map_of, rates in by_optax]),
        at_most=3,
    )
    question = f"{name}: map of {grid.n_angles} angles × {grid.n_rates} rates × 2 methods"
    return Row(question, timing, budget, "optax, jit(vmap(vmap(scan)))", peer)


def final_values(problem: Problem, grid: Grid) -> list[np.ndarray]:
    """The final values (angles, rates) of each method."""
    return [
        Sweep(
            problem.objective,
            method,
            grid.bases,
            problem.start,
            method.learning_rate * grid.factors,
            n_steps=N_STEPS,
        )
        .finish()
        .final_values
        for method in problem.methods
    ]
