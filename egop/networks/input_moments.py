"""Uncentered second moments of what goes into the layers of a module, for the structure "data".

A linear layer with weights (m, n) gets gradients δxᵀ, so that the eigenvectors R of E[xxᵀ] make the
basis I ⊗ R, for which no gradient is sampled. The inputs of a convolution are its patches.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from egop.networks.block_basis import BlockBasis, KroneckerBasis, matrix_shape
from egop.networks.network import Block
from egop.networks.processes import Processes

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.MultiheadAttention)
"""Layers whose inputs are known."""


class InputMoments:
    """Σ xxᵀ of the inputs of each block's layers, averaged over the forward passes.

    Args:
        model: whose layers.
        blocks: weight matrices of it, by the names of its parameters.

    Attributes:
        blocks: those whose layers are known; others stay as they are, with a warning, and the
            rows of an embedding without one, since its inputs are unit vectors.

    Raises:
        ValueError: no layer is known.
    """

    def __init__(self, model: nn.Module, blocks: Sequence[Block]):
        self._layers = _layers_of(model, blocks)
        self.blocks = tuple(b for b in blocks if self._layers.get(b.name))
        if not self.blocks:
            raise ValueError(
                "structure='data' takes weights of linear and convolutional layers, got "
                f"{', '.join(block.name for block in blocks)}; take structure='kronecker'"
            )
        self._parameter_device = next(model.parameters()).device
        self._sums: dict[str, Tensor] = {}
        self._rows = dict.fromkeys([block.name for block in self.blocks], 0)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A context in which the inputs of all forward passes are added up."""
        handles = []
        try:
            for block in self.blocks:
                for layer in self._layers[block.name]:
                    hook = self._adder(block)
                    handles.append(layer.register_forward_pre_hook(hook, with_kwargs=True))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def bases(self, dtype: torch.dtype, processes: Processes) -> tuple[BlockBasis, ...]:
        """I ⊗ R for each block, with eigenvectors in a dtype, of what all processes saw.

        Layers that the loss never calls, such as the last projection of attention, whose weights
        PyTorch takes without the layer, stay in original coordinates, with a warning.

        Raises:
            ValueError: no layer was called, or inputs are not finite.
        """
        made, unseen = [], []
        for block in self.blocks:
            size = matrix_shape(block)[1]
            device = self._parameter_device
            seen = self._sums.get(block.name, torch.zeros(size, size, device=device).double())
            moments, rows = processes.add(seen), processes.total(self._rows[block.name])
            if rows == 0:
                unseen.append(block.name)
                continue
            if not moments.isfinite().all():
                raise ValueError(
                    f"structure='data' takes finite inputs, got others at {block.name}"
                )
            values, vectors = processes.eigenbasis(moments / rows)
            ones = torch.ones(matrix_shape(block)[0], dtype=torch.float64)
            made.append(KroneckerBasis(block, None, vectors.to(dtype), ones, values, "data"))
        if not made:
            raise ValueError(
                f"structure='data' takes layers that the loss calls, got {', '.join(unseen)}, "
                "whose layers saw no inputs; name others in `blocks`"
            )
        if unseen:
            _warn_of_unknown(unseen, stacklevel=6)
        return tuple(made)

    def _adder(self, block: Block) -> Callable[..., None]:
        def add(layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
            given = _inputs(layer, inputs, named)
            rows = torch.cat([input_rows(layer, x) for x in given]).double()
            before = self._sums.get(block.name, 0.0)
            self._sums[block.name] = before + rows.mT @ rows
            self._rows[block.name] += len(rows)

        return add


def _inputs(layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> list[Tensor]:
    """Returns what a layer's weights multiply: of attention query, key and value."""
    names = ("query", "key", "value") if isinstance(layer, nn.MultiheadAttention) else ("input",)
    given = dict(zip(names, inputs, strict=False)) | {n: named[n] for n in names if n in named}
    return [x.detach() for x in given.values()]


def input_rows(layer: nn.Module, inputs: Tensor) -> Tensor:
    """(N, n) the vectors that a layer's weights (m, n) are multiplied with.

    Args:
        layer: of `LAYERS`.
        inputs: what it is called with.
    """
    if not isinstance(layer, nn.Conv1d | nn.Conv2d):
        return inputs.flatten(0, -2) if inputs.ndim > 1 else inputs[None]
    sizes = [len(layer.kernel_size), inputs.ndim]
    images = inputs[None] if sizes[1] == sizes[0] + 1 else inputs
    images = functional.pad(images, _padding(layer), _mode(layer))
    kernel, stride, dilation = layer.kernel_size, layer.stride, layer.dilation
    if sizes[0] == 1:
        images, kernel = images[..., None, :], (1, *kernel)
        stride, dilation = (1, *stride), (1, *dilation)
    patches = functional.unfold(images, kernel, dilation=dilation, stride=stride)
    width = layer.in_channels // layer.groups * prod(layer.kernel_size)
    return patches.mT.unflatten(-1, (layer.groups, width)).flatten(0, -2)


def _padding(layer: nn.Conv1d | nn.Conv2d) -> list[int]:
    """Returns what `torch.nn.functional.pad` takes, the last axis first."""
    pads = []
    for axis in reversed(range(len(layer.kernel_size))):
        given = layer.padding
        if isinstance(given, str):
            total = layer.dilation[axis] * (layer.kernel_size[axis] - 1) * (given == "same")
            pads += [total // 2, total - total // 2]
        else:
            pads += [given[axis]] * 2
    return pads


def _mode(layer: nn.Conv1d | nn.Conv2d) -> str:
    return "constant" if layer.padding_mode == "zeros" else layer.padding_mode


def _layers_of(model: nn.Module, blocks: Sequence[Block]) -> dict[str, list[nn.Module]]:
    """The layers that multiply their inputs with the weights of each block."""
    names = {block.name for block in blocks}
    parameters = {id(p): name for name, p in model.named_parameters() if name in names}
    found: dict[str, list[nn.Module]] = {}
    embedded = set()
    for layer in model.modules():
        weight = layer._parameters.get("weight")
        if isinstance(layer, nn.MultiheadAttention):
            weight = layer.in_proj_weight
        if weight is None or id(weight) not in parameters:
            continue
        if isinstance(layer, LAYERS):
            found.setdefault(parameters[id(weight)], []).append(layer)
        elif isinstance(layer, nn.Embedding | nn.EmbeddingBag):
            embedded.add(parameters[id(weight)])
    unknown = [b.name for b in blocks if b.name not in found and b.name not in embedded]
    if unknown and found:
        _warn_of_unknown(unknown, stacklevel=7)
    return found


def _warn_of_unknown(names: Sequence[str], stacklevel: int) -> None:
    warnings.warn(
        f"{', '.join(names)} stay in original coordinates, since their inputs are not those of a "
        "linear or convolutional layer that the loss calls",
        stacklevel=stacklevel,
    )
