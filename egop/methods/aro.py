"""ARO: steepest descent in a norm, in coordinates that are turned to suit that norm."""

from typing import NamedTuple

from egop.methods.eigenbases import completed_qr
from egop.methods.elementwise import divisor, sign
from egop.methods.matrices import identity, maximal, norm, without_round_off
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.vector_steps import adam_for_vectors

BASES = ("sinkhorn", "row_norm", "sign")


GRADIENT_ROUND_OFF = 64.0
"""Units of round-off that gradients of a network have along directions in which they are 0."""


class Aro(NamedTuple):
    """Hyperparameters of ARO."""

    momentum: float = 0.95
    base: str = "sinkhorn"
    iterations: int = 5
    rms: float = 0.2
    vector_rate: float = 1.0


def aro_update(gradient, state, point, step, h):
    """R ← the Q of the QR of M f(RᵀM)ᵀ, then W ← W − η R f(RᵀM), at a root mean square of `rms`.

    M ← μM + (1−μ)G; R begins as the identity, and keeps columns that M f(RᵀM)ᵀ does not determine.
    Matrices with more rows than columns are transposed, so that it may determine all of them.
    """
    mean, rotation = state
    rows, columns = gradient.shape[-2:]
    flat = gradient if rows <= columns else gradient.mT
    mean = h.momentum * mean + (1 - h.momentum) * flat
    if step == 1:
        rotation = rotation + identity(rotation)
    rotation = completed_qr(mean @ based(rotation.mT @ mean, h).mT, rotation, full_rank=False)
    direction = rotation @ based(rotation.mT @ mean, h)
    size = norm(direction) / (rows * columns) ** 0.5
    direction = h.rms * direction / divisor(direction, size)
    return direction if rows <= columns else direction.mT, 1.0, (mean, rotation)


def based(a, h):
    """f of matrices (..., m, n): their signs, or rows, or rows and columns by turns, of equal norm.

    Entries that are round-off count as 0, as do rows and columns of them.
    """
    a = without_round_off(a, GRADIENT_ROUND_OFF)
    if h.base == "sign":
        return sign(a)
    a = a / divisor(a, maximal(a))  # whose squares neither overflow nor vanish
    for _ in range(h.iterations if h.base == "sinkhorn" else 1):
        a = equal_norms(a, -1)
        a = equal_norms(a, -2) if h.base == "sinkhorn" else a
    return a


def equal_norms(a, axis):
    """Rows (axis −1) or columns (axis −2) with a root mean square of 1; those of zeros stay."""
    sizes = (a * a).sum(axis)[(..., None) if axis == -1 else (..., None, slice(None))]
    return a / divisor(a, (sizes / a.shape[axis]) ** 0.5)


def mean_and_rotation(shape, h):
    """The shapes of the mean of gradients, its shorter side first, and of R."""
    shorter, longer = sorted(shape)
    return (shorter, longer), (shorter, shorter)


ARO = MatrixRule(
    aro_update,
    state=("flat_mean", "rotation"),
    reference="from the formulas of Gong et al., arXiv 2602.09006",
    shapes=mean_and_rotation,
    vectors=adam_for_vectors,
    choices={"base": BASES},
    counts={"iterations": 1},
)


@explains_arguments
def aro(
    learning_rate=0.003,
    momentum: float = 0.95,
    base: str = "sinkhorn",
    iterations: int = 5,
    rms: float = 0.2,
    vector_rate: float = 1.0,
) -> Method:
    """ARO (adaptively rotated optimization): W ← W − ηR f(RᵀM), R = QR(M f(RᵀM)ᵀ).

    R turns the shorter side, the mean M of gradients then has a larger ⟨RᵀM, f(RᵀM)⟩ than in the
    coordinates of W. With rows of equal norm as f, a constant M is replaced by its polar factor in
    the end, as Muon does, and a rotation of the longer side changes nothing. From the paper's
    formulas: no code of its authors was at hand.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ in [0, 1).
        base: f: "sinkhorn", rows and columns of equal norms; "row_norm", rows; "sign".
        iterations: of "sinkhorn", each of the rows and then of the columns.
        rms: the root mean square of the entries of a step, apart from η.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("aro", momentum=momentum, rms=rms, vector_rate=vector_rate)
    check_options("aro", ARO, base=base, iterations=iterations)
    h = Aro(float(momentum), base, int(iterations), float(rms), float(vector_rate))
    return Method("aro", learning_rate, h, ARO)
