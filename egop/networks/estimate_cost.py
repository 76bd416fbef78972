"""The cost of an estimate of bases, and the timing of its decompositions."""

from time import perf_counter
from typing import NamedTuple

import torch

from egop.networks.spectral import eigenbasis
from egop.theme import number, size_words

TIMED_SIDE = 512
"""Largest side of a matrix whose decomposition is timed to predict that of others."""
TIMINGS = 3
"""Decompositions that are timed; the least counts, since other work only adds to it."""


class EstimateCost(NamedTuple):
    """The predicted cost of an estimate.

    Attributes:
        memory: bytes at the peak.
        gradients: seconds of gradients and sums, on one process.
        decompositions: seconds of eigendecompositions, by their sides cubed.
    """

    memory: int
    gradients: float
    decompositions: float

    @property
    def seconds(self) -> float:
        """Seconds altogether."""
        return self.gradients + self.decompositions

    def __repr__(self) -> str:
        return (
            f"{size_words(self.memory)}, {number(self.gradients)} s of gradients and "
            f"{number(self.decompositions)} s of decompositions, on this machine as busy as now"
        )

    __str__ = __repr__


def decomposition_seconds(sides: list[int], device: torch.device, dtype: torch.dtype) -> float:
    """Seconds of eigendecompositions of matrices with such sides, from a smaller one."""
    side = min(TIMED_SIDE, max(sides))
    drawn = torch.randn(side, side, generator=torch.Generator().manual_seed(0), dtype=dtype)
    matrix = (drawn @ drawn.mT).to(device)  # the identity would take a tenth of the time
    eigenbasis(matrix)
    taken = []
    for _ in range(TIMINGS):
        begin = perf_counter()
        eigenbasis(matrix)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(perf_counter() - begin)
    return min(taken) / side**3 * sum(each**3 for each in sides)
