"""The estimate of a module's bases: what it gathers, what it needs, how long it takes."""

import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from time import perf_counter
from typing import Any
from zlib import crc32

import torch

from egop.networks.bases import BlockBases
from egop.networks.block_sums import Sums
from egop.networks.distinct_gradients import marks, warn_of_repeats
from egop.networks.estimate_cost import EstimateCost, decomposition_seconds
from egop.networks.estimation import widened
from egop.networks.footprint import allowed_memory, check_memory, predicted_memory
from egop.networks.input_moments import InputMoments
from egop.networks.module_gradients import ModuleGradients, batch_gradients
from egop.networks.module_state import left_as_it_was
from egop.networks.network import Block
from egop.networks.per_example import per_example_gradients
from egop.networks.processes import Processes
from egop.networks.structures.choice import WITHOUT_GRADIENTS, Structure
from egop.networks.structures.random_basis import random_basis
from egop.networks.tensor_summary import summary

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients that are gathered before they are added up."""
KEPT_MARKS = 1000
"""Gradients whose marks bases keep, so that a report sees whether it is given the same."""
TIMED_SAMPLES = 2
"""Gradients that are timed, after one that warms up."""


@dataclass(frozen=True)
class ModuleEstimate:
    """The estimate of a module's bases.

    Attributes:
        gradients: of the module's loss.
        blocks: those that get a basis.
        batches: as `estimate_block_bases` takes them, as all that follows.
        n_samples: M.
        structure: of the bases.
        per_example: whether a sample is the gradient of one example of a batch.
        precision: of sums and decompositions.
        memory_budget: bytes; None: what is free.
        processes: that estimate together.
        on_progress: called after each sample, if there is one.
    """

    gradients: ModuleGradients
    blocks: tuple[Block, ...]
    batches: Iterable[Any]
    n_samples: int
    structure: Structure
    per_example: bool
    precision: torch.dtype
    memory_budget: int | None
    processes: Processes
    on_progress: Callable[[int, int], object] | None

    @property
    def like(self) -> torch.Tensor:
        """A parameter, whose device and dtype bases have."""
        return self.gradients.parameters[0]

    @property
    def layout(self) -> tuple[Block, ...]:
        """The layout of the flat vector."""
        return self.gradients.layout

    def check_processes(self) -> None:
        """ValueError unless all processes are to make the same bases of the same model."""
        if self.processes.count == 1:
            return
        draws, model = self.gradients.draws, self.gradients.model
        parameters = list(model.parameters())
        kept = [p for p in parameters if draws.keeps(p)]
        self.processes.check_same(
            {
                "n_samples": self.n_samples,
                "seed": self.gradients.seed,
                "structure": self.structure,
                "precision": self.precision,
                "per_example": self.per_example,
                "initialize": draws.title,
                "blocks": _counted(self.blocks),
                "model": _counted(self.layout),
                "dtypes": _counted_kinds([p.dtype for p in parameters]),
                "modes": _counted_kinds(
                    ["train" if m.training else "eval" for m in model.modules()]
                ),
                "parameters": summary(kept),
            }
        )

    def bases(self) -> BlockBases:
        """The bases of the structure."""
        if self.structure.name == "random":
            return self._at_random()
        return self._from_inputs() if self.structure.name == "data" else self._from_gradients()

    def _from_gradients(self) -> BlockBases:
        structures, memory = self._needs()
        sums = self._sums(structures)
        own = self._add_all(sums)
        self.processes.check_same({"batches": self.gradients.seen_batches})
        bases = sums.bases(self.layout, widened(self.like.dtype), self.gradients.seed, memory)
        found = self._of_all_processes(own)
        warn_of_repeats(found, self.per_example, stacklevel=4)
        _warn_of_zeros(bases, self.gradients.used)
        return replace(bases, gradient_marks=found[:KEPT_MARKS].tolist())

    def _of_all_processes(self, own: Sequence[torch.Tensor]) -> torch.Tensor:
        """The marks of all finite gradients, from those of each process."""
        home, most = self.like.device, -(-self.n_samples // self.processes.count)
        rows = torch.full((most, 4), torch.nan, device=home, dtype=torch.float64)
        if own:
            found = torch.cat(list(own))
            rows[: len(found)] = found
        every = self.processes.all_rows(rows).cpu()
        return every[every.isfinite().all(1)]

    def _add_all(self, sums: Sums) -> list[torch.Tensor]:
        """Adds this process's gradients, whose memory is free afterwards, and returns marks."""
        own = []
        for some in self._rows(tell=True):
            own.append(marks(some))
            sums.add(some)
        return own

    def cost(self) -> EstimateCost:
        """The cost of bases from gradients, by a few of them and a small decomposition."""
        structures, memory = self._needs()
        sums, rows = self._sums(structures), self._rows(chunk=1)
        begin, taken, first = perf_counter(), 0, 0.0
        with closing(rows):
            for taken, some in enumerate(islice(rows, 1 + TIMED_SAMPLES)):
                sums.add(some)
                self._wait()
                if taken == 0:  # the first warms up; where there is no other, it is the one timed
                    first, begin = perf_counter() - begin, perf_counter()
        each = (perf_counter() - begin) / taken if taken else first
        nanoseconds = self.processes.largest(round(1e9 * each)) or 0  # some may have no sample
        sides = [side for egop in sums.egops for side in egop.decomposed_sides()]
        decompositions = decomposition_seconds(sides, self.like.device, self.precision)
        gradients = 1e-9 * nanoseconds * self.processes.share(self.n_samples)
        return EstimateCost(memory, gradients, decompositions)

    def _needs(self) -> tuple[dict[Block, Structure], int]:
        """The structure of each block, and the bytes that the estimate needs at its peak.

        Raises:
            MemoryError: that is more than the budget allows.
        """
        device, dtype, precision = self.like.device, widened(self.like.dtype), self.precision
        budget = allowed_memory(self.memory_budget, device, self.processes)
        resolved = self.structure.resolved(self.blocks, self.n_samples, precision, budget)
        structures = dict(zip(self.blocks, resolved, strict=True))
        gradients = self.structure.name not in WITHOUT_GRADIENTS
        floats = self._chunk * self.layout[-1].stop if gradients else 0
        memory = predicted_memory(structures, self.n_samples, floats, dtype, precision)
        check_memory(memory, budget, structures)
        return structures, memory

    def _sums(self, structures: dict[Block, Structure]) -> Sums:
        """Empty sums."""
        device, dtype = self.like.device, widened(self.like.dtype)
        return Sums(structures, self.n_samples, device, self.precision, dtype, self.processes)

    @property
    def _chunk(self) -> int:
        """Gradients that are gathered at once."""
        return max(1, min(self.n_samples, CHUNK_FLOATS // self.layout[-1].stop))

    def _rows(
        self, chunk: int | None = None, *, tell: bool = False
    ) -> Generator[torch.Tensor, None, None]:
        """This process's share of the gradients (m, p); afterwards the model is what it was."""
        rows = per_example_gradients if self.per_example else batch_gradients
        with left_as_it_was(self.gradients.model) as restore_buffers, torch.enable_grad():
            every = (self.batches, self.n_samples, chunk or self._chunk, restore_buffers)
            told = self._tell if tell else None
            yield from rows(self.gradients, *every, self.processes, tell=told)

    def _tell(self, done: int) -> None:
        if self.on_progress is not None:
            self.on_progress(done, self.n_samples)

    def _wait(self) -> None:
        """Waits until the device has done what was asked."""
        if self.like.is_cuda:
            torch.cuda.synchronize(self.like.device)

    def _from_inputs(self) -> BlockBases:
        """I ⊗ R from the inputs of each layer, in as many forward passes as there are samples."""
        model = self.gradients.model
        moments, (_, memory) = InputMoments(model, self.blocks, self.precision), self._needs()
        done = 0
        with left_as_it_was(model) as restore_buffers, torch.enable_grad(), moments.watched():
            for sample in self.gradients.samples(self.batches, self.n_samples):
                if self.processes.is_mine(sample.number):
                    self.gradients.loss_at(sample, restore_buffers)
                    moments.end_sample()
                    done += 1
                    self._tell(done)
        self.processes.check_same({"batches": self.gradients.seen_batches})
        bases, excluded = moments.bases(widened(self.like.dtype), self.processes)
        return BlockBases(self.layout, bases, n_excluded=excluded, memory=memory)

    def _at_random(self) -> BlockBases:
        dtype, device = widened(self.like.dtype), self.like.device
        _, memory = self._needs()
        found = [random_basis(block, self.gradients.seed, dtype, device) for block in self.blocks]
        return BlockBases(self.layout, tuple(map(self.processes.same, found)), memory=memory)


def _counted(blocks: Sequence[Block]) -> str:
    """A text by which two processes see whether they have the same blocks."""
    names = " ".join(f"{block.name} {block.shape}" for block in blocks)
    entries = sum(block.stop - block.start for block in blocks)
    return f"{entries} entries in {len(blocks)} tensors with checksum {crc32(names.encode()):08x}"


def _counted_kinds(kinds: Sequence[Any]) -> str:
    """A text by which two processes see whether their parameters or layers are alike."""
    each = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)]
    return f"{', '.join(each)} with checksum {crc32(str(kinds).encode()):08x}"


def _warn_of_zeros(bases: BlockBases, used: set[str]) -> None:
    """Warns of blocks that the loss uses, but whose gradients are 0 in every sample."""
    zero = [
        b.block.name for b in bases if b.block.name in used and not b.coordinate_eigenvalues.any()
    ]
    if zero:
        warnings.warn(
            f"the gradients of {', '.join(zero)} are 0 in all {bases.n_samples} samples, so that "
            "their eigenvectors are arbitrary; if they are too small for the model's dtype, use "
            "model.double()",
            stacklevel=5,
        )
