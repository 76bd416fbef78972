"""Distributions ρ over the parameters of a network: where EGOP samples and starts come from."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from egop.networks.blocking import for_each, parts
from egop.networks.network import Block
from egop.networks.rng import streams

DRAWN_AT_ONCE = 64
"""Samples that one worker draws before it takes others."""


class Law(NamedTuple):
    """The distribution of a block's initial entries, which are independent and identically drawn.

    Attributes:
        is_normal: normal with standard deviation `scale`; if not, uniform on ±`scale`.
        scale: a number, or a function of the numbers of inputs and outputs of a unit's layer.
    """

    is_normal: bool
    scale: float | Callable[[int, int], float]


@dataclass(frozen=True, eq=False)
class Initialization:
    """A distribution ρ over the weights and biases of a network.

    Attributes:
        name: for tables.
        weight: the law of weight matrices.
        bias: the law of biases.
    """

    name: str
    weight: Law
    bias: Law

    def sample(
        self,
        blocks: Sequence[Block],
        indices: Iterable[int],
        seed: int | Sequence[int] = 0,
        purpose: str = "egop",
    ) -> Tensor:
        """Parameters (n, p) in float64 on the CPU, one row for each index.

        Row i depends on the seed, the purpose and i alone, not on what it is drawn with.

        Args:
            blocks: of the network.
            indices: numbers of the samples.
            seed: an integer, or several such as (base seed, trial).
            purpose: keeps starts and EGOP samples of one seed apart.

        Raises:
            ValueError: a vector of parameters that follows no weight matrix with as many outputs,
                so that it is no bias, or the bias of a layer whose weights are frozen or tied (for
                a law that asks for its layer).
        """
        laws = self._laws(blocks)
        indices = list(indices)
        sample = torch.empty(len(indices), blocks[-1].stop, dtype=torch.float64)
        rows = sample.numpy()

        def work(part: slice) -> None:
            of_rows = streams(seed, purpose, indices[part])
            for row, random in zip(rows[part], of_rows, strict=True):
                _draw(row, random, blocks, laws)

        for_each(work, parts(len(indices), DRAWN_AT_ONCE), torch.device("cpu"))
        return sample

    def _laws(self, blocks: Sequence[Block]) -> list[tuple[bool, float]]:
        """Returns for each block whether it is normal, and its scale."""
        laws, layer = [], None
        names = {block.name for block in blocks}
        for block in blocks:
            layer = block if block.is_matrix else layer
            law = self.weight if block.is_matrix else self.bias
            orphan = _is_orphan(block, layer, names)
            laws.append((law.is_normal, self._scale(law, block, None if orphan else layer)))
        return laws

    def _scale(self, law: Law, block: Block, layer: Block | None) -> float:
        if isinstance(law.scale, (int, float)):
            return law.scale
        if layer is None or (block is not layer and block.shape != layer.shape[:1]):
            raise ValueError(
                f"{self.name} takes biases that follow their weight matrix, got {block.name!r} of "
                f"shape {block.shape}; use gaussian(), or an object with its own `sample`"
            )
        return law.scale(*_fans(layer))


def _is_orphan(block: Block, layer: Block | None, names: Collection[str]) -> bool:
    """True if the weight beside a bias is frozen or tied: its layer is another one."""
    owner, _, kind = block.name.rpartition(".")
    if layer is None or kind != "bias" or layer.name.rpartition(".")[0] == owner:
        return False
    return f"{owner}.weight" not in names


def _draw(
    row: np.ndarray,
    random: np.random.Generator,
    blocks: Sequence[Block],
    laws: Sequence[tuple[bool, float]],
) -> None:
    """Fills one row of parameters, block by block."""
    for block, (is_normal, scale) in zip(blocks, laws, strict=True):
        part = row[block.start : block.stop]
        if is_normal:
            random.standard_normal(out=part)
            part *= scale
        else:
            random.random(out=part)
            part *= 2 * scale
            part -= scale


def _fans(layer: Block) -> tuple[int, int]:
    """Inputs and outputs of one unit; a convolution's times the size of its kernel."""
    outputs, inputs, *kernel = layer.shape
    return inputs * prod(kernel), outputs * prod(kernel)


def _one_over_root_of_inputs(inputs: int, _: int) -> float:
    return inputs**-0.5


def gaussian(scale: float = 1.0) -> Initialization:
    """N(0, scale²) on all weights and biases.

    Raises:
        ValueError: a scale that is not positive and finite.
    """
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f"gaussian takes a scale above 0, got {scale!r}")
    law = Law(is_normal=True, scale=float(scale))
    return Initialization(f"gaussian({scale:g})", weight=law, bias=law)


def xavier_normal() -> Initialization:
    """N(0, 2/(fan_in + fan_out)) weights, biases uniform on ±1/√fan_in (App. D.5: digits)."""
    weight = Law(is_normal=True, scale=lambda inputs, outputs: (2 / (inputs + outputs)) ** 0.5)
    bias = Law(is_normal=False, scale=_one_over_root_of_inputs)
    return Initialization("xavier_normal", weight, bias)


def pytorch_default() -> Initialization:
    """Weights and biases uniform on ±1/√fan_in, as `torch.nn.Linear` starts (Fashion-MNIST)."""
    law = Law(is_normal=False, scale=_one_over_root_of_inputs)
    return Initialization("pytorch_default", weight=law, bias=law)
