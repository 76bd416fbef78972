"""KL-Shampoo: factors of the gradients' covariance that are nearest to it in KL divergence."""

from typing import NamedTuple

from egop.methods.eigenbases import completed_qr, first_eigenbasis, if_spanned, into, out_of
from egop.methods.matrices import Array, namespace, without_round_off
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.vector_steps import adam_for_vectors


class KLShampoo(NamedTuple):
    """Hyperparameters of KL-Shampoo."""

    beta1: float = 0.9
    beta2: float = 0.98
    eps: float = 1e-8
    refresh: int = 10
    initial_value: float = 0.1
    largest_root: float = 4000.0
    weight_decay: float = 0.0
    vector_rate: float = 1.0


class Factors(NamedTuple):
    """Covariances of rows (m, m) and columns (n, n), approximate eigenbases and eigenvalues."""

    left: Array
    right: Array
    left_basis: Array
    right_basis: Array
    left_values: Array
    right_values: Array


def kl_shampoo_update(gradient, state, point, step, h):
    """W ← W − η L^{-1/2} M R^{-1/2}, M ← β₁M + (1−β₁)G; the first step only begins the factors.

    L and R are Q diag(λ) Qᵀ of the factors before this gradient.
    """
    mean, *factors = state
    factors = Factors(*factors)
    if step == 1:
        factors = first_factors(gradient, factors, h)
        return namespace(gradient).zeros_like(gradient), 1.0, (mean, *factors)
    mean = h.beta1 * mean + (1 - h.beta1) * gradient
    bases = factors.left_basis, factors.right_basis
    rotated = without_round_off(into(mean, *bases))
    roots = inverse_root(factors.left_values)[..., :, None]
    roots = roots * inverse_root(factors.right_values)[..., None, :]
    rotated = rotated * roots / (1 + h.eps * roots)
    direction = out_of(rotated, *bases)
    factors = next_factors(gradient, factors, step, h)
    return direction + h.weight_decay * point, 1.0, (mean, *factors)


def first_factors(gradient, factors, h):
    """The factors after the first gradient: eigenbases of GGᵀ and GᵀG, all eigenvalues equal."""
    rows, columns = gradient.shape[-2:]
    left = (1 - h.beta2) / columns * gradient @ gradient.mT
    right = (1 - h.beta2) / rows * gradient.mT @ gradient
    bases = first_eigenbasis(left), first_eigenbasis(right)
    values = (each * 0 + h.initial_value for each in (factors.left_values, factors.right_values))
    return Factors(left, right, *bases, *values)


def next_factors(gradient, factors, step, h):
    """The factors after one more gradient.

    L ← β₂L + (1−β₂) G R⁻¹ Gᵀ/n and R ← β₂R + (1−β₂) Gᵀ L⁻¹ G/m, both with the old inverses; their
    eigenvalues likewise, in the old bases; every h.refresh steps Q ← the Q of the QR of LQ.
    """
    left, right, left_basis, right_basis, left_values, right_values = factors
    rows, columns = gradient.shape[-2:]
    left_roots, right_roots = map(inverse_root, (left_values, right_values))
    by_rows = gradient @ right_basis * right_roots[..., None, :]
    by_columns = left_roots[..., :, None] * (left_basis.mT @ gradient)
    left = h.beta2 * left + (1 - h.beta2) / columns * by_rows @ by_rows.mT
    right = h.beta2 * right + (1 - h.beta2) / rows * by_columns.mT @ by_columns
    whitened_rows, whitened_columns = left_basis.mT @ by_rows, by_columns @ right_basis
    left_values = mean_value(left_values, (whitened_rows**2).sum(-1) / columns, h)
    right_values = mean_value(right_values, (whitened_columns**2).sum(-2) / rows, h)
    if (step - 1) % h.refresh == 0:
        full_rank = step * min(rows, columns) >= max(rows, columns)
        left_basis = completed_qr(left @ left_basis, left_basis, full_rank)
        right_basis = completed_qr(right @ right_basis, right_basis, full_rank)
    return Factors(left, right, left_basis, right_basis, left_values, right_values)


def mean_value(values, new, h):
    """β₂λ + (1−β₂)·new, at least what keeps λ^{-1/2} within its bound; a bound of 0 is none."""
    values = h.beta2 * values + (1 - h.beta2) * new
    if not h.largest_root:
        return values
    least = max(10.0, min(values.shape[-1], h.largest_root)) ** -2
    return namespace(values).where(values < least, least, values)


def inverse_root(values):
    """λ^{-1/2}, and 0 where λ is 0."""
    positive = values > 0
    xp = namespace(values)
    return xp.where(positive, xp.where(positive, values, 1.0) ** -0.5, values)


def mean_and_factors(shape, h):
    """The shapes of a mean of gradients and of `Factors`."""
    (rows, columns), sides = shape, ((shape[0],) * 2, (shape[1],) * 2)
    return (shape, *sides, *sides, (rows,), (columns,))


def first_gradient_can_hold(gradients, h):
    """True for each side whose eigenbasis the first gradient, as factors begin, can determine."""
    rows, columns = gradients.shape
    return gradients.determines(rows), gradients.determines(columns)


FIRST_GRADIENT = if_spanned("the first gradient spans")
"""The conditions under which a rotation changes no path, of KL-SOAP as well."""

KL_SHAMPOO = MatrixRule(
    kl_shampoo_update,
    state=("mean", *Factors._fields),
    unchanged_if=FIRST_GRADIENT,
    can_hold=first_gradient_can_hold,
    reference="Lin et al., arXiv 2509.03378; github.com/yorkerlin/KL-Methods",
    shapes=mean_and_factors,
    vectors=adam_for_vectors,
    counts={"refresh": 1},
)


@explains_arguments
def kl_shampoo(
    learning_rate=1e-4,
    beta1: float = 0.9,
    beta2: float = 0.98,
    eps: float = 1e-8,
    refresh: int = 10,
    initial_value: float = 0.1,
    largest_root: float = 4000.0,
    weight_decay: float = 0.0,
    vector_rate: float = 1.0,
) -> Method:
    """KL-Shampoo, W ← W − η L^{-1/2} M R^{-1/2}, each factor a mean of what the other whitened.

    L is the mean of G R⁻¹ Gᵀ/n and R that of Gᵀ L⁻¹ G/m, M the mean of G. The first gradient only
    begins the bases; on the longer side of a matrix it leaves a part of its basis open.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the factors and their eigenvalues, in [0, 1).
        eps: ε, added to the root of a product of eigenvalues.
        refresh: steps from one QR decomposition, which improves the bases, to the next.
        initial_value: of all eigenvalues.
        largest_root: bound of λ^{-1/2}, where it is between 10 and the factor's side; 0: no bound.
        weight_decay: of the weights, apart from the gradient.
        vector_rate: factor of η for parameters that are no matrices, which AdamW steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "kl_shampoo", beta1=beta1, beta2=beta2, eps=eps, initial_value=initial_value,
        largest_root=largest_root, weight_decay=weight_decay, vector_rate=vector_rate,
    )  # fmt: skip
    check_options("kl_shampoo", KL_SHAMPOO, refresh=refresh)
    h = KLShampoo(
        float(beta1), float(beta2), float(eps), int(refresh), float(initial_value),
        float(largest_root), float(weight_decay), float(vector_rate),
    )  # fmt: skip
    return Method("kl_shampoo", learning_rate, h, KL_SHAMPOO)
