"""Any torch.nn.Module as a network of flat parameters."""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import grad, grad_and_value, vmap
from torch.utils import _pytree as pytree

from egop.networks.blocking import tiles
from egop.networks.criterion import Loss, as_loss, scalar
from egop.networks.layout import trainable
from egop.networks.network import Batch, Network, blocks_of, check_parameters
from egop.networks.replacement import Replaced

DROPOUT = (
    nn.Dropout,
    nn.Dropout1d,
    nn.Dropout2d,
    nn.Dropout3d,
    nn.AlphaDropout,
    nn.FeatureAlphaDropout,
)

EXPLAINED = {
    "randomness error mode": "a model or loss that draws no random numbers of its own: call "
    "model.eval(), or draw them before training and put them into the batches",
    "in-place operation": "a model that changes none of its own tensors when it is called: call "
    "model.eval(), or write the new value into a new tensor",
    "inplace arithmetic": "a model that changes none of its own tensors when it is called: call "
    "model.eval(), or write the new value into a new tensor",
    "data-dependent control flow": "a model and loss that neither call .item() nor branch on the "
    "values of tensors, since many runs go through them at once: use torch.where",
}
"""Advice for what vmap cannot do, by words of PyTorch's message."""


class _Loss(nn.Module):
    """The loss as a module that holds the other, so that its parameters can be replaced."""

    def __init__(self, model: nn.Module, loss: Loss):
        super().__init__()
        self.model = model
        self.loss = loss

    def forward(self, batch: Any) -> Tensor:
        return scalar(self.loss(self.model, batch))


