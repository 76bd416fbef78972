"""The two problems that are timed, as egop, jax and torch know them."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import torch

import egop

jax.config.update("jax_enable_x64", True)

N_STEPS = 1000


@dataclass(frozen=True)
class Problem:
    """An objective in three libraries, a start, and rates at which both methods settle."""

    objective: "egop.objectives.Objective"
    in_jax: Callable[[jax.Array], jax.Array]
    in_torch: Callable[[torch.Tensor], torch.Tensor]
    start: np.ndarray
    adam_rate: float
    adagrad_rate: float

    @property
    def methods(self) -> list["egop.methods.Method"]:
        """Adam, and Adagrad as optax starts it."""
        return [
            egop.methods.adam(learning_rate=self.adam_rate),
            egop.methods.adagrad(learning_rate=self.adagrad_rate, initial_accumulator=0.1),
        ]


def rosenbrock() -> Problem:
    """Rosenbrock's valley from the classic start (−1.2, 1)."""

    def valley(x):
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    objective = egop.objectives.landscape("rosenbrock")
    return Problem(objective, valley, valley, np.array([-1.2, 1.0]), 0.01, 0.1)


def log_sum_exp(n: int = 100) -> Problem:
    """The paper's log-sum-exp problem in two variables with n terms (Eq. 7)."""
    objective = egop.objectives.log_sum_exp(dim=2, n=n, seed=0)
    matrix = objective.data[1 : 1 + 2 * n].reshape(n, 2).copy()
    target = objective.data[1 + 2 * n :].copy()
    jax_matrix, jax_target = jnp.asarray(matrix), jnp.asarray(target)
    torch_matrix, torch_target = torch.from_numpy(matrix), torch.from_numpy(target)
    return Problem(
        objective,
        lambda x: jax.nn.logsumexp((jax_matrix @ x - jax_target) ** 2),
        lambda x: torch.logsumexp((torch_matrix @ x - torch_target) ** 2, dim=0),
        np.array([60.0, 80.0]),
        adam_rate=1.0,
        adagrad_rate=30.0,
    )
