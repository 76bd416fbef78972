"""Coordinate-wise adaptive methods: what they do depends on the basis."""

from typing import NamedTuple

import numpy as np

from egop.methods.elementwise import maximum, where
from egop.methods.method import Method, check_hyperparameters, initial_accumulator
from egop.methods.rule import Rule
from egop.methods.spelling import explains_arguments


class Adagrad(NamedTuple):
    """Hyperparameters of Adagrad."""

    eps: float = 1e-10
    initial_accumulator: float = 0.0


class Adam(NamedTuple):
    """Hyperparameters of Adam."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


class AdamW(NamedTuple):
    """Hyperparameters of AdamW."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.01


class Amsgrad(NamedTuple):
    """Hyperparameters of AMSGrad."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


class Adamax(NamedTuple):
    """Hyperparameters of Adamax."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


class RMSprop(NamedTuple):
    """Hyperparameters of RMSprop."""

    decay: float = 0.99
    eps: float = 1e-8


class Adadelta(NamedTuple):
    """Hyperparameters of Adadelta."""

    decay: float = 0.9
    eps: float = 1e-6


def adagrad_update(gradient, state, point, powers, h):
    """S ← S + g²; x ← x − η g/(√S + ε)."""
    (accumulator,) = state
    accumulator = accumulator + gradient * gradient
    return gradient, accumulator**0.5 + h.eps, (accumulator,)


def adam_update(gradient, state, point, powers, h):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; x ← x − η m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ)."""
    first, second = state
    first = h.beta1 * first + (1 - h.beta1) * gradient
    second = h.beta2 * second + (1 - h.beta2) * gradient * gradient
    direction = first / (1 - powers[0])
    return direction, (second / (1 - powers[1])) ** 0.5 + h.eps, (first, second)


def adamw_update(gradient, state, point, powers, h):
    """Adam's step plus η·weight_decay·x: decay apart from the gradient's moments.

    A coordinate on which Adam's step is 0/0, or m̂/∞ where g² overflows, still decays.
    """
    first, second = state  # compiled rules call no other rule
    first = h.beta1 * first + (1 - h.beta1) * gradient
    second = h.beta2 * second + (1 - h.beta2) * gradient * gradient
    preconditioner = (second / (1 - powers[1])) ** 0.5 + h.eps
    direction = where(preconditioner == np.inf, 0.0, first / (1 - powers[0]))
    still = (preconditioner == 0) | (preconditioner == np.inf)
    preconditioner = where(still, 1.0, preconditioner)
    direction = direction + h.weight_decay * point * preconditioner
    return direction, preconditioner, (first, second)


def amsgrad_update(gradient, state, point, powers, h):
    """v_max ← max(v_max, v); x ← x − η m̂/(√v̂_max + ε), with m and v as Adam's."""
    first, second, largest = state
    first = h.beta1 * first + (1 - h.beta1) * gradient
    second = h.beta2 * second + (1 - h.beta2) * gradient * gradient
    largest = maximum(largest, second)
    direction = first / (1 - powers[0])
    return direction, (largest / (1 - powers[1])) ** 0.5 + h.eps, (first, second, largest)


def adamax_update(gradient, state, point, powers, h):
    """u ← max(β₂u, |g| + ε); x ← x − η m̂/u."""
    first, largest = state
    first = h.beta1 * first + (1 - h.beta1) * gradient
    largest = maximum(h.beta2 * largest, abs(gradient) + h.eps)
    return first / (1 - powers[0]), largest, (first, largest)


def rmsprop_update(gradient, state, point, powers, h):
    """v ← αv + (1−α)g²; x ← x − η g/(√v + ε)."""
    (second,) = state
    second = h.decay * second + (1 - h.decay) * gradient * gradient
    return gradient, second**0.5 + h.eps, (second,)


def adadelta_update(gradient, state, point, powers, h):
    """v ← ρv + (1−ρ)g²; Δ = √(u+ε)/√(v+ε) g; u ← ρu + (1−ρ)Δ²; x ← x − ηΔ."""
    second, moved = state
    second = h.decay * second + (1 - h.decay) * gradient * gradient
    never_moved = moved + h.eps == 0  # and never will
    preconditioner = where(never_moved, np.inf, ((second + h.eps) / (moved + h.eps)) ** 0.5)
    change = gradient / preconditioner
    moved = h.decay * moved + (1 - h.decay) * change * change
    return gradient, preconditioner, (second, moved)


