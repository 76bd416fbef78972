"""A network: an objective of flat parameters whose leading axes are independent runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from egop.arrays import is_integer
from egop.objectives.objective import DIFFERENCE_STEP


@dataclass(frozen=True)
class Block:
    """One tensor of parameters as a slice of the flat vector.

    Attributes:
        name: such as "W1" or "b2"; those of a module as its `named_parameters` say.
        shape: of the tensor; a weight matrix has two axes, (outputs, inputs).
        start: first entry of the flat vector that belongs to it.
        stop: one past the last.
    """

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def is_matrix(self) -> bool:
        """True if the block is a weight matrix, which block EGOP rotates (Eq. 5).

        The kernels of a convolution count as one, (outputs, inputs · kernel).
        """
        return len(self.shape) >= 2

    def of(self, parameters: Tensor) -> Tensor:
        """The block of parameters (..., p), as a view (..., *shape)."""
        return parameters[..., self.start : self.stop].unflatten(-1, self.shape)


class Batch(NamedTuple):
    """Examples that all runs of a trial see at once.

    Attributes:
        inputs: (trials or 1, n, features).
        targets: (trials or 1, n) classes, or (trials or 1, n, outputs).
    """

    inputs: Tensor
    targets: Tensor

    def to(self, device=None, dtype=None) -> "Batch":
        """The same examples on a device; the dtype is that of the numbers, not of classes."""
        classes = not self.targets.is_floating_point()
        targets = self.targets.to(device) if classes else self.targets.to(device, dtype)
        return Batch(self.inputs.to(device, dtype), targets)


class Network(ABC):
    """A network with a loss, as a function of flat parameters (trials, runs, p).

    Attributes:
        blocks: its weights and biases, in the order of the flat vector.
    """

    blocks: tuple[Block, ...]

    @property
    def n_parameters(self) -> int:
        """p, the number of weights and biases together."""
        return self.blocks[-1].stop

    @property
    def matrices(self) -> tuple[Block, ...]:
        """The weight matrices among the blocks."""
        return tuple(block for block in self.blocks if block.is_matrix)

    @abstractmethod
    def losses(self, parameters: Tensor, batch: Any) -> Tensor:
        """(trials, runs) mean losses over the batch."""

    @abstractmethod
    def gradients(
        self, parameters: Tensor, batch: Any, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The mean losses (trials, runs) over the batch and their gradients (trials, runs, p).

        Args:
            parameters: (trials, runs, p).
            batch: what each trial is trained on, shared by its runs.
            out: where to write the gradients, of the shape of the parameters.
        """

    def hessian_products(self, parameters: Tensor, batch: Any, vectors: Tensor) -> Tensor:
        """(trials, runs, p) the Hessians of the mean losses over the batch, times vectors.

        Here by central differences of the gradients, along steps of 6e-6·(1 + ‖x‖) in float64;
        a network whose gradients jump has another way.

        Args:
            parameters: (trials, runs, p), in float64.
            batch: as `gradients` takes it.
            vectors: (trials, runs, p).
        """
        length = vectors.norm(dim=-1, keepdim=True)
        size = DIFFERENCE_STEP * (1 + parameters.norm(dim=-1, keepdim=True))
        step = size / length.clamp_min(torch.finfo(vectors.dtype).tiny) * vectors
        above = self.gradients(parameters + step, batch)[1]
        below = self.gradients(parameters - step, batch)[1]
        return (above - below) * (length / (2 * size))

    def check(self, batch: Any) -> None:  # noqa: B027  # a network may take any batch
        """ValueError unless a batch is one that this network takes; here every batch is."""

    def prepare(self, parameters: Tensor, gradients: Tensor) -> Callable[[Any], Tensor]:
        """A function of a batch that writes the gradients and returns the losses (trials, runs).

        Whoever steps many times on the same two tensors asks for it once.
        """
        return lambda batch: self.gradients(parameters, batch, out=gradients)[0]

    def accuracy(self, parameters: Tensor, batch: Batch) -> Tensor:
        """(trials, runs) shares of examples whose class is predicted; NaN where an output is.

        Raises:
            TypeError: the network predicts no classes.
        """
        raise TypeError(f"accuracy takes a network that predicts classes, got {self!r}")

    @property
    def predicts_classes(self) -> bool:
        """True if the network has an `accuracy`."""
        return type(self).accuracy is not Network.accuracy

    def input_moment(self, batch: Any) -> Tensor:
        """(inputs, inputs) the uncentered second moment E[xxᵀ] of the first layer's inputs.

        Float64, over the examples of a batch of one trial.

        Raises:
            TypeError: the network does not know the inputs of its first layer.
        """
        raise TypeError(
            f"structure='data' takes a network that knows its first layer's inputs, got {self!r}; "
            "for modules egop.networks.estimate_block_bases sees the inputs of every layer"
        )

    def activation_floats(self, examples: int) -> int:
        """About how many numbers one run needs beside its parameters for a gradient."""
        return 2 * self.n_parameters

    def flops(self, examples: int) -> int:
        """Floating-point operations of the matrix products in one gradient of one run."""
        return 6 * self.n_parameters * examples


def blocks_of(named_shapes: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[Block, ...]:
    """Blocks that follow one another in the flat vector."""
    blocks, start = [], 0
    for name, shape in named_shapes:
        blocks.append(Block(name, tuple(shape), start, start + prod(shape)))
        start += prod(shape)
    return tuple(blocks)


def check_sizes(name: str, sizes: Sequence[int]) -> tuple[int, ...]:
    """The numbers of units from inputs to outputs.

    Raises:
        ValueError: fewer than two, or one that is not a positive integer.
    """
    checked = tuple(sizes)
    if len(checked) < 2 or not all(is_integer(size, 1) for size in checked):
        raise ValueError(
            f"{name} takes the units of each layer from inputs to outputs, such as (64, 32, 10), "
            f"got {sizes!r}"
        )
    return tuple(map(int, checked))


def check_parameters(parameters: Tensor, network: Network) -> None:
    """ValueError unless the parameters are (trials, runs, p)."""
    if parameters.ndim != 3 or parameters.shape[-1] != network.n_parameters:
        raise ValueError(
            f"parameters of {network!r} have shape (trials, runs, {network.n_parameters}), "
            f"got {tuple(parameters.shape)}"
        )


def check_examples(batch: Batch, network: Network, features: int) -> None:
    """ValueError unless a batch has examples with so many features, and a target for each."""
    inputs, targets = (tuple(part.shape) for part in batch)
    if len(inputs) != 3 or inputs[-1] != features or targets[1:2] != inputs[1:2]:
        raise ValueError(
            f"{network!r} takes inputs (trials or 1, n, {features}) and n targets, got shapes "
            f"{inputs} and {targets}"
        )
