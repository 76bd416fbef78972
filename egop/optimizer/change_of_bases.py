"""A base optimizer's state of rotated parameters, carried over to other bases."""

import warnings
from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeGuard

from torch import Tensor
from torch.optim import Optimizer

from egop.methods.state_kinds import FIRST, OF_SIDES, OUTER, POINT, SCALE, SECOND, state_kinds
from egop.methods.turned_states import turned_outer
from egop.optimizer.joined_blocks import JoinedBlocks, joined
from egop.optimizer.method_optimizer import MethodOptimizer
from egop.optimizer.moments import (
    MOST_COORDINATES,
    GroupTurn,
    JoinedTurn,
    can_turn,
    kinds_of,
    turned,
)
from egop.optimizer.rotated_block import RotatedBlock
from egop.optimizer.sharding import local, sharded_like
from egop.refreshed import MOMENTS

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
    pairs = joined(before, after)
    reasons = list(map(partial(_reason, base, moments, second_moments), pairs))
    _warn(pairs, reasons)
    stepped = [tensor for b in (*before, *after) for tensor in (*b.shadows, *b.weights)]
    held = {tensor: base.state.pop(tensor, {}) for tensor in stepped}
    forgotten: list[Tensor] = []
    carried: list[tuple[JoinedBlocks, JoinedBlocks]] = []
    for (old, new), reason in zip(pairs, reasons, strict=True):
        states = [held[shadow] for shadow in old.shadows]
        new.take_over(old)
        if not reason:
            if moments == "keep":
                _cast(states, old, new)
            else:
                _turn(states, kinds_of(base) or {}, old, new)
            base.state.update(zip(new.shadows, states, strict=True))
            carried.append((old, new))
        elif any(states) or not _couples(base):
            forgotten += new.shadows
    if moments == "rotate" and _has_products(base):
        _turn_products(base, carried, {**base.state, **held})
    return None if kinds_of(base) is None and forgotten else forgotten


def _couples(base: Optimizer) -> TypeGuard[MethodOptimizer]:
    """True if parameters of a group have one state, which is kept or forgotten as a whole."""
    return isinstance(base, MethodOptimizer) and base.couples


def _has_products(base: Optimizer) -> TypeGuard[MethodOptimizer]:
    """True if the state has a sum of outer products of all parameters of a group."""
    return _couples(base) and OUTER in state_kinds(base.method)


ASKED = "that is asked for, or there is none"
"""The reason for which state is forgotten without a word."""


QUIETLY = "moments='reset' forgets all without a warning"
SIDES = (
    "what is kept of the sides of a matrix turns between Kronecker bases alone, and of both sides; "
    f"{QUIETLY}"
)
COUNTS = "blocks are cut otherwise, and their parameters had other numbers of steps"


def _reason(
    base: Optimizer, moments: str, second_moments: str, pair: tuple[JoinedBlocks, JoinedBlocks]
) -> str:
    """The reason for which the state of some blocks is forgotten; "" where it goes on."""
    (old, new), kinds = pair, kinds_of(base)
    if moments == "keep":
        shapes, dtypes = ([[f(s) for s in each.shadows] for each in (old, new)] for f in _LIKENESS)
        alike = shapes[0] == shapes[1] and (kinds is not None or dtypes[0] == dtypes[1])
        return "" if alike else ASKED
    states = [base.state.get(shadow, {}) for shadow in old.shadows]
    if moments == "reset" or not any(states):
        return ASKED
    parts = zip(states, old.shadows, strict=True)
    names = [_moments(state, shadow, kinds or {}) for state, shadow in parts]
    if kinds is None or None in names:
        return f"not all that {type(base).__name__} keeps turns with the bases; {QUIETLY}"
    found = {kinds[name] for some in names for name in some or []}
    if second_moments == "reset" and (_has_products(base) or found - {FIRST, POINT}):
        return ASKED
    if found & OF_SIDES and not _has_sides(states, old, new):
        return SIDES
    unequal = any(_counts(s, kinds) != _counts(states[0], kinds) for s in states)
    return _obstacle(base, old, new, found) or (COUNTS if unequal else "")


def _warn(pairs: Sequence[tuple[JoinedBlocks, JoinedBlocks]], reasons: Sequence[str]) -> None:
    """Warns once for each reason, with the parameters whose state is forgotten for it."""
    for reason in dict.fromkeys(reasons):
        if reason not in {"", ASKED}:
            forgotten = [new for (_, new), why in zip(pairs, reasons, strict=True) if why == reason]
            names = [name for new in forgotten for name in new.names]
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            warnings.warn(
                f"refresh forgets the state of {names[0]}{others}, since {reason}", stacklevel=6
            )


