"""KL-SOAP: Adam in the eigenbases of the factors that KL-Shampoo estimates."""

from typing import NamedTuple

from egop.methods.eigenbases import adam_alike, adam_step, into, moments, out_of
from egop.methods.kl_shampoo import (
    FIRST_GRADIENT,
    Factors,
    first_factors,
    first_gradient_can_hold,
    mean_and_factors,
    next_factors,
)
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments


class KLSoap(NamedTuple):
    """Hyperparameters of KL-SOAP."""

    beta1: float = 0.9
    beta2: float = 0.98
    eps: float = 1e-8
    refresh: int = 10
    initial_value: float = 0.1
    largest_root: float = 4000.0
    vector_rate: float = 1.0


def kl_soap_update(gradient, state, point, step, h):
    """W ← W − η Q_L N Q_Rᵀ, N = m/(√v + ε) of Q_LᵀGQ_R; the first step only begins the factors.

    The mean of G is in W's coordinates, so that new bases turn it; v stays as it is.
    """
    first, second, *factors = state
    factors = Factors(*factors)
    if step == 1:
        return 0 * gradient, 1.0, (first, second, *first_factors(gradient, factors, h))
    bases = factors.left_basis, factors.right_basis
    first, second = moments(first, second, gradient, into(gradient, *bases), h)
    direction = out_of(adam_step(into(first, *bases), second, h), *bases)
    return direction, 1.0, (first, second, *next_factors(gradient, factors, step, h))


def moments_and_factors(shape, h):
    """The shapes of both moments and of `Factors`."""
    return shape, *mean_and_factors(shape, h)


KL_SOAP = MatrixRule(
    kl_soap_update,
    state=("first_moment", "second_moment_in_eigenbasis", *Factors._fields),
    unchanged_if=FIRST_GRADIENT,
    can_hold=first_gradient_can_hold,
    reference="Lin et al., arXiv 2509.03378; github.com/yorkerlin/KL-Methods",
    shapes=moments_and_factors,
    vectors=adam_alike,
    counts={"refresh": 1},
)


@explains_arguments
def kl_soap(
    learning_rate=1e-4,
    beta1: float = 0.9,
    beta2: float = 0.98,
    eps: float = 1e-8,
    refresh: int = 10,
    initial_value: float = 0.1,
    largest_root: float = 4000.0,
    vector_rate: float = 1.0,
) -> Method:
    """KL-SOAP: Adam in the eigenbases of the factors L and R of `kl_shampoo`.

    L is the mean of G R⁻¹ Gᵀ/n and R that of Gᵀ L⁻¹ G/m. As in the authors' code, neither moment is
    divided by 1 − βᵗ, and the columns of the bases are not put into an order.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of their squares, of the factors and eigenvalues, in [0, 1).
        eps: ε, outside the root.
        refresh: steps from one QR decomposition, which improves the bases, to the next.
        initial_value: of all eigenvalues.
        largest_root: bound of λ^{-1/2}, where it is between 10 and the factor's side; 0: no bound.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "kl_soap", beta1=beta1, beta2=beta2, eps=eps, initial_value=initial_value,
        largest_root=largest_root, vector_rate=vector_rate,
    )  # fmt: skip
    check_options("kl_soap", KL_SOAP, refresh=refresh)
    h = KLSoap(
        float(beta1), float(beta2), float(eps), int(refresh), float(initial_value),
        float(largest_root), float(vector_rate),
    )  # fmt: skip
    return Method("kl_soap", learning_rate, h, KL_SOAP)
