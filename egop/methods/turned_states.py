"""States of methods in other coordinates, part by part, as their kinds say."""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from egop.methods.state_kinds import FIRST, OUTER, POINT, SCALE, SECOND, state_kinds

if TYPE_CHECKING:
    from egop.methods.blocks import RuleBlock

State = tuple[Any, ...]


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
    for place, kind in enumerate(state_kinds(rule)):
        parts = [state[place] for state in states]
        if kind == OUTER and len(blocks) == 1:
            turned.append([turn @ parts[0] @ turn.mT])
            continue
        found = [_flat(block, part, len(turn)) for block, part in zip(blocks, parts, strict=True)]
        flat = [part for part in found if part is not None]
        if kind not in _TURNS or len(flat) < len(blocks):
            return None
        whole = _TURNS[kind](turn, np.concatenate(flat, axis=-1))
        turned.append([whole[:, b.entries].reshape(-1, *b.shape) for b in blocks])
    return list(zip(*turned, strict=True)) if turned else list(states)


def _flat(block: "RuleBlock", part: Any, runs: int) -> np.ndarray | None:
    """A part (R, entries) of a block's state; None if it has not one number for each entry."""
    size = prod(block.shape)
    if np.shape(part) == (runs, *block.shape):
        return part.reshape(runs, size)
    common = np.shape(part) in {(), (runs, 1)}  # the same number for all entries of a vector
    return np.broadcast_to(part, (runs, size)) if common and len(block.shape) == 1 else None


def _first(turn: np.ndarray, part: np.ndarray) -> np.ndarray:
    return (turn @ part[..., None])[..., 0]


def _second(turn: np.ndarray, part: np.ndarray) -> np.ndarray:
    return _first(turn**2, part)


def _scale(turn: np.ndarray, part: np.ndarray) -> np.ndarray:
    return _second(turn, part**2) ** 0.5


_TURNS = {FIRST: _first, POINT: _first, SECOND: _second, SCALE: _scale}
