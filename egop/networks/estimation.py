"""EGOP eigenbases of networks: gradients of many samples at once, summed as they come."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from egop.arrays import is_integer
from egop.networks.bases import BlockBases, Blocks, chosen_blocks
from egop.networks.block_sums import Sums
from egop.networks.blocking import parts
from egop.networks.footprint import (
    allowed_memory,
    check_memory,
    predicted_memory,
    working_memory,
)
from egop.networks.network import Block, Network
from egop.networks.passes import one_pass, read_count
from egop.networks.scaling import is_vanishing
from egop.networks.spectral import highest_precision
from egop.networks.structures.choice import WITHOUT_GRADIENTS, Structure
from egop.networks.without_gradients import bases_without_gradients

CHUNK_FLOATS = 2_000_000
"""Numbers in the gradients of one chunk on the CPU."""

DEVICE_CHUNK_FLOATS = 200_000_000
"""The same on a GPU."""


class PointSampler(Protocol):
    """ρ: draws parameters by number, as the distributions of `initialization.py` do."""

    def sample(self, blocks: Sequence[Block], indices: Sequence[int], seed: Any) -> Tensor:
        """Parameters (n, p), row by row from the index alone."""
        ...


def estimate_bases(
    network: Network,
    initialize: PointSampler,
    batches: Iterable[Any],
    n_samples: int,
    blocks: Blocks = "matrices",
    seed: Any = 0,
    *,
    structure: str | Structure = "dense",
    dtype: torch.dtype = torch.float32,
    precision: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
    memory_budget: int | None = None,
    between: Callable[[], object] = lambda: None,
) -> BlockBases:
    """The EGOP eigenbases of a network's blocks, from M gradients computed together (Eq. 5).

    Sample i has its parameters from ρ by its number and the batch i mod B; neither changes with
    the chunks in which gradients are computed, so that only round-off does.

    Args:
        network: the objective.
        initialize: ρ.
        batches: B batches of one trial, cycled; one, the whole set, makes full-batch gradients.
            Of a loader or a generator one pass is taken. "data" takes the inputs of all of them,
            "random" none.
        n_samples: M; the paper takes the number of weights, or of parameters.
        blocks: "matrices", "first", "global" or names; see `chosen_blocks`.
        seed: an integer, or several such as (base seed, trial).
        structure: its name, or a `Structure` with its options. "data", with blocks="first", is
            made of the inputs, and "random" of the seed, both without gradients.
        dtype: of gradients and eigenvectors.
        precision: of sums and decompositions. float32 halves the memory, and leaves eigenvalues
            below 1e-7 of the largest, with their eigenvectors, as noise.
        device: where to compute.
        memory_budget: bytes; None: what is free.
        between: called between chunks of gradients; what it raises ends the estimate.

    Raises:
        ValueError: M < 1, no batches, an unknown structure, unknown blocks, or no finite gradient.
        MemoryError: more memory is needed than the budget allows.
    """
    device, chosen = torch.device(device), chosen_blocks(network.blocks, blocks)
    n_samples, begin = read_count(n_samples), perf_counter()
    structure = Structure(structure) if isinstance(structure, str) else structure
    check_precision(precision)
    structure.check_options(precision)
    budget = allowed_memory(memory_budget, device)
    if structure.name in WITHOUT_GRADIENTS:
        needs = dict.fromkeys(chosen, structure)
        memory = predicted_memory(needs, n_samples, 0, dtype, precision)
        check_memory(memory, budget, needs)
        given = {"seed": seed, "dtype": dtype, "precision": precision, "device": device}
        bases = bases_without_gradients(network, structure.name, chosen, batches, **given)
        return replace(bases, memory=memory, seconds=perf_counter() - begin)
    batches = one_pass(batches, n_samples)
    for batch in batches:
        network.check(batch)
    chunk = _chunk(network.n_parameters, n_samples, device)
    structures = structure.resolved(chosen, n_samples, precision, budget)
    needs = dict(zip(chosen, structures, strict=True))
    memory = predicted_memory(needs, n_samples, chunk * network.n_parameters, dtype, precision)
    memory += working_memory(network, batches[0], chunk, dtype, device)
    check_memory(memory, budget, needs)
    sums = Sums(needs, n_samples, device, precision, dtype)
    gradients = _Gradients(network, device, dtype)
    with highest_precision():
        for indices, batch in _plan(n_samples, batches, chunk):
            drawn = initialize.sample(network.blocks, indices.flatten().tolist(), seed)
            sums.add(gradients(drawn.view(*indices.shape, -1), batch))
            del drawn  # not kept while bases are computed
            between()
        bases = sums.bases(network.blocks, dtype, _completion_seed(seed), memory)
    return replace(bases, seconds=perf_counter() - begin)


def check_precision(precision: torch.dtype) -> None:
    """ValueError unless sums can be decomposed in this dtype."""
    if precision not in {torch.float32, torch.float64}:
        raise ValueError(f"precision takes torch.float64 or torch.float32, got {precision!r}")


def widened(dtype: torch.dtype) -> torch.dtype:
    """The dtype of gradients: float64 for float64, float32 for all that is narrower."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def _chunk(n_parameters: int, n_samples: int, device: torch.device) -> int:
    """The number of samples whose gradients are computed at once."""
    floats = CHUNK_FLOATS if device.type == "cpu" else DEVICE_CHUNK_FLOATS
    return max(1, min(n_samples, floats // n_parameters))


def _plan(n_samples: int, batches: Sequence[Any], chunk: int) -> Iterator[tuple[Tensor, Any]]:
    """Numbers of samples (trials, runs), with the batch (trials, …) that each row of them sees."""
    n_batches = min(len(batches), n_samples)
    rounds, left_over = divmod(n_samples, n_batches)
    for these, n_rounds in (
        (range(left_over), rounds + 1),
        (range(left_over, n_batches), rounds),
    ):
        for _, alike in groupby(these, key=lambda b: _shapes(batches[b])):
            same = list(alike)
            for some in parts(len(same), max(1, chunk // n_rounds)):
                batch = _stacked([batches[b] for b in same[some]])
                for each in parts(n_rounds, chunk):
                    turns = torch.arange(each.start, each.stop) * n_batches
                    yield torch.tensor(same[some])[:, None] + turns, batch


def _shapes(batch: Any) -> Any:
    """A key that batches share if they can be stacked; unique to each that is no tuple."""
    return tuple(part.shape for part in batch) if hasattr(batch, "_fields") else id(batch)


def _stacked(batches: list[Any]) -> Any:
    """Batches of one trial each as one of several trials."""
    if len(batches) == 1:
        return batches[0]
    return type(batches[0])(*(torch.cat(fields) for fields in zip(*batches, strict=True)))


class _Gradients:
    """Gradients (samples, p) of a network at parameters drawn (trials, runs, p).

    Those of a chunk in which a block's gradients vanish in the dtype are computed in float64.
    """

    def __init__(self, network: Network, device: torch.device, dtype: torch.dtype):
        self.network, self.device, self.dtype = network, device, dtype
        self._zero: set[str] = set()

    def __call__(self, drawn: Tensor, batch: Any) -> Tensor:
        gradients = self._computed(drawn, batch, self.dtype)
        if self.dtype == torch.float64 or not self._loses_digits(gradients):
            return gradients
        gradients = self._computed(drawn, batch, torch.float64)
        self._zero |= {name for name, entry in self._largest(gradients).items() if entry == 0}
        return gradients

    def _computed(self, drawn: Tensor, batch: Any, dtype: torch.dtype) -> Tensor:
        moved = batch.to(self.device, dtype) if hasattr(batch, "to") else batch
        return self.network.gradients(drawn.to(self.device, dtype), moved)[1].flatten(0, 1)

    def _loses_digits(self, gradients: Tensor) -> bool:
        return any(
            is_vanishing(entry, self.dtype) and (entry != 0 or name not in self._zero)
            for name, entry in self._largest(gradients).items()
        )

    def _largest(self, gradients: Tensor) -> dict[str, float]:
        """The largest magnitude in the gradients of each tensor of parameters."""
        entries = {b.name: gradients[:, b.start : b.stop] for b in self.network.blocks}
        return {name: float(part.abs().amax()) for name, part in entries.items()}


def _completion_seed(seed: Any) -> Any:
    return int(seed) if is_integer(seed, 0) else list(seed)
