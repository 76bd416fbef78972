"""Sums of gradients, scaled and counted: the base of every structure."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from egop.networks.block_basis import BlockBasis
from egop.networks.network import Block
from egop.networks.processes import Processes
from egop.networks.scaling import exponent, power_exponent

ALONE = Processes()


class GradientSums(ABC):
    """The EGOP of one block, growing by gradients.

    What is held belongs to gradients · 2^−e, with e ≠ 0 where their squares would vanish in
    `dtype`, or overflow.

    Attributes:
        held: tensors that grow, by name; what several processes add up.
        n_samples: gradients so far.

    Args:
        block: whose EGOP.
        n_samples: M, gradients to come.
        device: where it lives.
        dtype: of the sums and of the decomposition. float32 leaves eigenvalues below about 1e-7
            of the largest as noise, float64 those below 1e-16.
        processes: that sum up together.
    """

    power = 2
    """Powers of the gradients in what is held."""
    degree = 2
    """Powers of the gradients in what is computed from it."""

    def __init__(
        self,
        block: Block,
        n_samples: int,
        device: torch.device,
        dtype: torch.dtype,
        processes: Processes = ALONE,
    ):
        self.block, self.dim = block, block.stop - block.start
        self.expected, self.device, self.dtype = n_samples, device, dtype
        self.processes = processes
        self.held: dict[str, Tensor] = {}
        self.n_samples = 0
        self._largest: int | None = None
        self._exponent = 0
        self.allocate()

    @property
    def narrowest(self) -> torch.dtype:
        """The narrowest dtype that numbers of gradients are held in."""
        return self.dtype

    @abstractmethod
    def allocate(self) -> None:
        """Puts zeros into `held`; called once."""

    def add(self, gradients: Tensor, largest: float | None = None) -> None:
        """Adds gradients (m, p_b), all of them finite.

        Args:
            gradients: of the block.
            largest: their largest magnitude, where it is known.
        """
        largest = float(largest_entry(gradients)) if largest is None else largest
        if largest:
            self._scale_to(exponent(largest))
        if self._exponent:
            gradients = gradients.double() * 2.0**-self._exponent
        self.accumulate(gradients)
        self.n_samples += len(gradients)

    @abstractmethod
    def accumulate(self, gradients: Tensor) -> None:
        """Adds scaled gradients (m, p_b) to what is held; `n_samples` came before them."""

    @abstractmethod
    def basis(self, seed: Any, dtype: torch.dtype) -> BlockBasis:
        """The eigenbasis in a dtype; the sums are used up.

        Args:
            seed: of what is drawn at random, such as the completion where M < p_b (§5, App. B).
            dtype: of the eigenvectors.
        """

    def combine(self) -> None:
        """Adds up what all processes hold; called once, by each of them."""
        if self.processes.count > 1:
            largest = self.processes.largest(self._largest)
            if largest is not None:
                self._scale_to(largest)
            self.combine_held()
            self.n_samples = self.processes.total(self.n_samples)

    def combine_held(self) -> None:
        """Adds up the tensors that all processes hold."""
        for tensor in self.held.values():
            self.processes.add(tensor)

    def _scale_to(self, largest: int) -> None:
        """Scales what is held so that powers of gradients below 2^largest can be added to it."""
        self._largest = largest if self._largest is None else max(self._largest, largest)
        before, self._exponent = (
            self._exponent,
            power_exponent(self._largest, self.narrowest, self.degree),
        )
        if self.n_samples and self._exponent != before:
            for tensor in self.held.values():
                tensor.mul_(2.0 ** (self.power * (before - self._exponent)))

    def decomposed_sides(self) -> list[int]:
        """The sides of the matrices that will be decomposed."""
        return [len(tensor) for tensor in self.held.values()]

    def unscaled(self, values: Tensor) -> Tensor:
        """The eigenvalues of the gradients from those of what is held."""
        return torch.from_numpy(np.ldexp(values.double().cpu().numpy(), 2 * self._exponent))

    def used_up(self, name: str) -> Tensor:
        """Returns an accumulated tensor and frees it here."""
        return self.held.pop(name)


def largest_entry(gradients: Tensor) -> Tensor:
    """The largest magnitude as a tensor of no axes, which nothing has waited for."""
    if not gradients.numel():
        return gradients.new_zeros(())
    return torch.linalg.vector_norm(gradients, torch.inf)
