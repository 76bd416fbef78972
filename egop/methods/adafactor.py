"""Adafactor: second moments of a matrix from those of its rows and its columns."""

from typing import NamedTuple

from egop.methods.elementwise import nonzero, where
from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments


class Adafactor(NamedTuple):
    """Hyperparameters of Adafactor."""

    decay_power: float = 0.8
    eps: float = 2.220446049250313e-16
    least_scale: float = 1e-3
    clip: float = 1.0
    weight_decay: float = 0.0
    constant_steps: float = 1e4


def adafactor_update(gradient, state, point, step, h):
    """r, c ← means of g² over rows and columns with β₂ₜ = 1 − t^−decay_power, V̂ = rc/mean(r).

    U = G/√V̂ is divided by max(1, RMS(U)/clip); W ← W − η max(least_scale, RMS(W)) U.
    """
    rows, columns = state
    weight = step**-h.decay_power
    squares = gradient * gradient
    rows = rows + weight * (squares.mean(-1)[..., None] - rows)
    columns = columns + weight * (squares.mean(-2)[..., None, :] - columns)
    shares = rows / nonzero(at_least(rows.mean(-2)[..., None], h.eps))
    estimate = shares @ columns  # a product of rows and columns would square squares
    return scaled(gradient, estimate, point, step, h), 1.0, (rows, columns)


def vector_update(gradient, state, point, step, h):
    """V̂ ← the mean of g² with β₂ₜ in place of that of rows and columns, else the same."""
    (squares,) = state
    squares = squares + step**-h.decay_power * (gradient * gradient - squares)
    column, estimate, at = (part[..., None] for part in (gradient, squares, point))
    return scaled(column, estimate, at, step, h)[..., 0], 1.0, (squares,)


def scaled(gradient, estimate, point, step, h):
    """The step along a gradient, divided by the roots of second moments, with weight decay."""
    update = gradient / nonzero(at_least(estimate, h.eps**2) ** 0.5)
    size = at_least(root_mean_square(point), h.least_scale)
    size = size * min(1.0, h.constant_steps / step) ** 0.5
    update = update * (size / at_least(root_mean_square(update) / h.clip, 1.0))
    return update + h.weight_decay * point


def root_mean_square(matrix):
    """The root (..., 1, 1) of the mean of all squared entries."""
    return (matrix * matrix).mean((-2, -1))[..., None, None] ** 0.5


def at_least(values, least):
    """The values, and `least` where they are below."""
    return where(values < least, least, values)


def row_and_column(shape, h):
    """The shapes (m, 1) and (1, n) of one number for each row and each column."""
    return (shape[0], 1), (1, shape[1])


def vector_method(h):
    """Adafactor of a vector (..., n), whose second moments have no rows to be a product of."""
    return Method("adafactor", 1.0, h, VECTOR_ADAFACTOR)


VECTOR_ADAFACTOR = MatrixRule(
    vector_update,
    state=("second_moment",),
    reference="Shazeer, Stern, arXiv 1804.04235, Algorithm 5; torch.optim.Adafactor",
)
ADAFACTOR = MatrixRule(
    adafactor_update,
    state=("row_squares", "column_squares"),
    reference="Shazeer, Stern, arXiv 1804.04235; torch.optim.Adafactor",
    shapes=row_and_column,
    vectors=vector_method,
)


@explains_arguments
def adafactor(
    learning_rate=0.01,
    decay_power: float = 0.8,
    eps: float = 2.220446049250313e-16,
    least_scale: float = 1e-3,
    clip: float = 1.0,
    weight_decay: float = 0.0,
    constant_steps: float = 1e4,
) -> Method:
    """Adafactor without momentum, at steps in proportion to the weights, with torch's defaults.

    A vector has second moments of its own entries, whose least is ε² alone.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        decay_power: at step t the means of squares forget with 1 − t^−decay_power.
        eps: ε, the least mean of rows; ε² is the least second moment. In torch, that of the dtype.
        least_scale: of the weights' root mean square, to which steps are in proportion.
        clip: of the root mean square of the update before it is scaled.
        weight_decay: decay per unit of learning rate, apart from the gradient.
        constant_steps: after how many the rate falls as 1/√t. In torch min(η, 1/√t) does after
            1/η², which are these with η = 0.01; the paper's relative steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    h = Adafactor(
        float(decay_power), float(eps), float(least_scale), float(clip), float(weight_decay),
        float(constant_steps),
    )  # fmt: skip
    check_hyperparameters("adafactor", **h._asdict())
    if clip == 0 or constant_steps == 0:
        raise ValueError(
            f"adafactor takes clip and constant_steps above 0, got {clip!r} and {constant_steps!r}"
        )
    return Method("adafactor", learning_rate, h, ADAFACTOR)
