"""Methods that step along the gradient or its running mean, without a preconditioner."""

from typing import NamedTuple

from egop.methods.elementwise import sign
from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import ROTATIONS, Rule
from egop.methods.spelling import explains_arguments


class GradientDescent(NamedTuple):
    """Hyperparameters of gradient descent: none."""


class Momentum(NamedTuple):
    """Hyperparameters of heavy-ball momentum."""

    momentum: float = 0.9


class SignMomentum(NamedTuple):
    """Hyperparameters of sign descent with momentum."""

    beta1: float = 0.9
    weight_decay: float = 0.0


class Lion(NamedTuple):
    """Hyperparameters of Lion."""

    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay: float = 0.0


def gradient_descent_update(gradient, state, point, powers, h):
    """x ← x − η g."""
    return gradient, 1.0, state


def momentum_update(gradient, state, point, powers, h):
    """b ← μ b + g; x ← x − η b (the rate multiplies after the buffer, as in torch)."""
    (buffer,) = state
    buffer = h.momentum * buffer + gradient
    return buffer, 1.0, (buffer,)


def sign_momentum_update(gradient, state, point, powers, h):
    """m ← β₁m + (1−β₁)g; x ← x − η (sign(m) + weight_decay x)."""
    (mean,) = state
    mean = h.beta1 * mean + (1 - h.beta1) * gradient
    return sign(mean) + h.weight_decay * point, 1.0, (mean,)


def lion_update(gradient, state, point, powers, h):
    """x ← x − η (sign(β₁m + (1−β₁)g) + weight_decay x); m ← β₂m + (1−β₂)g."""
    (mean,) = state
    direction = sign(h.beta1 * mean + (1 - h.beta1) * gradient)
    return (
        direction + h.weight_decay * point,
        1.0,
        (h.beta2 * mean + (1 - h.beta2) * gradient,),
    )


GRADIENT_DESCENT = Rule(
    gradient_descent_update,
    unchanged_by=ROTATIONS,
    reference="torch.optim.SGD; App. D.2 of the paper",
)
MOMENTUM = Rule(
    momentum_update,
    state=("buffer",),
    unchanged_by=ROTATIONS,
    reference="Polyak 1964; torch.optim.SGD(momentum=…, nesterov=False)",
)

SIGN_MOMENTUM = Rule(
    sign_momentum_update,
    state=("mean",),
    reference="Kovalev, arXiv 2503.12645, the trust region in the ℓ∞ norm",
)
LION = Rule(lion_update, state=("mean",), reference="Chen et al., arXiv 2302.06675")


@explains_arguments
def gradient_descent(learning_rate=0.01) -> Method:
    """Gradient descent, x ← x − η g. The same path in every basis.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.

    Raises:
        ValueError: a rate is negative or not finite.
    """
    return Method("gradient_descent", learning_rate, GradientDescent(), GRADIENT_DESCENT)


@explains_arguments
def momentum(learning_rate=0.01, momentum: float = 0.9) -> Method:
    """Heavy-ball momentum, b ← μ b + g, x ← x − η b; no Nesterov. The same path in every basis.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ in [0, 1).

    Raises:
        ValueError: a rate or μ outside its range.
    """
    check_hyperparameters("momentum", momentum=momentum)
    return Method("momentum", learning_rate, Momentum(float(momentum)), MOMENTUM)


@explains_arguments
def sign_momentum(learning_rate=0.01, beta1: float = 0.9, weight_decay: float = 0.0) -> Method:
    """Sign descent with momentum, m ← β₁m + (1−β₁)g, x ← (1 − η·weight_decay)x − η sign(m).

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        weight_decay: decay per unit of learning rate.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("sign_momentum", beta1=beta1, weight_decay=weight_decay)
    h = SignMomentum(float(beta1), float(weight_decay))
    return Method("sign_momentum", learning_rate, h, SIGN_MOMENTUM)


@explains_arguments
def lion(
    learning_rate=1e-4, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.0
) -> Method:
    """Lion, x ← (1 − η·weight_decay)x − η sign(β₁m + (1−β₁)g), and m ← β₂m + (1−β₂)g after that.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: share of the mean in the step, in [0, 1).
        beta2: decay of the mean of gradients, in [0, 1).
        weight_decay: decay per unit of learning rate.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("lion", beta1=beta1, beta2=beta2, weight_decay=weight_decay)
    h = Lion(float(beta1), float(beta2), float(weight_decay))
    return Method("lion", learning_rate, h, LION)
