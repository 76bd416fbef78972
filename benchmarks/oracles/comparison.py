"""Two paths with the same noisy gradients, and how far they come apart."""

from collections.abc import Callable, Generator

import numpy as np

from egop.eigenbasis import Eigenbasis
from egop.method_run import run
from egop.methods import Method
from egop.objectives import matrix_quadratic
from egop.objectives.objective import Objective

STEPS = 60
SHAPES = {"square": (4, 4), "tall": (6, 3), "wide": (3, 6), "one row": (1, 5), "vector": (5, 1)}
"""Shapes of W; a matrix of one column is a vector to methods that know no matrices."""

Path = Generator[np.ndarray, np.ndarray, None]
"""Gives W (m, n) before each step, and takes the gradient there."""
Oracle = Callable[[np.ndarray], Path]
"""Makes the path that begins at W₀ (m, n)."""


class NoisyGradient:
    """The gradient of a matrix quadratic plus noise of its own at each call, the same each time.

    Args:
        shape: (m, n) of W.
        steps: number of steps.
    """

    def __init__(self, shape: tuple[int, int], steps: int = STEPS):
        self._slope = matrix_quadratic(*shape, condition_numbers=(30.0, 5.0)).gradient
        rng = np.random.default_rng(1)
        scales = 10 ** rng.uniform(-1, 0.5, np.prod(shape))
        self._noise = iter(scales * rng.standard_normal((steps + 1, len(scales))))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Gradients (..., mn) at points (..., mn), row by row of W."""
        return self._slope(points) + next(self._noise)


def noisy_objective(shape: tuple[int, int], steps: int = STEPS) -> Objective:
    """The objective of one run whose gradients are noisy; its values are 0."""
    functions = _zeros, NoisyGradient(shape, steps)
    return Objective("noisy", int(np.prod(shape)), functions=functions, shapes=(shape,))


def start(shape: tuple[int, int]) -> np.ndarray:
    """W₀, (m, n)."""
    return np.random.default_rng(3).standard_normal(shape)


def our_path(
    method: Method, shape: tuple[int, int], steps: int = STEPS, basis: np.ndarray | None = None
) -> np.ndarray:
    """The iterates (T+1, mn) of a method of this package, which steps in a basis (mn, mn)."""
    objective = noisy_objective(shape, steps)
    coordinates = None if basis is None else Eigenbasis(np.ones(len(basis)), basis)
    points = run(objective, method, start(shape).ravel(), steps, basis=coordinates).points
    assert points is not None
    return points


def oracle_path(oracle: Oracle, shape: tuple[int, int], steps: int = STEPS) -> np.ndarray:
    """The iterates (T+1, mn) of an oracle."""
    gradient, path = NoisyGradient(shape, steps), oracle(start(shape))
    points = [next(path)]
    for _ in range(steps):
        points.append(path.send(gradient(points[-1].reshape(1, -1)).reshape(shape)))
    return np.stack(points).reshape(steps + 1, -1)


def deviation(path: np.ndarray, other: np.ndarray) -> float:
    """The largest distance of two paths (T+1, mn) at the same step, as a share of the way."""
    way = np.linalg.norm(path - path[0], axis=-1).max()
    return float(np.linalg.norm(path - other, axis=-1).max() / way)


def _zeros(points: np.ndarray) -> np.ndarray:
    return np.zeros(len(points))