ADAGRAD = Rule(
    adagrad_update,
    state=("accumulator",),
    initial=initial_accumulator,
    reference="Duchi, Hazan, Singer 2011; torch.optim.Adagrad",
)
ADAM = Rule(
    adam_update,
    state=("first_moment", "second_moment"),
    reference="Kingma, Ba 2015; torch.optim.Adam",
)

ADAMW = Rule(
    adamw_update,
    state=("first_moment", "second_moment"),
    reference="Loshchilov, Hutter 2019; torch.optim.AdamW",
)
AMSGRAD = Rule(
    amsgrad_update,
    state=("first_moment", "second_moment", "largest_second_moment"),
    reference="Reddi, Kale, Kumar 2018; torch.optim.Adam(amsgrad=True)",
)
ADAMAX = Rule(
    adamax_update,
    state=("first_moment", "infinity_norm"),
    reference="Kingma, Ba 2015, Section 7; torch.optim.Adamax",
)
RMSPROP = Rule(
    rmsprop_update,
    state=("second_moment",),
    reference="Tieleman, Hinton 2012; torch.optim.RMSprop",
)
ADADELTA = Rule(
    adadelta_update,
    state=("second_moment", "squared_steps"),
    reference="Zeiler 2012; torch.optim.Adadelta",
)


@explains_arguments
def adagrad(learning_rate=0.01, eps: float = 1e-10, initial_accumulator: float = 0.0) -> Method:
    """Adagrad, S ← S + g², x ← x − η g/(√S + ε).

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, outside the root.
        initial_accumulator: S before the first step; torch starts at 0, Optax at 0.1, and so do
            the paper's convex experiments (App. D.5).

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adagrad", eps=eps, initial_accumulator=initial_accumulator)
    h = Adagrad(float(eps), float(initial_accumulator))
    return Method("adagrad", learning_rate, h, ADAGRAD)


@explains_arguments
def adam(
    learning_rate=0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> Method:
    """Adam, x ← x − η m̂/(√v̂ + ε) with bias-corrected running means of g and g².

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε, outside the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adam", beta1=beta1, beta2=beta2, eps=eps)
    return Method("adam", learning_rate, Adam(float(beta1), float(beta2), float(eps)), ADAM)


@explains_arguments
def adamw(
    learning_rate=0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> Method:
    """Adam with decoupled weight decay, x ← (1 − η·weight_decay)x − η m̂/(√v̂ + ε).

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε, outside the root.
        weight_decay: decay per unit of learning rate.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adamw", beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return Method(
        "adamw",
        learning_rate,
        AdamW(float(beta1), float(beta2), float(eps), float(weight_decay)),
        ADAMW,
    )


@explains_arguments
def amsgrad(
    learning_rate=0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> Method:
    """AMSGrad: Adam whose second moment never shrinks.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε, outside the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("amsgrad", beta1=beta1, beta2=beta2, eps=eps)
    return Method(
        "amsgrad", learning_rate, Amsgrad(float(beta1), float(beta2), float(eps)), AMSGRAD
    )


@explains_arguments
def adamax(
    learning_rate=0.002, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> Method:
    """Adamax: Adam with a decaying maximum of |g| in place of the root of the second moment.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the maximum, in [0, 1).
        eps: ε, added to |g|.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adamax", beta1=beta1, beta2=beta2, eps=eps)
    return Method("adamax", learning_rate, Adamax(float(beta1), float(beta2), float(eps)), ADAMAX)


@explains_arguments
def rmsprop(learning_rate=0.01, decay: float = 0.99, eps: float = 1e-8) -> Method:
    """RMSprop, x ← x − η g/(√v + ε) with v a running mean of g².

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        decay: α in [0, 1) (torch calls it alpha).
        eps: ε, outside the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("rmsprop", decay=decay, eps=eps)
    return Method("rmsprop", learning_rate, RMSprop(float(decay), float(eps)), RMSPROP)


@explains_arguments
def adadelta(learning_rate=1.0, decay: float = 0.9, eps: float = 1e-6) -> Method:
    """Adadelta: steps in units of the running size of earlier steps.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        decay: ρ in [0, 1).
        eps: ε, inside both roots.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adadelta", decay=decay, eps=eps)
    return Method("adadelta", learning_rate, Adadelta(float(decay), float(eps)), ADADELTA)
