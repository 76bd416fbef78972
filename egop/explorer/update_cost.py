"""Estimated seconds of an update's parts: what is longer than a frame is computed in a thread.

The constants were measured on two cores of a server. What has to be compiled first, and functions
in Python that only a call could time, count as infinitely long.
"""

import time
from collections.abc import Iterable
from weakref import WeakKeyDictionary

import numpy as np

from egop.analysis.divergence import HALVINGS
from egop.explorer.landscape import GRID
from egop.explorer.own_objects import has_matrices
from egop.iteration import is_loop_compiled
from egop.methods import MatrixRule, Method, is_built_in
from egop.methods.blocks import rule_blocks
from egop.objectives import Objective

FRAME = 0.02
"""Seconds that an update may compute on the event loop; drawing takes about as long again."""
OPENING = 0.1
"""Seconds that the first picture of a page may take there, which the page is sent with."""

GENERAL = 4e-5
"""Seconds of a step of the loop in numpy, beyond those of the compiled one."""

_evaluations: WeakKeyDictionary[Objective, float] = WeakKeyDictionary()
_PICTURE = 0.025
"""Seconds for ranks, iso-lines and the image of a landscape, beyond evaluating f."""


def seconds_of_evaluation(objective: Objective) -> float:
    """Seconds for f and its gradient at one point, measured once; ∞ where that may take long."""
    if objective.kernel is None or not objective.kernel.is_compiled:
        return np.inf
    if objective not in _evaluations:
        points = np.zeros((8, objective.dim)) + np.linspace(0.1, 1.0, 8)[:, None]
        taken = []
        for _ in range(3):
            begun = time.thread_time()  # which other threads do not lengthen
            objective.value_and_gradient(points)
            taken.append(time.thread_time() - begun)
        _evaluations[objective] = min(taken) / len(points)
    return _evaluations[objective]


def seconds_of_step(objective: Objective, method: Method, evaluation: float) -> float:
    """Seconds for a step of a method in rotated coordinates."""
    d = objective.dim
    turning = 2e-9 * d**2
    if method.rule.elementwise:
        return evaluation + turning + 5e-9 * d + 5e-8
    general = 3e-5 + turning + 3e-7 * d
    return evaluation + general + seconds_of_decompositions(objective, method)


def seconds_of_decompositions(objective: Objective, method: Method) -> float:
    """Seconds that a step spends with products, roots and decompositions of matrices."""
    if method.name == "full_adagrad":
        return 4e-5 + 5e-9 * objective.dim**3
    if not isinstance(method.rule, MatrixRule) or not has_matrices(objective):
        return 0.0
    blocks = rule_blocks(method, objective.shapes, objective.dim)
    return sum(1e-4 + 2e-8 * max(block.shape) ** 3 for block in blocks)


def seconds_of_comparison(
    objective: Objective, methods: Iterable[Method], n_steps: int, n_samples: int, wide: float
) -> float:
    """Seconds for one run of each method, an estimate and landscapes; ∞ where something compiles.

    Args:
        objective: f.
        methods: that are run.
        n_steps: T.
        n_samples: from which an EGOP eigenbasis is estimated, with its bootstrap; 0: none is.
        wide: ratio of the sides of the widest landscape; 0: none is drawn.
    """
    d, evaluation, methods = objective.dim, seconds_of_evaluation(objective), list(methods)
    if not (np.isfinite(evaluation) and is_ready(methods)):
        return np.inf
    runs = n_steps * sum(seconds_of_step(objective, each, evaluation) for each in methods)
    estimate = n_samples * (evaluation + 3e-6 + 8e-7 * d + 2.5e-9 * d**2)
    n_points = (GRID * np.hypot(1.0, wide)) ** 2 * (1.0 if d == 2 else 2 / 9)
    return runs + estimate + (n_points * evaluation + _PICTURE if wide else 0.0)


def seconds_of_refresh(objective: Objective, n_samples: int) -> float:
    """Seconds for an estimate of a basis without a bootstrap, on the way of a run."""
    d = objective.dim
    return 2e-4 + n_samples * (seconds_of_evaluation(objective) + 5e-8 * d + 4e-9 * d**2)


def seconds_of_safe_rates(objective: Objective, method: Method, n_steps: int) -> float:
    """Seconds to find the rate at which a run that diverged would not, at most."""
    step = seconds_of_step(objective, method, seconds_of_evaluation(objective))
    return HALVINGS * n_steps * step


def is_ready(methods: Iterable[Method]) -> bool:
    """Returns True if no rule has to be compiled, and none is unknown Python."""
    return all(
        is_loop_compiled(each) if each.rule.elementwise else is_built_in(each) for each in methods
    )
