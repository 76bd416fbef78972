"""Classifiers with ReLU units: many of them, forward and backward by hand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from egop.networks.blocking import Tile, for_each, kept, parts, tiles
from egop.networks.layers import Buffers, Layers, backward, forward
from egop.networks.module import from_module
from egop.networks.network import (
    Batch,
    Network,
    blocks_of,
    check_examples,
    check_parameters,
    check_sizes,
)

ROWS = 512
"""Examples at a time on the CPU: more of them leave the caches."""


class Classifier(Network):
    """ReLU layers and the mean cross entropy of their last outputs.

    The flat vector is W1 b1 W2 b2 …, as the `parameters()` of a `torch.nn.Sequential` of linear
    layers and ReLUs. All runs of a trial see the same inputs, so that their first layers are one
    matrix product, (runs · units, inputs) times (inputs, n).

    Attributes:
        sizes: units of each layer, from inputs to classes; (64, 32, 10) for the digits.
    """

    def __init__(self, sizes: Sequence[int] = (64, 32, 10)):
        self.sizes = check_sizes("Classifier", sizes)
        named: list[tuple[str, tuple[int, ...]]] = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes), start=1):
            named += [(f"W{layer}", (fan_out, fan_in)), (f"b{layer}", (fan_out,))]
        self.blocks = blocks_of(named)

    def __repr__(self) -> str:
        return f"Classifier({self.sizes})"

    def check(self, batch: Batch) -> None:
        """ValueError unless a batch has features and classes of this network's numbers."""
        check_examples(batch, self, self.sizes[0])
        classes = batch.targets
        if classes.ndim != 2 or classes.is_floating_point() or classes.is_complex():
            raise ValueError(
                f"{self!r} takes classes (trials or 1, n) as integers, got shape "
                f"{tuple(classes.shape)} of {classes.dtype}"
            )
        low, high = classes.aminmax()
        if low < 0 or high >= self.sizes[-1]:
            raise ValueError(
                f"{self!r} takes classes from 0 to {self.sizes[-1] - 1}, got some from {int(low)} "
                f"to {int(high)}"
            )

    def input_moment(self, batch: Batch) -> Tensor:
        """(inputs, inputs) E[xxᵀ] over the inputs of a batch, in float64."""
        rows = batch.inputs[0].double()
        return rows.mT @ rows / len(rows)

    def losses(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) mean cross entropies over the batch."""
        return self._mean(
            lambda logits, rows: _cross_entropies(logits.log_softmax(2), rows), parameters, batch
        )

    def accuracy(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) shares of examples whose class is predicted; NaN where an output is."""
        return self._mean(_right_shares, parameters, batch)

    def gradients(
        self, parameters: Tensor, batch: Batch, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mean cross entropies (trials, runs) and their gradients (trials, runs, p)."""
        gradients = torch.empty_like(parameters) if out is None else out
        return self.prepare(parameters, gradients)(batch), gradients

    def hessian_products(self, parameters: Tensor, batch: Batch, vectors: Tensor) -> Tensor:
        """(trials, runs, p) Hessians times vectors, by PyTorch: gradients jump at a ReLU's zero."""
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(self.sizes):
            layers += [skip_init(nn.Linear, fan_in, fan_out), nn.ReLU()]
        module = from_module(nn.Sequential(*layers[:-1]), nn.CrossEntropyLoss())
        return module.hessian_products(parameters, batch, vectors)

    def prepare(self, parameters: Tensor, gradients: Tensor) -> Callable[[Batch], Tensor]:
        """A function of a batch that writes the gradients and returns the losses."""
        prepared = [
            (tile, Layers(self.blocks, parameters[tile], gradients[tile]))
            for tile in self._tiles(parameters)
        ]

        def write(batch: Batch) -> Tensor:
            losses = parameters.new_zeros(parameters.shape[:2])
            all_rows = _Rows.split(batch, self.sizes[-1], parameters)

            def work(piece: tuple[Tile, Layers]) -> None:
                tile, layers = piece
                for rows in all_rows:
                    some = rows.of(tile[0])
                    buffers = self._buffers(layers, some)
                    logs = buffers.outputs[-1]
                    torch.log_softmax(forward(layers, buffers, some.inputs), 1, out=logs)
                    losses[tile].add_(_cross_entropies(buffers.last, some), alpha=rows.share)
                    logs.exp_()
                    buffers.last.sub_(some.one_hot)
                    scale, more = rows.share / some.inputs.shape[1], rows is not all_rows[0]
                    backward(layers, buffers, some.inputs, scale, accumulate=more)

            for_each(work, prepared, parameters.device)
            return losses

        return write

    def activation_floats(self, examples: int) -> int:
        """Numbers that one run needs beside its parameters for a gradient."""
        weights = [a * b for a, b in pairwise(self.sizes)]
        units = sum(self.sizes[1:]) + sum(sorted(self.sizes[1:-1])[-2:])
        return units * examples + weights[0] + max(weights)

    def flops(self, examples: int) -> int:
        """Floating-point operations of the matrix products in one gradient of one run."""
        weights = [a * b for a, b in pairwise(self.sizes)]
        return 2 * examples * (3 * sum(weights) - weights[0])

    def _mean(
        self, measured: "Callable[[Tensor, _Rows], Tensor]", parameters: Tensor, batch: Batch
    ) -> Tensor:
        """(trials, runs) the mean of what is measured from logits (T, R, classes, n)."""
        means = parameters.new_zeros(parameters.shape[:2])
        all_rows = _Rows.split(batch, self.sizes[-1], parameters)

        def work(tile: Tile) -> None:
            layers = Layers(self.blocks, parameters[tile], None)
            for rows in all_rows:
                some = rows.of(tile[0])
                buffers = self._buffers(layers, some)
                forward(layers, buffers, some.inputs)
                means[tile].add_(measured(buffers.last, some), alpha=rows.share)

        for_each(work, self._tiles(parameters), parameters.device)
        return means

    def _tiles(self, parameters: Tensor) -> list[Tile]:
        check_parameters(parameters, self)
        floats = self.activation_floats(ROWS)
        trials, runs, _ = parameters.shape
        return tiles(trials, runs, floats, parameters.device)

    def _buffers(self, layers: Layers, rows: "_Rows") -> Buffers:
        like, n = layers.stacked, rows.inputs.shape[1]
        key = (self.sizes, layers.shape, n)
        return kept(key, lambda: Buffers(self.sizes, layers.shape, n, like), like)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some examples of a batch, as all tiles need them.

    Attributes:
        inputs: (T or 1, n, features).
        right: (T or 1, 1, 1, n) the classes.
        one_hot: (T or 1, 1, classes, n) 1 at the class.
        share: of the batch's examples.
    """

    inputs: Tensor
    right: Tensor
    one_hot: Tensor
    share: float

    @classmethod
    def split(cls, batch: Batch, n_classes: int, like: Tensor) -> "list[_Rows]":
        """The batch in pieces that the caches hold."""
        right = batch.targets[:, None, None]
        one_hot = like.new_zeros(len(right), 1, n_classes, right.shape[-1])
        one_hot.scatter_(2, right, 1.0)
        total = right.shape[-1]
        at_most = ROWS if like.device.type == "cpu" else total
        return [
            cls(
                batch.inputs[:, some],
                right[..., some],
                one_hot[..., some],
                (some.stop - some.start) / total,
            )
            for some in parts(total, at_most)
        ]

    def of(self, trials: slice) -> "_Rows":
        """The examples of some trials, (T, …) even where all trials share them."""
        count = trials.stop - trials.start
        if len(self.inputs) == len(self.right) == count == 1:
            return self

        def chosen(part: Tensor) -> Tensor:
            return part[trials] if len(part) > 1 else part.expand(count, *part.shape[1:])

        return _Rows(chosen(self.inputs), chosen(self.right), chosen(self.one_hot), self.share)


def _cross_entropies(logs: Tensor, rows: _Rows) -> Tensor:
    """(T, R) means of −log probability of the right class, from logs (T, R, classes, n)."""
    index = rows.right.expand(-1, logs.shape[1], -1, -1)
    return logs.gather(2, index).mean((2, 3)).neg_()


def _right_shares(logits: Tensor, rows: _Rows) -> Tensor:
    """(T, R) shares of examples whose largest output is that of their class."""
    largest, predicted = logits.max(2)
    shares = (predicted == rows.right[:, :, 0]).to(logits.dtype).mean(-1)
    return shares.masked_fill_(largest.isnan().any(-1), math.nan)
