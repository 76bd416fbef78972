"""Products, decompositions and roots of matrices (..., m, n), for numpy arrays and torch tensors.

Leading axes are independent runs. A matrix with an entry that is not finite gives NaN and leaves
the others as they are: a run that diverges is data.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

Array = Any
"""A numpy array or a torch tensor."""


def namespace(a: Array) -> Any:
    """The module whose functions take the array: torch for a tensor, else numpy."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(a, torch.Tensor) else np


def identity(a: Array) -> Array:
    """The identity (n, n) of the last axis of a, of its dtype and device."""
    if namespace(a) is np:
        return np.eye(a.shape[-1], dtype=a.dtype)
    return namespace(a).eye(a.shape[-1], dtype=a.dtype, device=a.device)


def product_sum(a: Array, b: Array, c: Array, first: float, second: float) -> Array:
    """The sums first·a + second·bc of matrices (runs, m, n), for tensors in one operation."""
    xp = namespace(a)
    if xp is np:
        return first * a + second * (b @ c)
    return xp.baddbmm(a, b, c, beta=first, alpha=second)


def norm(a: Array) -> Array:
    """Frobenius norms (..., 1, 1), right also where squares overflow or vanish."""
    largest = maximal(a)
    scale = namespace(a).where(largest > 0, largest, 1.0)
    scaled = a / scale
    return (scaled * scaled).sum((-2, -1))[..., None, None] ** 0.5 * scale


def without_round_off(a: Array, multiple: float = 64.0) -> Array:
    """The matrices with 0 for entries that may be the round-off of a product with orthogonal ones.

    Divided by the root of an eigenvalue that is 0, or by their magnitude, they would be noise.

    Args:
        a: (..., m, n).
        multiple: of the unit round-off of the norm, up to which entries count as 0; in gradients
            of networks it was seen up to 13.
    """
    xp = namespace(a)
    return xp.where(abs(a) <= multiple * xp.finfo(a.dtype).eps * norm(a), 0.0, a)


def maximal(a: Array) -> Array:
    """Largest magnitudes (..., 1, 1) of the entries of matrices."""
    sides = (-2, -1)
    largest = abs(a).max(sides) if namespace(a) is np else abs(a).amax(sides)
    return largest[..., None, None]


def eigh(a: Array) -> tuple[Array, Array]:
    """Eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices."""
    return _decomposed(a, namespace(a).linalg.eigh)


def qr(a: Array) -> tuple[Array, Array]:
    """Q (..., m, k) and R (..., k, n), k = min(m, n)."""
    return _decomposed(a, namespace(a).linalg.qr)


def svd(a: Array) -> tuple[Array, Array, Array]:
    """U (..., m, k), singular values (..., k), descending, and Vᵀ (..., k, n), k = min(m, n)."""
    return _decomposed(a, partial(namespace(a).linalg.svd, full_matrices=False))


def _decomposed(a: Array, decompose: Callable[[Array], Any]) -> Any:
    """The parts of a decomposition, NaN for matrices with an entry that is not finite.

    Where all are finite, as nearly always, nothing is copied: of small matrices copies take as long
    as the decomposition.
    """
    xp = namespace(a)
    finite = maximal(a) < xp.inf
    if bool(finite.all()):
        return decompose(a)
    parts = decompose(xp.where(finite, a, 0.0))
    known = finite[..., 0]
    return tuple(xp.where(known if p.ndim < a.ndim else finite, p, xp.nan) for p in parts)


def matrix_power(a: Array, power: float, eps: float = 0.0, ridge: float = 0.0) -> Array:
    """Powers of symmetric positive semidefinite matrices, on their range where nothing is added.

    Eigenvalues λ become (λ + ridge)^power, and for negative powers 1/((λ + ridge)^|power| + eps),
    λ + ridge no smaller than round-off: a power of less would make noise as large as the rest. With
    ridge = eps = 0 those that are 0 up to round-off become 0.

    Args:
        a: (..., n, n).
        power: such as −1/2.
        eps: added to the root before it is inverted.
        ridge: added to the diagonal of a.
    """
    xp = namespace(a)
    values, vectors = eigh(a)
    vanishing, least = is_null(values), round_off(values)
    values = xp.where(values < 0, 0.0, values) + ridge
    if power < 0:
        values = xp.where(values < least, least, values)
        powers = values**-power + eps
        if eps or ridge:
            vanishing = powers < xp.finfo(a.dtype).tiny
        powers = xp.where(vanishing, 0.0, 1 / xp.where(vanishing, 1.0, powers))
    else:
        powers = values**power
    return (vectors * powers[..., None, :]) @ vectors.mT


def round_off(values: Array) -> Array:
    """The error (..., 1) of ascending eigenvalues (..., n) of a semidefinite matrix."""
    return values.shape[-1] * namespace(values).finfo(values.dtype).eps * abs(values[..., -1:])


def is_null(values: Array) -> Array:
    """True for ascending eigenvalues (..., n) of a semidefinite matrix that are 0 to round-off."""
    return values <= round_off(values)


def polar(a: Array) -> Array:
    """The polar factor UVᵀ of U diag(σ) Vᵀ, without the directions whose σ is 0 up to round-off."""
    xp = namespace(a)
    left, values, right = svd(a)
    least = max(a.shape[-2:]) * xp.finfo(a.dtype).eps * values[..., :1]
    return (left * xp.where(values > least, xp.ones_like(values), 0.0)[..., None, :]) @ right