def _obstacle(base: Optimizer, old: JoinedBlocks, new: JoinedBlocks, found: set[str]) -> str:
    """The reason for which moments of the kinds found cannot be turned; "" where they can."""
    squares, whole = bool(found & {SECOND, SCALE}), old.is_whole and new.is_whole
    if _has_products(base) and not whole:
        return "sums of outer products cannot be turned between bases that drop directions"
    if squares and not can_turn(old, new):
        return (
            f"second moments cannot be turned between bases of {old.n_coordinates} coordinates, "
            f"more than {MOST_COORDINATES}, unless both are Kronecker bases; moments='keep' leaves "
            "them"
        )
    if POINT in found and not whole:
        return "points cannot be turned between bases that drop directions"
    if squares and _couples(base) and not whole:
        return "norms cannot be turned between bases that drop directions"
    return ""


def _has_sides(states: Sequence[dict[str, Any]], old: JoinedBlocks, new: JoinedBlocks) -> bool:
    """True if what methods keep of the sides of a matrix can be turned."""
    parts = [x for state in states for x in state.values() if isinstance(x, Tensor)]
    known = all(part.numel() for part in parts)  # of both sides
    return known and JoinedTurn(old, new).sides(old.matrix_shape) is not None


_LIKENESS = attrgetter("shape"), attrgetter("dtype")


def _counts(state: dict[str, Any], kinds: dict[str, str]) -> dict[str, Any]:
    """A parameter's state with a word for each moment, and numbers for counts of steps."""
    return {
        name: "moment" if name in kinds else float(x) if isinstance(x, Tensor) else x
        for name, x in state.items()
        if kinds.get(name) != OUTER  # which one parameter has for all
    }


def _turn(
    states: list[dict[str, Any]], kinds: dict[str, str], old: JoinedBlocks, new: JoinedBlocks
) -> None:
    """Turns the moments of parameters in place."""
    names = _moments(states[0], old.shadows[0], kinds) or []
    of_sides = {name: states[0][name] for name in names if kinds[name] in OF_SIDES}
    entries = {name: old.flat(s[name] for s in states) for name in names if name not in of_sides}
    found = turned(entries | of_sides, kinds, old, new)
    for name in of_sides:
        states[0][name] = found[name]
    for name in entries:
        for state, part, shadow in zip(states, new.cut(found[name]), new.shadows, strict=True):
            entry = state[name]
            if entry.shape == shadow.shape and entry.dtype == shadow.dtype:
                local(entry).copy_(part)
            else:
                state[name] = sharded_like(part.to(shadow.dtype, copy=True), shadow)


def _turn_products(
    base: MethodOptimizer,
    carried: Sequence[tuple[JoinedBlocks, JoinedBlocks]],
    states: dict[Tensor, dict[str, Any]],
) -> None:
    """Turns sums of outer products of all stepped parameters of each group.

    Args:
        base: the optimizer, with the parameters of before.
        carried: the blocks whose state goes on, before and after.
        states: of each parameter, before.
    """
    kinds = zip(base.method.rule.state, state_kinds(base.method), strict=True)
    names = [name for name, kind in kinds if kind == OUTER]
    for group in base.param_groups:
        stepped = [p for p in group["params"] if "step" in states.get(p, {})]
        pairs = [pair for pair in carried if {*stepped}.issuperset(pair[0].shadows)]
        state = states.get(group["params"][0], {}) if group["params"] else {}
        for name in names:
            if name in state:
                found = turned_outer(state[name], GroupTurn(stepped, pairs))
                state[name] = found.to(state[name].dtype)


def _cast(states: list[dict[str, Any]], old: JoinedBlocks, new: JoinedBlocks) -> None:
    """Brings state that is kept to the dtype of the coordinates, which narrow weights have not."""
    for state, was, shadow in zip(states, old.shadows, new.shadows, strict=True):
        for name, value in state.items():
            if isinstance(value, Tensor) and value.dim() and value.dtype == was.dtype:
                state[name] = value.to(shadow.dtype)


def _moments(state: dict[str, Any], shadow: Tensor, kinds: dict[str, str]) -> list[str] | None:
    """Names of the moments in a parameter's state; None if it holds more than the table tells."""
    names = []
    for name, value in state.items():
        kind = kinds.get(name)
        if kind == OUTER:
            continue  # which is turned for all parameters of a group
        if isinstance(value, Tensor) and (
            kind in OF_SIDES or (kind is not None and value.shape == shadow.shape)
        ):
            names.append(name)
        elif isinstance(value, list | tuple | dict) or (isinstance(value, Tensor) and value.dim()):
            return None
    return sorted(names)
