"""One thread for work on small tensors, which several would only wait for each other in.

Where other work shares the cores, each small operation on several threads waits for the slowest:
2,368 gradients of a network of 64-32-10 units took 30 s on two busy cores, and 1.3 s on one.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

GRAIN = 32_768
"""Entries of a tensor up to which PyTorch's elementwise operations use one thread in any case."""


class Threads:
    """The threads that a module is called with: one where it works on small tensors on the CPU.

    The first call with batches of a shape decides, by the sizes of parameters, batch and layers'
    outputs, so that the choice and with it the last bits of results depend on nothing else.

    Args:
        model: any module.
    """

    def __init__(self, model: nn.Module):
        self.model = model
        self._small: dict[tuple[torch.Size, ...], bool] = {}

    @contextmanager
    def calling(self, batch: Any) -> Iterator[None]:
        """A context in which the model is called on a batch."""
        leaves = pytree.tree_leaves(batch)
        shapes = tuple(each.shape for each in leaves if isinstance(each, Tensor))
        if shapes not in self._small:
            with self._watched(shapes, batch):
                yield
        elif self._small[shapes]:
            with one_thread():
                yield
        else:
            yield

    @contextmanager
    def _watched(self, shapes: tuple[torch.Size, ...], batch: Any) -> Iterator[None]:
        small = [_are_small([*self.model.parameters(), batch])]

        def see(_layer: nn.Module, _inputs: Any, outputs: Any) -> None:
            small.append(_are_small(outputs))

        with ExitStack() as hooks:
            for layer in self.model.modules():
                hooks.callback(layer.register_forward_hook(see).remove)
            yield
        self._small[shapes] = all(small)


def _are_small(tensors: Any) -> bool:
    """Returns True if tensors lie on the CPU and have few entries."""
    leaves: Iterable[Any] = pytree.tree_leaves(tensors)
    return all(
        each.numel() <= GRAIN and each.device.type == "cpu"
        for each in leaves
        if isinstance(each, Tensor)
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which PyTorch's operations on the CPU use the calling thread alone."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
