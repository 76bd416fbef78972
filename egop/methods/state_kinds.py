"""Kinds of what methods carry from step to step, which say how it turns with the coordinates.

With W = V_newᵀ V_old, gradients g become Wg. First moments turn as they do; of second ones, which
say nothing about pairs of coordinates, Σ_j W_ij² v_j is the diagonal of W diag(v) Wᵀ.
"""

from egop.methods.rule import Rule

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
OTHER = "other"
"""A part of the old coordinates alone, such as a Gram matrix: the method begins anew."""

STATE_KINDS: dict[str, str] = {
    "accumulator": SECOND,
    "buffer": FIRST,
    "column_squares": OTHER,
    "directions": OTHER,
    "dual": FIRST,
    "first_moment": FIRST,
    "first_moment_along": OTHER,
    "flat_mean": OTHER,
    "gram": OTHER,
    "gram_root": OTHER,
    "infinity_norm": SCALE,
    "largest_second_moment": SECOND,
    "left": OTHER,
    "left_basis": OTHER,
    "left_root": OTHER,
    "left_values": OTHER,
    "mean": FIRST,
    "moment_along": OTHER,
    "outer_products": OUTER,
    "right": OTHER,
    "right_basis": OTHER,
    "rotation": OTHER,
    "row_squares": OTHER,
    "right_root": OTHER,
    "right_values": OTHER,
    "second_moment": SECOND,
    "second_moment_along": OTHER,
    "second_moment_in_eigenbasis": OTHER,
    "squared_steps": SECOND,
    "upright_mean": OTHER,
}
"""The kind of each part of a method's state by the part's name; a name not here is `OTHER`."""


def state_kinds(rule: Rule) -> tuple[str, ...]:
    """The kinds of the parts of a rule's state, in their order."""
    return tuple(STATE_KINDS.get(name, OTHER) for name in rule.state)
