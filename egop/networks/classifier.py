"""Classifiers with ReLU units: many of them, forward and backward by hand."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from egop.networks.network import Batch, Block, Network, blocks_of, check_parameters, check_sizes
from egop.networks.tiles import for_each, scratch, tiles


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

    def losses(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) mean cross entropies over the batch."""
        out = parameters.new_empty(parameters.shape[:2])

        def work(tile: tuple[slice, slice]) -> None:
            inputs, targets = _of_trials(batch, tile[0])
            logits = self._forward(parameters[tile], inputs)[-1]
            logs = torch.log_softmax(logits, 1)
            out[tile] = _cross_entropies(logs, targets, out[tile].shape)

        self._in_tiles(work, parameters, batch)
        return out

    def gradients(
        self, parameters: Tensor, batch: Batch, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mean cross entropies (trials, runs) and their gradients (trials, runs, p)."""
        gradients = torch.empty_like(parameters) if out is None else out
        losses = parameters.new_empty(parameters.shape[:2])

        def work(tile: tuple[slice, slice]) -> None:
            inputs, targets = _of_trials(batch, tile[0])
            activations = self._forward(parameters[tile], inputs)
            slopes = activations[-1]
            torch.log_softmax(slopes, 1, out=slopes)
            losses[tile] = _cross_entropies(slopes, targets, losses[tile].shape)
            _probabilities_minus_one_hot(slopes, targets)
            self._backward(parameters[tile], activations, gradients[tile])

        self._in_tiles(work, parameters, batch)
        return losses, gradients

    def accuracy(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) shares of examples whose class is predicted; NaN where an output is."""
        out = parameters.new_empty(parameters.shape[:2])

        def work(tile: tuple[slice, slice]) -> None:
            inputs, targets = _of_trials(batch, tile[0])
            logits = self._forward(parameters[tile], inputs)[-1]
            largest, predicted = logits.max(1)
            predicted = predicted.unflatten(0, out[tile].shape)
            right = (predicted == targets[:, None]).to(out.dtype)
            broken = largest.isnan().any(-1).view(out[tile].shape)
            out[tile] = right.mean(-1).masked_fill_(broken, math.nan)

        self._in_tiles(work, parameters, batch)
        return out

    def activation_floats(self, examples: int) -> int:
        """Numbers that one run needs beside its parameters for a gradient."""
        first = self.sizes[0] * self.sizes[1]
        units = sum(self.sizes[1:]) + max(self.sizes[1:])
        return units * examples + 2 * first + max(b.stop - b.start for b in self.blocks)

    def flops(self, examples: int) -> int:
        """Floating-point operations of the matrix products in one gradient of one run."""
        weights = [a * b for a, b in pairwise(self.sizes)]
        return 2 * examples * (3 * sum(weights) - weights[0])

    def _in_tiles(self, work, parameters: Tensor, batch: Batch) -> None:
        check_parameters(parameters, self)
        floats = self.activation_floats(batch.inputs.shape[1])
        trials, runs = parameters.shape[:2]
        for_each(work, tiles(trials, runs, floats, parameters.device), parameters.device)

    def _layers(self) -> list[tuple[Block, Block]]:
        return list(zip(self.blocks[::2], self.blocks[1::2], strict=True))

    def _forward(self, parameters: Tensor, inputs: Tensor) -> list[Tensor]:
        """The inputs (T, n, features) and every layer's outputs (T·R, units, n)."""
        activations = [inputs]
        layers = self._layers()
        trials, runs = parameters.shape[:2]
        for depth, (weight, bias) in enumerate(layers):
            shape = (trials * runs, weight.shape[0], inputs.shape[1])
            outputs = scratch(f"outputs {depth}", shape, parameters)
            if depth == 0:
                _fold(weight, parameters, inputs, outputs)
            else:
                torch.bmm(_per_run(weight, parameters), activations[-1], out=outputs)
            outputs.add_(_per_run(bias, parameters).unsqueeze(-1))
            if depth + 1 < len(layers):
                outputs.relu_()
            activations.append(outputs)
        return activations

    def _backward(self, parameters: Tensor, activations: list[Tensor], out: Tensor) -> None:
        """Writes gradients (T, R, p), from the loss's slopes in the last activations.

        Consumes the activations.
        """
        trials, runs = parameters.shape[:2]
        layers = self._layers()
        slopes = activations[-1]
        for depth in reversed(range(len(layers))):
            weight, bias = layers[depth]
            below = activations[depth]
            bias.of(out).copy_(slopes.sum(-1).view(trials, runs, -1))
            if depth == 0:
                folded = scratch("folded", (trials, runs * weight.shape[0], below.shape[2]), out)
                torch.bmm(slopes.view(trials, -1, slopes.shape[-1]), below, out=folded)
                weight.of(out).copy_(folded.view(trials, runs, *weight.shape))
                return
            product = scratch("product", (trials * runs, *weight.shape), out)
            torch.bmm(slopes, below.mT, out=product)
            weight.of(out).copy_(product.view(trials, runs, *weight.shape))
            passed = scratch(f"slopes {depth}", tuple(below.shape), out)
            torch.bmm(_per_run(weight, parameters).mT, slopes, out=passed)
            slopes = torch.ops.aten.threshold_backward.grad_input(
                passed, below, 0, grad_input=passed
            )


def _of_trials(batch: Batch, trials: slice) -> tuple[Tensor, Tensor]:
    """Inputs and targets of some trials; a batch shared by all trials has one."""
    inputs, targets = batch
    count = trials.stop - trials.start
    return (
        inputs[trials] if len(inputs) > 1 else inputs.expand(count, -1, -1),
        targets[trials] if len(targets) > 1 else targets.expand(count, -1),
    )


def _fold(weight: Block, parameters: Tensor, inputs: Tensor, outputs: Tensor) -> None:
    """Writes the first products of all runs of a trial, as one long product."""
    trials, runs = parameters.shape[:2]
    stacked = scratch("folded", (trials, runs * weight.shape[0], weight.shape[1]), parameters)
    stacked.view(trials, runs, *weight.shape).copy_(weight.of(parameters))
    folded = outputs.view(trials, runs * weight.shape[0], -1)
    torch.bmm(stacked, inputs.mT, out=folded)


def _per_run(block: Block, parameters: Tensor) -> Tensor:
    """The block of parameters (T, R, p) as (T·R, *shape)."""
    return block.of(parameters).flatten(0, 1)


def _cross_entropies(logs: Tensor, targets: Tensor, shape) -> Tensor:
    """(T, R) means of −log probability of the right class, from logs (T·R, classes, n)."""
    index = targets[:, None, None].expand(*shape, 1, -1).flatten(0, 1)
    return logs.gather(1, index).mean((1, 2)).neg_().view(shape)


def _probabilities_minus_one_hot(logs: Tensor, targets: Tensor) -> None:
    """Turns logs of probabilities (T·R, classes, n) into slopes of the mean loss, in place."""
    trials, examples = targets.shape
    one_hot = logs.new_zeros(trials, 1, logs.shape[1], examples)
    one_hot.scatter_(2, targets[:, None, None], 1.0)
    logs.exp_()
    logs.view(trials, -1, *logs.shape[1:]).sub_(one_hot).mul_(1 / examples)
