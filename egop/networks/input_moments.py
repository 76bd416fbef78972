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
from egop.networks.blocking import parts
from egop.networks.network import Block
from egop.networks.processes import Processes

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.MultiheadAttention)
"""Layers whose inputs are known."""
KNOWN = ", ".join(f"nn.{each.__name__}" for each in LAYERS[:-1]) + f" or nn.{LAYERS[-1].__name__}"
ROWS_FLOATS = 4_000_000
"""Numbers in the inputs of a layer that are added up at once, 16 bytes for each; of a convolution
at least the patches of one line of an image."""


class InputMoments:
    """Σ xxᵀ of the inputs of each block's layers, averaged over the forward passes.

    Args:
        model: whose layers.
        blocks: weight matrices of it, by the names of its parameters.
        precision: dtype of the sums and of their decomposition.

    Attributes:
        blocks: those whose layers are known; others stay as they are, with a warning, and the
            rows of an embedding without one, since its inputs are unit vectors.

    Raises:
        ValueError: no layer is known.
    """

    def __init__(
        self, model: nn.Module, blocks: Sequence[Block], precision: torch.dtype = torch.float64
    ):
        self.precision = precision
        self._layers = _layers_of(model, blocks)
        self.blocks = tuple(b for b in blocks if self._layers.get(b.name))
        if not self.blocks:
            raise ValueError(
                f"structure='data' takes weights of {KNOWN}, got "
                f"{', '.join(block.name for block in blocks)}; take structure='kronecker'"
            )
        self._parameter_device = next(model.parameters()).device
        self._sums: dict[str, tuple[Tensor, int]] = {}
        self._of_sample: dict[str, tuple[Tensor, int]] = {}
        self._n_excluded = 0

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

    def end_sample(self) -> None:
        """Adds the inputs of one forward pass, or counts it as left out if some are not finite."""
        found, self._of_sample = self._of_sample, {}
        if not all(bool(moments.isfinite().all()) for moments, _ in found.values()):
            self._n_excluded += 1
            return
        for name, (moments, rows) in found.items():
            before, count = self._sums.get(name, (None, 0))
            self._sums[name] = (moments if before is None else before.add_(moments)), count + rows

    def bases(self, dtype: torch.dtype, processes: Processes) -> tuple[tuple[BlockBasis, ...], int]:
        """I ⊗ R for each block, with eigenvectors in a dtype, and how many samples are left out.

        They are of what all processes saw.

        Layers that the loss never calls, such as the last projection of attention, whose weights
        PyTorch takes without the layer, stay in original coordinates, with a warning.

        Raises:
            ValueError: no layer was called, or none with finite inputs.
        """
        made, unseen = [], []
        excluded = processes.total(self._n_excluded)
        for block in self.blocks:
            size = matrix_shape(block)[1]
            device = self._parameter_device
            none = torch.zeros(size, size, device=device, dtype=self.precision)
            own, count = self._sums.pop(block.name, (none, 0))
            moments, rows = processes.add(own), processes.total(count)
            if rows == 0:
                unseen.append(block.name)
                continue
            values, vectors = processes.eigenbasis(moments.div_(rows))
            ones = torch.ones(matrix_shape(block)[0], dtype=torch.float64)
            made.append(KroneckerBasis(block, None, vectors.to(dtype), ones, values, "data"))
        if not made and excluded:
            raise ValueError(
                "structure='data' takes at least one batch with finite inputs, got none "
                f"({excluded} left out)"
            )
        if not made:
            raise ValueError(
                f"structure='data' takes layers that the loss calls, got {', '.join(unseen)}, "
                "whose layers saw no inputs; name others in `blocks`"
            )
        if unseen:
            _warn_of_unknown(unseen, stacklevel=6)
        return tuple(made), excluded

    def _adder(self, block: Block) -> Callable[..., None]:
        def add(layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
            for given in _inputs(layer, inputs, named):
                for rows in input_rows(layer, given):
                    wide = rows.to(self.precision)
                    moments, count = self._of_sample.get(block.name, (None, 0))
                    if moments is None:
                        moments = wide.new_zeros(wide.shape[1], wide.shape[1])
                    moments.addmm_(wide.mT, wide)
                    self._of_sample[block.name] = moments, count + len(rows)

        return add


def _inputs(layer: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> list[Tensor]:
    """Returns what a layer's weights multiply: of attention query, key and value."""
    names = ("query", "key", "value") if isinstance(layer, nn.MultiheadAttention) else ("input",)
    given = dict(zip(names, inputs, strict=False)) | {n: named[n] for n in names if n in named}
    return [x.detach() for x in given.values()]


def input_rows(layer: nn.Module, inputs: Tensor) -> Iterator[Tensor]:
    """The vectors (N, n) that a layer's weights (m, n) are multiplied with, piece by piece.

    Args:
        layer: of `LAYERS`.
        inputs: what it is called with.
    """
    if isinstance(layer, nn.Conv1d | nn.Conv2d):
        axes = len(layer.kernel_size)
        yield from _patches(layer, inputs if inputs.ndim == axes + 2 else inputs[None])
        return
    rows = inputs.flatten(0, -2) if inputs.ndim > 1 else inputs[None]
    for some in parts(len(rows), max(1, ROWS_FLOATS // rows.shape[1])):
        yield rows[some]


def _patches(layer: nn.Conv1d | nn.Conv2d, images: Tensor) -> Iterator[Tensor]:
    """The patches (N, n) of images (…, C, H, W) or (…, C, W), some images or lines at once."""
    single = (1,) * (2 - len(layer.kernel_size))  # a convolution of one axis has lines of one entry
    kernel, stride, dilation = (
        (*each, *single) for each in (layer.kernel_size, layer.stride, layer.dilation)
    )
    width = layer.in_channels // layer.groups * prod(kernel)
    padding = _padding(layer)
    sizes = [*images.shape[2:], *single]
    for axis in range(len(layer.kernel_size)):
        sizes[axis] += sum(padding[-2 * axis - 2 :][:2])
    lines, columns = (
        (size - d * (k - 1) - 1) // s + 1
        for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
    )
    floats = columns * layer.groups * width
    for some in parts(len(images), max(1, ROWS_FLOATS // (lines * floats))):
        padded = functional.pad(images[some], padding, _mode(layer))
        padded = padded if padded.ndim == 4 else padded[..., None]
        for band in parts(lines, max(1, ROWS_FLOATS // (len(padded) * floats))):
            first, last = band.start * stride[0], (band.stop - 1) * stride[0]
            under = padded[:, :, first : last + dilation[0] * (kernel[0] - 1) + 1]
            patches = functional.unfold(under, kernel, dilation=dilation, stride=stride)
            yield patches.mT.unflatten(-1, (layer.groups, width)).flatten(0, -2)


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
        f"{', '.join(names)} stay in original coordinates, since their inputs are not those of "
        f"{KNOWN} that the loss calls",
        stacklevel=stacklevel,
    )
