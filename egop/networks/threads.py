"""One thread for work on small tensors, which several would only wait for each other in.

Where other work shares the cores, each small operation on several threads waits for the slowest:
2,368 gradients of a network of 64-32-10 units took 30 s on two busy cores, and 1.3 s on one.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from ctypes import CDLL
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils import _pytree as pytree

GRAIN = 32_768
"""Entries of a tensor up to which PyTorch's elementwise operations use one thread in any case."""


class Threads:
    """The threads that a module is called with: one where it works on small tensors on the CPU.

    The first call with batches of a shape decides, by the sizes of parameters, batch, layers'
    outputs and what is saved for gradients, so that the choice and with it the last bits of results
    depend on nothing else. Where that call sets the number of threads itself, it stays.

    Args:
        model: any module.
    """

    def __init__(self, model: nn.Module):
        self.model = model
        self._small: dict[tuple[Any, ...], bool] = {}

    @contextmanager
    def calling(self, batch: Any) -> Iterator[None]:
        """A context in which the model is called on a batch."""
        tensors = [each for each in pytree.tree_leaves(batch) if isinstance(each, Tensor)]
        sizes = tuple(each.numel() if each.is_nested else each.shape for each in tensors)
        if sizes not in self._small:
            with self._watched(sizes, batch):
                yield
        elif self._small[sizes]:
            with one_thread():
                yield
        else:
            yield

    @contextmanager
    def _watched(self, sizes: tuple[Any, ...], batch: Any) -> Iterator[None]:
        small = [_are_small([*self.model.parameters(), batch])]
        before = torch.get_num_threads()

        def see(tensors: Any) -> Any:
            small.append(_are_small(tensors))
            return tensors

        def see_outputs(_layer: nn.Module, _inputs: Any, outputs: Any) -> None:
            see(outputs)

        with ExitStack() as hooks:
            for layer in self.model.modules():
                hooks.callback(layer.register_forward_hook(see_outputs).remove)
            hooks.enter_context(saved_tensors_hooks(see, lambda saved: saved))
            yield
        self._small[sizes] = all(small) and torch.get_num_threads() == before


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
    """A context in which PyTorch's operations on the CPU use the calling thread alone.

    What sets another number of threads inside keeps it.
    """
    before = torch.get_num_threads()
    set_own_threads(1)
    try:
        yield
    finally:
        if torch.get_num_threads() == 1:
            set_own_threads(before)


def set_own_threads(count: int) -> None:
    """Sets how many threads PyTorch's operations of the calling thread use.

    `torch.set_num_threads` would also set the number for threads still to come, whoever starts
    them. It is put back where PyTorch's libraries do not show the functions below it.
    """
    before = torch.get_num_threads()  # else the thread's first operation would set the default
    functions = _functions_of_threads()
    for function in functions:
        function(count)
    if not functions:
        torch.set_num_threads(count)
        other = Thread(target=torch.set_num_threads, args=[max(before, count)])
        other.start()
        other.join()


@cache
def _functions_of_threads() -> list[Any]:
    """The functions of OpenMP and MKL that set the threads of the calling one; [] if unknown."""
    for path in Path(torch.__file__).parent.glob("lib/libtorch_cpu.*"):
        library = CDLL(str(path))  # shows also what it is linked with
        names = ("omp_set_num_threads", "MKL_Set_Num_Threads_Local")
        found = [getattr(library, name, None) for name in names]
        if found[0] is not None and (found[1] is not None or not torch.backends.mkl.is_available()):
            return [function for function in found if function is not None]
    return []
