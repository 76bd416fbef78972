"""AGD: a preconditioner made of the change of the mean gradient from step to step."""

from typing import NamedTuple

import numpy as np

from egop.methods.elementwise import maximum, where
from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import Rule
from egop.methods.spelling import explains_arguments


class AGD(NamedTuple):
    """Hyperparameters of AGD."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-5
    weight_decay: float = 0.0


def agd_update(gradient, state, point, powers, h):
    """m̂ ← m/(1−β₁ᵗ), b ← β₂b + (1−β₂)(m̂ − m̂ of the step before)²; x ← x − η m̂/max(√b̂, ε).

    The state holds m̂ itself, 0 before the first step: m̂ is a weighted mean of all gradients.
    """
    mean, squares = state
    mean_before = mean
    mean = ((h.beta1 - powers[0]) * mean + (1 - h.beta1) * gradient) / (1 - powers[0])
    difference = mean - mean_before
    squares = h.beta2 * squares + (1 - h.beta2) * difference * difference
    preconditioner = maximum((squares / (1 - powers[1])) ** 0.5, h.eps)
    direction = where(preconditioner == np.inf, 0.0, mean)  # where squares overflow
    still = (preconditioner == 0) | (preconditioner == np.inf)  # where every m̂ was 0, too
    preconditioner = where(still, 1.0, preconditioner)
    return direction + h.weight_decay * point * preconditioner, preconditioner, (mean, squares)


AGD_RULE = Rule(
    agd_update,
    state=("first_moment", "second_moment"),
    reference="Yue, Ye, Jiang, Liu, Zhang, arXiv 2312.01658",
)


@explains_arguments
def agd(
    learning_rate=0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-5,
    weight_decay: float = 0.0,
) -> Method:
    """AGD, x ← x − η m̂/max(√b̂, ε), where b̂ is a mean of squared changes of m̂ in one step.

    Coordinates whose mean gradient changes by less than ε are stepped along it at the rate η/ε, as
    by gradient descent with momentum, the others as by an adaptive method.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared changes, in [0, 1).
        eps: ε, the paper's δ.
        weight_decay: decay per unit of learning rate, apart from the gradient.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("agd", beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    h = AGD(float(beta1), float(beta2), float(eps), float(weight_decay))
    return Method("agd", learning_rate, h, AGD_RULE)
