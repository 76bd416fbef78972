"""A closure that evaluates a model, as an optimizer of its coordinates takes it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from egop.optimizer.batched_products import BatchedProducts
from egop.optimizer.full_precision import full_precision
from egop.optimizer.rotated_block import RotatedBlock
from egop.optimizer.sharding import SHARDED, sharded_like


def rotated(
    closure: Callable[[], Any],
    products: BatchedProducts,
    blocks: list[RotatedBlock],
    before: dict[RotatedBlock, Tensor],
) -> Callable[[], Any]:
    """A closure that is evaluated at the weights of the present coordinates, and rotates gradients.

    Args:
        closure: evaluates the model, fills the gradients of its weights, and returns the loss.
        products: of the optimizer's blocks with their bases.
        blocks: those that the optimizer steps.
        before: coordinates whose weights are there already, for the first evaluation.
    """
    has_graph = torch.is_grad_enabled()
    given = {block: _marks(block) for block in blocks}

    def evaluate() -> Any:
        with torch.set_grad_enabled(has_graph), full_precision():
            for block in blocks:
                if _marks(block) != given[block]:
                    _give_back(block)  # SAM clears what it has of the evaluation before
            products.write_weights(blocks, before)
            before.clear()
        with torch.enable_grad():
            loss = closure()
        with torch.set_grad_enabled(has_graph), full_precision():
            for block in blocks:
                block.check_gradients()
            products.rotate_gradients()
        given.update({block: _marks(block) for block in blocks})
        return loss

    return evaluate


def _marks(block: RotatedBlock) -> list[Any]:
    """Marks that change where the base optimizer clears or writes gradients."""
    gradients = [shadow.grad for shadow in block.shadows]
    return [None if g is None else (id(g), g._version) for g in gradients]


def _give_back(block: RotatedBlock) -> None:
    """Gives the weights V g of the gradients g that the shadows have, or none."""
    gradients = [shadow.grad for shadow in block.shadows]
    if all(g is None for g in gradients):
        for w in block.weights:
            w.grad = None
        return
    pairs = zip(gradients, block.shadows, strict=True)
    rotated = block.flat(torch.zeros_like(s) if g is None else g for g, s in pairs)
    for w, part in zip(block.weights, block.in_shapes(block.from_basis(rotated)), strict=True):
        if w.grad is None or isinstance(w.grad, SHARDED):
            w.grad = sharded_like(part.to(w.dtype), w)
        else:
            w.grad.copy_(part)  # may lie in memory that DDP reduces
