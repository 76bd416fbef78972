"""ASGO: a preconditioner for one side of a matrix, and DASGO, the diagonal of that."""

from typing import NamedTuple

from egop.methods.matrices import matrix_power, namespace, norm
from egop.methods.method import Method, check_hyperparameters, check_options
from egop.methods.refreshing import is_due
from egop.methods.rule import MatrixRule
from egop.methods.spelling import explains_arguments
from egop.methods.state_shapes import mean_and_rows, rows_twice
from egop.methods.vector_steps import adam_for_vectors


class Asgo(NamedTuple):
    """Hyperparameters of ASGO as it trains networks."""

    momentum: float = 0.9
    beta2: float = 0.8
    eps: float = 1e-10
    refresh: int = 1
    size: float = 0.2
    weight_decay: float = 0.0
    vector_rate: float = 1.0


class AccumulatingAsgo(NamedTuple):
    """Hyperparameters of ASGO as it is analyzed."""

    eps: float = 1e-10
    refresh: int = 1


class Dasgo(NamedTuple):
    """Hyperparameters of DASGO."""

    momentum: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    size: float = 0.2
    weight_decay: float = 0.0
    vector_rate: float = 1.0


def asgo_update(gradient, state, point, step, h):
    """M ← μM + (1−μ)G; V ← β₂V + (1−β₂)GGᵀ; W ← (1−ηλ)W − η·(V^{1/2}+εI)⁻¹M, rescaled.

    If a matrix has no more columns than rows, V is the mean of GᵀG, and stands on the right.
    """
    mean, gram, root = state
    mean = h.momentum * mean + (1 - h.momentum) * gradient
    rows, columns = gradient.shape[-2:]
    wide = rows < columns
    product = gradient @ gradient.mT if wide else gradient.mT @ gradient
    gram = h.beta2 * gram + (1 - h.beta2) * product
    if is_due(step, h.refresh):
        root = matrix_power(gram, -1 / 2, eps=h.eps)
    direction = root @ mean if wide else mean @ root
    return rescaled(direction, h.size) + h.weight_decay * point, 1.0, (mean, gram, root)


def accumulating_asgo_update(gradient, state, point, step, h):
    """V ← V + GGᵀ; W ← W − η (V^{1/2}+εI)⁻¹G."""
    gram, root = state
    gram = gram + gradient @ gradient.mT
    if is_due(step, h.refresh):
        root = matrix_power(gram, -1 / 2, eps=h.eps)
    return root @ gradient, 1.0, (gram, root)


def dasgo_update(gradient, state, point, step, h):
    """M ← μM + (1−μ)G; v_i ← β₂v_i + (1−β₂)‖g_i‖² for each row; W ← (1−ηλ)W − η·m_i/√(v_i+ε)."""
    mean, rows = state
    mean = h.momentum * mean + (1 - h.momentum) * gradient
    rows = h.beta2 * rows + (1 - h.beta2) * (gradient * gradient).sum(-1)[..., None]
    xp = namespace(gradient)
    roots = (rows + h.eps) ** 0.5
    direction = mean / xp.where(roots == 0, xp.inf, roots)
    return rescaled(direction, h.size) + h.weight_decay * point, 1.0, (mean, rows)


def rescaled(direction, size):
    """A matrix whose entries have the root mean square `size`; one of zeros stays as it is."""
    length = norm(direction)
    entries = direction.shape[-2] * direction.shape[-1]
    return direction * (size * entries**0.5 / namespace(length).where(length == 0, 1.0, length))


def mean_and_shorter_side(shape, h):
    """The shapes of a mean of gradients, of the smaller of GGᵀ and GᵀG, and of its root."""
    side = min(shape), min(shape)
    return shape, side, side


PAPER = "An et al., arXiv 2503.20762"

