"""A module called with other parameters, which is the same module afterwards."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

from egop.networks.network import Block


class Replaced:
    """A module as a function of a flat vector of some of its parameters.

    Each place that holds a tensor gets its own replacement. `functional_call` by itself, with
    `tie_weights`, replaces the tensors of a layer that is used twice twice, and leaves the first
    replacement in it.

    Args:
        module: any module.
        blocks: the flat vector; their names after `prefix` are those of parameters.
        prefix: where in the module they are, such as "model.".
    """

    def __init__(self, module: nn.Module, blocks: Sequence[Block], prefix: str = ""):
        self.module = module
        self.moving = {prefix + block.name: block for block in blocks}

    def held(self, like: Tensor) -> Callable[..., Any]:
        """The module as a function of a flat vector (p,) and what the module takes.

        Frozen parameters and buffers are those that the module has now, in the dtype and on the
        device of `like`. Buffers are copies, so that what the module writes into them is lost.
        """
        moving, frozen, buffers = self._places(like)

        def call(flat: Tensor, *arguments: Any) -> Any:
            copies = {id(buffer): buffer.clone() for buffer in buffers.values()}
            tensors = {name: block.of(flat) for name, block in moving.items()}
            tensors |= frozen | {name: copies[id(buffer)] for name, buffer in buffers.items()}
            return functional_call(self.module, tensors, arguments, tie_weights=False)

        return call

    def _places(
        self, like: Tensor
    ) -> tuple[dict[str, Block], dict[str, Tensor], dict[str, Tensor]]:
        """Returns by the name of every place of a tensor its block, or the tensor to put there."""
        moving, frozen, buffers = {}, {}, {}
        first: dict[int, str] = {}
        at_home: dict[int, Tensor] = {}
        for path, module in self.module.named_modules():
            within = f"{path}." if path else ""
            for name, p in module.named_parameters(recurse=False, remove_duplicate=False):
                block = self.moving.get(first.setdefault(id(p), within + name))
                if block is not None:
                    moving[within + name] = block
                else:
                    frozen[within + name] = at_home.setdefault(id(p), _moved(p, like))
            for name, buffer in module.named_buffers(recurse=False, remove_duplicate=False):
                buffers[within + name] = at_home.setdefault(id(buffer), _moved(buffer, like))
        return moving, frozen, buffers


def _moved(tensor: Tensor, like: Tensor) -> Tensor:
    dtype = like.dtype if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to(like.device, dtype)
