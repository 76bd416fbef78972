"""Entries of rotated parameters in a checkpoint, and the check that they fit the bases."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from torch.optim import Optimizer

from egop.optimizer.rotated_block import BASIS, SHADOW, WEIGHT, RotatedBlock

State = dict[str, Any]

ENTRIES = {BASIS, SHADOW, WEIGHT}
OWN_FORM = "base_optimizer"


def with_coordinates(
    state: Mapping[Any, State], blocks: Sequence[RotatedBlock]
) -> defaultdict[Any, State]:
    """The state with the coordinates of each rotated parameter among its entries."""
    full: defaultdict[Any, State] = defaultdict(dict, state)
    for block in blocks:
        for weight, saved in zip(block.weights, block.saved(), strict=True):
            full[weight] = {**state.get(weight, {}), **saved}
    return full


def with_own_form(state_dict: State, base: Optimizer) -> State:
    """The state dict, with the base optimizer's where that has a form of its own (Lookahead)."""
    own = type(base).state_dict is not Optimizer.state_dict
    return state_dict | {OWN_FORM: base.state_dict()} if own else state_dict


def split(
    state_dict: State, groups: Sequence[State], blocks: Sequence[RotatedBlock]
) -> tuple[State, list[list[State]]]:
    """Returns the state dict of the base optimizer, and for each block that of its parameters.

    Raises:
        ValueError: the checkpoint is one of other parameters, or was made with other bases.
    """
    saved = state_dict["param_groups"]
    sizes, own = ([len(group["params"]) for group in each] for each in (saved, groups))
    if sizes != own:
        raise ValueError(
            f"the checkpoint was made for groups of {_numbers(sizes)} parameters, got groups of "
            f"{_numbers(own)}; make the optimizer with the same named parameters"
        )
    keys = chain.from_iterable(group["params"] for group in saved)
    key_of = dict(zip(chain.from_iterable(g["params"] for g in groups), keys, strict=True))
    state = state_dict["state"]
    of_blocks = [[state.get(key_of[w], {}) for w in block.weights] for block in blocks]
    for block, entries in zip(blocks, of_blocks, strict=True):
        _check(block, entries)
    rotated = {key_of[w] for block in blocks for w in block.weights}
    for key, entries in state.items():
        if BASIS in entries and key not in rotated:
            raise ValueError(
                "the checkpoint was made with bases of more parameters; make the optimizer with "
                "the same bases"
            )
    of_base = {
        "state": {
            key: {name: value for name, value in entries.items() if name not in ENTRIES}
            for key, entries in state.items()
        },
        "param_groups": [
            {name: value for name, value in group.items() if name != "param_names"}
            for group in saved
        ],
    }
    return state_dict.get(OWN_FORM, of_base), of_blocks


def _check(block: RotatedBlock, entries: Sequence[State]) -> None:
    """ValueError unless the saved entries of a block's parameters belong to its basis."""
    for name, weight, shadow, saved in zip(
        block.names, block.weights, block.shadows, entries, strict=True
    ):
        if BASIS not in saved:
            if weight.requires_grad:  # torch's distributed checkpoints leave frozen ones out
                raise ValueError(
                    f"the checkpoint holds no coordinates of {name}: it was made without a basis "
                    "of it, or flattened; make the optimizer with the same bases, or begin without "
                    "its state"
                )
            continue
        kept = saved.get(SHADOW, shadow)
        if int(saved[BASIS]) != block.fingerprint or kept.shape != shadow.shape:
            raise ValueError(
                f"the checkpoint was made with another basis of {name}; save the bases beside "
                "it (bases.save), and make the optimizer with these"
            )


def _numbers(sizes: Sequence[int]) -> str:
    return " and ".join(map(str, sizes))
