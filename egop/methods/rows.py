"""Matrix methods with one step size for each row: what turns the columns changes nothing."""

from typing import NamedTuple

from egop.methods.method import Method, check_hyperparameters
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.state_shapes import mean_and_rows


class VectorAdam(NamedTuple):
    """Hyperparameters of VectorAdam."""

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8


def vector_adam_update(gradient, state, point, step, h):
    """Adam with v_j ← β₂v_j + (1−β₂)‖g_j‖² for each row g_j (Ling, Sharp, Jacobson 2022)."""
    first, second = state
    first = h.beta1 * first + (1 - h.beta1) * gradient
    second = h.beta2 * second + (1 - h.beta2) * (gradient * gradient).sum(-1)[..., None]
    direction = first / (1 - h.beta1**step)
    return direction, (second / (1 - h.beta2**step)) ** 0.5 + h.eps, (first, second)


VECTOR_ADAM = MatrixRule(
    vector_adam_update,
    state=("first_moment", "second_moment"),
    unchanged_by=("right",),
    reference="Ling, Sharp, Jacobson, arXiv 2205.13599",
    shapes=mean_and_rows,
)


@explains_arguments
def vector_adam(
    learning_rate=0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> Method:
    """VectorAdam: Adam whose second moment is one number for each row, of its squared norms.

    Rows are vectors, such as the positions of points in space; a rotation of that space changes
    nothing. A vector of parameters is a matrix of one column, and is stepped as by Adam.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of the rows' squared norms, in [0, 1).
        eps: ε, outside the root.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("vector_adam", beta1=beta1, beta2=beta2, eps=eps)
    h = VectorAdam(float(beta1), float(beta2), float(eps))
    return Method("vector_adam", learning_rate, h, VECTOR_ADAM)
