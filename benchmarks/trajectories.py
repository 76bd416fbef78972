"""Adam and Adagrad × two bases × 1000 steps: four calls of egop.run beside optax and torch."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

import egop
from benchmarks.peers import optax_paths, torch_paths
from benchmarks.problems import N_STEPS, Problem, log_sum_exp, rosenbrock
from benchmarks.stopwatch import Row, measure, measure_in_turn


def rows() -> Iterator[Row]:
    """One row for each problem and peer."""
    yield from compare(rosenbrock(), "Rosenbrock", optax_ratio=1.5, torch_ratio=1e-3)
    yield from compare(log_sum_exp(), "log-sum-exp n=100", optax_ratio=1.0, torch_ratio=None)
    yield from elementwise_methods(rosenbrock())


def compare(
    problem: Problem, name: str, optax_ratio: float, torch_ratio: float | None
) -> Iterator[Row]:
    """Rows of the four runs on one problem, after a check that the peers find the same paths."""
    basis = egop.Eigenbasis.random(2, seed=0)
    vectors = [np.eye(2), np.array(basis.eigenvectors)]
    stacked = jnp.stack([jnp.asarray(each) for each in vectors])
    by_optax = optax_paths(problem)

    methods = problem.methods

    def four_runs() -> list[egop.Trajectory]:
        return [
            egop.run(problem.objective, method, problem.start, N_STEPS, basis=each)
            for method in methods
            for each in (None, basis)
        ]

    paths = [run.rotated_points[:-1] for run in four_runs()]
    _check_same(paths, [path for points, _ in by_optax(stacked) for path in np.asarray(points)])
    _check_same(paths, torch_paths(problem, vectors))
    question = f"{name}: 4 runs × {N_STEPS} steps"
    timing, optax_timing = measure_in_turn(
        four_runs, lambda: jax.block_until_ready(by_optax(stacked)), seconds=2.0, at_most=5000
    )
    torch_timing = measure(lambda: torch_paths(problem, vectors), at_most=3)
    yield Row(question, timing, None, "optax, jit(vmap(scan))", optax_timing, optax_ratio)
    yield Row(question, timing, None, "torch.optim in a loop", torch_timing, torch_ratio)


def elementwise_methods(problem: Problem) -> Iterator[Row]:
    """One row for each method that steps entry by entry, beside Adam in the same loop."""
    starts = problem.start + np.random.default_rng(0).standard_normal((20, 2))

    def runs(name: str) -> Callable[[], egop.Trajectory]:
        method = egop.methods.method(name, 1e-3)
        return lambda: egop.run(problem.objective, method, starts, N_STEPS, keep="final")

    for name, make in egop.methods.METHODS.items():
        if make().rule.elementwise and name != "adam":
            timing, adam = measure_in_turn(runs(name), runs("adam"), at_most=500)
            question = f"Rosenbrock: {name}, {len(starts)} runs × {N_STEPS} steps"
            yield Row(question, timing, None, "the same of adam", adam, 1.5)


def _check_same(paths: list[np.ndarray], others: list[np.ndarray]) -> None:
    """Refuse a comparison of different work: each of the first 100 steps must agree."""
    for path, other in zip(paths, others, strict=True):
        np.testing.assert_allclose(path[:100], other[:100], rtol=1e-6, atol=1e-6)
