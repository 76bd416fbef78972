"""The rule by which what a method carries turns with the coordinates, of arrays and of tensors."""

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from egop.methods.matrices import Array
from egop.methods.state_kinds import (
    ALONG_FRAMES,
    FIRST,
    LEFT,
    LEFT_FRAME,
    OF_SIDES,
    OUTER,
    POINT,
    RIGHT_FRAME,
    SCALE,
    SECOND,
    SHORTER,
    state_kinds,
)

if TYPE_CHECKING:
    from egop.methods.blocks import RuleBlock

State = tuple[Any, ...]
Sides = tuple[Array | None, Array | None]


class Turn(Protocol):
    """W = V_newᵀV_old, by which coordinates become others; leading axes are runs."""

    def __call__(self, x: Array) -> Array:
        """Wx of coordinates (..., d), or of each row of matrices (..., k, d)."""
        ...

    def of_squares(self, v: Array) -> Array:
        """(..., d) Σ_j W_ij² v_j, the diagonal of W diag(v) Wᵀ."""
        ...

    def sides(self, shape: tuple[int, ...]) -> Sides | None:
        """L and R of W = L ⊗ R for a matrix of a shape, None for I; None: W is no such."""
        ...


def turned_part(part: Array, kind: str, turn: Turn, shape: tuple[int, ...]) -> Array | None:
    """A part of a method's state after points z became Wz; None where that does not determine it.

    Args:
        part: (..., d) of each coordinate, (..., d, d) of each pair, or what a method keeps of the
            sides of a matrix.
        kind: of `state_kinds`.
        turn: W.
        shape: of the matrix; of one axis for a vector.
    """
    if kind in OF_SIDES:
        sides = turn.sides(shape)
        if sides is None or 0 in part.shape:  # a side of which a method turns nothing
            return None
        return _of_sides(part, kind, sides, shape)
    if kind in {FIRST, POINT}:
        return turn(part)
    if kind == SECOND:
        return turn.of_squares(part)
    if kind == SCALE:
        return turn.of_squares(part * part) ** 0.5
    return turned_outer(part, turn) if kind == OUTER else None


def turned_outer(part: Array, turn: Callable[[Array], Array]) -> Array:
    """W S Wᵀ of sums S (..., d, d) of outer products, where `turn` maps rows x to Wx."""
    return turn(turn(part).mT).mT


def _of_sides(part: Array, kind: str, sides: Sides, shape: tuple[int, ...]) -> Array:
    if kind == ALONG_FRAMES:
        return part
    rows = kind in {LEFT, LEFT_FRAME} or (kind == SHORTER and shape[0] < shape[1])
    side = sides[0] if rows else sides[1]
    if side is None:
        return part
    return side @ part if kind in {LEFT_FRAME, RIGHT_FRAME} else side @ part @ side.mT


def turned_state(block: "RuleBlock", state: State, turn: Turn) -> State | None:
    """The state of a block after its points (..., d) became Wz; None where it cannot be turned."""
    turned, dim = [], prod(block.shape)
    for part, kind in zip(state, state_kinds(block.method), strict=True):
        flat = part
        if kind not in OF_SIDES and kind != OUTER:
            runs = part.ndim - len(block.shape)
            if part.shape[runs:] != block.shape:
                return None
            flat = part.reshape(*part.shape[:runs], dim)
        new = turned_part(flat, kind, turn, block.shape)
        if new is None:
            return None
        turned.append(new.reshape(part.shape))
    return tuple(turned)


class DenseTurn:
    """W of all coordinates of each run, as a matrix.

    Args:
        matrix: (R, d, d).
    """

    def __init__(self, matrix: np.ndarray):
        self._matrix = matrix

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Wx of coordinates (R, d), or of each row of matrices (R, k, d)."""
        return _times(self._matrix, x)

    def of_squares(self, v: np.ndarray) -> np.ndarray:
        """(R, d) Σ_j W_ij² v_j."""
        return _times(self._matrix**2, v)

    def sides(self, shape: tuple[int, ...]) -> None:
        """None: W mixes all entries."""


def _times(turn: np.ndarray, x: np.ndarray) -> np.ndarray:
    return x @ turn.mT if x.ndim == turn.ndim else (turn @ x[..., None])[..., 0]


def turned_states(
    blocks: Sequence["RuleBlock"], states: Sequence[State], turn: np.ndarray
) -> list[State] | None:
    """The states of all blocks after points z became Wz; None where one of them cannot be turned.

    Coordinates of a basis mix those of all blocks, so each part is turned as one vector over all
    of them: blocks of one rule, each part of one number for each entry.

    Args:
        blocks: of a method.
        states: of each.
        turn: (R, d, d) W = V_newᵀV_old.
    """
    rule = blocks[0].method.rule
    if any(block.method.rule != rule for block in blocks):
        return None
    turned = []
    for place, kind in enumerate(state_kinds(blocks[0].method)):
        parts = [state[place] for state in states]
        whole = parts[0] if kind == OUTER else _joined(blocks, parts, len(turn))
        if whole is None:
            return None
        new = turned_part(whole, kind, DenseTurn(turn), (whole.shape[-1],))
        if new is None:
            return None
        if kind == OUTER:
            turned.append([new])
        else:
            turned.append([new[:, b.entries].reshape(-1, *b.shape) for b in blocks])
    return list(zip(*turned, strict=True)) if turned else list(states)


def _joined(blocks: Sequence["RuleBlock"], parts: Sequence[Any], runs: int) -> np.ndarray | None:
    """Parts (R, d) of all blocks' states; None if one has not one number for each entry."""
    found = [_flat(block, part, runs) for block, part in zip(blocks, parts, strict=True)]
    known = [part for part in found if part is not None]
    return np.concatenate(known, axis=-1) if len(known) == len(blocks) else None


def _flat(block: "RuleBlock", part: Any, runs: int) -> np.ndarray | None:
    size = prod(block.shape)
    if np.shape(part) == (runs, *block.shape):
        return part.reshape(runs, size)
    common = np.shape(part) in {(), (runs, 1)}  # the same number for all entries of a vector
    return np.broadcast_to(part, (runs, size)) if common and len(block.shape) == 1 else None
