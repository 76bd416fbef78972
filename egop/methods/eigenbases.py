"""Bases of the two sides of a matrix, and Adam's step in their coordinates.

A side of which nothing is turned has a basis without entries, of shape (..., 0, 0).
"""

from egop.methods.adaptive import adam
from egop.methods.elementwise import nonzero
from egop.methods.matrices import Array, eigh, identity, maximal, namespace, qr
from egop.methods.method import Method

SIDES = ("both", "shorter")


def turned_sides(shape: tuple[int, ...], sides: str) -> tuple[int, int]:
    """The lengths of the two sides of a matrix that have a basis, 0 for one that has none."""
    rows, columns = shape[-2:]
    both = sides == "both"
    return rows if both or rows <= columns else 0, columns if both or columns <= rows else 0


def if_spanned(gradients: str) -> dict[str, str]:
    """{kind of rotation: the condition that gradients determine the bases of the turned sides}.

    Args:
        gradients: which, such as "the first gradient spans".
    """
    sides = {"left": "rows", "right": "columns", "kronecker": "rows and columns"}
    return {kind: f"if {gradients} all {each}" for kind, each in sides.items()}


def into(a: Array, left: Array, right: Array) -> Array:
    """Q_Lᵀ A Q_R, the coordinates of matrices (..., m, n)."""
    a = left.mT @ a if left.shape[-1] else a
    return a @ right if right.shape[-1] else a


def out_of(a: Array, left: Array, right: Array) -> Array:
    """Q_L A Q_Rᵀ, the matrices (..., m, n) that have these coordinates."""
    return into(a, left.mT, right.mT)


def first_eigenbasis(a: Array) -> Array:
    """Eigenvectors (..., n, n) of Gram matrices, those of the largest eigenvalues first."""
    values, vectors = (namespace(a).flip(part, (-1,)) for part in eigh(a))
    return completed(vectors, values)


def completed(basis: Array, sizes: Array) -> Array:
    """Orthonormal columns (..., n, n) with others where descending sizes (..., n) are 0.

    Any basis of the null space of a matrix is one of eigenvectors, or of singular vectors. This one
    is made of what is left of the unit vectors there, the eigenvectors of P diag(1…2) P for the
    projection P on the null space, so that round-off decides nothing; where all sizes are 0 it is
    the identity.
    """
    xp = namespace(basis)
    null = (sizes <= basis.shape[-1] * xp.finfo(basis.dtype).eps * sizes[..., :1])[..., None, :]
    rest = xp.where(null, basis, 0.0)
    projection = rest @ rest.mT
    weights = 1 + identity(basis).cumsum(0) / basis.shape[-1]  # whose sums over rows ascend
    return xp.where(null, eigh(projection @ (weights.sum(-1)[:, None] * projection))[1], basis)


def power_iteration(a: Array, basis: Array, full_rank: bool) -> tuple[Array, Array]:
    """QR of A Q, the columns of Q before in descending order of qᵀAq, and that order (..., n).

    What is known of each column, such as a second moment, has to follow it: `reordered`. If A may
    have no full rank, the directions that it says nothing about are those of Q that are left.
    """
    product = a @ basis
    order = namespace(a).argsort(-(basis * product).sum(-2), stable=True)
    product, basis = (reordered(each, order, -1) for each in (product, basis))
    return completed_qr(product, basis, full_rank), order


def completed_qr(product: Array, basis: Array, full_rank: bool) -> Array:
    """Q of the QR of A Q; where A may have no full rank, completed by what is left of Q."""
    new, triangle = qr(product)
    if full_rank:
        return new
    sizes = abs((triangle * identity(triangle)).sum(-2))[..., None, :]
    known = sizes > product.shape[-1] * namespace(product).finfo(product.dtype).eps * maximal(sizes)
    return qr(namespace(product).where(known, product, basis))[0]


def reordered(a: Array, order: Array, axis: int) -> Array:
    """Columns (axis −1) or rows (axis −2) of matrices (..., m, n) in an order (..., n or m)."""
    xp = namespace(a)
    take = xp.take_along_axis if hasattr(xp, "take_along_axis") else xp.take_along_dim
    return take(a, order[..., None, :] if axis == -1 else order[..., :, None], axis)


def moments(first: Array, second: Array, gradient: Array, squared: Array, h) -> tuple:
    """β₁m + (1−β₁)g and β₂v + (1−β₂)s², for gradients in one basis and s in another one."""
    first = h.beta1 * first + (1 - h.beta1) * gradient
    return first, h.beta2 * second + (1 - h.beta2) * squared * squared


def adam_step(first: Array, second: Array, h, count: int | None = None) -> Array:
    """m/(√v + ε), times √(1−β₂ᵗ)/(1−β₁ᵗ) at the t-th step; 0 where v is 0, and m is round-off."""
    step = first / nonzero(second**0.5 + h.eps)
    if count is None:
        return step
    return step * ((1 - h.beta2**count) ** 0.5 / (1 - h.beta1**count))


def adam_alike(h) -> Method:
    """Adam with the same decays and ε, at a factor of the rate of the matrices."""
    return adam(h.vector_rate, h.beta1, h.beta2, h.eps)
