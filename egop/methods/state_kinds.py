"""Kinds of what methods carry from step to step, which say how it turns with the coordinates.

With W = V_newᵀ V_old, gradients g become Wg. First moments turn as they do; of second ones, which
say nothing about pairs of coordinates, Σ_j W_ij² v_j is the diagonal of W diag(v) Wᵀ. Where both
bases are Kronecker bases, gradients G of a matrix become LGRᵀ, and what is known of one of its
sides turns by L or by R alone. `turned_states.py` has the rule.
"""

from egop.methods.method import Method
from egop.methods.rule import MatrixRule

FIRST = "first"
"""An average of gradients, or a direction: m becomes Wm."""
POINT = "point"
"""A point, such as an average of iterates: it turns as they do, to Wx."""
SECOND = "second"
"""An average or a sum of squares: v becomes Σ_j W_ij² v_j."""
SCALE = "scale"
"""A magnitude of each coordinate: its square turns as averages of squares do."""
OUTER = "outer"
"""A sum S of ggᵀ over all coordinates: it becomes W S Wᵀ."""
LEFT = "left"
"""A sum of GGᵀ, or a power of it: S becomes L S Lᵀ."""
RIGHT = "right"
"""A sum of GᵀG, or a power of it: S becomes R S Rᵀ."""
SHORTER = "shorter"
"""That of the rows where a matrix has fewer rows than columns, else that of the columns."""
LEFT_FRAME = "left frame"
"""Directions of the rows as columns: Q becomes LQ."""
RIGHT_FRAME = "right frame"
"""Directions of the columns as columns: Q becomes RQ."""
ALONG_FRAMES = "along frames"
"""A number for each direction of such frames on both sides: it stays."""
OTHER = "other"
"""A part of the old coordinates alone, such as squares along rows: the method begins anew."""

SHAPE = (10**6, 10**6 + 1)
"""The shape of a matrix that no rank exceeds."""

OF_ENTRIES = frozenset({FIRST, POINT, SECOND, SCALE})
"""Kinds of one number for each entry."""

OF_SIDES = frozenset({LEFT, RIGHT, SHORTER, LEFT_FRAME, RIGHT_FRAME, ALONG_FRAMES})
"""Kinds that turn between Kronecker bases alone."""

STATE_KINDS: dict[str, str] = {
    "accumulator": SECOND,
    "buffer": FIRST,
    "column_squares": OTHER,
    "directions": OTHER,
    "dual": FIRST,
    "first_moment": FIRST,
    "first_moment_along": OTHER,
    "flat_mean": OTHER,
    "gram": SHORTER,
    "gram_root": SHORTER,
    "infinity_norm": SCALE,
    "largest_second_moment": SECOND,
    "left": LEFT,
    "left_basis": LEFT_FRAME,
    "left_root": LEFT,
    "left_values": ALONG_FRAMES,
    "mean": FIRST,
    "moment_along": OTHER,
    "outer_products": OUTER,
    "right": RIGHT,
    "right_basis": RIGHT_FRAME,
    "rotation": OTHER,
    "row_gram": LEFT,
    "row_gram_root": LEFT,
    "row_squares": OTHER,
    "right_root": RIGHT,
    "right_values": ALONG_FRAMES,
    "second_moment": SECOND,
    "second_moment_along": OTHER,
    "second_moment_in_eigenbasis": ALONG_FRAMES,
    "squared_steps": SECOND,
    "upright_mean": OTHER,
}
"""The kind of each part of a method's state by its name, where it has a shape of that kind."""


def state_kinds(method: Method) -> tuple[str, ...]:
    """The kinds of the parts of a method's state, in their order.

    A name has its kind where the rule declares a shape of that kind for the part, which a matrix
    with fewer rows than columns tells; otherwise the part is `OTHER`.
    """
    shape = _shape_for(method)
    named = [STATE_KINDS.get(name, OTHER) for name in method.rule.state]
    shapes = method.rule.state_shapes(shape, method.hyperparameters)
    kinds = [
        kind if _has_shape(kind, tuple(part), shape) else OTHER
        for kind, part in zip(named, shapes, strict=True)
    ]
    framed = {LEFT_FRAME, RIGHT_FRAME} <= {*kinds}
    return tuple(OTHER if kind == ALONG_FRAMES and not framed else kind for kind in kinds)


def loses_state(method: Method, kronecker: bool = False) -> bool:
    """True if what a method keeps of a matrix does not turn with its basis (`begins_anew`).

    Args:
        method: any.
        kronecker: False: the bases are those of all entries; True: Kronecker bases of matrices.
    """
    shapes = method.rule.state_shapes(_shape_for(method), method.hyperparameters)
    return not all(
        kronecker and _has_sides(shape) if kind in OF_SIDES else kind != OTHER
        for kind, shape in zip(state_kinds(method), shapes, strict=True)
    )


def _shape_for(method: Method) -> tuple[int, ...]:
    """A shape of gradients that a method takes."""
    return SHAPE if isinstance(method.rule, MatrixRule) else SHAPE[:1]


def _has_shape(kind: str, part: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """True if a part of a state can be of a kind, by its shape for gradients of a shape."""
    if len(shape) == 1:
        return kind not in OF_SIDES and part == (shape * 2 if kind == OUTER else shape)
    rows, columns = ({(n, n)} for n in shape)
    sides = {LEFT: rows, LEFT_FRAME: rows, SHORTER: rows, RIGHT: columns, RIGHT_FRAME: columns}
    known = {**sides, ALONG_FRAMES: {shape, shape[:1], shape[1:]}, OUTER: set()}
    return part in known.get(kind, {shape}) or (kind in OF_SIDES and not _has_sides(part))


def _has_sides(shape: tuple[int, ...]) -> bool:
    """False for a part of a side that a method leaves as it is."""
    return 0 not in shape