class ModuleNetwork(Network):
    """A module and its loss, run for many parameters at once by `torch.func.vmap`.

    The flat vector is made of the parameters that require gradients. The module is left as it is:
    parameters are replaced for each call; frozen ones and buffers keep their values, and are
    brought to the dtype and device of the flat vector. All runs go through the module at once, so
    that it must be the same function for each: in training mode, dropout and the running
    statistics of batch normalization are refused.
    """

    def __init__(self, module: nn.Module, loss: Loss, purpose: str = "from_module"):
        named = trainable(module, purpose)
        self._purpose = purpose
        self.blocks = blocks_of([(name, tuple(p.shape)) for name, p in named])
        self.module = module
        self._outputs = Replaced(module, self.blocks)
        self._loss = Replaced(_Loss(module, as_loss(loss)), self.blocks, "model.")
        self._shares_batches = True
        _check_modes(module, purpose)

    def __repr__(self) -> str:
        return f"from_module({type(self.module).__name__})"

    def losses(self, parameters: Tensor, batch: Any) -> Tensor:
        """(trials, runs) losses over the batch."""
        return self._map(self._loss.held(parameters), parameters, batch)

    def gradients(
        self, parameters: Tensor, batch: Any, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The losses (trials, runs) over the batch and their gradients (trials, runs, p)."""
        function = grad_and_value(self._loss.held(parameters))
        gradients, losses = self._map(function, parameters, batch)
        return losses, gradients if out is None else out.copy_(gradients)

    def hessian_products(self, parameters: Tensor, batch: Any, vectors: Tensor) -> Tensor:
        """(trials, runs, p) the Hessians of the losses times vectors, by a second backward pass."""
        loss = self._loss.held(parameters)

        def product(both: Tensor, batch: Any) -> Tensor:
            point, vector = both
            return grad(lambda x: grad(loss)(x, batch) @ vector)(point)

        return self._map(product, torch.stack((parameters, vectors), dim=2), batch)

    def accuracy(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) shares of examples where the largest output is the class."""
        predict = self._outputs.held(parameters)

        def share(flat: Tensor, batch: Batch) -> Tensor:
            outputs = predict(flat, batch.inputs)
            right = (outputs.argmax(-1) == batch.targets).to(flat.dtype)
            return torch.where(outputs.isnan().any(), torch.nan, right.mean())

        return self._map(share, parameters, batch)

    def _map(self, function: Callable[[Tensor, Any], Any], parameters: Tensor, batch: Any) -> Any:
        """The function of every run (p) or (2, p) and its trial's batch, tile by tile.

        Raises:
            ValueError: the module or the loss is none that many runs can go through at once.
        """
        check_parameters(parameters if parameters.ndim == 3 else parameters[:, :, 0], self)
        _check_modes(self.module, self._purpose)
        trials, runs = parameters.shape[:2]
        batch = pytree.tree_map(partial(_expanded, trials), batch)
        results = []
        for tile in tiles(trials, runs, self.activation_floats(0), parameters.device):
            of_trials = pytree.tree_map(itemgetter(tile[0]), batch)
            results.append(self._over_runs(function, parameters[tile], of_trials))
        return _joined(results, (trials, runs))

    def _over_runs(
        self, function: Callable[[Tensor, Any], Any], parameters: Tensor, batch: Any
    ) -> Any:
        """The function of some runs (T, R, p) and the batches (T, …) of their trials."""
        try:
            if self._shares_batches:
                return vmap(vmap(function, in_dims=(0, None)))(parameters, batch)
            runs = parameters.shape[1]
            of_runs = pytree.tree_map(lambda x: x[:, None].expand(-1, runs, *x.shape[1:]), batch)
            return vmap(vmap(function))(parameters, of_runs)
        except RuntimeError as error:
            for words, taken in EXPLAINED.items():
                if words in str(error):
                    raise ValueError(f"{self._purpose} takes {taken}") from error
            if not self._shares_batches:
                raise
        self._shares_batches = False  # some losses, such as mse_loss, take no batch that runs share
        return self._over_runs(function, parameters, batch)


def _expanded(trials: int, leaf: Any) -> Tensor:
    """A tensor of a batch with an entry for each trial."""
    if not isinstance(leaf, Tensor) or leaf.ndim == 0 or len(leaf) not in {1, trials}:
        got = f"shape {tuple(leaf.shape)}" if isinstance(leaf, Tensor) else type(leaf).__name__
        raise ValueError(
            f"a batch holds tensors whose first axis has one entry for each of the {trials} "
            f"trials, or one for all, got {got}; write tensor[None] for one that all share"
        )
    return leaf.expand(trials, *leaf.shape[1:])


def _check_modes(module: nn.Module, purpose: str) -> None:
    """ValueError where a layer draws numbers, writes statistics or makes sparse gradients."""
    for name, layer in module.named_modules():
        kind = f"{type(layer).__name__} {name}".strip()
        if layer.training and isinstance(layer, DROPOUT) and layer.p > 0:
            raise ValueError(
                f"{purpose} takes no dropout in training mode, since all runs are to be "
                f"functions of their parameters alone, got {kind}; call model.eval() first"
            )
        if layer.training and getattr(layer, "running_mean", None) is not None:
            raise ValueError(
                f"{purpose} takes no running statistics in training mode, since each run would "
                f"need its own, got {kind}; call model.eval(), or make the layer with "
                "track_running_stats=False"
            )
        if getattr(layer, "sparse", False) and isinstance(layer, nn.Embedding | nn.EmbeddingBag):
            raise ValueError(
                f"{purpose} takes dense gradients, got {kind} with sparse=True; set it to "
                "False, the numbers are the same"
            )


def _joined(results: list[Any], shape: tuple[int, int]) -> Any:
    """Results of all tiles as tensors (trials, runs, …)."""
    if isinstance(results[0], Tensor):
        flat = torch.cat([part.flatten(0, 1) for part in results])
        return flat.view(*shape, *flat.shape[1:])
    return tuple(_joined(list(parts), shape) for parts in zip(*results, strict=True))


def from_module(module: nn.Module, loss: Loss) -> ModuleNetwork:
    """A network of flat parameters from any module.

    Args:
        module: its parameters that require gradients, in the order of `named_parameters()`, make
            the flat vector; it is left as it is.
        loss: `loss(module, batch)`, the mean loss of one trial's batch as a scalar; or a loss of
            outputs and targets, such as `nn.CrossEntropyLoss()`. The batch has lost its trial
            axis: `batch.inputs` is (n, features), or any nesting of tensors.

    Raises:
        ValueError: the module has no parameters that require gradients, or a layer that is not
            the same function for every run; the sentence says which and what to do.
        TypeError: no module, or no loss.
    """
    return ModuleNetwork(module, loss)


def flat_parameters(module: nn.Module) -> Tensor:
    """(p,) the parameters that require gradients as one vector, in the order of the blocks."""
    return torch.cat([p.detach().flatten() for _, p in trainable(module, "flat_parameters")])
