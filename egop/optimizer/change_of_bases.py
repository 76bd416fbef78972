"""A base optimizer's state of rotated parameters, carried over to other bases."""

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from egop.networks.block_basis import KroneckerBasis
from egop.networks.network import Block
from egop.optimizer.moments import (
    FIRST,
    MOST_COORDINATES,
    POINT,
    SCALE,
    SECOND,
    can_turn,
    kinds_of,
    turned,
)
from egop.optimizer.rotated_block import RotatedBlock
from egop.optimizer.sharding import local, sharded_like

MOMENTS = ("rotate", "reset", "keep")
SECOND_MOMENTS = ("diagonal", "reset")


def check_choices(moments: str, second_moments: str) -> None:
    """ValueError unless both are words that `refresh` knows."""
    for name, value, known in (
        ("moments", moments, MOMENTS),
        ("second_moments", second_moments, SECOND_MOMENTS),
    ):
        if value not in known:
            raise ValueError(f"{name} takes {' or '.join(map(repr, known))}, got {value!r}")


def renewed(
    base: Optimizer,
    before: Sequence[RotatedBlock],
    after: Sequence[RotatedBlock],
    moments: str,
    second_moments: str,
) -> list[Tensor] | None:
    """Carries the state of the base optimizer over, and returns the tensors that must forget it.

    None stands for all: an optimizer that the table does not tell may keep anything anywhere, as
    LBFGS does for all parameters at once. Coordinates of the new blocks stay in the tensors of the
    old ones where these have their shape.
    """
    kinds = kinds_of(base)
    pairs, forgotten = _pairs(before, after)
    if moments == "rotate" and second_moments == "diagonal":
        _warn_of_sizes(base, pairs)
    stepped = [tensor for b in (*before, *after) for tensor in (*b.shadows, *b.weights)]
    held = {tensor: base.state.pop(tensor, {}) for tensor in stepped}
    for old, new in pairs:
        states = [held[shadow] for shadow in old.shadows]
        new.take_over(old)
        if moments == "keep":
            kept = old.n_coordinates == new.n_coordinates
        else:
            turning = moments == "rotate" and kinds
            kept = bool(turning) and _turn(states, turning, old, new, second_moments)
        if kept:
            base.state.update(zip(new.shadows, states, strict=True))
        else:
            forgotten += new.shadows
    return None if kinds is None and moments != "keep" else forgotten


def _pairs(
    before: Sequence[RotatedBlock], after: Sequence[RotatedBlock]
) -> tuple[list[tuple[RotatedBlock, RotatedBlock]], list[Tensor]]:
    """Old and new blocks of the same parameters, and tensors that have no counterpart.

    A parameter that is rotated in one of the two alone is paired with its own coordinates.
    """
    old_of = {block.weights: block for block in before}
    pairs = [(old_of.pop(new.weights), new) for new in after if new.weights in old_of]
    was, will = ({w for block in each for w in block.weights} for each in (before, after))
    paired = {new.weights for _, new in pairs}
    forgotten: list[Tensor] = []
    for new in after:
        if len(new.weights) == 1 and new.weights[0] not in was:
            pairs.append((UnrotatedBlock(new), new))
        elif new.weights not in paired:
            forgotten += new.shadows
    for old in old_of.values():
        if len(old.weights) == 1 and old.weights[0] not in will:
            pairs.append((old, UnrotatedBlock(old)))
        else:
            forgotten += [w for w in old.weights if w not in will]
    return pairs, forgotten


def _warn_of_sizes(base: Optimizer, pairs: Sequence[tuple[RotatedBlock, RotatedBlock]]) -> None:
    """Warns of moments that are too many to be turned, before anything is changed."""
    squares = {SECOND, SCALE} & set((kinds_of(base) or {}).values())
    large = [(old, new) for old, new in pairs if not can_turn(old, new)]
    for old, new in large:
        if squares and any(base.state.get(shadow) for shadow in old.shadows):
            warnings.warn(
                f"the second moments of {new.names[0]} are forgotten with its whole state, since "
                f"they cannot be turned between bases of {old.n_coordinates} coordinates, more "
                f"than {MOST_COORDINATES}, unless both are Kronecker bases; moments='keep' leaves "
                "them",
                stacklevel=6,
            )


def _turn(
    states: list[dict[str, Any]],
    kinds: dict[str, str],
    old: RotatedBlock,
    new: RotatedBlock,
    second_moments: str,
) -> bool:
    """Turns the moments of a block's parameters in place; False if that is impossible."""
    names = [
        _moments(state, shadow, kinds) for state, shadow in zip(states, old.shadows, strict=True)
    ]
    if names[0] is None or any(each != names[0] for each in names):
        return False
    squares = [name for name in names[0] if kinds[name] not in {FIRST, POINT}]
    whole = old.n_coordinates == old.basis.dim and new.n_coordinates == new.basis.dim
    if squares and (second_moments == "reset" or not can_turn(old, new)):
        return False
    if any(kinds[name] == POINT for name in names[0]) and not whole:
        return False
    entries = {name: old.flat(state[name] for state in states) for name in names[0]}
    for name, value in turned(entries, kinds, old, new).items():
        for state, part, shadow in zip(states, new.cut(value), new.shadows, strict=True):
            entry = state[name]
            if entry.shape == shadow.shape and entry.dtype == shadow.dtype:
                local(entry).copy_(part)
            else:
                state[name] = sharded_like(part.to(shadow.dtype, copy=True), shadow)
    return True


def _moments(state: dict[str, Any], shadow: Tensor, kinds: dict[str, str]) -> list[str] | None:
    """Names of the moments in a parameter's state; None if it holds more than the table tells."""
    names = []
    for name, value in state.items():
        if isinstance(value, Tensor) and name in kinds and value.shape == shadow.shape:
            names.append(name)
        elif isinstance(value, list | tuple | dict) or (
            isinstance(value, Tensor) and value.numel() > 1
        ):
            return None
    return sorted(names)


class UnrotatedBlock(RotatedBlock):
    """A parameter in its own coordinates, which the base optimizer steps as it is."""

    def __init__(self, block: RotatedBlock) -> None:
        self.names, self.weights, self.dtype = block.names, block.weights, block.dtype
        self.shadows = block.weights
        self._is_sharded, self._shapes = block._is_sharded, block._shapes
        shape = tuple(self._shapes[0])
        size = prod(shape)
        rows = shape[0] if len(shape) > 1 else 1
        columns = size // max(rows, 1)
        whole = Block(block.names[0], (rows, columns), 0, size)
        self.basis = KroneckerBasis(whole, None, None, torch.ones(rows), torch.ones(columns))

    def take_over(self, old: RotatedBlock) -> None:
        """Does nothing: the parameter holds its coordinates."""
