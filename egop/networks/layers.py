"""ReLU layers of some runs at once, forward and backward by hand on tensors made once.

A small network's step costs as much in making views as in arithmetic: whoever repeats a step keeps
its `Layers`, which hold every view of the parameters and gradients, and `Buffers`, which hold the
activations.
"""

from itertools import pairwise

import torch
from torch import Tensor

from egop.networks.blocking import scratch
from egop.networks.network import Block


class Layers:
    """Weights and biases of parameters (T, R, p), and where their gradients go.

    Attributes:
        shape: (T, R).
        stacked: first weights (T, R, units, inputs), to be copied side by side.
        weights: (T·R, outputs, inputs) of each layer.
        biases: (T·R, outputs, 1) of each layer.
        slopes: weights' and biases' parts of the gradients (T, R, p); empty without.
    """

    def __init__(self, blocks: tuple[Block, ...], parameters: Tensor, gradients: Tensor | None):
        trials, runs, _ = parameters.shape
        self.shape = trials, runs
        weights, biases = blocks[::2], blocks[1::2]
        self.stacked = weights[0].of(parameters)
        self.weights = [block.of(parameters).flatten(0, 1) for block in weights]
        self.biases = [block.of(parameters).flatten(0, 1).unsqueeze(-1) for block in biases]
        self.slopes = [
            (weight.of(gradients), bias.of(gradients))
            for weight, bias in zip(weights, biases, strict=True)
            if gradients is not None
        ]


class Buffers:
    """Room for the activations of (T, R) runs on n examples, with all views of it.

    What it holds is overwritten by the thread's next `Buffers` on the CPU.

    Attributes:
        first: copies of the first weights, (T, R, units, inputs) and (T, R·units, inputs).
        outputs: (T·R, units, n) of each layer.
        folded: the first layer's outputs as (T, R·units, n).
        last: the last layer's outputs as (T, R, classes, n).
        products: slopes of each layer's weights (T·R, outputs, inputs), and as (T, R, …).
        sums: slopes of each layer's biases (T·R, outputs), and as (T, R, …).
        passed: slopes of each layer's outputs (T·R, units, n).
    """

    def __init__(self, sizes: tuple[int, ...], shape: tuple[int, int], n: int, like: Tensor):
        trials, runs = shape
        count = trials * runs
        stacked = scratch("first", (trials, runs, sizes[1], sizes[0]), like)
        self.first = stacked, stacked.view(trials, runs * sizes[1], sizes[0])
        self.outputs = [
            scratch(f"outputs {k}", (count, units, n), like) for k, units in enumerate(sizes[1:])
        ]
        self.folded = self.outputs[0].view(trials, runs * sizes[1], n)
        self.last = self.outputs[-1].view(trials, runs, sizes[-1], n)
        self.products, self.sums, self.passed = [], [], []
        for k, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            product = scratch("product", (count, fan_out, fan_in), like)
            total = scratch("sum", (count, fan_out), like)
            self.products.append((product, product.view(trials, runs, fan_out, fan_in)))
            self.sums.append((total, total.view(trials, runs, fan_out)))
            self.passed.append(scratch(f"passed {k % 2}", (count, fan_in, n), like) if k else None)


def forward(layers: Layers, buffers: Buffers, inputs: Tensor) -> Tensor:
    """(T·R, classes, n) the last outputs for inputs (T, n, features)."""
    stacked, first = buffers.first
    stacked.copy_(layers.stacked)
    torch.bmm(first, inputs.mT, out=buffers.folded)
    last = len(layers.weights) - 1
    for k, outputs in enumerate(buffers.outputs):
        if k:
            torch.bmm(layers.weights[k], buffers.outputs[k - 1], out=outputs)
        outputs.add_(layers.biases[k])
        if k < last:
            outputs.relu_()
    return buffers.outputs[-1]


def backward(
    layers: Layers, buffers: Buffers, inputs: Tensor, scale: float, accumulate: bool
) -> None:
    """Writes the gradients, `scale` times those of the slopes that the last outputs hold now."""
    slopes = buffers.outputs[-1]
    for k in reversed(range(len(layers.weights))):
        (product, of_weights), (total, of_biases) = buffers.products[k], buffers.sums[k]
        torch.sum(slopes, -1, out=total)
        if k:
            torch.bmm(slopes, buffers.outputs[k - 1].mT, out=product)
        else:
            trials, features = layers.shape[0], of_weights.shape[-1]
            long = slopes.view(trials, -1, slopes.shape[-1])
            torch.bmm(long, inputs, out=product.view(trials, -1, features))
        for into, part in zip(layers.slopes[k], (of_weights, of_biases), strict=True):
            if accumulate:
                into.add_(part, alpha=scale)
            else:
                torch.mul(part, scale, out=into)
        if k:
            below, passed = buffers.outputs[k - 1], buffers.passed[k]
            torch.bmm(layers.weights[k].mT, slopes, out=passed)
            slopes = torch.ops.aten.threshold_backward.grad_input(
                passed, below, 0, grad_input=passed
            )
