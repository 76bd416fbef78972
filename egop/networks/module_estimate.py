"""The estimate of a module's bases: what it gathers, what it needs, how long it takes."""

import warnings
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any, NamedTuple

import torch

from egop.networks.bases import BlockBases
from egop.networks.estimation import Sums, widened
from egop.networks.footprint import allowed_memory, check_memory, predicted_memory
from egop.networks.input_moments import InputMoments
from egop.networks.module_gradients import ModuleGradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import Block
from egop.networks.passes import batched
from egop.networks.per_example import per_example_gradients
from egop.networks.processes import Processes
from egop.networks.spectral import eigenbasis
from egop.networks.structures.choice import Structure
from egop.networks.structures.random_basis import random_basis

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients that are gathered before they are added up."""
TIMED_SIDE = 256
"""Side of the matrix whose decomposition is timed to predict that of others."""
TIMED_SAMPLES = 2
"""Gradients that are timed, after one that warms up."""


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


@dataclass(frozen=True)
class ModuleEstimate:
    """The estimates of a module's bases.

    Attributes:
        gradients: of the module's loss.
        layout: of the flat vector.
        blocks: those that get a basis.
        n_samples: M.
        seed: an integer, or several.
        processes: that estimate together.
        on_progress: called after each sample, if there is one.
    """

    gradients: ModuleGradients
    layout: tuple[Block, ...]
    blocks: tuple[Block, ...]
    n_samples: int
    seed: Any
    processes: Processes
    on_progress: Callable[[int, int], object] | None

    @property
    def like(self) -> torch.Tensor:
        """A parameter, whose device and dtype bases have."""
        return self.gradients.parameters[0]

    def from_gradients(
        self,
        batches: Iterable[Any],
        asked: Structure,
        precision: torch.dtype,
        memory_budget: int | None,
        *,
        per_example: bool,
    ) -> BlockBases:
        """The bases of a structure that is made of gradients."""
        sums, memory = self._sums(asked, precision, memory_budget)
        done = 0
        for some in self._rows(batches, per_example=per_example):
            sums.add(some)
            done += len(some)
            self._tell(done)
        bases = sums.bases(self.layout, widened(self.like.dtype), self.seed, memory)
        _warn_of_zeros(bases, self.gradients.used)
        return bases

    def cost(
        self,
        batches: Iterable[Any],
        asked: Structure,
        precision: torch.dtype,
        memory_budget: int | None,
        *,
        per_example: bool,
    ) -> EstimateCost:
        """The cost of `from_gradients`, from a few gradients and a small decomposition."""
        sums, memory = self._sums(asked, precision, memory_budget)
        rows = self._rows(batches, per_example=per_example, chunk=1)
        begin, taken, first = perf_counter(), 0, 0.0
        with closing(rows):
            for taken, some in enumerate(islice(rows, 1 + TIMED_SAMPLES)):
                sums.add(some)
                self._wait()
                if taken == 0:  # the first warms up; where there is no other, it is the one timed
                    first, begin = perf_counter() - begin, perf_counter()
        each = (perf_counter() - begin) / taken if taken else first
        matrix = torch.eye(TIMED_SIDE, device=self.like.device, dtype=precision)
        eigenbasis(matrix)
        begin = perf_counter()
        eigenbasis(matrix)
        self._wait()
        cubes = sum(side**3 for egop in sums.egops for side in egop.decomposed_sides())
        small = (perf_counter() - begin) / TIMED_SIDE**3
        return EstimateCost(memory, each * self.processes.share(self.n_samples), cubes * small)

    def _sums(
        self, asked: Structure, precision: torch.dtype, memory_budget: int | None
    ) -> tuple[Sums, int]:
        """Empty sums, and the bytes that the estimate needs at its peak.

        Raises:
            MemoryError: that is more than the budget allows.
        """
        device, dtype = self.like.device, widened(self.like.dtype)
        budget = allowed_memory(memory_budget, device)
        resolved = asked.resolved(self.blocks, self.n_samples, precision, budget)
        structures = dict(zip(self.blocks, resolved, strict=True))
        floats = self._chunk * self.layout[-1].stop
        memory = predicted_memory(structures, self.n_samples, floats, dtype, precision)
        check_memory(memory, budget, structures)
        return Sums(structures, self.n_samples, device, precision, dtype, self.processes), memory

    @property
    def _chunk(self) -> int:
        """Gradients that are gathered at once."""
        return max(1, min(self.n_samples, CHUNK_FLOATS // self.layout[-1].stop))

    def _rows(
        self, batches: Iterable[Any], *, per_example: bool, chunk: int | None = None
    ) -> Generator[torch.Tensor, None, None]:
        """This process's share of the gradients (m, p); afterwards the model is what it was."""
        rows = per_example_gradients if per_example else batch_gradients
        with left_as_it_was(self.gradients.model) as restore_buffers, torch.enable_grad():
            every = (batches, self.n_samples, chunk or self._chunk, restore_buffers)
            yield from rows(self.gradients, *every, self.processes)

    def _tell(self, done: int) -> None:
        if self.on_progress is not None:
            self.on_progress(done, self.n_samples)

    def _wait(self) -> None:
        """Waits until the device has done what was asked."""
        if self.like.is_cuda:
            torch.cuda.synchronize(self.like.device)

    def from_inputs(self, batches: Iterable[Any]) -> BlockBases:
        """I ⊗ R from the inputs of each layer, in as many forward passes as there are samples."""
        moments = InputMoments(self.gradients.model, self.blocks)
        model = self.gradients.model
        with left_as_it_was(model) as restore_buffers, torch.no_grad(), moments.watched():
            for sample in self.gradients.samples(batches, self.n_samples):
                if self.processes.is_mine(sample.number):
                    self.gradients.loss_at(sample, restore_buffers)
                    self._tell(sample.number + 1)
        return BlockBases(self.layout, moments.bases(widened(self.like.dtype), self.processes))

    def at_random(self) -> BlockBases:
        """Random bases."""
        dtype, device = widened(self.like.dtype), self.like.device
        found = [random_basis(block, self.seed, dtype, device) for block in self.blocks]
        return BlockBases(self.layout, tuple(map(self.processes.same, found)))


def batch_gradients(
    gradients: ModuleGradients,
    batches: Iterable[Any],
    n_samples: int,
    chunk: int,
    before: Callable[[], None],
    processes: Processes,
) -> Iterable[torch.Tensor]:
    """This process's share of the gradients of batches, float64 rows (m, p) by the chunk.

    The memory of a chunk is used again.
    """
    like = gradients.parameters[0]
    size = gradients.layout[-1].stop
    gathered = torch.empty(chunk, size, device=like.device, dtype=torch.float64)
    samples = gradients.samples(batches, n_samples)
    mine = (sample for sample in samples if processes.is_mine(sample.number))
    for some in batched(mine, chunk):
        for row, sample in enumerate(some):
            gradients.write(sample, gathered[row], before)
        yield gathered[: len(some)]


def _warn_of_zeros(bases: BlockBases, used: set[str]) -> None:
    """Warns of blocks that the loss uses, but whose gradients are 0 in every sample."""
    zero = [b.block.name for b in bases if b.block.name in used and not b.eigenvalues.any()]
    if zero:
        warnings.warn(
            f"the gradients of {', '.join(zero)} are 0 in all {bases.n_samples} samples, so that "
            "their eigenvectors are arbitrary; if they are too small for the model's dtype, use "
            "model.double()",
            stacklevel=4,
        )