ASGO = MatrixRule(
    asgo_update,
    state=("mean", "gram", "gram_root"),
    unchanged_by=("left", "right", "kronecker"),
    reference=f"{PAPER}; github.com/infinity-stars/ASGO",
    shapes=mean_and_shorter_side,
    vectors=adam_for_vectors,
    counts={"refresh": 1},
)
ACCUMULATING_ASGO = MatrixRule(
    accumulating_asgo_update,
    state=("row_gram", "row_gram_root"),
    unchanged_by=("left", "right", "kronecker"),
    reference=f"{PAPER}, Algorithm 1, from the paper's formulas",
    shapes=rows_twice,
    counts={"refresh": 1},
)
DASGO = MatrixRule(
    dasgo_update,
    state=("mean", "row_squares"),
    unchanged_by=("right",),
    reference=f"{PAPER}; github.com/infinity-stars/ASGO, where columns are rows",
    shapes=mean_and_rows,
    vectors=adam_for_vectors,
)


@explains_arguments
def asgo(
    learning_rate=0.01,
    momentum: float = 0.9,
    beta2: float = 0.8,
    eps: float = 1e-10,
    refresh: int = 1,
    size: float = 0.2,
    weight_decay: float = 0.0,
    vector_rate: float = 1.0,
) -> Method:
    """ASGO as it trains networks: the mean M of G, times (V^{1/2}+εI)⁻¹ on the shorter side.

    V is the decaying mean of GGᵀ or GᵀG. Each step is rescaled to entries of root mean square
    `size`, as those of Adam are. The paper's models of language take weight_decay=0.1.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ, decay of the mean of gradients, in [0, 1).
        beta2: decay of V, in [0, 1).
        eps: ε, added to the root.
        refresh: τ, steps from one computation of the root to the next.
        size: of a step's entries, before η.
        weight_decay: λ, of the weights, apart from the gradient.
        vector_rate: factor of η for parameters that are no matrices, which AdamW steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "asgo", momentum=momentum, beta2=beta2, eps=eps, size=size, weight_decay=weight_decay,
        vector_rate=vector_rate,
    )  # fmt: skip
    check_options("asgo", ASGO, refresh=refresh)
    h = Asgo(
        float(momentum), float(beta2), float(eps), int(refresh), float(size), float(weight_decay),
        float(vector_rate),
    )  # fmt: skip
    return Method("asgo", learning_rate, h, ASGO)


@explains_arguments
def accumulating_asgo(learning_rate=0.1, eps: float = 1e-10, refresh: int = 1) -> Method:
    """ASGO as it is analyzed, V ← V + GGᵀ, W ← W − η (V^{1/2}+εI)⁻¹G: the rows' side alone.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        eps: ε, added to the root.
        refresh: steps from one computation of the root to the next.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters("accumulating_asgo", eps=eps)
    check_options("accumulating_asgo", ACCUMULATING_ASGO, refresh=refresh)
    h = AccumulatingAsgo(float(eps), int(refresh))
    return Method("accumulating_asgo", learning_rate, h, ACCUMULATING_ASGO)


@explains_arguments
def dasgo(
    learning_rate=0.01,
    momentum: float = 0.9,
    beta2: float = 0.95,
    eps: float = 1e-8,
    size: float = 0.2,
    weight_decay: float = 0.0,
    vector_rate: float = 1.0,
) -> Method:
    """DASGO, the diagonal of ASGO: rows of the mean of G by the root of their mean squared norms.

    The authors' code sums columns in place of rows: it steps Wᵀ as this method steps W.

    Args:
        learning_rate: η, a number or an array (...) of one rate per run.
        momentum: μ, decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of the rows' squared norms, in [0, 1).
        eps: ε, under the root.
        size: the root mean square of a step's entries, before η.
        weight_decay: λ, of the weights, apart from the gradient.
        vector_rate: factor of η for parameters that are no matrices, which AdamW steps.

    Raises:
        ValueError: a rate or hyperparameter outside its range.
    """
    check_hyperparameters(
        "dasgo", momentum=momentum, beta2=beta2, eps=eps, size=size, weight_decay=weight_decay,
        vector_rate=vector_rate,
    )  # fmt: skip
    h = Dasgo(
        float(momentum), float(beta2), float(eps), float(size), float(weight_decay),
        float(vector_rate),
    )  # fmt: skip
    return Method("dasgo", learning_rate, h, DASGO)
