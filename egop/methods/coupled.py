"""Adaptive methods whose preconditioner couples all coordinates: their paths know no basis."""

from typing import NamedTuple

from egop.methods.elementwise import where
from egop.methods.matrices import eigh, namespace, norm
from egop.methods.method import Method, check_hyperparameters, initial_accumulator
from egop.methods.rule import ROTATIONS, Rule
from egop.methods.spelling import explains_arguments


class AdagradNorm(NamedTuple):
    """Hyperparameters of AdaGrad-Norm."""

    eps: float = 1e-10
    initial_accumulator: float = 0.0


class FullAdagrad(NamedTuple):
    """Hyperparameters of full-matrix AdaGrad."""

    eps: float = 1e-10


class NormalizedMomentum(NamedTuple):
    """Hyperparameters of normalized gradient descent with momentum."""

    beta1: float = 0.9
    eps: float = 1e-10
    weight_decay: float = 0.0


def adagrad_norm_update(gradient, state, point, powers, h):
    """s ← s + ‖g‖²; x ← x − η g/(√s + ε)."""
    (accumulator,) = state
    accumulator = accumulator + (gradient * gradient).sum(-1)[..., None]
    return gradient, accumulator**0.5 + h.eps, (accumulator,)


def full_adagrad_update(gradient, state, point, powers, h):
    """S ← S + ggᵀ; x ← x − η (S^{1/2} + εI)⁻¹ g, on the range of S, where every g lies.

    Eigenvalues at round-off are no range: their roots would make noise as large as the step.
    """
    (outer_products,) = state
    xp = namespace(gradient)
    outer_products = outer_products + gradient[..., :, None] * gradient[..., None, :]
    eigenvalues, eigenvectors = eigh(outer_products)
    least = gradient.shape[-1] * xp.finfo(gradient.dtype).eps * eigenvalues[..., -1:]
    roots = xp.where(eigenvalues > least, abs(eigenvalues) ** 0.5 + h.eps, xp.inf)
    coordinates = (gradient[..., None, :] @ eigenvectors)[..., 0, :] / roots
    return (eigenvectors @ coordinates[..., None])[..., 0], 1.0, (outer_products,)


def outer_product(shape, h):
    """The shape (d, d) of a sum of ggᵀ."""
    return ((*shape, *shape),)


def normalized_momentum_update(gradient, state, point, powers, h):
    """m ← β₁m + (1−β₁)g; x ← x − η (m/(‖m‖ + ε) + weight_decay x)."""
    (mean,) = state
    mean = h.beta1 * mean + (1 - h.beta1) * gradient
    size = norm(mean[..., None])[..., 0] + h.eps
    if h.weight_decay == 0:
        return mean, size, (mean,)
    size = where(size == 0, 1.0, size)
    return mean + h.weight_decay * point * size, size, (mean,)


ADAGRAD_NORM = Rule(
    adagrad_norm_update,
    state=("accumulator",),
    initial=initial_accumulator,
    elementwise=False,
    unchanged_by=ROTATIONS,
    reference="Ward, Wu, Bottou 2020",
)
FULL_ADAGRAD = Rule(
    full_adagrad_update,
    state=("outer_products",),
    elementwise=False,
    unchanged_by=ROTATIONS,
    reference="Duchi, Hazan, Singer 2011",
    shapes=outer_product,
)
NORMALIZED_MOMENTUM = Rule(
    normalized_momentum_update,
    state=("mean",),
    elementwise=False,
    unchanged_by=ROTATIONS,
    reference="Kovalev, arXiv 2503.12645, the trust region in the ℓ2 norm",
)


@explains_arguments
def adagrad_norm(learning_rate=0.1, eps: float = 1e-10, initial_accumulator: float = 0.0) -> Method:
    """AdaGrad-Norm, s ← s + ‖g‖², x ← x − η g/(√s + ε). The same path in every basis.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, outside the root.
        initial_accumulator: s before the first step.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("adagrad_norm", eps=eps, initial_accumulator=initial_accumulator)
    return Method(
        "adagrad_norm",
        learning_rate,
        AdagradNorm(float(eps), float(initial_accumulator)),
        ADAGRAD_NORM,
    )


@explains_arguments
def full_adagrad(learning_rate=0.1, eps: float = 1e-10) -> Method:
    """Full-matrix AdaGrad, S ← S + ggᵀ, x ← x − η (S^{1/2} + εI)⁻¹g. The same path in every basis.

    Without noise that takes an ε that is not small: what is new in a gradient, however small, makes
    a whole step, and once gradients lie in the span of earlier ones it is round-off. Of
    `matrix_quadratic(seed=0)` and standard normal starts, 60 steps of 0.01 are 0.19 long and, in a
    random basis, up to 0.015 apart; with eps=1e-3, 0.005; with eps=1e-2 beside gradients of norm 2,
    1e-6. Where gradients are noisy in all directions, any ε does.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, added to the eigenvalues of the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("full_adagrad", eps=eps)
    return Method("full_adagrad", learning_rate, FullAdagrad(float(eps)), FULL_ADAGRAD)


@explains_arguments
def normalized_momentum(
    learning_rate=0.01, beta1: float = 0.9, eps: float = 1e-10, weight_decay: float = 0.0
) -> Method:
    """Normalized descent with momentum, x ← (1 − η·weight_decay)x − η m/(‖m‖ + ε).

    The same path in every basis.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        eps: ε, added to the norm.
        weight_decay: decay per unit of learning rate.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("normalized_momentum", beta1=beta1, eps=eps, weight_decay=weight_decay)
    h = NormalizedMomentum(float(beta1), float(eps), float(weight_decay))
    return Method("normalized_momentum", learning_rate, h, NORMALIZED_MOMENTUM)
