"""Linear feed-forward networks (Eq. 6), from data or exactly from its second moments."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from egop.networks.blocking import for_each, tiles
from egop.networks.network import (
    Batch,
    Network,
    blocks_of,
    check_examples,
    check_parameters,
    check_sizes,
)


class Moments(NamedTuple):
    """All that a batch with targets M*A says about a linear network, in (inputs)² numbers.

    Attributes:
        second: (trials or 1, inputs, inputs) A Aᵀ/n of the batch's n columns.
        solution: (trials or 1, outputs, inputs) M*.
    """

    second: Tensor
    solution: Tensor

    def to(self, device=None, dtype=None) -> "Moments":
        """The same moments on a device and in a dtype."""
        return Moments(self.second.to(device, dtype), self.solution.to(device, dtype))


def second_moments(inputs: Tensor, solution: Tensor) -> Moments:
    """The moments of a batch whose targets are M* times its inputs.

    Args:
        inputs: (..., n, inputs), one example a row: Aᵀ.
        solution: (..., outputs, inputs) M*.
    """
    return Moments(inputs.mT @ inputs / inputs.shape[-2], solution)


class LinearNetwork(Network):
    """f(W) = ½‖W_L ⋯ W_1 A − Y‖²_F/n, linear layers without biases (Eq. 6).

    A batch is data, `Batch(inputs (trials, n, inputs), targets (trials, n, outputs))`, or, where
    Y = M*A, its `Moments`: with S = AAᵀ/n the loss ½ tr((W−M*) S (W−M*)ᵀ) of the product W and
    its slope (W−M*)S are exact, and near the solution they lose no digits to a difference of
    outputs.

    Attributes:
        sizes: units of each layer, from inputs to outputs; (10, 50, 30, 10) in the paper's problem.
    """

    def __init__(self, sizes: Sequence[int] = (10, 50, 30, 10)):
        self.sizes = check_sizes("LinearNetwork", sizes)
        layers = enumerate(pairwise(self.sizes), start=1)
        self.blocks = blocks_of([(f"W{k}", (fan_out, fan_in)) for k, (fan_in, fan_out) in layers])

    def __repr__(self) -> str:
        return f"LinearNetwork({self.sizes})"

    def check(self, batch: Batch | Moments) -> None:
        """ValueError unless a batch has inputs and outputs of this network's numbers."""
        if isinstance(batch, Moments):
            return
        check_examples(batch, self, self.sizes[0])
        if batch.targets.ndim != 3 or batch.targets.shape[-1] != self.sizes[-1]:
            raise ValueError(
                f"{self!r} takes targets (trials or 1, n, {self.sizes[-1]}), got shape "
                f"{tuple(batch.targets.shape)}"
            )

    def input_moment(self, batch: Batch | Moments) -> Tensor:
        """(inputs, inputs) E[xxᵀ] over the inputs of a batch, in float64."""
        if not isinstance(batch, Moments):
            batch = second_moments(batch.inputs.double(), batch.targets)
        return batch.second[0].double()

    def losses(self, parameters: Tensor, batch: Batch | Moments) -> Tensor:
        """(trials, runs) ½‖Y − prediction‖²_F/n over the batch."""
        check_parameters(parameters, self)
        out = parameters.new_empty(parameters.shape[:2])

        def work(tile: tuple[slice, slice]) -> None:
            weights = [block.of(parameters[tile]) for block in self.blocks]
            out[tile] = _loss_and_slope(_products(weights)[-1], _of_trials(batch, tile[0]))[0]

        for_each(work, self._tiles(parameters, batch), parameters.device)
        return out

    def gradients(
        self, parameters: Tensor, batch: Batch | Moments, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The losses (trials, runs) and their gradients (trials, runs, p)."""
        check_parameters(parameters, self)
        gradients = torch.empty_like(parameters) if out is None else out
        losses = parameters.new_empty(parameters.shape[:2])

        def work(tile: tuple[slice, slice]) -> None:
            weights = [block.of(parameters[tile]) for block in self.blocks]
            products = _products(weights)
            losses[tile], slope = _loss_and_slope(products[-1], _of_trials(batch, tile[0]))
            self._pull_back(slope, weights, products, gradients[tile])

        for_each(work, self._tiles(parameters, batch), parameters.device)
        return losses, gradients

    def layer_factors(self, parameters: Tensor, batch: Batch | Moments) -> Iterator[Tensor]:
        """Gradients g (trials, runs, p) whose Σ g_b g_bᵀ is the Hessian of each block b, exactly.

        With the other layers held, W is linear in one, and the loss is ½‖(W − M*)S^{1/2}‖²_F: they
        are the slopes of the entries of WS^{1/2}, outputs × inputs of them.
        """
        if not isinstance(batch, Moments):
            batch = second_moments(batch.inputs, batch.targets)
        values, vectors = torch.linalg.eigh(batch.second)
        roots = (vectors * values.clamp_min(0).sqrt()[..., None, :])[:, None]
        weights = [block.of(parameters) for block in self.blocks]
        products = _products(weights)
        for unit in range(self.sizes[-1]):
            for column in range(self.sizes[0]):
                slope = torch.zeros_like(products[-1])
                slope[..., unit, :] = roots[..., column]
                gradients = torch.empty_like(parameters)
                self._pull_back(slope, weights, products, gradients)
                yield gradients

    def _pull_back(
        self, slope: Tensor, weights: list[Tensor], products: list[Tensor], gradients: Tensor
    ) -> None:
        """Writes the slopes of all layers that belong to one of their product."""
        for layer in reversed(range(1, len(weights))):
            self.blocks[layer].of(gradients).copy_(slope @ products[layer - 1].mT)
            slope = weights[layer].mT @ slope
        self.blocks[0].of(gradients).copy_(slope)

    def activation_floats(self, examples: int) -> int:
        """Numbers that one run needs beside its parameters for a gradient."""
        return 2 * sum(self.sizes) * self.sizes[0] + 2 * examples * self.sizes[-1]

    def flops(self, examples: int) -> int:
        """Floating-point operations of the matrix products in one gradient from moments."""
        into = self.sizes[0]
        forward = sum(a * b for a, b in pairwise(self.sizes[1:])) * into
        return 2 * (3 * forward + self.sizes[-1] * into * into)

    def _tiles(self, parameters: Tensor, batch: Batch | Moments) -> list[tuple[slice, slice]]:
        examples = 0 if isinstance(batch, Moments) else batch.inputs.shape[1]
        trials, runs = parameters.shape[:2]
        return tiles(trials, runs, self.activation_floats(examples), parameters.device)


def _of_trials(batch: Batch | Moments, trials: slice) -> Batch | Moments:
    """The batch of some trials, with an axis for runs behind theirs."""
    return type(batch)(*(part[trials if len(part) > 1 else slice(1)][:, None] for part in batch))


def _products(weights: list[Tensor]) -> list[Tensor]:
    """W_1, W_2 W_1, …, each (T, R, units, inputs)."""
    products = [weights[0]]
    for weight in weights[1:]:
        products.append(weight @ products[-1])
    return products


def _loss_and_slope(product: Tensor, batch: Batch | Moments) -> tuple[Tensor, Tensor]:
    """Losses (T, R) and their slopes (T, R, outputs, inputs) in the product of all weights."""
    if isinstance(batch, Moments):
        error = product - batch.solution
        slope = error @ batch.second
        return (error * slope).sum((-2, -1)) / 2, slope
    residual = batch.inputs @ product.mT - batch.targets
    examples = residual.shape[-2]
    loss = residual.square().sum((-2, -1)) / (2 * examples)
    return loss, residual.mT @ batch.inputs / examples
