"""The explorer's tuner: 25 rates × 4 methods × 2 bases × 20 starts × 1000 steps."""

from collections.abc import Iterator

import numpy as np

from benchmarks.stopwatch import Row, measure
from egop import methods, objectives
from egop.analysis.rate_grids import rate_grid
from egop.analysis.tuning import tune
from egop.eigenbasis import Eigenbasis

METHODS = (
    methods.adagrad(initial_accumulator=0.1),
    methods.adam(),
    methods.gradient_descent(),
    methods.momentum(),
)
BASES = (None, Eigenbasis.rotation(0.5))


def rows() -> Iterator[Row]:
    """One row on a formula, one on log-sum-exp with 100 terms."""
    normal = np.random.default_rng(0).standard_normal((20, 2))
    for objective, starts, name, budget in (
        (objectives.landscape("rosenbrock"), normal, "Rosenbrock", 0.5),
        (objectives.log_sum_exp(), 70 * normal, "log-sum-exp n=100", 2.0),
    ):
        assert objective.minimum is not None
        settings = {
            "rates": rate_grid(),
            "target": objective.minimum + 1e-4,
            "level": objective.minimum,
        }

        def tuned(objective=objective, starts=starts, settings=settings) -> None:
            for _ in tune(objective, METHODS, BASES, starts, **settings):
                pass

        question = f"{name}: tuner, 25 rates × 4 methods × 2 bases × 20 starts"
        yield Row(question, measure(tuned, at_most=5), budget)
