"""Any torch.nn.Module as a network of flat parameters."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from torch.utils import _pytree as pytree

from egop.networks.network import Batch, Network, blocks_of, check_parameters
from egop.networks.tiles import tiles


class _Loss(nn.Module):
    """The loss as a module that holds the other, so that its parameters can be replaced."""

    def __init__(self, model: nn.Module, loss: Callable[[nn.Module, Any], Tensor]):
        super().__init__()
        self.model = model
        self.loss = loss

    def forward(self, batch: Any) -> Tensor:
        return self.loss(self.model, batch)


class ModuleNetwork(Network):
    """A module and its loss, run for many parameters at once by `torch.func.vmap`.

    The module itself is left as it is: parameters are replaced for each call, buffers stay. A
    module that writes its buffers in training, such as batch normalization, belongs in `eval()`.
    """

    def __init__(self, module: nn.Module, loss: Callable[[nn.Module, Any], Tensor]):
        named = [(name, tuple(p.shape)) for name, p in module.named_parameters()]
        if not named:
            raise ValueError(f"from_module takes a module with parameters, got {module!r}")
        self.blocks = blocks_of(named)
        self.module = module
        self._loss = _Loss(module, loss)

    def __repr__(self) -> str:
        return f"from_module({type(self.module).__name__})"

    def losses(self, parameters: Tensor, batch: Any) -> Tensor:
        """(trials, runs) losses over the batch."""
        return self._map(self._loss_at, parameters, batch)

    def gradients(
        self, parameters: Tensor, batch: Any, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The losses (trials, runs) over the batch and their gradients (trials, runs, p)."""
        gradients, losses = self._map(grad_and_value(self._loss_at), parameters, batch)
        return losses, gradients if out is None else out.copy_(gradients)

    def accuracy(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) shares of examples where the largest output is the class."""

        def share(flat: Tensor, batch: Batch) -> Tensor:
            outputs = functional_call(self.module, self._named(flat), (batch.inputs,))
            right = (outputs.argmax(-1) == batch.targets).to(flat.dtype)
            return torch.where(outputs.isnan().any(), torch.nan, right.mean())

        return self._map(share, parameters, batch)

    def _named(self, flat: Tensor, prefix: str = "") -> dict[str, Tensor]:
        return {prefix + block.name: block.of(flat) for block in self.blocks}

    def _loss_at(self, flat: Tensor, batch: Any) -> Tensor:
        return functional_call(self._loss, self._named(flat, "model."), (batch,))

    def _map(self, function: Callable[[Tensor, Any], Any], parameters: Tensor, batch: Any) -> Any:
        """The function of every run and its trial's batch, tile by tile."""
        check_parameters(parameters, self)
        trials, runs = parameters.shape[:2]
        batch = pytree.tree_map(lambda leaf: leaf.expand(trials, *leaf.shape[1:]), batch)
        over_runs = vmap(vmap(function, in_dims=(0, None)))
        results = []
        for tile in tiles(trials, runs, self.activation_floats(0), parameters.device):
            of_trials = pytree.tree_map(itemgetter(tile[0]), batch)
            results.append(over_runs(parameters[tile], of_trials))
        return _joined(results, (trials, runs))


def _joined(results: list[Any], shape: tuple[int, int]) -> Any:
    """Results of all tiles as tensors (trials, runs, …)."""
    if isinstance(results[0], Tensor):
        flat = torch.cat([part.flatten(0, 1) for part in results])
        return flat.view(*shape, *flat.shape[1:])
    return tuple(_joined(list(parts), shape) for parts in zip(*results, strict=True))


def from_module(module: nn.Module, loss: Callable[[nn.Module, Any], Tensor]) -> ModuleNetwork:
    """A network of flat parameters from any module.

    Args:
        module: its `named_parameters()` in their order make the flat vector; it is left as it is.
        loss: `loss(module, batch)`, the mean loss of one trial's batch as a scalar. The batch has
            lost its trial axis: `batch.inputs` is (n, features), or any nesting of tensors.

    Raises:
        ValueError: the module has no parameters.
    """
    return ModuleNetwork(module, loss)


def flat_parameters(module: nn.Module) -> Tensor:
    """(p,) the module's current parameters as one vector, in the order of the blocks."""
    return torch.cat([p.detach().flatten() for p in module.parameters()])
