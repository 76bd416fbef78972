"""Adam in singular subspaces of the shorter side: GaLore of gradients, Conda of their mean."""

from math import ceil
from typing import NamedTuple

from egop.methods.eigenbases import adam_alike, adam_step, completed, moments
from egop.methods.matrices import svd
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments


class GaLore(NamedTuple):
    """Hyperparameters of GaLore."""

    rank: int = 0
    refresh: int = 200
    scale: float = 0.25
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-6
    vector_rate: float = 1.0


class Conda(NamedTuple):
    """Hyperparameters of Conda."""

    refresh: int = 2000
    scale: float = 1.0
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    vector_rate: float = 1.0


def galore_update(gradient, state, point, step, h):
    """W ← W − ηα N Pᵀ, N Adam's step of G P; P are the leading right singular vectors of G.

    They are renewed every T steps, each with the sign that is nearer to the one in its place, while
    the moments stay. Matrices with fewer rows than columns are transposed.
    """
    first, second, directions = state
    tall = upright(gradient)
    if (step - 1) % h.refresh == 0:
        new = right_singular_vectors(tall)[..., : directions.shape[-1]]
        directions = new * (1 - 2 * ((new * directions).sum(-2)[..., None, :] < 0))
    along = tall @ directions
    first, second = moments(first, second, along, along, h)
    back = adam_step(first, second, h, step) @ directions.mT
    return h.scale * like(back, gradient), 1.0, (first, second, directions)


def conda_update(gradient, state, point, step, h):
    """W ← W − ηα N Vᵀ, N Adam's step of the mean M V and of the squares of G V.

    V are all right singular vectors of M, renewed every T steps. Matrices with fewer rows than
    columns are transposed.
    """
    first, second, basis = state
    tall = upright(gradient)
    if (step - 1) % h.refresh == 0:
        basis = right_singular_vectors(h.beta1 * first + (1 - h.beta1) * tall)
    first, second = moments(first, second, tall, tall @ basis, h)
    back = adam_step(first @ basis, second, h, step) @ basis.mT
    return h.scale * like(back, gradient), 1.0, (first, second, basis)


def upright(a):
    """The matrices, or with fewer rows than columns their transposes."""
    return a if a.shape[-2] >= a.shape[-1] else a.mT


def like(a, other):
    """The matrices or their transposes: those of the other's shape."""
    return a if other.shape[-2] >= other.shape[-1] else a.mT


def right_singular_vectors(a):
    """V (..., n, n) of matrices (..., m, n), m ≥ n, those of the largest singular values first."""
    _, sizes, rows = svd(a)
    return completed(rows.mT, sizes)


def galore_shapes(shape, h):
    """The shapes of both moments along the directions, and of these.

    Raises:
        ValueError: the rank is above the smaller side.
    """
    shorter, longer = sorted(shape)
    rank = checked_rank("galore", h.rank, shape)
    return (longer, rank), (longer, rank), (shorter, rank)


def checked_rank(name, rank, shape):
    """A rank, or for 0 a quarter of the smaller side; ValueError if it is above that side."""
    if rank > min(shape):
        raise ValueError(
            f"{name} takes a rank up to the smaller side of every matrix, got {rank} for "
            f"{shape[0]}×{shape[1]}; take rank={min(shape)} or less, or 0 for a quarter of each"
        )
    return rank or ceil(min(shape) / 4)


def conda_shapes(shape, h):
    """The shapes of both moments, upright, and of the singular vectors."""
    shorter, longer = sorted(shape)
    return (longer, shorter), (longer, shorter), (shorter, shorter)


def galore_can_hold(gradients, h):
    """True for the projected side, if one gradient can determine so many directions of it."""
    return projected_side(gradients, checked_rank("galore", h.rank, gradients.shape))


def conda_can_hold(gradients, h):
    """True for the turned side, if one gradient can determine its singular vectors."""
    return projected_side(gradients, min(gradients.shape))


def projected_side(gradients, count):
    """True for the shorter side, if one gradient has as many directions, or all but one."""
    rows, columns = gradients.shape
    known = gradients.rank >= count or gradients.determines(min(gradients.shape))
    return rows < columns and known, rows >= columns and known


def on_shorter_side(rank):
    """The conditions under which a rotation changes no path: gradients of a rank, in words."""
    return {
        "left": f"where rows < columns, if gradients have {rank}",
        "right": f"where rows ≥ columns, if gradients have {rank}",
    }


GALORE = MatrixRule(
    galore_update,
    state=("first_moment_along", "second_moment_along", "directions"),
    unchanged_if=on_shorter_side("at least the rank that is kept"),
    can_hold=galore_can_hold,
    reference="Zhao et al., arXiv 2403.03507",
    shapes=galore_shapes,
    vectors=adam_alike,
    counts={"rank": 0, "refresh": 1},
)
CONDA = MatrixRule(
    conda_update,
    state=("upright_mean", "second_moment_in_eigenbasis", "directions"),
    unchanged_if=on_shorter_side("full rank"),
    can_hold=conda_can_hold,
    reference="Wang et al., arXiv 2509.24218",
    shapes=conda_shapes,
    vectors=adam_alike,
    counts={"refresh": 1},
)


@explains_arguments
def galore(
    learning_rate=0.01,
    rank: int = 0,
    refresh: int = 200,
    scale: float = 0.25,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-6,
    vector_rate: float = 1.0,
) -> Method:
    """GaLore: Adam along the leading singular directions of the gradient's shorter side.

    Nothing moves in the other directions until the directions are renewed. A rotation of the
    shorter side changes nothing. `egop.singular_vectors.singular_basis` makes a basis of them.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        rank: r directions, at most as many as the smaller side of each matrix; 0: a quarter of it,
            rounded up, as in the paper's largest models.
        refresh: T, the number of steps after which they are renewed.
        scale: α, a factor of the step.
        beta1: decay of the mean of gradients along them, in [0, 1).
        beta2: decay of the mean of their squares, in [0, 1).
        eps: ε, outside the root.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range; a rank above the smaller side of a
            matrix, at its first step.
    """
    check_hyperparameters(
        "galore", scale=scale, beta1=beta1, beta2=beta2, eps=eps, vector_rate=vector_rate
    )
    check_options("galore", GALORE, rank=rank, refresh=refresh)
    h = GaLore(
        int(rank), int(refresh), float(scale), float(beta1), float(beta2), float(eps),
        float(vector_rate),
    )  # fmt: skip
    return Method("galore", learning_rate, h, GALORE)


@explains_arguments
def conda(
    learning_rate=0.001,
    refresh: int = 2000,
    scale: float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    vector_rate: float = 1.0,
) -> Method:
    """Conda: Adam in the singular vectors of the mean of gradients, on the shorter side.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        refresh: T, the number of steps after which the singular vectors are renewed.
        scale: α, a factor of the step.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squares in the singular vectors, in [0, 1).
        eps: ε, outside the root.
        vector_rate: factor of η for parameters that are no matrices, which Adam steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "conda", scale=scale, beta1=beta1, beta2=beta2, eps=eps, vector_rate=vector_rate
    )
    check_options("conda", CONDA, refresh=refresh)
    h = Conda(
        int(refresh), float(scale), float(beta1), float(beta2), float(eps), float(vector_rate)
    )
    return Method("conda", learning_rate, h, CONDA)
