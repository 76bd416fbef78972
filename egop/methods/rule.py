"""Update rules: what a method does to one entry, one vector or one matrix in a step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from egop.methods.method import Method

Shape = tuple[int, ...]

ROTATIONS = ("left", "right", "kronecker", "whole")
"""Changes of basis: W ↦ UᵀW, W ↦ WV, W ↦ UᵀWV of a matrix, and x ↦ Qᵀx of all its entries."""


class GradientRank(NamedTuple):
    """A bound on the rank of the gradients of a weight matrix.

    Attributes:
        shape: (m, n) of the matrix.
        rank: that one gradient has at most: min(m, n), or less, as the number of its examples.
    """

    shape: Shape
    rank: int

    def determines(self, side: int, gradients: int = 1) -> bool:
        """True if so many gradients can have the eigenbasis of a side of so many entries.

        One direction may be missing: it is the one at right angles to the others.
        """
        return gradients * self.rank >= side - 1


@dataclass(frozen=True)
class Rule:
    """An update rule: x ← x − learning_rate · direction/preconditioner.

    Attributes:
        update: `(gradient, state, point, powers, h) -> (direction, preconditioner, state)`, pure,
            in plain arithmetic plus `maximum` and `sign`. `state` is a tuple of as many parts as
            `state` below names, `point` the current iterate, `powers` the running products
            (β₁ᵗ, β₂ᵗ) at step t = 1, 2, …, and `h` the hyperparameters. Elementwise rules receive
            single numbers (compiled), arrays or tensors; others arrays or tensors (..., d) with
            leading run axes. Where direction and preconditioner are 0 the coordinate stands still.
        state: the names of the state's parts, each of the shape of the gradient. Where a basis is
            estimated anew, parts turn by their names (`egop.methods.state_kinds`).
        initial: each part's value before the first step: numbers, or a function of the
            hyperparameters that returns them; (): zeros.
        elementwise: each coordinate is updated from that coordinate alone.
        unchanged_by: those of `ROTATIONS` that leave the path the same.
        unchanged_if: for rotations that do so under a condition alone, the condition, such as
            "if the first gradient spans all rows", or a function of the hyperparameters that
            returns them.
        can_hold: with such conditions, whether they can hold for rotations from the left, and from
            the right, as a function of a `GradientRank` and the hyperparameters; a Kronecker basis
            takes both.
        reference: where the rule comes from.
        shapes: the state's shapes without run axes, as a function of the gradient's shape and the
            hyperparameters; None: that of the gradient.

    Raises:
        TypeError: the update is no function.
        ValueError: another word for a rotation.
    """

    update: Callable[..., Any]
    state: tuple[str, ...] = ()
    initial: Callable[[Any], tuple[float, ...]] | tuple[float, ...] = ()
    elementwise: bool = True
    unchanged_by: tuple[str, ...] = ()
    reference: str = ""
    shapes: Callable[[Any, Any], tuple[Shape, ...]] | None = None
    unchanged_if: Mapping[str, str] | Callable[[Any], Mapping[str, str]] = field(
        default_factory=dict, compare=False
    )
    can_hold: Callable[[GradientRank, Any], tuple[bool, bool]] | None = None

    def __post_init__(self):
        if not callable(self.update):
            kind = type(self).__name__
            raise TypeError(f"{kind} takes a function as its update, got {self.update!r}")
        conditional = [] if callable(self.unchanged_if) else [*self.unchanged_if]
        if not {*self.unchanged_by, *conditional} <= {*ROTATIONS}:
            raise ValueError(
                f"{type(self).__name__} takes rotations that change nothing, some of "
                f"{', '.join(ROTATIONS)}, got {self.unchanged_by} and {conditional}"
            )
        object.__setattr__(self, "state", tuple(self.state))
        if not callable(self.initial):
            object.__setattr__(self, "initial", tuple(map(float, self.initial)))

    @property
    def equivariant(self) -> bool:
        """True if the path is the same in every orthonormal basis."""
        return "whole" in self.unchanged_by

    def state_shapes(self, shape: Shape, h: Any) -> tuple[Shape, ...]:
        """The shapes of the state's parts, without run axes, for a gradient of a shape."""
        return (shape,) * len(self.state) if self.shapes is None else self.shapes(shape, h)

    def __repr__(self) -> str:
        """The update's name and the state's parts."""
        update = getattr(self.update, "__name__", repr(self.update))
        return f"{type(self).__name__}({', '.join([update, *self.state])})"


@dataclass(frozen=True)
class MatrixRule(Rule):
    """An update rule for matrices: W ← W − learning_rate · direction/preconditioner.

    Attributes:
        update: `(gradient, state, point, step, h) -> (direction, preconditioner, state)` of arrays
            or tensors (..., m, n) with leading run axes, pure, with the functions of
            `egop.methods.matrices`; `step` is t = 1, 2, …, the same number for all runs.
        vectors: the method, as a function of the hyperparameters, of parameters that are no
            matrices; its learning rate is a factor of that of the matrices. None: a vector is a
            matrix of one column.
        choices: for hyperparameters that are words those that they may be.
        counts: for hyperparameters that are integers the least that they may be.
    """

    elementwise: bool = False
    vectors: "Callable[[Any], Method] | None" = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)

    __repr__ = Rule.__repr__
