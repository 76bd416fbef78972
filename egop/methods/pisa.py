"""PISA: a preconditioned step on the augmented Lagrangian of a copy of the variables."""

from typing import NamedTuple

from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import Rule
from egop.methods.spelling import explains_arguments


class PISA(NamedTuple):
    """Hyperparameters of PISA."""

    sigma: float = 5e-4
    beta2: float = 0.999
    eps: float = 1e-8


def pisa_update(gradient, state, point, powers, h):
    """p ← g + sq, v ← β₂v + (1−β₂)p², u = p/(s + (1−s)(√v̂ + ε)); x ← x − η(2u − q), q ← q − u.

    With the copy y ← x − ηu, the multiplier π = sq ← π + (s/η)(y − x) and x ← y + (η/s)π, these
    are the steps of one worker, whose penalty is s/η and whose preconditioner has weight (1−s)/η.
    """
    dual, second = state
    slope = gradient + h.sigma * dual
    second = h.beta2 * second + (1 - h.beta2) * slope * slope
    preconditioner = h.sigma + (1 - h.sigma) * ((second / (1 - powers[1])) ** 0.5 + h.eps)
    step = slope / preconditioner
    return 2 * step - dual, 1.0, (dual - step, second)


PISA_RULE = Rule(
    pisa_update,
    state=("dual", "second_moment"),
    reference="Zhou, Wang, Luo, Zhu, Li, arXiv 2502.10784, SISA with one worker; from the formulas "
    "of its public code",
)


@explains_arguments
def pisa(
    learning_rate=5e-4, sigma: float = 5e-4, beta2: float = 0.999, eps: float = 1e-8
) -> Method:
    """Preconditioned inexact stochastic ADMM with a second moment (SISA), for one worker.

    Its own penalty σ and weight ρ are sigma/η and (1 − sigma)/η, so that η = 1/(σ + ρ), as its code
    has them when the rate changes.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        sigma: share s of the penalty in the step, above 0 and below 1.
        beta2: decay of the mean of squares, in [0, 1).
        eps: ε, outside the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("pisa", sigma=sigma, beta2=beta2, eps=eps)
    if not 0 < sigma < 1:
        raise ValueError(f"pisa takes sigma above 0 and below 1, got {sigma!r}")
    return Method("pisa", learning_rate, PISA(float(sigma), float(beta2), float(eps)), PISA_RULE)
