"""A closure that evaluates a model, as an optimizer of its coordinates takes it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from egop.optimizer.batched_products import BatchedProducts
from egop.optimizer.full_precision import full_precision
from egop.optimizer.rotated_block import RotatedBlock


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

    def evaluate() -> Any:
        with torch.set_grad_enabled(has_graph), full_precision():
            products.write_weights(blocks, before)
            before.clear()
        with torch.enable_grad():
            loss = closure()
        with torch.set_grad_enabled(has_graph), full_precision():
            for block in blocks:
                block.check_gradients()
            products.rotate_gradients()
        return loss

    return evaluate
