"""A method on the matrices and vectors that a flat point is made of, one rule for each."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from egop.methods.elementwise import divisor
from egop.methods.matrices import Array, namespace
from egop.methods.method import Method
from egop.methods.rule import MatrixRule
from egop.methods.turned_states import turned_states


class RuleBlock(NamedTuple):
    """Entries of a flat point (..., d) that one rule steps together.

    Attributes:
        method: the rule, with a learning rate that is a factor of the whole method's.
        entries: of the flat point.
        shape: in which the rule sees them, without run axes.
    """

    method: Method
    entries: slice
    shape: tuple[int, ...]

    @property
    def is_matrix(self) -> bool:
        """True if the rule is one for matrices."""
        return isinstance(self.method.rule, MatrixRule)

    def state_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the state's parts, without run axes."""
        return self.method.rule.state_shapes(self.shape, self.method.hyperparameters)

    def new_state(self, points: Array) -> tuple[Array, ...]:
        """The state before the first step, of points (..., d) in whose dtype and place it is."""
        leading, rule = points.shape[:-1], self.method.rule
        if namespace(points) is np and not self.is_matrix and rule.shapes is None:
            return self.method.initial_state  # which broadcasts, whatever shape a rule makes of it
        shapes, values = self.state_shapes(), self.method.initial_state
        if namespace(points) is np:
            return tuple(
                np.full((*leading, *s), v, points.dtype)
                for s, v in zip(shapes, values, strict=True)
            )
        return tuple(
            points.new_full((*leading, *s), v) for s, v in zip(shapes, values, strict=True)
        )

    def step(
        self, gradient: Array, state: tuple[Array, ...], point: Array, powers: Any, step: int
    ) -> tuple[Array, Any, tuple[Array, ...]]:
        """Direction, preconditioner, both of these entries (..., entries), and the new state.

        Args:
            gradient: (..., entries), as is the point.
            state: of the rule.
            point: where it is.
            powers: (β₁ᵗ, β₂ᵗ) of the rule, for all but matrix rules.
            step: t = 1, 2, …
        """
        update, h = self.method.rule.update, self.method.hyperparameters
        if not self.is_matrix:
            return update(gradient, state, point, powers, h)
        shape = (*gradient.shape[:-1], *self.shape)
        matrix, at = gradient.reshape(shape), point.reshape(shape)
        direction, preconditioner, state = update(matrix, state, at, step, h)
        direction = direction.reshape(gradient.shape)
        if hasattr(preconditioner, "shape"):
            spread = namespace(gradient).broadcast_to(preconditioner, shape)
            preconditioner = spread.reshape(gradient.shape)
        return direction, preconditioner, state


def rule_blocks(
    method: Method, shapes: Iterable[Sequence[int]], dim: int, owner: str = "the objective"
) -> tuple[RuleBlock, ...]:
    """The blocks of a point (d,): one for a method of entries or of the vector, else each tensor.

    Args:
        method: any.
        shapes: of the tensors, one after the other; those of more than two axes count as matrices
            of their first axis and all others.
        dim: d.
        owner: whose variables they are; for an error's sentence.

    Raises:
        ValueError: a matrix method, and no tensor is a matrix.
    """
    rule = method.rule
    if not isinstance(rule, MatrixRule):
        return (RuleBlock(method.with_learning_rate(1.0), slice(0, dim), (dim,)),)
    shapes = list(shapes)
    if not any(len(shape) >= 2 for shape in shapes):
        raise ValueError(
            f"{method.name} steps matrices, but the variables of {owner} are no matrix; declare "
            "shapes=(rows, columns), or take a method such as adam"
        )
    blocks, start = [], 0
    for shape in shapes:
        block = rule_block(method, shape, start)
        start = block.entries.stop
        if block.entries.start < start:
            blocks.append(block)
    return tuple(blocks)


def rule_block(method: Method, shape: Sequence[int], start: int = 0) -> RuleBlock:
    """The block of one tensor of a point, whose entries begin at `start`."""
    rule, size = method.rule, prod(shape)
    entries, own = slice(start, start + size), method.with_learning_rate(1.0)
    if not isinstance(rule, MatrixRule):
        return RuleBlock(own, entries, (size,))
    if len(shape) >= 2:
        return RuleBlock(own, entries, (shape[0], prod(shape[1:])))
    if rule.vectors is None:
        return RuleBlock(own, entries, (size, 1))
    return RuleBlock(rule.vectors(method.hyperparameters), entries, (size,))


def begins_anew(blocks: Sequence[RuleBlock], moments: str) -> bool:
    """True if a method with these blocks forgets its state whenever its coordinates change.

    Args:
        blocks: of the method.
        moments: "rotate", "reset" or "keep".
    """
    if moments != "rotate":
        return moments == "reset" and any(block.method.rule.state for block in blocks)
    dim = blocks[-1].entries.stop
    states = [block.new_state(np.zeros((1, dim))) for block in blocks]
    return turned_states(blocks, states, np.eye(dim)[None]) is None


class BlockSteps:
    """A method that steps flat points (..., d) of numpy, with its state.

    Args:
        blocks: of the method.
        points: (..., d) where it begins.
    """

    def __init__(self, blocks: Sequence[RuleBlock], points: np.ndarray):
        self._blocks = blocks
        self._betas = [np.array(block.method.betas) for block in blocks]
        self.begin(points)

    def begin(self, points: np.ndarray) -> None:
        """Forgets the state and the count of steps; the next step is the first."""
        self._states = [block.new_state(points) for block in self._blocks]
        self._powers = [np.ones(2) for _ in self._blocks]
        self._step = 0

    def change_coordinates(self, turn: np.ndarray, moments: str, points: np.ndarray) -> None:
        """Carries the state over into other coordinates of the same points.

        Args:
            turn: (R, d, d) W = V_newᵀV_old.
            moments: "rotate", "reset" or "keep".
            points: (R, d) in the new coordinates.
        """
        turned = None
        if moments == "rotate" and self._step:
            turned = turned_states(self._blocks, self._states, turn)
        if turned is not None:
            self._states = turned
        elif moments != "keep":
            self.begin(points)

    def __call__(self, gradient: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, Any]:
        """Direction and divisor (..., d) of the next step, from the gradient at a point."""
        self._step += 1
        made = []
        for k, block in enumerate(self._blocks):
            self._powers[k] = self._powers[k] * self._betas[k]
            some = gradient[..., block.entries], point[..., block.entries]
            direction, preconditioner, self._states[k] = block.step(
                some[0], self._states[k], some[1], self._powers[k], self._step
            )
            factor = block.method.learning_rate
            made.append((direction * factor, divisor(direction, preconditioner)))
        if len(made) == 1:
            return made[0]
        directions, divisors = zip(*made, strict=True)
        spread = [
            np.broadcast_to(each, d.shape) for d, each in zip(directions, divisors, strict=True)
        ]
        return np.concatenate(directions, -1), np.concatenate(spread, -1)
