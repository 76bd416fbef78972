"""The layout of a module's parameters in its flat vector, and the check that two agree."""

from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from egop.networks.block_basis import BlockBasis
from egop.networks.network import Block


def trainable(model: nn.Module, purpose: str) -> list[tuple[str, nn.Parameter]]:
    """Returns the names and parameters that require gradients, in the order of the module.

    They make the flat vector, wherever a module becomes one: frozen parameters are no part of it,
    and tied weights, or those of a layer that is used twice, are in it once.

    Args:
        model: any module.
        purpose: what takes it; begins the sentence of an error.

    Raises:
        ValueError: there are none, one is complex or has no numbers yet, is sharded, or shares
            memory with another parameter or a buffer.
        TypeError: the model is no module, or one of TorchScript.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"{purpose} takes a torch.nn.Module, got {_described(model)}")
    if any(isinstance(each, torch.jit.ScriptModule) for each in model.modules()):
        raise TypeError(
            f"{purpose} takes a model in Python, got a {type(model).__name__} of TorchScript; give "
            "it as it was before torch.jit"
        )
    _check_numbers(model, purpose)
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if not any(p.numel() for _, p in named):
        raise ValueError(
            f"{purpose} takes a model with parameters that require gradients, got "
            f"{type(model).__name__} with none"
        )
    for name, p in named:
        if not p.is_floating_point():
            raise ValueError(f"{purpose} takes real parameters, got {name} of {p.dtype}")
    _check_memory(model, {name for name, _ in named})
    return named


def check_layout(found: Sequence[Block], expected: Sequence[Block], owner: str) -> None:
    """ValueError unless two flat vectors hold tensors of the same names and shapes, in order.

    Args:
        found: the layout that a basis was estimated in.
        expected: the layout that it is to rotate.
        owner: whose layout the first is, such as "the basis 'egop'".
    """
    for there, here in zip_longest(found, expected):
        if there is None or here is None or (there.name, there.shape) != (here.name, here.shape):
            raise ValueError(
                f"{owner} belongs to another flat vector: {_tensor(there)} there is "
                f"{_tensor(here)} here; estimate it from this network, with the same parameters "
                "frozen"
            )


def check_bases(name: str, bases: Any, trials: int, layout: Sequence[Block]) -> None:
    """ValueError unless each trial has block bases, of the same blocks, for this flat vector.

    Those of a block have the same kind and size in every trial, and as many coordinates as entries.

    Args:
        name: of the basis.
        bases: for each trial its `BlockBases`, or the `BlockBasis` of each block.
        trials: how many there are.
        layout: of the flat vector.
    """
    if hasattr(bases, "layout") or len(bases) != trials:
        got = "one for all" if hasattr(bases, "layout") else len(bases)
        each = f"each of the {trials} trials" if trials > 1 else "the one trial"
        raise ValueError(
            f"the basis {name!r} takes a list with one set of blocks for {each}, got {got}"
        )
    for basis in bases:
        check_layout(getattr(basis, "layout", layout), layout, f"the basis {name!r}")
        blocks = [each.block for each in basis]
        if blocks != [each.block for each in bases[0]]:
            raise ValueError(
                f"the basis {name!r} takes the same blocks in every trial, got "
                f"{', '.join(block.name for block in blocks)} beside "
                f"{', '.join(each.block.name for each in bases[0])}"
            )
    for alike in zip(*bases, strict=True):
        _check_block(name, alike)


def _check_block(name: str, bases: Sequence[BlockBasis]) -> None:
    """ValueError unless the bases of a block can rotate all trials together."""
    first = bases[0]
    if first.n_coordinates != first.dim:
        raise ValueError(
            f"the basis {name!r} takes all {first.dim} coordinates of {first.block.name}, got "
            f"{first.n_coordinates} beside dropped ones; take complement='implicit'"
        )
    kinds = {(type(each), *_sizes(each)): each for each in bases}
    if len(kinds) > 1:
        some, other = list(kinds.values())[:2]
        raise ValueError(
            f"the basis {name!r} takes the same structure in every trial, got {some!r} beside "
            f"{other!r}"
        )


def _sizes(basis: BlockBasis) -> Iterable[tuple[str, tuple[int, ...]]]:
    """The names and shapes of a basis's matrices."""
    tensors = basis.tensors().items()
    return ((name, tuple(each.shape)) for name, each in tensors if not name.endswith("values"))


def _tensor(block: Block | None) -> str:
    return "nothing" if block is None else f"{block.name} of shape {block.shape}"


def _described(value: object) -> str:
    return value.__name__ if isinstance(value, type) else f"an object of {type(value).__name__}"


def _check_numbers(model: nn.Module, purpose: str) -> None:
    """ValueError unless every parameter has its shape and its numbers."""
    for name, p in model.named_parameters():
        if isinstance(p, UninitializedParameter):
            raise ValueError(
                f"{purpose} takes parameters that have a shape, got {name} of a lazy layer; call "
                "the model on a batch first"
            )
        if hasattr(p, "placements"):  # a DTensor
            raise ValueError(
                f"{purpose} takes whole parameters, got {name}, of which each process has a part; "
                "estimate before fully_shard"
            )
        if p.is_meta:
            raise ValueError(
                f"{purpose} takes parameters with numbers, got {name} on the meta device; load "
                "them first"
            )


def _check_memory(model: nn.Module, names: set[str]) -> None:
    """ValueError where a parameter that requires gradients overlaps another tensor of the model."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    order = {name: k for k, (name, _) in enumerate(tensors)}
    spans = sorted((t.data_ptr(), t.data_ptr() + _bytes(t), n) for n, t in tensors if t.numel())
    for (_, end, one), (start, _, other) in pairwise(spans):
        if end > start and not names.isdisjoint((one, other)):
            first, second = sorted((one, other), key=order.__getitem__)
            raise ValueError(
                f"{first} and {second} share memory but are two tensors, so that neither's "
                "gradient is the whole one; tie them by assigning the same Parameter"
            )


def _bytes(tensor: Tensor) -> int:
    """Bytes from the first entry of a tensor to the end of its last."""
    steps = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return (steps + 1) * tensor.element_size()
